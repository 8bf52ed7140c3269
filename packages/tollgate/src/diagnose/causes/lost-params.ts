import { decodeUtf8 } from '../../bytes.ts'
import type { Pairs } from '../../form.ts'
import { kindOf } from '../../params/index.ts'
import { kinds } from '../../schemes/twilio/webhooks/index.ts'
import { isTwilioName, showName, showNames } from '../mask.ts'
import type { Subject } from '../reading.ts'
import { stripDigits } from '../spelling.ts'
import { isCutForm } from './body.ts'
import { isAdded, isLost } from './differences.ts'
import { guardFirst, ifVerifier, ofNumber, verifyBefore } from './params.ts'
import { type CauseRow, type Edit, editPairs, type Finding, type Row, redacted } from './row.ts'

const hideNothing =
  'Let nothing hide values before the check. If this is from a log, diagnose a copy in which nothing is hidden.'

/** Parameters that were lost on the way, or added. */
export const lostParamsCauses = {
  params_blank_dropped: {
    title: 'Blank values were dropped',
    fix: verifyBefore('drops blank values'),
    fixes: guardFirst,
    part: 'params',
    edits: listBlanks,
    changesParams: true,
    differences: [
      {
        detail: 'Twilio sent these parameters blank, and the server did not see them',
        applies: (one, all) => isLost(one) && all.filter(isLost).every(({ sent }) => sent.join('') === ''),
      },
    ],
  } satisfies CauseRow as Row,
  params_repeats_dropped: {
    title: 'Repeated parameters were dropped',
    fix: `Verify the raw body, which keeps repeated parameters. ${ifVerifier}`,
    fixes: {
      ...guardFirst,
      lambda: 'Use the raw body of the event, not an object with one value per name.',
    },
    part: 'params',
    edits: listRepeats,
    changesParams: true,
    suspect({ subject: { state } }) {
      const names = new Set(state.pairs.map(([name]) => name))
      if (state.covers !== 'params' || names.size < 3) return undefined
      const repeated = state.pairs.filter(([name]) => /^(MessagingBinding\.Address$|Field_)/.test(name))
      return repeated.length === 1
        ? {
            detail: 'Twilio repeats "MessagingBinding.Address" for each member of a group, and only one is left.',
          }
        : undefined
    },
    differences: [
      {
        detail: 'The server did not see every value of these parameters, or saw them joined',
        applies: ({ what, sent, seen }) =>
          what === 'parameter' &&
          seen.length > 0 &&
          seen.length < sent.length &&
          (seen.every((value) => sent.includes(value)) || [',', ', '].some((comma) => sent.join(comma) === seen[0])),
      },
    ],
  } satisfies CauseRow as Row,
  params_missing: {
    title: 'A parameter is missing, or one was added',
    fix: 'Pass every parameter that Twilio sent and no other: pass the raw body.',
    fixes: guardFirst,
    part: 'params',
    *edits(subject) {
      if (subject.formPairs.length === 0) return
      const known = listKnownNames(subject.formPairs)
      yield* listLost(listAbsent(known, subject.formPairs), subject)
      yield* listExtra(subject.formPairs, new Set(known))
    },
    changesParams: true,
    suspect({ subject, rejection, tried }) {
      const { given, method, handshake, bodyMatches } = subject
      if (given?.length === 0 && typeof subject.parsed !== 'string' && method === 'POST' && !handshake && !bodyMatches)
        return {
          detail: 'No parameters were passed: no form parser ran, or it ran too late.',
        }
      const { body, contentLength, isForm } = subject
      const text = body === undefined ? '' : decodeUtf8(body)
      if (text === undefined || text.startsWith('[object')) return undefined
      if (rejection.code === 'body_malformed' && isCutForm(subject))
        return {
          detail: 'The form ends inside an escape ("%"): something cut it off.',
          fix: 'Pass the whole body: raise the limit that cuts it, in the proxy, the queue, the log or the field.',
        }
      const isCut = rejection.code === 'body_malformed' && contentLength > (body?.length ?? 0)
      if (
        (tried > 0 || isCut) &&
        isForm &&
        body !== undefined &&
        body.length > 0 &&
        contentLength > 0 &&
        contentLength !== body.length
      )
        return {
          detail: `The verifier got a form of ${body.length} bytes, and Content-Length is ${contentLength}: something in this server changed the form.`,
          fix: 'Pass the bytes that arrived: verify before any middleware that changes the body or sets req.rawBody.',
        }
      return rejection.code === 'body_malformed' ? undefined : suspectMissing(subject)
    },
    differences: [
      { detail: 'The server did not see these parameters', applies: isLost },
      { detail: 'Twilio did not send these parameters, which the server saw', applies: isAdded },
      {
        detail: 'Something hides the values of these parameters, or a part of them',
        fix: hideNothing,
        applies: ({ what, sent, seen }) =>
          what === 'parameter' &&
          sent.length === seen.length &&
          sent.every((value, at) => value === seen[at] || isHidden(value, seen[at] ?? '')),
      },
      {
        detail: 'The values of these parameters lost characters',
        fix: 'Let nothing shorten or filter values before the check: verify the raw body.',
        applies: ({ what, sent, seen }) =>
          what === 'parameter' &&
          sent.length === seen.length &&
          sent.every((value, at) => value === seen[at] || isReduced(value, seen[at] ?? '')),
      },
    ],
  } satisfies CauseRow as Row,
}

