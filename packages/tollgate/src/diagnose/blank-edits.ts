import { kindOf } from '../params/index.ts'
import type { Pairs } from '../scheme/form.ts'
import { kinds } from '../webhooks/index.ts'
import { stripDigits } from './ends.ts'
import { guesses } from './guesses.ts'
import { showName } from './mask.ts'
import { type Edit, editPairs } from './state.ts'
import type { Subject } from './subject.ts'
import { showNames } from './text-names.ts'

/** Parameters that went missing, blank ones first, and those that Twilio never sent. */
export function* listBlankEdits(subject: Subject): Generator<Edit> {
  const { pairs } = subject.state
  const present = new Set(pairs.map(([name]) => name))
  const known = listKnownNames(pairs)
  const absent = known.map(({ name }) => name).filter((name) => !present.has(name))
  // Where the kind is not known, neither is what it lacks.
  const surcharge = kindOf(new Map(pairs)) === undefined ? 1 : 0
  for (const edit of listBlanks(absent, pairs)) yield { ...edit, cost: edit.cost + surcharge }
  yield* listLost(absent, subject)
  yield* listExtras(pairs, new Set(known.map(({ name }) => name)))
}

interface KnownName {
  readonly name: string
  readonly always: boolean
}

/** The names of the kind of webhook that this is; where that cannot be told, of those kinds that share most names. */
export function listKnownNames(pairs: Pairs): readonly KnownName[] {
  const present = new Set(pairs.map(([name]) => name))
  const kind = kindOf(new Map(pairs.map(([name, value]) => [name, value])))
  const rows = kind === undefined ? Object.values(kinds).filter((row) => row.body === 'form') : [kinds[kind]]
  const ranked = rows
    .map((row) => ({ row, shared: row.parameters.filter(({ name }) => present.has(name)).length }))
    .sort((one, other) => other.shared - one.shared)
  const names = new Map<string, KnownName>()
  for (const { row } of ranked.slice(0, kind === undefined ? 2 : 1))
    for (const { name, always } of row.parameters) {
      const spelled = name.replace('{N}', '0')
      if (!spelled.includes('*') && !names.has(spelled)) names.set(spelled, { name: spelled, always })
    }
  return [...names.values()]
}

function addBlanks(names: readonly string[], cost: number): Edit {
  return {
    cause: 'params_blank_dropped',
    dimension: 'blank',
    cost,
    apply: editPairs((pairs) => {
      const present = new Set(pairs.map(([name]) => name))
      const missing = names.filter((name) => !present.has(name))
      return missing.length === 0 ? undefined : [...pairs, ...missing.map((name) => [name, ''] as const)]
    }),
    detail: `${showNames(names)} ${names.length === 1 ? 'was' : 'were'} sent blank, and dropped on the way.`,
  }
}

// Where a number is: the parameters that are blank most often. Voice sends each twice, under To and Called, From and Caller.
const places = ['State', 'City', 'Zip', 'Country'].flatMap((place) => [
  [`To${place}`, `Called${place}`],
  [`From${place}`, `Caller${place}`],
])
const blankBefore =
  /^(Body|ErrorMessage|ErrorCode|FailureReason|ParentAccountSid|msg|.*ResourceUrl|Digits|SpeechResult|Attributes|FriendlyName|CallerName|ForwardedFrom|FinishedOnKey|HandoffData|Reason.*|Media|UniqueName|ClientIdentity|ProfileName|ButtonText|ButtonPayload|Label|Address|challenge_details|MessagingServiceSid|ChannelPrefix|RawDlrDoneDate|Task.*|Worker.*|RecordingUrl|Duration)$/

function* listBlanks(absent: readonly string[], pairs: Pairs): Generator<Edit> {
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
  for (const name of likely) {
    yield* offer([name], 1)
    yield* offer([...groups.flat(), name], 2)
  }
  for (const subset of listSubsets(groups)) yield* offer(subset, 2)
  for (const name of others) yield* offer([name], 3)
  for (const subset of listSubsets(groups)) for (const name of likely) yield* offer([...subset, name], 4)
  for (const name of others) yield* offer([...groups.flat(), name], 3)
  for (const [index, name] of others.entries())
    for (const other of others.slice(index + 1))
      yield* offer([name, other], likely.includes(name) && likely.includes(other) ? 4 : 5)
  for (const name of absent) yield* offer([name], 3)
  for (const subset of listSubsets(likely.slice(0, 8).map((name) => [name]))) yield* offer(subset, 4)
  // Optional names of no kind that is known, next to those that are there.
  const numbered = pairs.flatMap(([name]) => {
    const stem = stripDigits(name)
    return stem === name ? [] : [`${stem}${Number(name.slice(stem.length)) + 1}`]
  })
  for (const name of new Set(numbered)) if (!pairs.some(([one]) => one === name)) yield* offer([name], 5)
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
    for (const value of new Set(guessed))
      if (value !== undefined && value !== '')
        yield {
          cause: 'params_missing',
          dimension: 'lost',
          cost: 2,
          apply: editPairs((pairs) => (pairs.some(([one]) => one === name) ? undefined : [...pairs, [name, value]])),
          detail: `"${name}", which Twilio sends with this webhook, is missing from the parameters.`,
        }
  }
}

function* listExtras(pairs: Pairs, known: ReadonlySet<string>): Generator<Edit> {
  const names = [...new Set(pairs.map(([name]) => name))]
  const unknown = names.filter((name) => !known.has(name) && !known.has(`${stripDigits(name)}0`))
  const offer = (gone: readonly string[], cost: number): Edit => ({
    cause: 'params_missing',
    dimension: 'extra',
    cost,
    apply: editPairs((all) => {
      const kept = all.filter(([name]) => !gone.includes(name))
      return kept.length === all.length ? undefined : kept
    }),
    detail: `The parameters are not those that were sent: ${gone.length > 3 ? `${gone.length} were` : gone.map((name) => `"${showName(name)}"`).join(', ')} added on the way.`,
  })
  if (unknown.length > 1 && unknown.length < names.length) yield offer(unknown, 2)
  for (const name of unknown.slice(0, 40)) yield offer([name], 1)
  for (const name of names.filter((one) => !unknown.includes(one)).slice(0, 60)) yield offer([name], 3)
  for (const [index, name] of unknown.slice(0, 8).entries())
    for (const other of unknown.slice(index + 1, 8)) yield offer([name, other], 3)
}
