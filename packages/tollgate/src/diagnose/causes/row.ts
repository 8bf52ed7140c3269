import type { Pairs } from '../../form.ts'
import type { UrlParts } from '../../url.ts'
import type { Rejected, RejectionCode } from '../../verdict.ts'
import type { findBodyVariant } from '../body-variants.ts'
import type { Key } from '../configured-keys.ts'
import type { Evidence } from '../evidence.ts'
import { countCharacters, type Work } from '../limits.ts'
import type { State, Subject } from '../reading.ts'
import type { Mend } from './mends.ts'

/** The frameworks and platforms that may have their own fix. The page of a cause has those of proxies. */
export type Place = 'express' | 'fastify' | 'koa' | 'hono' | 'nest' | 'next' | 'lambda' | 'azure'

/** Fixes for single frameworks and platforms. */
export type Fixes = Readonly<Partial<Record<Place, string>>>

/** The part of a request that a cause changes, or the key. */
export type CausePart = 'origin' | 'path' | 'query' | 'params' | 'body' | 'signature' | 'key' | 'request'

/** The facts about a cause that shells read. Its page has the other texts. */
export interface CauseInfo {
  /** A short name for a list of requests. Default: the id with spaces. */
  readonly name?: string
  /** The fix for every framework, in one line. */
  readonly fix: string
  /** What to do if the request is a copy that a person wrote. It comes before the fix. */
  readonly fixOfCopy?: string
  /** The webhook is a JSON event, whose URL has a hash of its body. */
  readonly isOfEvent?: boolean
  /** The body is missing. A copy that has none says nothing of it. */
  readonly isOfLostBody?: boolean
  readonly part: CausePart
  /** Another key signed than those that are configured. */
  readonly signedByOther?: boolean
  /** The sender is a stranger, so nothing has to be fixed. */
  readonly isStranger?: boolean
  /**
   * The differences that only this cause makes, if both what was sent and what arrived is known.
   */
  readonly differences?: readonly DifferenceSign[]
}

/** One thing that differs between what Twilio sent and what a server saw. */
export interface Difference {
  readonly what: 'method' | 'url' | 'parameter' | 'body' | 'header' | 'request'
  /** The name of the parameter or the header. */
  readonly name: string | undefined
  /** Several for a repeated parameter; none if it is not there. */
  readonly sent: readonly string[]
  readonly seen: readonly string[]
}

/** A difference by whose form a cause is certain. */
export interface DifferenceSign {
  /** Describes it. The names of the parameters follow. */
  readonly detail: string
  /** Says if this cause made the difference. `all` are the differences of the request. */
  readonly applies: (difference: Difference, all: readonly Difference[]) => boolean
  /** The fix, if the form of the difference shows that the one of the row would not be right. */
  readonly fix?: string
  /** Says if this cause makes one name of a parameter of another. */
  readonly relates?: (sent: string, seen: string) => boolean
}

/**
 * One cause, whole: its texts, the edits that undo it, the trace that shows it, and the option
 * that mends it. The key of the row in its family's table is the id of the cause. Everything else
 * reads the table of the scheme: the engine, the public type of the ids, the command line and the
 * tests.
 */
export interface CauseRow<S = Subject, T = State> extends CauseInfo {
  readonly title: string
  /** The fix for one framework or platform, if it differs. */
  readonly fixes?: Fixes
  /** The cause changes the parameters, which only something that read the body can do. */
  readonly changesParams?: boolean
  /** Lists the options with which the verifier may check the URL that was signed. */
  readonly mend?: Mend
  /** Lists the edits that undo this cause. The most likely ones have the lowest cost. */
  edits?(subject: S): Iterable<Edit<T>>
  /** Lists the signatures that a damaged signature header may have held. */
  readings?(values: readonly string[]): Iterable<SignatureReading>
  /** Looks for a trace that only this cause leaves, in a request that no edit explains. */
  suspect?(unexplained: Unexplained<S>): Finding | undefined
  /**
   * Describes this cause if the URL that the user names differs by it from the one that is checked.
   */
  compare?(seen: UrlParts, signed: UrlParts): Finding | undefined
  /** Says if forwarding headers name what this cause changed in the URL that was signed. */
  isForwarded?(evidence: Evidence, signed: UrlParts): boolean
  /** Describes this cause if it holds beside the edits that made the signature match. */
  accompany?(subject: S, proof: ProvenState): Finding | undefined
  /** Describes this cause if the signature matches, but the body does not have the signed hash. */
  explainBody?(subject: S): Finding | undefined
  /** Describes why a request was refused with this code although its signature matches. */
  readonly rejections?: Readonly<
    Partial<Record<RejectionCode, (subject: S, rejection: Rejected) => Finding | undefined>>
  >
}

