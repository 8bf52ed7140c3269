import { isAccountSid } from '../checks/secrets.ts'
import { readHeaders, readSingle } from '../verify/head.ts'
import type { VerifiedRequest } from '../verify/types.ts'

/** The keys and the accounts of the requests that a process verified. */
export interface Memory {
  /** Remembers what verified a request. Keeps no secret, no parameter and no text of a message. */
  add(verified: VerifiedRequest): void
  /** Says if the key with which a refused request was checked verified others within the hour. */
  isKeyKnown(seen: SeenKey): boolean
}

/** What a refused request says of its key. */
interface SeenKey {
  /** The id of the SharedKey that the request names. */
  readonly sharedKeyId: string | undefined
  /** The accounts that the request names. */
  readonly accounts: readonly string[]
  /** The value of X-Home-Region: each region has tokens of its own. */
  readonly region: string | undefined
  /** The tokens are the same for every account, so a request that names none is checked with them. */
  readonly hasFixedTokens: boolean
}

/** More keys than this are forgotten, the oldest first. */
const mostKept = 64

/** A token may be changed at Twilio, so that what worked is forgotten. */
const keptMs = 60 * 60 * 1000

/** Creates a memory of at most 64 keys, each for an hour after its last use. */
export function createMemory(now: () => number): Memory {
  const keys = createRecent(now)
  return {
    add({ verdict, request }) {
      const { matched, accountSid } = verdict
      const { key } = matched
      const id = key.kind === 'shared_key' ? `shared ${key.id}` : 'token'
      keys.add(joinKey(id, accountSid, readSingle(readHeaders(request.headers), 'x-home-region') ?? undefined))
    },
    isKeyKnown({ sharedKeyId, accounts, region, hasFixedTokens }) {
      const id = sharedKeyId === undefined ? 'token' : `shared ${sharedKeyId}`
      const [account] = accounts
      if (accounts.length > 1) return false
      return account !== undefined || !hasFixedTokens
        ? keys.has(joinKey(id, account, region))
        : keys.find((one) => one.startsWith(`${id} `) && one.endsWith(` ${toRegion(region)}`)) !== undefined
    },
  }
}

function toRegion(region: string | undefined): string {
  return region !== undefined && /^[a-z]{2}\d$/.test(region) ? region : 'us1'
}

function joinKey(id: string, account: string | undefined, region: string | undefined): string {
  return `${id} ${isAccountSid(account) ? account : ''} ${toRegion(region)}`
}

interface Recent {
  add(text: string): void
  has(text: string): boolean
  /** Finds the text that was added last. */
  find(test: (text: string) => boolean): string | undefined
}

function createRecent(now: () => number): Recent {
  const times = new Map<string, number>()
  const isFresh = (time: number | undefined): boolean => time !== undefined && now() - time < keptMs
  return {
    add(text) {
      times.delete(text)
      times.set(text, now())
      const [oldest] = times.keys()
      if (times.size > mostKept && oldest !== undefined) times.delete(oldest)
    },
    has: (text) => isFresh(times.get(text)),
    find: (test) => [...times].findLast(([text, time]) => isFresh(time) && test(text))?.[0],
  }
}
