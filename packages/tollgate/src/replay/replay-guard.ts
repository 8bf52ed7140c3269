import { parseJsonBody } from '../bytes.ts'
import { type Awaitable, isPromise, withTimeLimit } from '../checks/limits.ts'
import { readOptions } from '../checks/options.ts'
import { kindOfJson, mayBeAlike, neverRepeats } from '../schemes/twilio/webhooks/index.ts'
import { recogniseForm } from '../schemes/twilio/webhooks/shapes.ts'
import { logCause } from '../verify/refusal-log.ts'
import type { Delivery, ReplayGuard, Reservation } from '../verify/types.ts'
import type { Confirmation, ReplayStore, ReserveOutcome } from './store.ts'

/** Options of `replayGuard`. */
export interface ReplayGuardOptions {
  /** The store of deliveries: `memoryStore()` for one process, `redisStore(client)` for several. */
  readonly store: ReplayStore
  /**
   * How long a delivery whose work succeeded is remembered, in seconds, an integer from 1 to
   * 31,536,000 (a year). Default 86,400 (a day).
   */
  readonly ttlSeconds?: number | undefined
  /**
   * How long a delivery is pending at most, in seconds, an integer from 1 to 3,600: from its
   * reservation until its work has succeeded. Copies are refused meanwhile, as `replay_pending`
   * (503). After it, for example because the process crashed, the delivery can arrive again.
   * Default 30: Twilio waits for an answer for at most 15. If work takes longer than this, a copy
   * can run beside it.
   */
  readonly leaseSeconds?: number | undefined
  /**
   * `'mark'` sets `delivery: 'repeated'` in the verdict. `'reject'` refuses the kinds that Twilio
   * never sends twice, as `replayed` (403). It only marks all others, because many webhooks of a
   * call repeat byte for byte. Default `'mark'`.
   */
  readonly whenRepeated?: 'mark' | 'reject' | undefined
  /**
   * The reaction if the store throws or takes too long. `'reject'` refuses the delivery as
   * `replay_store_failed` (503). `'accept'` lets it pass with `delivery: 'unknown'`. Default
   * `'reject'`.
   */
  readonly whenStoreFails?: 'reject' | 'accept' | undefined
  /**
   * The time limit of the store in milliseconds, an integer from 1 to 15,000. Default 1,000.
   */
  readonly storeTimeoutMs?: number | undefined
}

interface ReplaySettings {
  readonly store: ReplayStore
  readonly leaseMs: number
  readonly ttlMs: number
  readonly refuses: boolean
  readonly acceptsOnFailure: boolean
  readonly storeTimeoutMs: number
}

/** The options of `replayGuard`. */
export const replayGuardOptions = {
  store: { type: 'object', methods: ['reserve', 'confirm', 'release'], required: true },
  ttlSeconds: { type: 'integer', least: 1, most: 31_536_000, default: 86_400 },
  leaseSeconds: { type: 'integer', least: 1, most: 3600, default: 30 },
  whenRepeated: { type: 'choice', choices: ['mark', 'reject'], default: 'mark' },
  whenStoreFails: { type: 'choice', choices: ['reject', 'accept'], default: 'reject' },
  storeTimeoutMs: { type: 'integer', least: 1, most: 15_000, default: 1000 },
} as const

/**
 * Creates a guard that recognises a delivery that arrives again, for the `replay` option. It
 * compares a hash of what Twilio signed. Headers, the order of a form and the key do not count.
 * A delivery is pending until its work has succeeded, so that a crash loses none. WebSocket
 * handshakes are not reserved, because all of them have the same signature.
 * @returns a guard for the `replay` option of a verifier or an adapter
 * @throws TypeError or RangeError that names the option, if one is missing, unknown or out of
 *   range.
 */
export function replayGuard(given: ReplayGuardOptions): ReplayGuard {
  const options = readOptions(given, replayGuardOptions, 'replayGuard')
  const settings: ReplaySettings = {
    store: options.store,
    leaseMs: 1000 * options.leaseSeconds,
    ttlMs: 1000 * options.ttlSeconds,
    refuses: options.whenRepeated === 'reject',
    acceptsOnFailure: options.whenStoreFails === 'accept',
    storeTimeoutMs: options.storeTimeoutMs,
  }
  return { reserve: (delivery) => reserveDelivery(settings, delivery) }
}

function reserveDelivery(settings: ReplaySettings, delivery: Delivery): Awaitable<Reservation> {
  if (delivery.handshake) return { delivery: 'unknown' }
  const attempt = shareAttempt(settings, delivery)
  // A store in memory answers at once. Each promise would cost a tenth of an HMAC.
  // Stryker disable next-line ConditionalExpression,StringLiteral: an answer that is there is the same after a wait
  return attempt.outcome === 'reserved' ? toReservation(settings, attempt, 'first') : readOutcome(settings, attempt)
}

