import { distinct, type Pairs } from '../../../form.ts'
import { findDistinct } from '../sign/signing-string.ts'
import { ReceivedParams } from '../webhook.ts'
import { findKind, kinds, listCandidates, type WebhookKind } from './index.ts'
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
  /**
   * Values that hold no name of a parameter, as digits and SIDs do not: none has an upper-case and a
   * lower-case letter of a name. Nearly all values are of this kind, so it is tried first.
   */
  readonly plain: RegExp
  /** All other values. The value may be empty, unless `isFilled`. */
  readonly other: RegExp | undefined
  readonly isFilled: boolean
  readonly reason: string
}

const sid = '[A-Z]{2}[0-9a-fA-F]{32}'

/**
 * The shapes of the parameters that Twilio fills itself, by name. Names that match no row may have
 * any value.
 */
const shapes: readonly ShapeRow[] = [
  shape('AccountSid', 'is not "AC" and 32 hex digits', 'AC[0-9a-fA-F]{32}', undefined, true),
  shape('(?:Sms|SmsMessage|Message)Sid', 'is not the SID of a message', '(?:SM|MM|IM)[0-9a-fA-F]{32}', undefined, true),
  shape('CallSid', 'is not "CA" and 32 hex digits', 'CA[0-9a-fA-F]{32}', undefined, true),
  shape('\\w*(?:Sid|_sid)', 'is not a SID', sid),
  shape('(?:From|To|Caller|Called)Country', 'is not the code of a country', '[A-Z]{2}'),
  shape('(?:From|To|Caller|Called)Zip', 'is not a postal code', '[A-Z0-9 -]{1,12}', '[A-Za-z0-9 -]{1,12}'),
  shape(
    '(?:From|To|Caller|Called)(?:City|State)',
    'is not the name of a place',
    '[^+:/={}<>@a-z]{1,60}',
    '[^+:/={}<>@]{1,60}',
  ),
  // A number, a short code, a URI such as `whatsapp:+…`, a name such as `anonymous` or `CityBank`.
  shape(
    'From|To|Caller|Called|OtherRecipients\\d{1,2}',
    'is not an address',
    '\\+?[0-9*#]{1,18}',
    "[a-z]{1,20}:\\S{1,250}|(?!.*(?:From|To[A-Z]))[A-Za-z0-9 ._&'-]{1,15}",
  ),
  shape('(?:Referral)?Num(?:Media|Segments)|ErrorCode|SequenceNumber|\\w*Duration', 'is not a number', '\\d{1,10}'),
  shape('ApiVersion', 'is not a date', '\\d{4}-\\d\\d-\\d\\d'),
  shape(
    '(?:Sms|Message|Call|DialCall|Recording|Transcription)Status|Direction|OptOutType',
    'is not a word',
    '[a-z-]{1,30}',
    '[A-Za-z-]{1,30}',
  ),
  shape(
    'MediaContentType\\d{1,2}',
    'is not a media type',
    '[a-z0-9.+-]{1,80}/[a-z0-9.+-]{1,80}',
    '[\\w.+-]{1,80}/[\\w.+-]{1,80}(?:;.*)?',
  ),
  shape(
    'MediaUrl\\d{1,2}|(?:Recording|Error|Transcription)Url',
    'is not a URL',
    'https?://[a-z0-9./_-]{1,2000}',
    'https?://\\S{1,2000}',
  ),
]

function shape(names: string, reason: string, plain: string, other?: string, isFilled = false): ShapeRow {
  return {
    names: matchAll(names),
    plain: matchAll(plain),
    other: other === undefined ? other : matchAll(other),
    isFilled,
    reason,
  }
}

function matchAll(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 's')
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
  const form = layOut(params)
  return findInForm(form, findKindOf(form))
}

/** A form, as a replay guard sees it. */
interface RecognisedForm {
  readonly kind: WebhookKind
  /** True if it may be a cut of another form. */
  readonly isDoubtful: boolean
  /** True if it has all parameters that Twilio always sends with this kind. */
  readonly isWhole: boolean
}

/**
 * Recognises a form for a replay guard.
 * @returns `undefined` for an unknown kind
 */