/** What was seen in a request. */
export interface Finding {
  /** Describes it for the user. Holds no secret and no message text. */
  readonly detail: string
  /** The fix, if the request shows that the one of the row would not be right. */
  readonly fix?: string | undefined
  /** The option that mends it, as a line to copy, if the finding alone decides about it. */
  readonly line?: string | undefined
  /** The verifier built no URL, so the search guessed the origin, and that is no cause. */
  readonly guessesOrigin?: true
}

/**
 * A row as its family exports it: `{ … } satisfies CauseRow as Row`. The public type `CauseId`
 * needs only the keys, so the package's types do not contain the engine.
 */
export type Row = object

/**
 * The parts of a request that edits change. Two edits of one part never go together. The order is
 * the order in which edits are applied: a prefix is put back before the whole path is encoded, and
 * a lost blank value comes back before values are trimmed.
 */
export const dimensions = [
  'fragment',
  'userinfo',
  'scheme',
  'host',
  'port',
  'prefix',
  'path',
  'slash',
  'fields',
  'order',
  'encoding',
  'source',
  'hash',
  'names',
  'markup',
  'counted',
  'repeats',
  'trim',
  'plus',
  'null',
  'blank',
  'lost',
  'extra',
  'key',
  'token',
  'quotes',
  'algorithm',
  'timestamp',
  'body',
] as const

export type Dimension = (typeof dimensions)[number]

/** Another cause that one edit undoes as well. */
export interface OtherCause extends Finding {
  /** The id of a row of the same family. */
  readonly id: string
}

/** A mark of logs and filters inside a longer text. */
export const redactedPart: RegExp = /\[(redacted|filtered|masked|hidden|removed|scrubbed)\]|\*{4,}/i

/** The marks that logs and filters write in place of what they hide. */
export const redacted: RegExp =
  /^\W{0,3}(redacted|filtered|masked|hidden|removed|sanitized|sensitive|scrubbed|omitted)\W{0,3}$|\[(redacted|filtered|masked|hidden|removed|scrubbed)\]|<(redacted|filtered|masked|hidden|removed)>|^[*•]{3,}$/i

/** One way to undo a cause. */
export interface Edit<T = State> extends Finding {
  readonly dimension: Dimension
  /** 1 is the most likely. The search tries sets of edits by the sum of their costs. */
  readonly cost: number
  /** The changed state, or `undefined` if nothing changes. Counts its own work. */
  readonly apply: (state: T, work: Work) => T | undefined
  /** Causes that are undone in the same step. */
  readonly also?: readonly OtherCause[]
}

/** How a header's text is compared with the expected signature. */
export const comparisons = {
  same: (expected: string, text: string): boolean => expected === text,
  prefix: (expected: string, text: string): boolean => expected.startsWith(text),
  suffix: (expected: string, text: string): boolean => expected.endsWith(text),
  folded: (expected: string, text: string): boolean => expected.toLowerCase() === text.toLowerCase(),
}

/** A signature that a damaged header may have held. */
export interface SignatureReading {
  readonly text: string
  readonly compare: keyof typeof comparisons
  /** Describes the change of the header for the user. */
  readonly detail: string
  /** The fix, if the one of the row would not be right. */
  readonly fix?: string | undefined
}

