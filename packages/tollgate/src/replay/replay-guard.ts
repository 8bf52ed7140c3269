import type { Delivery, ReplayClaim, ReplayGuard } from '../interfaces.ts'
import { checkKnownOptions } from '../known-options.ts'
import { parseInteger } from '../parse-integer.ts'
import { hashBody } from '../scheme/body-hash.ts'
import { checkMethods, parseChoice } from './check-options.ts'
import { neverRepeats } from './never-repeats.ts'
import type { ReplayStore } from './store.ts'
import { withTimeLimit } from './time-limit.ts'

export interface ReplayGuardOptions {
  /** Where deliveries are remembered: `memoryStore()` for one process, `redisStore(client)` for several. */
  readonly store: ReplayStore
  /** How long a delivery is remembered, in seconds, 1 to 31,536,000 (a year). Default 86,400 (a day). */
  readonly ttlSeconds?: number | undefined
  /**
   * `'mark'` says `replayed: true` in the verdict. `'reject'` refuses as `replayed` (403) the kinds that Twilio never sends
   * twice, and marks all others, since much of a call repeats byte for byte. Default `'mark'`.
   */
  readonly onReplay?: 'mark' | 'reject' | undefined
  /**
   * A store that throws, or takes too long: `'reject'` refuses the delivery as `replay_store_failed` (503), `'accept'` lets it pass
   * with `replayed: 'unknown'`. Default `'reject'`.
   */
  readonly onStoreFailure?: 'reject' | 'accept' | undefined
  /** How long the store may take, in milliseconds, 1 to 15,000. Default 1,000. */
  readonly storeTimeoutMs?: number | undefined
}

interface ReplaySettings {
  readonly store: ReplayStore
  readonly ttlMs: number
  readonly refuses: boolean
  readonly acceptsOnFailure: boolean
  readonly storeTimeoutMs: number
}

const known: Readonly<Record<keyof ReplayGuardOptions, true>> = {
  store: true,
  ttlSeconds: true,
  onReplay: true,
  onStoreFailure: true,
  storeTimeoutMs: true,
}

/**
 * Recognises a delivery that arrives again, by the hash of what Twilio signed: headers, the order of a form and the key count for
 * nothing. WebSocket handshakes are not claimed, for all of them are alike. For the `replay` option.
 * @throws TypeError or RangeError, naming the option, when one is missing, unknown or out of range.
 */
export function replayGuard(options: ReplayGuardOptions): ReplayGuard {
  checkKnownOptions(options, known, 'replayGuard')
  checkMethods(options.store, 'store', ['claim', 'release'])
  const settings: ReplaySettings = {
    store: options.store,
    ttlMs: 1000 * (parseInteger(options.ttlSeconds, 'ttlSeconds', 1, 31_536_000) ?? 86_400),
    refuses: parseChoice(options.onReplay, 'onReplay', ['mark', 'reject']) === 'reject',
    acceptsOnFailure: parseChoice(options.onStoreFailure, 'onStoreFailure', ['reject', 'accept']) === 'accept',
    storeTimeoutMs: parseInteger(options.storeTimeoutMs, 'storeTimeoutMs', 1, 15_000) ?? 1000,
  }
  return { claim: (delivery) => claimDelivery(settings, delivery) }
}

const encoder = new TextEncoder()

async function claimDelivery(settings: ReplaySettings, delivery: Delivery): Promise<ReplayClaim> {
  if (delivery.handshake) return { replayed: false }
  const { store, storeTimeoutMs } = settings
  const key = hashBody(encoder.encode(delivery.signingString))
  const token = makeToken()
  const release = (): Promise<void> => withTimeLimit(store.release(key, token), storeTimeoutMs)
  const claimed = startClaim(settings, key, token)
  try {
    const outcome = await withTimeLimit(claimed, storeTimeoutMs)
    switch (outcome) {
      case 'claimed':
        return { replayed: false, release }
      case 'seen':
        return settings.refuses && neverRepeats(delivery) ? { replayed: true, refuse: true } : { replayed: true }
      case 'full':
        return { replayed: 'unknown' }
      default:
        throw new TypeError('The replay store must answer "claimed", "seen" or "full"')
    }
  } catch (error) {
    if (settings.acceptsOnFailure) return { replayed: 'unknown', release }
    forgetWhenSettled(claimed, release)
    throw error
  }
}

/** 120 random bits. A UUID's text is kept in pieces by V8, at three times the memory. */
function makeToken(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(15))))
}

async function startClaim({ store, ttlMs }: ReplaySettings, key: string, token: string): Promise<string> {
  return store.claim(key, ttlMs, token)
}

/**
 * A claim whose answer did not come may have been made all the same, or be made later by a client that sends it again. Left alone it
 * would turn away the retry of a delivery that nobody has handled.
 */
function forgetWhenSettled(claimed: Promise<unknown>, release: () => Promise<void>): void {
  claimed.then(release, release).catch(() => undefined)
}
