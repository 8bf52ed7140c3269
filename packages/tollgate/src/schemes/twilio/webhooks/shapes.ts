import type { Pairs } from '../sign/form.ts'
import { ReceivedParams } from '../webhook.ts'
import { kindOf, kinds, type WebhookKind } from './index.ts'
import type { Kind, ParamsReader } from './row.ts'

/** A parameter that Twilio would not have sent like this. */
export interface Misshapen {
  /** The name as it arrived. The sender of a message may have written it: escape it in logs. */
  readonly name: string
  readonly reason: string
}

/** The shape of some parameters. The first row whose `names` match a name is its shape. */
interface ShapeRow {
  readonly names: RegExp
  /** The value. It may be empty, unless `isFilled`. */
  readonly value: RegExp
  readonly isFilled?: true
  /** The value holds no name of a parameter, as digits and SIDs do not. */
  readonly isClosed?: true
  readonly reason: string
}

const sid = '[A-Z]{2}[0-9a-fA-F]{32}'

/**
 * The shapes of the parameters that Twilio fills itself, by name. Names that match no row may have
 * any value.
 */
const shapes: readonly ShapeRow[] = [
  shape('AccountSid', 'AC[0-9a-fA-F]{32}', 'is not "AC" and 32 hex digits', { isFilled: true, isClosed: true }),
  shape('(?:Sms|SmsMessage|Message)Sid', '(?:SM|MM|IM)[0-9a-fA-F]{32}', 'is not the SID of a message', {
    isFilled: true,
    isClosed: true,
  }),
  shape('CallSid', 'CA[0-9a-fA-F]{32}', 'is not "CA" and 32 hex digits', { isFilled: true, isClosed: true }),
  shape('\\w*(?:Sid|_sid)', sid, 'is not a SID', { isClosed: true }),
  shape('(?:From|To|Caller|Called)Country', '[A-Z]{2}', 'is not the code of a country', { isClosed: true }),
  shape('(?:From|To|Caller|Called)Zip', '[A-Za-z0-9 -]{1,12}', 'is not a postal code'),
  shape('(?:From|To|Caller|Called)(?:City|State)', '[^+:/={}<>@]{1,60}', 'is not the name of a place'),
  // A number, a short code, a URI such as `whatsapp:+…`, a name such as `anonymous` or `CityBank`.
  shape(
    'From|To|Caller|Called|OtherRecipients\\d{1,2}',
    "\\+?[0-9*#]{1,18}|[a-z]{1,20}:\\S{1,250}|(?!.*(?:From|To[A-Z]))[A-Za-z0-9 ._&'-]{1,15}",
    'is not an address',
  ),
  shape('(?:Referral)?Num(?:Media|Segments)|ErrorCode|SequenceNumber|\\w*Duration', '\\d{1,10}', 'is not a number', {
    isClosed: true,
  }),
  shape('ApiVersion', '\\d{4}-\\d\\d-\\d\\d', 'is not a date', { isClosed: true }),
  shape(
    '(?:Sms|Message|Call|DialCall|Recording|Transcription)Status|Direction|OptOutType',
    '[A-Za-z-]{1,30}',
    'is not a word',
  ),
  shape('MediaContentType\\d{1,2}', '[\\w.+-]{1,80}/[\\w.+-]{1,80}(?:;.*)?', 'is not a media type'),
  shape('MediaUrl\\d{1,2}|(?:Recording|Error|Transcription)Url', 'https?://\\S{1,2000}', 'is not a URL'),
]

function shape(
  names: string,
  value: string,
  reason: string,
  flags?: Pick<ShapeRow, 'isFilled' | 'isClosed'>,
): ShapeRow {
  return { names: new RegExp(`^(?:${names})$`), value: new RegExp(`^(?:${value})$`, 's'), reason, ...flags }
}

// A name directly before a value that it has: the text that Twilio signs, inside another value.
const swallowed = new RegExp(
  [
    `(?:Sid|_sid)${sid}`,
    '(?:From|To|Caller|Called)(?:\\+?\\d{3}|[a-z]{2,20}:\\S)',
    '(?:From|To|Caller|Called)(?:City|State|Zip|Country)(?:[A-Z0-9]|$)',
    'Num(?:Media|Segments)\\d',
    'ApiVersion\\d{4}-',
    '(?:Sms|Message|Call|Recording|Transcription)Status[a-z]',
  ].join('|'),
)