/** Returns true if the value is a mark, or if only marks differ: +1415555**** of a number. */
function isHidden(sent: string, seen: string): boolean {
  if (redacted.test(seen)) return !redacted.test(sent)
  const characters = [...sent]
  const shown = [...seen]
  return (
    /[*•]/.test(seen) &&
    shown.length === characters.length &&
    shown.every((one, at) => one === characters[at] || /[*•xX]/.test(one))
  )
}

/** Returns true if the value was cut, or if it kept most of its characters in their order. */
function isReduced(sent: string, seen: string): boolean {
  if (seen === '' || seen.length >= sent.length) return false
  if (sent.startsWith(seen)) return true
  let at = 0
  for (const one of sent) if (seen.startsWith(one, at)) at += one.length
  return at === seen.length && 2 * seen.length > sent.length
}

/**
 * Lists the names of this kind of webhook. If the kind is unknown, it lists those of the two most
 * similar kinds.
 */
function listKnownNames(pairs: Pairs): readonly string[] {
  const values = new Map(pairs)
  const kind = kindOf(values)
  const rows = Object.entries(kinds).filter(([id, { body }]) => (kind === undefined ? body === 'form' : id === kind))
  const count = (names: readonly string[]): number => names.filter((name) => values.has(name)).length
  const likely = rows
    .map(([, { parameters }]) => parameters.map(({ name }) => name))
    .sort((one, other) => count(other) - count(one))
    .slice(0, 2)
  return [...new Set(likely.flat().map((name) => name.replace('{N}', '0')))].filter((name) => !name.includes('*'))
}

function listAbsent(known: readonly string[], pairs: Pairs): string[] {
  const present = new Set(pairs.map(([name]) => name))
  return known.filter((name) => !present.has(name))
}

function* listBlanks({ formPairs: pairs }: Subject): Generator<Edit> {
  if (pairs.length === 0) return
  const known = [...new Set([...listKnownNames(pairs), ...listPlaceNames(pairs)])]
  // If the kind is unknown, its parameters are uncertain.
  const surcharge = kindOf(new Map(pairs)) === undefined ? 1 : 0
  for (const edit of listBlankSets(listAbsent(known, pairs))) yield { ...edit, cost: edit.cost + surcharge }
}

function addBlanks(names: readonly string[], cost: number): Edit {
  return {
    dimension: 'blank',
    cost,
    apply: editPairs((pairs) => {
      const present = new Set(pairs.map(([name]) => name))
      const missing = names.filter((name) => !present.has(name))
      return missing.length === 0 ? undefined : [...pairs, ...missing.map((name) => [name, ''] as const)]
    }),
    detail: `${showNames(names)} ${names.length === 1 ? 'was' : 'were'} sent blank and dropped on the way.`,
  }
}

// The place of a number is blank most often. Voice sends it twice: under To and Called, under From
// and Caller.
const places = ['State', 'City', 'Zip', 'Country'].flatMap((place) => [
  [`To${place}`, `Called${place}`],
  [`From${place}`, `Caller${place}`],
])
/** The places of the numbers, which Twilio adds to many kinds of webhook. */
function listPlaceNames(pairs: Pairs): readonly string[] {
  const names = new Set(pairs.map(([name]) => name))
  return names.has('From') && names.has('To') ? places.flatMap(([name]) => name ?? []) : []
}