export function recogniseForm(params: CheckedParams): RecognisedForm | undefined {
  const form = layOut(params)
  const kind = findKindOf(form)
  if (kind === undefined) return undefined
  const { isWhole, hasGap, near } = findPlan(form.layout, kind)
  const isDoubtful = hasGap || findInForm(form, kind).length > 0 || form.unsure.some((one) => isPart(one, near))
  return { kind, isDoubtful, isWhole }
}

/** Returns true for an unknown name that is a part of another one, or has another one in it. */
function isPart({ name, isKnown }: NameFacts, near: readonly string[]): boolean {
  if (isKnown) return false
  const bare = name.replace(/\d{1,2}$/, '')
  return near.some((one) => bare.startsWith(one) || one.startsWith(bare) || bare.endsWith(one) || one.endsWith(bare))
}

function findKindOf({ pairs, layout: { places, candidates } }: Form): WebhookKind | undefined {
  const get = (name: string): string | undefined => pairs[places.get(name) ?? -1]?.[1]
  return findKind({ get, has: (name) => places.has(name) }, candidates)
}

function findInForm({ pairs, facts, layout, unsure }: Form, name: WebhookKind | undefined): readonly Misshapen[] {
  const { kind, checks, missing, absent } = findPlan(layout, name)
  // The text of a message may hold anything, but only if no other value could hold the rest of the
  // original: then that text is the last one that its sender wrote. Few texts need the answer.
  let isFree: boolean | undefined
  const mayHoldAnything = (text: string): boolean => {
    if (text !== kind?.text) return false
    isFree ??= facts.every(({ name, shape }) => name === text || shape !== undefined)
    return isFree
  }
  const inValues: Misshapen[] = []
  for (let place = 0; place < pairs.length; place++) {
    const pair = pairs[place] as Pairs[number]
    const check = checks[place] ?? toCheck(facts[place] as NameFacts, kind, layout.places)
    const reason = findFaultOfValue(pair[1], check)
    if (reason !== undefined && !(reason === holdsOthers && mayHoldAnything(pair[0])))
      inValues.push({ name: pair[0], reason })
  }
  // A caller may change what it gets, so it gets nothing that is kept.
  if (unsure.length + missing.length === 0) return inValues
  const inNames = missing.map((name) => ({ name, reason: 'is missing' }))
  return [...findFaultsOfNames(unsure, kind, absent), ...inNames, ...inValues]
}

const holdsOthers = 'holds other parameters'

function findFaultOfValue(value: string, { row, endings }: ValueCheck): string | undefined {
  if (value === '') return row?.isFilled ? row.reason : undefined
  const isPlain = row?.plain.test(value) === true
  if (row !== undefined && !isPlain && row.other?.test(value) !== true) return row.reason
  // `SmsStatu` with the value `sreceived`: the name and the value begin with a longer name.
  if (endings?.some((ending) => value.startsWith(ending))) return 'is a part of another name'
  return !isPlain && swallowed.test(value) ? holdsOthers : undefined
}

function findFaultsOfNames(
  facts: readonly NameFacts[],
  kind: Kind | undefined,
  absent: readonly string[],
): readonly Misshapen[] {
  const faults: Misshapen[] = []
  const repeated = new Map<string, boolean>()
  for (const { name } of facts) repeated.set(name, repeated.has(name))
  for (const { name, shape, isKnown } of facts) {
    const isRepeated = repeated.get(name)
    // Each name is reported once.
    if (!repeated.delete(name)) continue
    if (isRepeated && (shape !== undefined || name === kind?.text)) faults.push({ name, reason: 'is repeated' })
    const reason = isKnown ? undefined : (findFaultOfName(name, kind) ?? findRelative(name, absent))
    if (reason !== undefined) faults.push({ name, reason })
  }
  return faults
}

/** The first character of a value may have become the end of its name: `OptOutTypeS=TOP`. */
function findRelative(name: string, absent: readonly string[]): string | undefined {
  const relative = absent.find((one) => name.startsWith(one) || one.startsWith(name))
  return relative && `could be a part of ${relative}`
}

