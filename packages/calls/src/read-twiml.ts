import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** A TwiML element with its children, in order. */
export interface TwimlElement {
  readonly name: string
  readonly attributes: readonly (readonly [name: string, value: string])[]
  readonly children: readonly (TwimlElement | string)[]
}

const maxElements = 2_000
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  trimValues: false,
  // A document type has been refused, and the entities of XML are decoded here.
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: '#cdata',
})

/** A node of the parser: one property with its children, and `:@` with its attributes. */
type Node = Readonly<Record<string, unknown>>

/**
 * Reads XML. It returns `undefined` for malformed XML, for a document type, and for
 * more than 2,000 elements.
 * @param text The body of an answer, as its sender wrote it.
 */
export function readTwiml(text: string): TwimlElement | undefined {
  if (!text.includes('<') || /<!DOCTYPE/i.test(text)) return undefined
  try {
    if (XMLValidator.validate(text) !== true) return undefined
    const count = { elements: 0 }
    const [only, ...others] = readNodes(parser.parse(text), count)
    return others.length === 0 && typeof only === 'object' && count.elements <= maxElements ? only : undefined
  } catch {
    // The parser refuses deep nesting and names such as `__proto__`.
    return undefined
  }
}

export function listChildren({ children }: TwimlElement): TwimlElement[] {
  return children.filter((child) => typeof child !== 'string')
}

function readNodes(nodes: readonly Node[], count: { elements: number }): (TwimlElement | string)[] {
  return nodes.flatMap((node): (TwimlElement | string)[] => {
    const { ':@': attributes, ...named } = node
    const [[name, content] = ['', '']] = Object.entries(named)
    if (name === '#text') return keepWords(decodeEntities(String(content)).trim())
    // The parser gives the text of a CDATA section as its only child.
    if (name === '#cdata') return keepWords((content as Node[]).map((child) => String(child['#text'])).join(''))
    count.elements++
    return [
      {
        name,
        attributes: Object.entries(attributes ?? {}).map(
          ([key, value]) => [key, decodeEntities(String(value))] as const,
        ),
        children: readNodes(content as Node[], count),
      },
    ]
  })
}

function keepWords(text: string): string[] {
  return text.trim() === '' ? [] : [text]
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (all, decimal, hex, name) => {
    if (name !== undefined) return entities[String(name).toLowerCase()] ?? all
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : all
  })
}