async function readOutcome(settings: ReplaySettings, attempt: Attempt): Promise<Reservation> {
  try {
    const outcome = await withTimeLimit(() => attempt.outcome, settings.storeTimeoutMs, 'The replay store')
    // Stryker disable next-line StringLiteral: an answer that is there is the same after a wait
    if (outcome === 'reserved') return await toReservation(settings, attempt, 'first')
    if (outcome === 'pending') return { delivery: 'unknown', refuse: 'pending' }
    if (outcome === 'full') return { delivery: 'unknown' }
    const seen: unknown = Object(outcome).seen
    if (typeof seen !== 'string')
      throw new TypeError('The replay store must answer "reserved", "pending", "full" or { seen: kind }')
    // The kind of the first delivery decides. A replay may have another kind with the same signing
    // string, if its parameters are cut elsewhere (`SmsStatu=sreceived`).
    const isCopy = seen === once || neverRepeats(seen)
    if (!attempt.isKept && !isCopy) return { delivery: 'unknown' }
    return settings.refuses && isCopy ? { delivery: 'repeated', refuse: true } : { delivery: 'repeated' }
  } catch (error) {
    if (settings.acceptsOnFailure) {
      logCause('replay_store_failed', 'The replay store failed, so "delivery" is "unknown".', error)
      return await toReservation(settings, attempt, 'unknown')
    }
    forgetWhenSettled(settings, attempt)
    throw error
  }
}

/** One attempt to reserve a delivery, and the answer of the store. */
interface Attempt {
  readonly key: string
  readonly confirmation: Confirmation
  readonly outcome: Awaitable<ReserveOutcome>
  /** False if the delivery is only looked up, and nothing is remembered of it. */
  readonly isKept: boolean
  /** True after a release. A later check of the same request then has to reserve again. */
  isReleased: boolean
}

/**
 * A store keeps its attempts under this symbol, by the framework's own request. If an application
 * and a route both have a guard, they check one request twice. Both checks then share one attempt,
 * so that the second is not a replay, also if one guard is an ES module and the other is CommonJS.
 */
const attemptsOf = Symbol.for('tollgate.attempts')
type Attempts = WeakMap<object, Attempt>
/** Of stores that take no property. */
const ofFrozen = new WeakMap<ReplayStore, Attempts>()

function listAttempts(store: ReplayStore & { readonly [attemptsOf]?: Attempts }): Attempts {
  const known = Object.hasOwn(store, attemptsOf) ? store[attemptsOf] : ofFrozen.get(store)
  if (known !== undefined) return known
  const attempts: Attempts = new WeakMap()
  if (!Reflect.defineProperty(store, attemptsOf, { value: attempts })) ofFrozen.set(store, attempts)
  return attempts
}

function shareAttempt(settings: ReplaySettings, delivery: Delivery): Attempt {
  const { key, native } = delivery
  if (typeof native !== 'object' || native === null) return startAttempt(settings, key, delivery)
  const attempts = listAttempts(settings.store)
  const earlier = attempts.get(native)
  if (earlier?.key === key && !earlier.isReleased) return earlier
  const attempt = startAttempt(settings, key, delivery)
  attempts.set(native, attempt)
  return attempt
}

/** A reservation that reports to the store how the work ends, unless nothing is to be remembered. */
function toReservation(
  settings: ReplaySettings,
  attempt: Attempt,
  delivery: Reservation['delivery'],
): Awaitable<Reservation> {
  if (!attempt.isKept) {
    const unknown: Reservation = { delivery: 'unknown' }
    const released = releaseAttempt(settings, attempt)
    return isPromise(released)
      ? released.then(
          () => unknown,
          () => unknown,
        )
      : unknown
  }
  return {
    delivery,
    confirm: () => logFailure(confirmAttempt(settings, attempt), 'confirm a delivery, so that a copy may be accepted'),
    release: () =>
      logFailure(releaseAttempt(settings, attempt), 'release a delivery, so that its retry may be refused'),
  }
}

/** If the store fails to record an end, the error is in the log, because no answer shows it. */
function logFailure(report: Awaitable<void>, failure: string): Awaitable<void> {
  if (!isPromise(report)) return undefined
  return report.then(undefined, (error: unknown) => {
    logCause('replay_store_failed', `The replay store failed to ${failure}.`, error)
    throw error
  })
}

const shortestLeaseMs = 1000 * replayGuardOptions.leaseSeconds.least

