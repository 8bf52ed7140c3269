import { XMLValidator } from 'fast-xml-parser'

import { listChildren, readTwiml, type TwimlElement } from './read-twiml.ts'
import { isElement, messageElements, voiceElements } from './twiml.ts'

/** What Twilio would report about an answer. */
export interface AnswerFinding {
  /** Twilio's error code. */
  readonly code: number
  /** `warning`: Twilio still uses the answer. */
  readonly level: 'error' | 'warning'
  /** Says what was seen, without the text of the answer. */
  readonly detail: string
}

/** An answer to a request of Twilio's. */
export interface Answer {
  readonly status: number
  /** The names in any letter case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The body, decompressed. `undefined` if it is not UTF-8. */
  readonly body: string | undefined
  /** The size of the body in bytes. */
  readonly bytes: number
  /** True if the body was cut: it is then not read as XML. */
  readonly isCut: boolean
  /** The time from the request to the end of the answer, in milliseconds. */
  readonly durationMs: number | undefined
}

/**
 * What Twilio does with the answer: it runs TwiML of a call or of a message, or it only looks at
 * the status of the answer to a callback.
 */
export type AnswerUse = 'voice' | 'message' | 'callback'

interface Facts extends Answer {
  readonly use: AnswerUse
  /** In lower case, without parameters. */
  readonly type: string
  readonly location: string | undefined
  /** The elements, if the body is well-formed XML that is not too large to show. */
  readonly tree: TwimlElement | undefined
}

interface Rule {
  readonly code: number
  readonly level: AnswerFinding['level']
  readonly uses: readonly AnswerUse[]
  /** True if no later rule can apply: Twilio does not read the rest. */
  readonly ends?: true
  /** Returns what was seen if the answer breaks the rule. */
  find(facts: Facts): string | undefined
}

const twiml = ['voice', 'message'] as const
/** Twilio runs nothing of an answer that breaks such a rule. */
const fatal = { level: 'error', uses: twiml, ends: true } as const
const readTypes = ['text/xml', 'application/xml', 'text/html', 'text/plain']
const redirects = [301, 302, 303, 307]
const mostMs = 15_000
const mostBytes = 64 * 1024
const mostReplies = 10

/** What may stand in a Gather. */
const inGather = new Set(['Say', 'Play', 'Pause'])

/**
 * Twilio's rules for an answer, in the order in which Twilio meets them. The numbers are in its list
 * of error codes, https://www.twilio.com/docs/api/errors, and each has a page there.
 */