// The parameters that identify a message.
const identity = ['AccountSid', 'MessageSid', 'From', 'To']

const anyName = /^[A-Za-z_][\w.-]{0,127}$/
// All names of Twilio's messages look like this.
const nameOfMessage = /^[A-Z][A-Za-z]{0,63}\d{0,2}$/

/** Parameters to check: `WebhookParams`, a URLSearchParams or a Map. */
export interface CheckedParams extends ParamsReader, Iterable<readonly [string, string] | string[]> {}

/**
 * Finds the parameters that Twilio would not have sent like this, in a form.
 *
 * Twilio signs the names and values of a form without delimiters. Who wrote one of the values, such
 * as the text of an SMS, can send the same text again, cut into other names and values, and its
 * signature still matches. Such a copy has a value that holds the rest of the original, or a name
 * that is none of Twilio's.
 * @param params The parameters of a form, in the order in which they arrived.
 * @returns an empty list if all fit
 */
export function findMisshapen(params: CheckedParams): readonly Misshapen[] {
  return findMisshapenOf(kindOf(params), params)
}

/** As `findMisshapen`, for parameters whose kind is known already. */
export function findMisshapenOf(name: WebhookKind | undefined, params: CheckedParams): readonly Misshapen[] {
  const found: Misshapen[] = []
  const inValues: Misshapen[] = []
  const { pairs, values } = ReceivedParams.findDistinct(toReceived(params))
  const has = (name: string): boolean => values?.has(name) ?? pairs.some((pair) => pair[0] === name)
  const facts = describeNames(pairs)
  const kind = name && findCompleteKind(kinds[name], params)
  const text = kind?.text

  // The text of a message may hold anything, but only if no other value could hold the rest of the
  // original: then that text is the last one that its sender wrote. Few texts need the answer.
  let isFree: boolean | undefined
  const mayHoldAnything = (name: string): boolean => {
    if (name !== text) return false
    isFree ??= facts.every(({ name, shape }) => name === text || shape !== undefined)
    return isFree
  }
  for (let index = 0; index < pairs.length; index++) {
    const { name, shape, isKnown, endings } = facts[index] as NameFacts
    const [, value] = pairs[index] as Pairs[number]
    const ofName = values?.get(name)
    const isRepeated = typeof ofName === 'object'
    if (!isRepeated || ofName.values().next().value === value) {
      if (isRepeated && (shape !== undefined || name === text)) found.push({ name, reason: 'is repeated' })
      const reason = isKnown ? undefined : findFaultOfName(name, kind)
      if (reason !== undefined) found.push({ name, reason })
    }
    const row = kind !== undefined || name === 'AccountSid' ? shape : undefined
    if (row !== undefined && !(value === '' ? row.isFilled === undefined : row.value.test(value)))
      inValues.push({ name, reason: row.reason })
    // `SmsStatu` with the value `sreceived`: the name and the value begin with a longer name. A
    // known name may do that if the longer one is there too: `From` with the value `CityBank`.
    else if (endings?.some((ending) => value.startsWith(ending) && !(isKnown && has(name + ending))))
      inValues.push({ name, reason: 'is a part of another name' })
    else if (!row?.isClosed && swallowed.test(value) && !mayHoldAnything(name))
      inValues.push({ name, reason: 'holds other parameters' })
  }
  if (text !== undefined)
    for (const name of [...identity, text]) if (!has(name)) found.push({ name, reason: 'is missing' })
  return inValues.length === 0 ? found : [...found, ...inValues]
}

/**
 * Returns true if all parameters of a form have names and values that Twilio gives them.
 * @param params The parameters of a form, in the order in which they arrived.
 */
export function hasWebhookShape(params: CheckedParams): boolean {
  return findMisshapen(params).length === 0
}

function toReceived(params: CheckedParams): ReceivedParams {
  if (params instanceof ReceivedParams) return params
  return new ReceivedParams([...params].map(([name = '', value = '']) => [name, value]))
}

/**
 * Finds the kind whose shapes apply: one with all parameters that Twilio always sends, since
 * examples and older webhooks have fewer; or a message, whose text a stranger wrote.
 */