const blankBefore =
  /^(Body|ErrorMessage|ErrorCode|FailureReason|ParentAccountSid|msg|.*ResourceUrl|Digits|SpeechResult|Attributes|FriendlyName|CallerName|ForwardedFrom|FinishedOnKey|HandoffData|Reason.*|Media|UniqueName|ClientIdentity|ProfileName|ButtonText|ButtonPayload|Label|Address|challenge_details|MessagingServiceSid|ChannelPrefix|RawDlrDoneDate|Task.*|Worker.*|RecordingUrl|Duration)$/

function* listBlankSets(absent: readonly string[]): Generator<Edit> {
  const groups = places
    .map((names) => names.filter((name) => absent.includes(name)))
    .filter((names) => names.length > 0)
  const inPlaces = new Set(groups.flat())
  const others = absent.filter((name) => !inPlaces.has(name))
  const likely = others.filter((name) => blankBefore.test(name))
  const offered = new Set<string>()
  function* offer(names: readonly string[], cost: number): Generator<Edit> {
    const key = [...names].sort().join()
    if (names.length === 0 || offered.has(key)) return
    offered.add(key)
    yield addBlanks(names, cost)
  }
  yield* offer(groups.flat(), 1)
  yield* offer([...groups.flat(), ...likely], 2)
  yield* offer(absent, 2)
  yield* offer(likely, 1)
  for (const name of likely) yield* offer([...groups.flat(), name], 2)
  for (const subset of listSubsets(groups)) yield* offer(subset, 2)
  for (const name of absent) yield* offer([name], likely.includes(name) ? 1 : 3)
}

function* listSubsets(groups: readonly (readonly string[])[]): Generator<string[]> {
  const count = Math.min(groups.length, 8)
  for (let bits = 1; bits < 1 << count; bits++)
    yield groups.slice(0, count).flatMap((names, index) => (bits & (1 << index) ? names : []))
}

function* listLost(absent: readonly string[], { state, hints }: Subject): Generator<Edit> {
  const values = new Map(state.pairs)
  const get = (name: string): string | undefined => values.get(name)
  for (const name of absent) {
    const guessed =
      name === 'AccountSid' ? hints.accounts : ((Object.hasOwn(guesses, name) ? guesses[name]?.(get) : undefined) ?? [])
    for (const value of new Set([get(findTwin(name)), ...guessed]))
      if (value !== undefined && value !== '')
        yield {
          dimension: 'lost',
          cost: 2,
          apply: editPairs((pairs) => (pairs.some(([one]) => one === name) ? undefined : [...pairs, [name, value]])),
          detail: `"${name}", which Twilio sends with this webhook, is missing from the parameters.`,
        }
  }
}

function* listExtra(pairs: Pairs, known: ReadonlySet<string>): Generator<Edit> {
  const names = [...new Set(pairs.map(([name]) => name))]
  const unknown = names.filter((name) => !known.has(name) && !known.has(`${stripDigits(name)}0`))
  const offer = (gone: readonly string[], cost: number): Edit => ({
    dimension: 'extra',
    cost,
    apply: editPairs((all) => {
      const kept = all.filter(([name]) => !gone.includes(name))
      return kept.length === all.length ? undefined : kept
    }),
    detail: `${showNames(gone)} ${gone.length === 1 ? 'was' : 'were'} added to the parameters on the way.`,
    fix: 'Let nothing on the way add parameters to the form, or verify the raw body before something does.',
  })
  if (unknown.length > 1 && unknown.length < names.length) yield offer(unknown, 2)
  for (const name of unknown.slice(0, 40)) yield offer([name], 1)
}

const mostValues = 200

function* listRepeats({ formPairs: pairs }: Subject): Generator<Edit> {
  if (pairs.length === 0) return
  const offer = (cost: number, name: string, more: (value: string) => readonly string[]): Edit => ({
    dimension: 'repeats',
    cost,
    apply: editPairs((all) => {
      const result = all.flatMap((pair) =>
        pair[0] === name ? more(pair[1]).map((value) => [name, value] as const) : [pair],
      )
      return result.length === all.length ? undefined : result
    }),
    detail: `"${showName(name)}" was sent several times. Only one value was kept, or all were joined.`,
  })
  const names = [...new Set(pairs.map(([name]) => name))]
  for (const name of names.slice(0, 60))
    if (pairs.some(([one, value]) => one === name && value.includes(',')))
      for (const separator of [',', ', ']) yield offer(1, name, (text) => splitList(text, separator))
}

/** Splits a joined list. No webhook repeats a parameter more than 200 times. */
function splitList(text: string, separator: string): readonly string[] {
  const values = text.split(separator, mostValues + 1)
  return values.length > mostValues ? [text] : values
}