function startAttempt({ store, leaseMs, ttlMs }: ReplaySettings, key: string, delivery: Delivery): Attempt {
  const { kind, isDoubtful, isKept } = recogniseKind(delivery)
  const token = makeToken()
  // A store can only be asked by a reservation. The shortest lease that the option allows is over soon if its
  // release fails.
  const attempt = { leaseMs: isKept ? leaseMs : shortestLeaseMs, token, kind, isDoubtful }
  return {
    key,
    confirmation: { ttlMs, token, kind, isDoubtful },
    outcome: call(() => store.reserve(key, attempt)),
    isKept,
    isReleased: false,
  }
}

/** Asks a store. It may answer at once, and its exception becomes a rejection. */
function call<T>(ask: () => Awaitable<T>): Awaitable<T> {
  try {
    return ask()
  } catch (error) {
    return Promise.reject(error)
  }
}

/** As `call`, with the time limit. */
function report({ storeTimeoutMs }: ReplaySettings, ask: () => Awaitable<void>): Awaitable<void> {
  const answer = call(ask)
  return isPromise(answer) ? withTimeLimit(() => answer, storeTimeoutMs, 'The replay store') : undefined
}

function releaseAttempt(settings: ReplaySettings, attempt: Attempt): Awaitable<void> {
  attempt.isReleased = true
  return report(settings, () => settings.store.release(attempt.key, attempt.confirmation.token))
}

/**
 * The pauses before the guard tries again to confirm, in milliseconds. A client that lost its
 * connection rejects the command, and needs a moment for the next connection. All of them end
 * before a lease of the default length does.
 */
const confirmPausesMs: readonly number[] = [250, 1000, 4000]

/**
 * Confirms the reservation of an attempt, unless it was released. If the store fails, the guard
 * tries again in the background, because a replay could pass after the lease.
 */
function confirmAttempt(settings: ReplaySettings, attempt: Attempt, pauses = confirmPausesMs): Awaitable<void> {
  if (attempt.isReleased) return undefined
  const confirming = report(settings, () => settings.store.confirm(attempt.key, attempt.confirmation))
  if (!isPromise(confirming)) return undefined
  return confirming.then(undefined, (error: unknown) => {
    const [pauseMs, ...others] = pauses
    const again = (): void => void confirmAttempt(settings, attempt, others)?.then(undefined, () => undefined)
    if (pauseMs !== undefined) setTimeout(again, pauseMs)
    throw error
  })
}

const tokensOfText = 1000
// Stryker disable next-line StringLiteral: the first attempt replaces this text
let randomText = ''
let made = 0

/**
 * Returns a text that no other attempt has, in any process: 120 random bits and a number. Random
 * bits for each attempt would cost ten times as much as its hash.
 */
function makeToken(): string {
  if (made % tokensOfText === 0) randomText = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(15))))
  return `${randomText}.${made++ % tokensOfText}`
}

/**
 * Releases an attempt as soon as the store answers, because the delivery was refused in the
 * meantime. Otherwise a reservation that was made after the time limit would refuse the retry.
 */
function forgetWhenSettled(settings: ReplaySettings, attempt: Attempt): void {
  const release = (): Awaitable<void> => releaseAttempt(settings, attempt)
  Promise.resolve(attempt.outcome)
    .then(release, release)
    .catch(() => undefined)
}

// The kind of a delivery that says itself that it never repeats. No kind of webhook has this name.
const once = 'once'

interface Recognised extends Pick<Confirmation, 'kind' | 'isDoubtful'> {
  readonly isKept: boolean
}

const unknown: Recognised = { kind: 'unknown', isDoubtful: true, isKept: true }

/**
 * Returns the kind of a delivery, and if it may be a cut of another one. A delivery is kept only if
 * no other event can have the same bytes, and if it has all that Twilio sends with its kind.
 */
function recogniseKind(delivery: Delivery): Recognised {
  const { neverRepeats, covers, params } = delivery
  if (neverRepeats !== undefined) return { kind: neverRepeats ? once : 'unknown', isDoubtful: false, isKept: true }
  if (covers === 'body') {
    const kind = delivery.body && kindOfJson(parseJsonBody(delivery.body))
    return kind === undefined ? unknown : { kind, isDoubtful: false, isKept: true }
  }
  const form = params && recogniseForm(params)
  // A request in the middle of a call has no kind, and a `<Redirect>` may send it again.
  if (form === undefined) return { ...unknown, isKept: params?.has('CallSid') !== true }
  return mayBeAlike(form.kind) || !form.isWhole
    ? { kind: form.kind, isDoubtful: true, isKept: false }
    : { kind: form.kind, isDoubtful: form.isDoubtful, isKept: true }
}