function findCompleteKind(kind: Kind, params: ParamsReader): Kind | undefined {
  if (kind.text !== undefined) return kind
  return kind.parameters.every((parameter) => !parameter.always || params.has(parameter.name)) ? kind : undefined
}

/** The facts about a name that do not depend on the other parameters. */
interface NameFacts {
  readonly name: string
  readonly shape: ShapeRow | undefined
  /** True for a name that any kind has. */
  readonly isKnown: boolean
  /** The rest of each longer name that begins with this one: `SmsStatu` has `s`. */
  readonly endings: readonly string[] | undefined
}

/**
 * Describes the names of a form. Webhooks of one kind have their names in one order, and to compare
 * a name costs less than to look it up. So the names that were last at these places are tried first.
 */
function describeNames(pairs: Pairs): readonly NameFacts[] {
  const last = pairs.length > 64 ? [] : (lastNames[pairs.length] ?? [])
  if (pairs.length <= 64) lastNames[pairs.length] = last
  return pairs.map(([name], index) => {
    const known = last[index]
    if (known?.name === name) return known
    const facts = describeName(name)
    // Strangers may have chosen other names.
    last[index] = plainNames.has(name) ? facts : undefined
    return facts
  })
}

function describeName(name: string): NameFacts {
  const known = factsOfNames.get(name)
  if (known !== undefined) return known
  endings ??= findEndings()
  const isPlain = plainNames.has(name)
  const facts = {
    name,
    shape: shapes.find(({ names }) => names.test(name)),
    isKnown: isPlain || patterns.some((pattern) => isNamed(name, pattern)),
    endings: endings.get(name),
  }
  // No other names, which strangers may have chosen.
  if (isPlain) factsOfNames.set(name, facts)
  return facts
}

function findFaultOfName(name: string, kind: Kind | undefined): string | undefined {
  if (kind?.text === undefined) return anyName.test(name) ? undefined : 'is not the name of a parameter'
  if (!nameOfMessage.test(name)) return 'is not the name of a parameter'
  // The end of the text and the name behind it, or that name and its value: `GFrom`, `FromBrand`.
  const next = findNextName(kind, kind.text)
  if (name.startsWith(next) || name.endsWith(next)) return `could be a part of ${next}`
  const names = listNames(kind)
  return names.some((one) => name.startsWith(one) && names.includes(name.slice(one.length)))
    ? 'consists of other names'
    : undefined
}

/** Finds the name that Twilio joins behind a text, if it sends nothing that it may leave out. */
function findNextName({ parameters }: Kind, text: string): string {
  const always = parameters.filter(({ name, always }) => always && name > text).map(({ name }) => name)
  return always.sort()[0] ?? text
}

const allNames = Object.values(kinds).flatMap(listNames)
const plainNames: ReadonlySet<string> = new Set(allNames.filter((name) => !isPattern(name)))
const patterns = [...new Set(allNames.filter(isPattern))]
// A replay guard checks every delivery, so the facts about a name are kept. They are found when the
// first deliveries arrive: made by the import, they would be 5 MB of memory in every process.
const factsOfNames = new Map<string, NameFacts>()
/** By the number of names, and by their places. */
const lastNames: (NameFacts | undefined)[][] = []
let endings: ReadonlyMap<string, readonly string[]> | undefined

/** Finds for each beginning of a name its endings: `SmsStatu` has `s`. */
function findEndings(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const name of plainNames)
    for (let length = 0; length < name.length; length++) {
      const start = name.slice(0, length)
      const known = found.get(start)
      if (known === undefined) found.set(start, [name.slice(length)])
      else known.push(name.slice(length))
    }
  return found
}

function isPattern(name: string): boolean {
  return /[{*]/.test(name)
}

/** Compares a name with a pattern of a row: `MediaUrl{N}`, `SipHeader_*`. */
function isNamed(name: string, pattern: string): boolean {
  const [start = ''] = pattern.split(/\{N\}|\*/)
  const rest = name.startsWith(start) ? name.slice(start.length) : ''
  return pattern.endsWith('*') ? /^[\w-]{1,100}$/.test(rest) : /^\d{1,2}$/.test(rest)
}

function listNames(kind: Kind): readonly string[] {
  return kind.parameters.map(({ name }) => name)
}
