import { makeSid } from './params.ts'
import { listChildren, type TwimlElement } from './read-twiml.ts'
import { isElement, listAttributes } from './twiml.ts'
import { resolveUrl } from './urls.ts'
import { type Document, type End, formatTime, type Leg, type Pairs, type Step, type Walk } from './walk.ts'

/** Where the walk is: a verb in a document, on a line. */
export interface At {
  readonly walk: Walk
  readonly leg: Leg
  readonly document: Document
  readonly verb: TwimlElement
  readonly isFirst: boolean
}

/** What follows a verb. `undefined`: the next verb of the document. */
export type Next = Step | End | undefined

/** A verb of TwiML. A new one is a new row. */
export interface VerbRow {
  run(at: At): Next | Promise<Next>
}

export function readAttribute(element: TwimlElement, name: string): string | undefined {
  return element.attributes.find(([each]) => each === name)?.[1]
}

/** Reads a whole number. Another value, or one below the least, is not used. */
export function readCount(
  { walk, document }: At,
  element: TwimlElement,
  name: string,
  least: number,
  code: number,
): number | undefined {
  const text = readAttribute(element, name)
  if (text === undefined) return undefined
  const value = /^\d{1,6}$/.test(text.trim()) ? Number(text) : -1
  if (value >= least) return value
  walk.report(code, 'warning', `${name} of <${element.name}> is no number from ${least}: it is ignored`, document.url)
  return undefined
}

