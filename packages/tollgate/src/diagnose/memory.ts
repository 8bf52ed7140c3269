import { isAccountSid } from '../checks/secrets.ts'
import { splitUrl, type UrlParts } from '../url.ts'
import type { Accepted } from '../verdict.ts'
import { readHeaders, readSingle } from '../verify/head.ts'
import type { VerifiedRequest } from '../verify/types.ts'
import type { CausePart } from './causes/row.ts'

/** What a process has seen to work: the keys, hosts and paths of the requests that it verified. */
export interface Memory {
  /** Remembers what verified a request. Keeps no secret, no parameter and no text of a message. */
  add(verified: VerifiedRequest): void
  /**
   * Lists the parts of a request that verified others a short time ago.
   * @param seen the request that was refused
   */
  findWorking(seen: SeenParts): ReadonlySet<CausePart>
  /** Finds another account than these that a request which an Auth Token verified has named. */
  findOtherAccount(accounts: readonly string[]): string | undefined
}

/** The parts of a refused request that may have worked before. */
interface SeenParts {
  readonly url: UrlParts
  /** The id of the SharedKey that the request names. */
  readonly sharedKeyId: string | undefined
  /** The accounts that the request names. */
  readonly accounts: readonly string[]
  /** The value of X-Home-Region: each region has tokens of its own. */
  readonly region: string | undefined
  /** The tokens are the same for every account, so a request that names none is checked with them. */
  readonly hasFixedTokens: boolean
}

/** More keys and places than this are forgotten, the oldest first. */
const mostKept = 64

/** A token may be changed at Twilio, and a route may be moved, so that what worked is forgotten. */
const keptMs = 60 * 60 * 1000

/** Creates a memory of at most 64 keys and 64 places, each for an hour after its last use. */
export function createMemory(now: () => number): Memory {
  const keys = createRecent(now)
  const places = createRecent(now)
  const named = createRecent(now)
  return {
    add({ verdict, request }) {
      const { matched, accountSid } = verdict
      const { key, url } = matched
      const account = accountSid ?? readAccount(verdict)
      if (key.kind === 'auth_token' && isAccountSid(account)) named.add(account)
      const id = key.kind === 'shared_key' ? `shared ${key.id}` : 'token'
      keys.add(joinKey(id, accountSid, readSingle(readHeaders(request.headers), 'x-home-region') ?? undefined))
      const parts = splitUrl(url)
      if (parts === undefined) return
      places.add(joinOrigin(parts))
      places.add(joinPlace(parts))
    },
    findWorking({ url, sharedKeyId, accounts, region, hasFixedTokens }) {
      const id = sharedKeyId === undefined ? 'token' : `shared ${sharedKeyId}`
      const [account] = accounts
      const isKnown =
        accounts.length > 1
          ? false
          : account !== undefined || !hasFixedTokens
            ? keys.has(joinKey(id, account, region))
            : keys.find((one) => one.startsWith(`${id} `) && one.endsWith(` ${toRegion(region)}`)) !== undefined
      const found = new Set<CausePart>()
      if (isKnown) found.add('key')
      if (places.has(joinOrigin(url))) found.add('origin')
      if (places.has(joinPlace(url))) found.add('path')
      return found
    },
    findOtherAccount: (accounts) => named.find((one) => !accounts.includes(one)),
  }
}

/** The token of a look-up proves no account. The parameters that it signed name one. */
function readAccount(verdict: VerifiedRequest['verdict'] & Partial<Accepted>): string | undefined {
  return verdict.covers === 'params' ? verdict.params?.get('AccountSid') : undefined
}

function toRegion(region: string | undefined): string {
  return region !== undefined && /^[a-z]{2}\d$/.test(region) ? region : 'us1'
}

function joinKey(id: string, account: string | undefined, region: string | undefined): string {
  return `${id} ${isAccountSid(account) ? account : ''} ${toRegion(region)}`
}

function joinOrigin({ scheme, host, port }: UrlParts): string {
  return `${scheme.toLowerCase().replace('ws', 'http')}://${host}${port}`.slice(0, 300)
}

/** The last part of a path may be a secret, so only a word at its start is kept. */
function joinPlace(url: UrlParts): string {
  const [word = ''] = /^\/[A-Za-z][A-Za-z_-]{0,19}(?=\/|$)/.exec(url.path) ?? []
  return `${joinOrigin(url)} ${word}`
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
