/** A TwiML element with its children, in order. */
export interface TwimlElement {
  readonly name: string
  readonly attributes: readonly (readonly [name: string, value: string])[]
  readonly children: (TwimlElement | string)[]
}

const maxElements = 2_000
const token =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w.:-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>|([^<]+)/y
// Sticky: each match starts at the end of the last one. A search from every position would read a
// long name again at each letter.
const attribute = /\s+([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')|\s*\/?$/y

/**
 * Parses TwiML for display. It returns `undefined` for malformed XML, for a DOCTYPE, and for more
 * than 2,000 elements. The page then shows the plain text.
 */
export function parseTwiml(text: string): TwimlElement | undefined {
  const root: TwimlElement = { name: '', attributes: [], children: [] }
  const open: TwimlElement[] = [root]
  let elements = 0
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const match = token.exec(text)
    const parent = open.at(-1)
    if (match === null || parent === undefined) return undefined
    const [, cdata, slash, name, rest = '', plain] = match
    const words = cdata ?? (plain === undefined ? undefined : decodeEntities(plain))
    if (words !== undefined) {
      if (words.trim() !== '') parent.children.push(cdata ?? words.trim())
      continue
    }
    if (name === undefined) continue
    if (slash === '/') {
      if (open.length < 2 || parent.name !== name || rest.trim() !== '') return undefined
      open.pop()
      continue
    }
    if (++elements > maxElements) return undefined
    const attributes = readAttributes(rest)
    if (attributes === undefined) return undefined
    const element: TwimlElement = { name, attributes, children: [] }
    parent.children.push(element)
    if (!rest.endsWith('/')) open.push(element)
  }
  const [only, ...others] = root.children
  return open.length === 1 && others.length === 0 && typeof only === 'object' ? only : undefined
}

function readAttributes(text: string): [string, string][] | undefined {
  const attributes: [string, string][] = []
  attribute.lastIndex = 0
  for (;;) {
    const match = attribute.exec(text)
    if (match === null) return undefined
    const [, name, double, single] = match
    if (name === undefined) return attributes
    attributes.push([name, decodeEntities(double ?? single ?? '')])
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (all, decimal, hex, name) => {
    if (name !== undefined) return entities[String(name).toLowerCase()] ?? all
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : all
  })
}