// Each of these resources belongs to an account, so Twilio sends the AccountSid with it.
const ofResource = /(^| )(Call|Message|Sms|SmsMessage|Recording|Conference|Transcription|Task)Sid( |$)/

function suspectMissing({ state, method, queryPairs }: Subject): Finding | undefined {
  if (state.covers !== 'params' || state.pairs.length === 0) return undefined
  const names = new Set(state.pairs.map(([name]) => name))
  // What a query has is not missing in the request.
  const present = new Set([...names, ...queryPairs.map(([name]) => name)])
  const text = [...names].join(' ')
  const lacksAccount = ofResource.test(text) && !/account_?sid/i.test([...present].join(' '))
  const hidden = state.pairs.find(([name, value]) => ofNumber.test(name) && /[*•]|x{3}/i.test(value))
  if (hidden !== undefined)
    return {
      detail: `The phone number in "${showName(hidden[0])}" is masked: something on the way hides a part of it.`,
      fix: 'Let nothing on the way mask values before the check.',
    }
  const formatted = state.pairs.find(([name, value]) => ofNumber.test(name) && formattedNumber.test(value))
  if (formatted !== undefined)
    return {
      detail: `The phone number in "${showName(formatted[0])}" has other characters than "+" and digits, and Twilio sends none: something wrote it in another format.`,
      fix: 'Let nothing on the way format phone numbers before the check.',
    }
  const gone = state.pairs.find(([, value]) => redacted.test(value))
  if (gone !== undefined)
    return {
      detail: `The value of "${showName(gone[0])}" looks like a mark that a filter or a log writes in place of a text that it hides.`,
      fix: hideNothing,
    }
  // Every form of Twilio's has the SID of something.
  if (method !== 'GET' && !/sid/i.test(text) && [...names].every(isTwilioName))
    return {
      detail: `The form has ${names.size === 1 ? 'one parameter of Twilio’s' : `${names.size} parameters of Twilio’s`}, and not the SID that every webhook has: it was cut, or others were removed.`,
      fix: 'Pass the whole form as it arrived. A template that puts it into another form has to encode it ($util.urlEncode).',
    }
  if (names.has('From') && names.has('To') && !/sid/i.test(text))
    return {
      detail: 'Twilio sends "AccountSid" and other parameters with "From" and "To", and they are missing.',
    }
  if (lacksAccount)
    return {
      detail:
        'Twilio sends "AccountSid" with every webhook of a call, a message or another resource, and it is missing.',
    }
  return undefined
}

/** A number as people write it, and not as E.164. */
const formattedNumber = /^\+?[\d(][\d ()./-]*[ ()./-][\d ()./-]*\d$/

type Guess = (get: (name: string) => string | undefined) => readonly (string | undefined)[]

/** The values that a lost parameter may have had. Some follow from other parameters. */
const guesses: Readonly<Record<string, Guess>> = {
  SmsSid: (get) => [get('MessageSid'), get('SmsMessageSid')],
  SmsMessageSid: (get) => [get('MessageSid'), get('SmsSid')],
  MessageSid: (get) => [get('SmsSid'), get('SmsMessageSid')],
  From: (get) => [get('WaId') && `whatsapp:+${get('WaId')}`],
  WaId: (get) => [get('From')?.replace(/^whatsapp:\+/, '')],
  ApiVersion: () => ['2010-04-01'],
  NumMedia: () => ['0', '1'],
  NumSegments: () => ['1', '2', '3'],
  ReferralNumMedia: () => ['0'],
  SmsStatus: (get) => [get('MessageStatus'), 'received', 'receiving'],
  MessageStatus: (get) => [get('SmsStatus'), 'delivered', 'sent', 'queued', 'failed', 'undelivered', 'read'],
  Direction: () => ['inbound', 'outbound-api', 'outbound-dial'],
  CallStatus: () => ['ringing', 'in-progress', 'completed', 'initiated', 'busy', 'no-answer', 'failed', 'canceled'],
}

/** Voice sends each party and its place twice: under To and Called, under From and Caller. */
const twins: ReadonlyMap<string, string> = new Map([
  ['To', 'Called'],
  ['Called', 'To'],
  ['From', 'Caller'],
  ['Caller', 'From'],
])

function findTwin(name: string): string {
  return name.replace(/^(To|Called|From|Caller)(?=$|State|City|Zip|Country)/, (party) => twins.get(party) ?? party)
}