/**
 * Returns true if all parameters of a form have names and values that Twilio gives them.
 * @param params The parameters of a form, in the order in which they arrived.
 */
export function hasWebhookShape(params: CheckedParams): boolean {
  return findMisshapen(params).length === 0
}

function toPairs(params: CheckedParams): Pairs {
  if (params instanceof ReceivedParams) return ReceivedParams.listPairs(params)
  return [...params].map(([name = '', value = '']) => [name, value])
}

/** A form: its distinct pairs, and what their names show. */
interface Form {
  readonly pairs: Pairs
  readonly facts: readonly NameFacts[]
  readonly layout: Layout
  /** The names that may have a fault. */
  readonly unsure: readonly NameFacts[]
}

const none: readonly NameFacts[] = []

/** The facts that follow from the names of a form alone. */
interface Layout {
  /** `undefined` for a name that a stranger may have chosen. */
  readonly facts: readonly (NameFacts | undefined)[]
  /** The first place of each of Twilio's names. Nothing depends on the others. */
  readonly places: ReadonlyMap<string, number>
  /** The kinds whose rules these names allow. */
  readonly candidates: ReturnType<typeof listCandidates>
  /** By kind. They are made when a form of that kind arrives. */
  readonly plans: Map<WebhookKind | undefined, Plan>
}

/** What is left to check in a form of a layout and a kind. */
interface Plan {
  /** The kind whose shapes apply. */
  readonly kind: Kind | undefined
  /** By place. `undefined` for a name that a stranger may have chosen. */
  readonly checks: readonly (ValueCheck | undefined)[]
  /** The names that identify a message, if they are not there. */
  readonly missing: readonly string[]
  /** The names of the kind that are not there, without patterns. */
  readonly absent: readonly string[]
  /** These, and the starts of its patterns. */
  readonly near: readonly string[]
  readonly isWhole: boolean
  /** True if an index has none before it: `MediaUrl1` without `MediaUrl0`. */
  readonly hasGap: boolean
}

interface ValueCheck {
  readonly row: ShapeRow | undefined
  /** The endings of longer names: the value must not begin with one. */
  readonly endings: readonly string[] | undefined
}

/** The facts about a name that do not depend on the other parameters. */
interface NameFacts {
  readonly name: string
  readonly shape: ShapeRow | undefined
  /** True for a name that any kind has. */
  readonly isKnown: boolean
  /** True if Twilio chose it, and no stranger: a name of a row, with an index at most. */
  readonly isOwn: boolean
  /** The rest of each longer name that begins with this one: `SmsStatu` has `s`. */
  readonly endings: readonly string[] | undefined
}

// Webhooks of one kind have their names in one order, and to compare names costs less than to look
// them up. So the last layouts with as many names are tried first. They have only Twilio's own
// names, so nothing of a request is kept. After a hostile request the next one has to be laid out
// again, and nothing else changes.
const layouts: Layout[][] = []
const mostLayouts = 4
const mostNames = 64
/** The most names in a kept layout that are not Twilio's: headers of SIP, or names that are new. */
const mostOthers = 8

function layOut(params: CheckedParams): Form {
  const pairs = toPairs(params)
  const lasts = layouts[pairs.length] ?? []
  for (const layout of lasts) {
    const form = fitLayout(pairs, layout)
    if (form !== undefined) return form
  }
  const all = findDistinct(pairs)
  const facts = all.pairs.map(([name]) => describeName(name))
  const layout = makeLayout(facts)
  const others = facts.filter(({ isOwn }) => !isOwn).length
  if (all.values.size === pairs.length && pairs.length <= mostNames && others <= mostOthers)
    layouts[pairs.length] = [layout, ...lasts].slice(0, mostLayouts)
  return { pairs: all.pairs, facts, layout, unsure: facts }
}

