import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import type { ServerAnswer } from './deliver.ts'

const spelling = {
  preserveOrder: true,
  ignoreAttributes: false,
  processEntities: false,
  commentPropName: '#comment',
  cdataPropName: '#cdata',
} as const

interface TwimlCheck {
  readonly wellFormed: boolean
  /** Describes why it is malformed, or why it is not TwiML. */
  readonly problem?: string
}

/** Returns `undefined` if the answer is not XML. */
export function checkTwiml({ contentType, body }: Pick<ServerAnswer, 'contentType' | 'body'>): TwimlCheck | undefined {
  if (!/[/+]xml\b/i.test(contentType ?? '') && !/^\s*<(\?xml|Response)\b/.test(body)) return undefined
  if (body.trim() === '') return undefined
  const valid = validate(body)
  if (valid !== undefined) return { wellFormed: false, problem: valid }
  const root = /^(?:\s|<\?[\s\S]*?\?>|<!--[\s\S]*?-->)*<([^\s/>]+)/.exec(body)?.[1]
  return root === 'Response' ? { wellFormed: true } : { wellFormed: true, problem: 'its root is not <Response>' }
}

function validate(body: string): string | undefined {
  // TwiML has no document type, and its entities are a known attack on parsers.
  if (/<!DOCTYPE/i.test(body)) return 'it has a document type, which TwiML does not allow'
  try {
    const result = XMLValidator.validate(body)
    if (result !== true) return `line ${result.err.line}, column ${result.err.col}: ${result.err.msg}`
    // The validator allows several roots.
    const nodes: readonly object[] = new XMLParser(spelling).parse(body)
    const roots = nodes.flatMap(Object.keys).filter((name) => /^[^#?:]/.test(name))
    return roots.length === 1 ? undefined : `it has ${roots.length} root elements`
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be parsed'
  }
}

/** Indents well-formed XML, for reading only. */
export function formatTwiml(body: string): string {
  try {
    const parsed = new XMLParser({ ...spelling, parseTagValue: false }).parse(body)
    return new XMLBuilder({ ...spelling, format: true, indentBy: '  ', suppressEmptyNode: true }).build(parsed).trim()
  } catch {
    return body
  }
}
