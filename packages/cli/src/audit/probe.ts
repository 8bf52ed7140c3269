import { randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import manifest from '../../package.json' with { type: 'json' }
import { UnreachableError, UsageError } from '../exit.ts'
import { deliverForHead } from '../sending/deliver.ts'
import { toAddress } from '../sending/prepare.ts'
import { maxRunMs } from '../twilio-api/client.ts'
import { findDefaultPort, parseWebhookUrl, removeFragment, toAsciiHost } from '../twilio-api/webhook-url.ts'
import { compare, type Webhook } from './inventory.ts'

/** One distinct URL and method, to be probed. */
export interface Target {
  readonly url: string
  readonly method: string
}

export interface Probed extends Target {
  readonly verdict: 'not guarded' | 'unclear' | 'refused' | 'no answer'
  /** Says which request got which answer. */
  readonly detail: string
}

const body = 'TollgateProbe=1'
const pauseMs = 1000

/** Checks the values of --allow-host: hosts, each perhaps with a port. */
export function parseAllowedHosts(hosts: readonly string[]): readonly string[] {
  return hosts.map((given) => {
    // An IPv6 address needs no brackets if it has no port.
    const host = isIPv6(given) ? `[${given}]` : given
    const parts = /^([\p{L}\p{M}\p{N}._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/iu.test(host)
      ? parseWebhookUrl(`https://${host}`)
      : undefined
    if (parts === undefined) throw new UsageError('--allow-host needs HOST or HOST:PORT, without a wildcard.')
    return toOneHost(parts.host) + (parts.port && `:${Number(parts.port.slice(1))}`)
  })
}

/** Every spelling of a host is one host. A dot at the end changes no address. */
function toOneHost(host: string): string {
  return toAsciiHost(host).replace(/\.$/, '')
}

/**
 * Lists what would be probed: the URLs of the allowed hosts, once each. A host without a port
 * allows only the port of the scheme.
 */
export function listTargets(webhooks: readonly Webhook[], allowedHosts: readonly string[]): readonly Target[] {
  const targets = new Map<string, Target>()
  for (const { url, method } of webhooks) {
    const endpoint = findEndpoint(url)
    // Studio fills in {{…}} only when it calls, so that URL exists nowhere.
    if (endpoint === undefined || url.includes('{{')) continue
    const { host, port, isDefaultPort } = endpoint
    if (!allowedHosts.includes(`${host}:${port}`) && !(isDefaultPort && allowedHosts.includes(host))) continue
    const bare = removeFragment(url)
    targets.set(`${method} ${bare}`, { url: bare, method })
  }
  return [...targets.values()].sort((one, other) => compare(one.url, other.url) || compare(one.method, other.method))
}

/** Finds the host, in its one spelling, and the port of a URL. */
function findEndpoint(
  url: string,
): { readonly host: string; readonly port: number; readonly isDefaultPort: boolean } | undefined {
  const parts = parseWebhookUrl(url)
  if (parts === undefined) return undefined
  const ofScheme = findDefaultPort(parts)
  const port = Number(parts.port.slice(1) || ofScheme)
  return { host: toOneHost(parts.host), port, isDefaultPort: port === ofScheme }
}

/**
 * Sends each target an unsigned request and one with a random signature, at most one request a
 * second to each host. Redirects are not followed. A host that never answers takes the time limit of
 * each request, so no target is asked after four hours.
 */
export async function probeAll(
  targets: readonly Target[],
  timeoutMs: number,
  onStep: () => void,
): Promise<readonly Probed[]> {
  const byHost = new Map<string, Target[]>()
  for (const target of targets) {
    // Ports do not separate hosts: they may be one machine.
    const host = findEndpoint(target.url)?.host ?? ''
    byHost.set(host, [...(byHost.get(host) ?? []), target])
  }
  const end = performance.now() + maxRunMs
  const probed = await Promise.all(
    [...byHost.values()].map(async (ofHost) => {
      const results: Probed[] = []
      let next = 0
      // Counts from the last answer: a slow request may arrive long after it was sent.
      const pace: Pace = async (send) => {
        await sleep(Math.max(0, next - performance.now()))
        try {
          return await send()
        } finally {
          next = performance.now() + pauseMs
        }
      }
      for (const target of ofHost) {
        results.push(performance.now() < end ? await probe(target, timeoutMs, pace) : { ...target, ...notAsked })
        onStep()
      }
      return results
    }),
  )
  const worst = ['not guarded', 'unclear', 'no answer', 'refused']
  return probed
    .flat()
    .sort((one, other) => worst.indexOf(one.verdict) - worst.indexOf(other.verdict) || compare(one.url, other.url))
}

const notAsked = {
  verdict: 'no answer',
  detail: `not asked in the first ${maxRunMs / 3_600_000} hours`,
} as const

/** Waits for the host's next turn, then sends. */
type Pace = (send: () => Promise<number | string>) => Promise<number | string>

async function probe(target: Target, timeoutMs: number, pace: Pace): Promise<Probed> {
  const unsigned = await pace(() => ask(target, undefined, timeoutMs))
  const answers = [`unsigned: ${unsigned}`]
  // An endpoint that answers needs no second request, which would run its handler again.
  const first = judge(unsigned)
  if (first === 'not guarded') return { ...target, verdict: first, detail: answers.join(', ') }
  const wrong = await pace(() => ask(target, randomBytes(20).toString('base64'), timeoutMs))
  answers.push(`wrong signature: ${wrong}`)
  const verdicts = [first, judge(wrong)]
  const verdict =
    (['not guarded', 'unclear', 'no answer'] as const).find((each) => verdicts.includes(each)) ?? 'refused'
  return { ...target, verdict, detail: answers.join(', ') }
}

function judge(status: number | string): Probed['verdict'] {
  if (typeof status === 'string') return 'no answer'
  if (status >= 200 && status < 300) return 'not guarded'
  return status >= 300 && status < 400 ? 'unclear' : 'refused'
}

/** Returns the status of the answer, or why there was none. */
async function ask(
  { url, method }: Target,
  signature: string | undefined,
  timeoutMs: number,
): Promise<number | string> {
  const form = method === 'GET' ? undefined : body
  try {
    // HTTP carries ASCII only: an IDN in Punycode, and the rest percent-encoded.
    const { headers, ...address } = toAddress(/^[\x21-\x7e]*$/.test(url) ? url : new URL(url).href)
    // The origin was allowed as one reader finds it in the URL. The request goes where another one does.
    const { host, port } = findEndpoint(url) ?? {}
    if (
      host !== toOneHost(isIPv6(address.hostname) ? `[${address.hostname}]` : address.hostname) ||
      port !== address.port
    )
      return 'no answer (the URL cannot be called)'
    const own = {
      'user-agent': `tollgate-audit/${manifest.version}`,
      ...(form !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(form.length),
      }),
      ...(signature !== undefined && { 'x-twilio-signature': signature }),
    }
    const delivery = { ...address, method, headers: { ...headers, ...own }, body: form }
    return (await deliverForHead(delivery, timeoutMs)).status
  } catch (error) {
    if (error instanceof UnreachableError) return `no answer (${error.message.replace(/\.$/, '')})`
    // Twilio stores URLs that no client can call.
    if (error instanceof UsageError || error instanceof TypeError) return 'no answer (the URL cannot be called)'
    throw error
  }
}