/** Returns the form if it has this layout, and if no name repeats. */
function fitLayout(pairs: Pairs, layout: Layout): Form | undefined {
  let unsure: NameFacts[] | undefined
  for (let place = 0; place < pairs.length; place++) {
    const name = (pairs[place] as Pairs[number])[0]
    const known = layout.facts[place]
    if (known !== undefined) {
      if (known.name !== name) return undefined
      continue
    }
    const other = describeName(name)
    if (other.isOwn || unsure?.some((one) => one.name === name)) return undefined
    unsure ??= []
    unsure.push(other)
  }
  if (unsure === undefined) return { pairs, facts: layout.facts as readonly NameFacts[], layout, unsure: none }
  const others = unsure.values()
  const facts = layout.facts.map((known) => known ?? (others.next().value as NameFacts))
  return { pairs, facts, layout, unsure }
}

function makeLayout(all: readonly NameFacts[]): Layout {
  const places = new Map<string, number>()
  const facts = all.map((one, place) => {
    if (!one.isOwn) return undefined
    if (!places.has(one.name)) places.set(one.name, place)
    return one
  })
  return { facts, places, candidates: listCandidates(places), plans: new Map() }
}

function findPlan(layout: Layout, name: WebhookKind | undefined): Plan {
  const known = layout.plans.get(name)
  if (known !== undefined) return known
  const { facts, places } = layout
  const own = name && kinds[name]
  const isWhole = own?.parameters.every((parameter) => !parameter.always || places.has(parameter.name)) === true
  // Examples and older webhooks have fewer parameters, and a stranger wrote the text of a message.
  const kind = isWhole || own?.text !== undefined ? own : undefined
  const all = own === undefined ? [] : listNames(own)
  const absent = all.filter((one) => !isPattern(one) && !places.has(one))
  const near = [...absent, ...all.filter((one) => one.endsWith('{N}')).map((one) => one.slice(0, -3))]
  const hasGap = [...places.keys()].some((one) => indexedNames.test(one) && !places.has(findEarlier(one)))
  const checks = facts.map((one) => one && toCheck(one, kind, places))
  const needed = kind?.text === undefined ? [] : [...identity, kind.text]
  const missing = needed.filter((one) => !places.has(one))
  const plan = { kind, checks, missing, absent, near, isWhole, hasGap }
  layout.plans.set(name, plan)
  return plan
}

function toCheck(
  { name, shape, isKnown, endings }: NameFacts,
  kind: Kind | undefined,
  places: ReadonlyMap<string, number>,
): ValueCheck {
  return {
    row: kind !== undefined || name === 'AccountSid' ? shape : undefined,
    // A known name may begin a longer one if that is there too: `From` with the value `CityBank`.
    endings: isKnown ? endings?.filter((ending) => !places.has(name + ending)) : endings,
  }
}

/** Returns the name with the index before, or the same name for the first index. */
function findEarlier(indexed: string): string {
  return indexed.replace(/\d+$/, (index) => String(Math.max(0, Number(index) - 1)))
}

function describeName(name: string): NameFacts {
  const known = factsOfNames.get(name)
  if (known !== undefined) return known
  endings ??= findEndings()
  const isOwn = plainNames.has(name) || indexedNames.test(name)
  const facts = {
    name,
    shape: shapes.find(({ names }) => names.test(name)),
    isKnown: isOwn || extendedNames.test(name),
    isOwn,
    endings: endings.get(name),
  }
  // No other names, which strangers may have chosen.
  if (facts.isOwn) factsOfNames.set(name, facts)
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
const indexedNames = matchStarts('{N}', '(?:0|[1-9]\\d?)')
const extendedNames = matchStarts('*', '[\\w-]{1,100}')
// A replay guard checks every delivery, so the facts about a name are kept. They are found when the
// first deliveries arrive: made by the import, they would be 5 MB of memory in every process.
const factsOfNames = new Map<string, NameFacts>()
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

/** Matches the names of patterns such as `MediaUrl{N}` and `SipHeader_*`. */
function matchStarts(end: string, rest: string): RegExp {
  const starts = allNames.filter((name) => name.endsWith(end)).map((name) => name.slice(0, -end.length))
  return new RegExp(`^(?:${distinct(starts).join('|')})${rest}$`)
}

function listNames(kind: Kind): readonly string[] {
  return kind.parameters.map(({ name }) => name)
}