/** One reading of the X-Twilio-Signature header: as it is, or repaired as its cause says. */
export interface Presented {
  readonly text: string
  readonly compare: keyof typeof comparisons
  readonly cause?: OtherCause
}

/** A refused request that no edit explains. */
export interface Unexplained<S = Subject> {
  readonly subject: S
  readonly rejection: Rejected
  /** How many signatures the search computed. */
  readonly tried: number
  readonly presented: readonly Presented[]
  /** The key verified other requests of this process within the hour. */
  readonly isKeyKnown?: boolean
}

/** The state under which the signature matches. */
export interface ProvenState {
  readonly state: State
  /** How the body differs from the one whose hash was signed, if a known change explains it. */
  readonly bodyChange: ReturnType<typeof findBodyVariant>
  /** An edit changed the parameters. */
  readonly changesParams: boolean
  /** An edit added a `bodySHA256` to the URL. */
  readonly addsHash: boolean
}

/** A single edit returns the same few inputs often: with each set that it is part of. */
const mostRemembered = 4

/** Makes each result once, and counts its work once. */
function remember<T>(make: (input: T, work: Work) => T | undefined): typeof make {
  const made = new Map<T, { readonly result: T | undefined }>()
  return (input, work) => {
    let known = made.get(input)
    if (known === undefined) {
      known = { result: make(input, work) }
      if (made.size < mostRemembered) made.set(input, known)
    }
    return known.result
  }
}

// In units of work, see limits.ts.
const unitsPerEditedCharacter = 4
const unitsPerEditedPair = 50

/** Makes an edit of the parameters. Without a change, `change` returns `undefined`. */
export function editPairs(change: (pairs: Pairs) => Pairs | undefined): Edit['apply'] {
  const edit = remember((pairs: Pairs, work) => {
    work.spend(unitsPerEditedCharacter * countCharacters(pairs) + unitsPerEditedPair * pairs.length)
    return change(pairs)
  })
  return (state, work) => {
    const pairs = edit(state.pairs, work)
    return pairs === undefined ? undefined : { ...state, pairs }
  }
}

/** Changes one value; the name says which. */
export type ChangeValue = (value: string, name: string) => string

/** Makes an edit of single values and names. */
export function editValues(change: ChangeValue, changeName: (name: string) => string = (name) => name): Edit['apply'] {
  return editPairs((pairs) => {
    let changed = false
    const result = pairs.map(([name, value]): readonly [string, string] => {
      const pair = [changeName(name), change(value, name)] as const
      changed ||= pair[0] !== name || pair[1] !== value
      return pair
    })
    return changed ? result : undefined
  })
}

/** Makes an edit of one part of the URL. */
export function editUrl<K extends 'scheme' | 'host' | 'port' | 'path' | 'query' | 'userinfo'>(
  part: K,
  change: (text: string) => string | undefined,
): Edit['apply'] {
  const edit = remember((text: string, work) => {
    work.spend(unitsPerEditedCharacter * text.length)
    return change(text)
  })
  return (state, work) => {
    const text = edit(state.url[part], work)
    return text === undefined || text === state.url[part]
      ? undefined
      : { ...state, url: { ...state.url, [part]: text } }
  }
}

/** Makes an edit of the keys. */
export function editKeys(change: (keys: readonly Key[]) => readonly Key[] | undefined): Edit['apply'] {
  const edit = remember(change)
  return (state, work) => {
    const keys = edit(state.keys, work)
    return keys === undefined ? undefined : { ...state, keys }
  }
}

/** Makes the edit that takes these parameters for the form that Twilio signed. */
export function takeForm(pairs: Pairs | undefined, finding: Finding, cost = 1): Edit[] {
  if (pairs === undefined || pairs.length === 0) return []
  return [{ ...finding, dimension: 'source', cost, apply: (state) => ({ ...state, pairs, covers: 'params' }) }]
}