export const answerRules: readonly Rule[] = [
  {
    code: 11205,
    level: 'error',
    uses: twiml,
    find: ({ durationMs = 0 }) =>
      durationMs > mostMs ? `the answer took ${(durationMs / 1000).toFixed(1)} s, and Twilio waits 15 s` : undefined,
  },
  {
    code: 15003,
    level: 'warning',
    uses: ['callback'],
    find: ({ status }) => (status >= 400 ? `the status of the answer to a callback is ${status}` : undefined),
  },
  {
    code: 11200,
    ...fatal,
    find: ({ status }) => (status >= 400 ? `the status is ${status}` : undefined),
  },
  {
    code: 11216,
    ...fatal,
    find({ status, location }) {
      if (status < 300 || status >= 400) return undefined
      if (!redirects.includes(status)) return `the status is ${status}, and Twilio follows ${redirects.join(', ')}`
      return location === undefined || location.trim() === '' ? 'the redirect has no Location' : undefined
    },
  },
  {
    code: 11206,
    ...fatal,
    find({ headers }) {
      const cookies = headers.filter(([name]) => name.toLowerCase() === 'set-cookie')
      return cookies.some(([, field]) => /^\s*=|[\t\r\n\v\f]/.test(field))
        ? 'a cookie has no name, or a tab or a line end in it'
        : undefined
    },
  },
  {
    code: 11750,
    ...fatal,
    find: ({ bytes }) =>
      bytes > mostBytes ? `the body has ${bytes.toLocaleString('en')} bytes, and Twilio reads 64 KB` : undefined,
  },
  {
    code: 11770,
    ...fatal,
    // A 204 says that there is nothing to do. Twilio's pages do not say what it does then.
    find: ({ status, bytes }) =>
      status === 200 && bytes === 0
        ? 'the body is empty: answer with <Response/> if there is nothing to do'
        : undefined,
  },
  {
    code: 12300,
    ...fatal,
    find({ type, use, bytes }) {
      if (bytes === 0 || readTypes.includes(type) || (use === 'voice' && type.startsWith('audio/'))) return undefined
      return type === '' ? 'there is no content type' : `the content type is ${type.slice(0, 100)}`
    },
  },
  {
    code: 12100,
    ...fatal,
    find: (facts) => (isRead(facts) ? findMalformed(facts.body ?? '') : undefined),
  },
  {
    code: 12101,
    level: 'error',
    uses: twiml,
    find(facts) {
      const version = isRead(facts) ? /^<\?xml\s+version\s*=\s*["']([^"']*)["']/.exec(facts.body ?? '')?.[1] : undefined
      return version === undefined || version === '1.0' ? undefined : 'the version of the XML is not 1.0'
    },
  },
  {
    code: 12102,
    ...fatal,
    find(facts) {
      if (!isRead(facts) || facts.tree === undefined || facts.tree.name === 'Response') return undefined
      return `the root is <${nameElement(facts.tree)}> and not <Response>`
    },
  },
  {
    code: 14110,
    level: 'warning',
    uses: ['message'],
    find: (facts) => {
      const voice = listElements(facts).find(({ name }) => !isElement(name, 'message') && isElement(name, 'voice'))
      return voice && `<${nameElement(voice)}> is for calls, and this is a message`
    },
  },
  {
    code: 12200,
    level: 'warning',
    uses: twiml,
    find(facts) {
      const unknown = listElements(facts).find(({ name }) => !isElement(name, 'voice') && !isElement(name, 'message'))
      if (unknown === undefined) return undefined
      const meant = [...Object.keys(voiceElements), ...Object.keys(messageElements)].find(
        (name) => name.toLowerCase() === unknown.name.toLowerCase(),
      )
      return `<${nameElement(unknown)}> is not in TwiML${meant === undefined ? '' : `: its name is <${meant}>`}`
    },
  },
  {
    code: 13320,
    level: 'warning',
    uses: ['voice'],
    find(facts) {
      const gathers = listElements(facts).filter(({ name }) => name === 'Gather')
      const wrong = gathers.flatMap(listChildren).find(({ name }) => !inGather.has(name))
      return wrong && `<${nameElement(wrong)}> must not stand in <Gather>`
    },
  },
  {
    code: 14109,
    level: 'warning',
    uses: ['message'],
    find(facts) {
      const count = listElements(facts).filter(({ name }) => name === 'Message').length
      return count > mostReplies ? `there are ${count} replies, and Twilio sends ${mostReplies}` : undefined
    },
  },
]

/**
 * Checks an answer as Twilio would.
 *
 * @param answer an answer of the application
 * @param use what Twilio does with it
 * @returns what Twilio would report, in the order in which it meets it; empty for a good answer
 */
export function checkAnswer(answer: Answer, use: AnswerUse): AnswerFinding[] {
  const find = (wanted: string) => answer.headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
  const facts: Facts = {
    ...answer,
    use,
    type: (find('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
    location: find('location'),
    // Twilio reads no larger one, and none of a callback.
    tree: answer.isCut || answer.bytes > mostBytes || use === 'callback' ? undefined : readTwiml(answer.body ?? ''),
  }
  const findings: AnswerFinding[] = []
  for (const { code, level, uses, ends, find } of answerRules) {
    const detail = uses.includes(use) ? find(facts) : undefined
    if (detail === undefined) continue
    findings.push({ code, level, detail })
    if (ends) break
  }
  return findings
}

/** Returns true if Twilio reads the body as TwiML. It sends or reads out other plain text. */
function isRead({ type, status, bytes, body, isCut, tree }: Facts): boolean {
  if (status >= 300 || bytes === 0 || isCut || type.startsWith('audio/')) return false
  return type !== 'text/plain' || (body !== undefined && tree?.name === 'Response')
}

function findMalformed(body: string): string | undefined {
  if (/^\s+<\?xml/.test(body)) return 'there is white space before the XML declaration'
  if (/<!DOCTYPE/i.test(body)) return 'the body is not TwiML: it has a document type'
  if (!/^\s*</.test(body)) return 'the body is not XML'
  try {
    const result = XMLValidator.validate(body)
    return result === true ? undefined : `the XML is malformed in line ${result.err.line}`
  } catch {
    return 'the XML is malformed'
  }
}

function listElements(facts: Facts): TwimlElement[] {
  if (!isRead(facts) || facts.tree === undefined) return []
  // A list and not recursion: the answer may be deep.
  const all = [facts.tree]
  for (let at = 0; at < all.length; at++) all.push(...listChildren(all[at] as TwimlElement))
  return all
}

function nameElement({ name }: TwimlElement): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name
}
