import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import manifest from '../../package.json' with { type: 'json' }
import { UnreachableError, UsageError } from '../exit.ts'
import { deliver } from '../sending/deliver.ts'
import { toAddress } from '../sending/prepare.ts'
import { splitUrl } from '../twilio-api/webhook-url.ts'
import { compare, type Webhook } from './read.ts'

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
  for (const host of hosts)
    if (!/^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(host))
      throw new UsageError('--allow-host needs HOST or HOST:PORT, without a wildcard.')
  return hosts.map((host) => host.toLowerCase())
}

/**
 * Lists what would be probed: the URLs of the allowed hosts, once each.
 * A host without a port allows only the port of the scheme.
 */
export function listTargets(webhooks: readonly Webhook[], allowedHosts: readonly string[]): readonly Target[] {
  const targets = new Map<string, Target>()
  for (const { url, method } of webhooks) {
    const parts = splitUrl(url)
    // Studio fills in {{…}} only when it calls, so that URL exists nowhere.
    if (parts === undefined || url.includes('{{') || !allowedHosts.includes(parts.host.toLowerCase() + parts.port))
      continue
    const bare = url.replace(/#.*$/s, '')
    targets.set(`${method} ${bare}`, { url: bare, method })
  }
  return [...targets.values()].sort((one, other) => compare(one.url, other.url) || compare(one.method, other.method))
}

/**
 * Sends each target an unsigned request and one with a random signature, at most one request a
 * second to each host. Redirects are not followed.
 */
export async function probeAll(
  targets: readonly Target[],
  timeoutMs: number,
  onStep: () => void,
): Promise<readonly Probed[]> {
  const byHost = new Map<string, Target[]>()
  for (const target of targets) {
    // Ports do not separate hosts: they may be one machine.
    const host = splitUrl(target.url)?.host.toLowerCase() ?? ''
    byHost.set(host, [...(byHost.get(host) ?? []), target])
  }
  const probed = await Promise.all(
    [...byHost.values()].map(async (ofHost) => {
      const results: Probed[] = []
      const pace = createPace()
      for (const target of ofHost) {
        results.push(await probe(target, timeoutMs, pace))
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

function createPace(): () => Promise<void> {
  let next = 0
  return async () => {
    const now = performance.now()
    if (next > now) await sleep(next - now)
    next = Math.max(now, next) + pauseMs
  }
}

async function probe(target: Target, timeoutMs: number, pace: () => Promise<void>): Promise<Probed> {
  const unsigned = await ask(target, undefined, timeoutMs, pace)
  const answers = [`unsigned: ${unsigned ?? 'no answer'}`]
  // An endpoint that answers needs no second request, which would run its handler again.
  const first = judge(unsigned)
  if (first === 'not guarded') return { ...target, verdict: first, detail: answers.join(', ') }
  const wrong = await ask(target, randomBytes(20).toString('base64'), timeoutMs, pace)
  answers.push(`wrong signature: ${wrong ?? 'no answer'}`)
  const verdicts = [first, judge(wrong)]
  const verdict =
    (['not guarded', 'unclear', 'no answer'] as const).find((each) => verdicts.includes(each)) ?? 'refused'
  return { ...target, verdict, detail: answers.join(', ') }
}

function judge(status: number | undefined): Probed['verdict'] {
  if (status === undefined) return 'no answer'
  if (status >= 200 && status < 300) return 'not guarded'
  return status >= 300 && status < 400 ? 'unclear' : 'refused'
}

/** Returns the status of the answer; `undefined` if there was none. */
async function ask(
  { url, method }: Target,
  signature: string | undefined,
  timeoutMs: number,
  pace: () => Promise<void>,
): Promise<number | undefined> {
  await pace()
  const form = method === 'GET' ? undefined : body
  try {
    const { headers, ...address } = toAddress(url)
    const own = {
      'user-agent': `tollgate-audit/${manifest.version}`,
      ...(form !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(form.length),
      }),
      ...(signature !== undefined && { 'x-twilio-signature': signature }),
    }
    return (await deliver({ ...address, method, headers: { ...headers, ...own }, body: form }, timeoutMs)).status
  } catch (error) {
    // Twilio stores URLs that no client can call.
    if (error instanceof UnreachableError || error instanceof UsageError) return undefined
    throw error
  }
}
