import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import type { Answer } from './deliver.ts'

/** What Twilio would make of an answer in XML. */
export interface TwimlCheck {
  readonly wellFormed: boolean
  /** Where not, or where it is no TwiML. */
  readonly problem?: string
}

/** `undefined` for an answer that is no XML. */
export function checkTwiml({ contentType, body }: Pick<Answer, 'contentType' | 'body'>): TwimlCheck | undefined {
  if (!/[/+]xml\b/i.test(contentType ?? '') && !/^\s*<(\?xml|Response)\b/.test(body)) return undefined
  if (body.trim() === '') return undefined
  const valid = validate(body)
  if (valid !== undefined) return { wellFormed: false, problem: valid }
  const root = /^(?:\s|<\?[\s\S]*?\?>|<!--[\s\S]*?-->)*<([^\s/>]+)/.exec(body)?.[1]
  return root === 'Response' ? { wellFormed: true } : { wellFormed: true, problem: 'its root is not <Response>' }
}

function validate(body: string): string | undefined {
  // A document type is none of TwiML's, and its entities are a trap for parsers.
  if (/<!DOCTYPE/i.test(body)) return 'it has a document type, which TwiML has not'
  try {
    const result = XMLValidator.validate(body)
    return result === true ? undefined : `line ${result.err.line}, column ${result.err.col}: ${result.err.msg}`
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be parsed'
  }
}

const spelling = {
  preserveOrder: true,
  ignoreAttributes: false,
  processEntities: false,
  commentPropName: '#comment',
  cdataPropName: '#cdata',
} as const

/** Indented, for reading only. Call it with well-formed XML. */
export function formatTwiml(body: string): string {
  try {
    const parsed = new XMLParser({ ...spelling, parseTagValue: false }).parse(body)
    return new XMLBuilder({ ...spelling, format: true, indentBy: '  ', suppressEmptyNode: true }).build(parsed).trim()
  } catch {
    return body
  }
}