export function readText(element: TwimlElement): string {
  return element.children
    .map((child) => (typeof child === 'string' ? child : readText(child)))
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** https://www.twilio.com/docs/api/errors: the codes for a wrong method. Other verbs have none of their own. */
const methodCodes: Readonly<Record<string, number>> = {
  Gather: 13312,
  Record: 13610,
  Dial: 13210,
  Number: 13221,
  Redirect: 13710,
}

/** Reads an attribute for a method: GET or POST. Another value is not used. */
function readMethod({ walk, document }: At, element: TwimlElement, name: string): 'GET' | 'POST' {
  const method = (readAttribute(element, name) ?? 'POST').toUpperCase()
  if (method === 'GET' || method === 'POST') return method
  const code = methodCodes[element.name] ?? 12200
  walk.report(code, 'warning', `${name} of <${element.name}> is neither GET nor POST: POST is used`, document.url)
  return 'POST'
}

/** A URL of a document with its method. */
export interface Target {
  readonly reason: string
  readonly url: string
  readonly method: 'GET' | 'POST'
}

/**
 * Reads an attribute with a URL, and the attribute with its method.
 * @returns `undefined` without the attribute, `'failed'` for a URL that Twilio refuses
 */
export function readTarget(
  at: At,
  name: string,
  methodName: string,
  element: TwimlElement = at.verb,
): Target | 'failed' | undefined {
  const text = readAttribute(element, name)
  return text === undefined ? undefined : resolveTarget(at, text, name, methodName, element)
}

/** Resolves a URL of a document, of which an empty one is the URL of the document. */
export function resolveTarget(
  at: At,
  text: string,
  name: string,
  methodName: string,
  element: TwimlElement = at.verb,
): Target | 'failed' {
  const url = resolveUrl(text, at.document.url)
  const reason = `${element.name} ${name}`.trim()
  if (url !== undefined) return { reason, url, method: readMethod(at, element, methodName) }
  at.walk.report(11100, 'error', `the URL of ${reason} is no http or https URL of a public host`, at.document.url)
  return 'failed'
}

/** The verb `<Redirect>`, of calls and of messages. */
export const redirect: VerbRow = {
  run(at) {
    const target = resolveTarget(at, readText(at.verb), '', 'method')
    return target === 'failed' ? 'failed' : toStep(target, [])
  },
}

/** Sends a callback if the element has the attribute. */
export async function callBack(at: At, name: string, params: Pairs, element: TwimlElement = at.verb): Promise<void> {
  const target = readTarget(at, name, `${name}Method`, element)
  if (typeof target === 'object') await at.walk.callBack(target.reason, target.url, target.method, params, at.leg)
}

/**
 * Reports an event of a recording, if the verb subscribes to it. `in-progress` is reported at once,
 * the others after the call: https://www.twilio.com/docs/voice/twiml/record
 */
export async function reportRecording(
  at: At,
  event: 'in-progress' | 'completed' | 'absent',
  params: Pairs,
  element: TwimlElement = at.verb,
): Promise<void> {
  const events = (readAttribute(element, 'recordingStatusCallbackEvent') ?? 'completed').split(/\s+/)
  if (!events.includes(event)) return
  const report = (): Promise<void> =>
    callBack(at, 'recordingStatusCallback', [...params, ['RecordingStatus', event]], element)
  if (event === 'in-progress') await report()
  else at.walk.later.push(report)
}

/**
 * Describes a recording that began now.
 * @param of What is recorded. Default: the call.
 */
export function describeRecording({ walk, leg }: At, source: string, channels: string, of?: Pairs[number]): Pairs {
  const { AccountSid = '', CallSid = '' } = leg.params
  const sid = makeSid('RE')
  return [
    ['RecordingSource', source],
    ['RecordingSid', sid],
    ['RecordingUrl', `https://api.twilio.com/2010-04-01/Accounts/${AccountSid}/Recordings/${sid}`],
    ['RecordingChannels', channels],
    of ?? ['CallSid', CallSid],
    ['RecordingStartTime', formatTime(walk.now())],
    ['AccountSid', AccountSid],
  ]
}

/** Returns true for a callback that Twilio requests: its URL has to be absolute. */
export function checkCallback({ walk, document }: At, noun: TwimlElement, name: string): boolean {
  const url = readAttribute(noun, name)
  if (url === undefined || /^https?:/i.test(url.trim())) return url !== undefined
  const detail = `the ${name} of <${noun.name}> is no absolute URL: it is not requested`
  walk.report(11100, 'warning', detail, document.url)
  return false
}

export function toStep(target: Target, params: Pairs): Step {
  return { ...target, params }
}

/** Requests the action. Its answer has no effect if the caller hung up, but it is judged. */
export async function endWithAction(at: At, action: Target | undefined, params: Pairs): Promise<Next> {
  if (action === undefined) return at.leg.hungUp ? 'hangup' : undefined
  if (!at.leg.hungUp) return toStep(action, params)
  if (at.walk.options.actionAfterHangUp) await at.walk.judge(at.leg, toStep(action, params))
  return 'hangup'
}

/** Runs the verbs of a document in order. */
export async function runDocument(
  walk: Walk,
  leg: Leg,
  document: Document,
  verbs: Readonly<Record<string, VerbRow>>,
  isFirst = false,
): Promise<Step | End> {
  for (const [index, verb] of document.verbs.entries()) {
    const row = Object.hasOwn(verbs, verb.name) ? verbs[verb.name] : undefined
    if (row === undefined) {
      const text = `<${verb.name.slice(0, 60)}> is not walked.`
      // Twilio leaves out what TwiML does not have, as the walk does.
      if (isElement(verb.name, leg.use)) walk.cut('not_walked', text, document.url)
      else walk.note(text)
      continue
    }
    warnOfCase(walk, document.url, verb)
    for (const element of [verb, ...listChildren(verb)])
      for (const [name] of element.attributes.filter(([each]) => notWalked.has(each)))
        walk.cut('not_walked', `${name} of <${element.name}> is not walked.`, document.url)
    const next = await row.run({ walk, leg, document, verb, isFirst: isFirst && index === 0 })
    if (next !== undefined) return next
    if (leg.hungUp) return 'hangup'
  }
  return 'ended'
}

/** Attributes that make Twilio send requests which the walk does not send. */
const notWalked = new Set(['referUrl', 'machineDetection'])

// An attribute in another letter case is unknown to Twilio: https://www.twilio.com/docs/api/errors/12200
function warnOfCase(walk: Walk, url: string, verb: TwimlElement): void {
  const known = listAttributes(verb.name)
  for (const [name] of verb.attributes) {
    const meant = known.find((each) => each.toLowerCase() === name.toLowerCase())
    if (meant !== undefined && !known.includes(name))
      walk.report(12200, 'warning', `the attribute ${name} of <${verb.name}> is written ${meant}`, url)
  }
}
