import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createRandom, type Random } from '../../../../conformance/kit/random.ts'
import { type RedisServer, startRedis } from '../../../../tools/services/redis.mjs'
import { type RedisGroup, startCluster, startSentinel } from '../../../../tools/services/redis-groups.mjs'
import { sampleWebhook, signRequest } from '../../src/testing/index.ts'

// Deliveries and their retries and copies meet crashes of processes, handlers that fail, and a Redis
// that stands still or fails over. Every delivery is handled once as the first, or its sender got an
// answer after which it sends again.
//
// TOLLGATE_FAULT_DELIVERIES=2000 sends more than the default, for each client and topology. The log has the
// seed of each run, which TOLLGATE_FAULT_SEED repeats.

const deliveriesPerRun = Number(process.env.TOLLGATE_FAULT_DELIVERIES ?? 30)
const publicUrl = 'https://example.com'
const authToken = '0123456789abcdef0123456789abcdef'
const worker = fileURLToPath(new URL('replay-faults-worker.mjs', import.meta.url))
/** How long a sender waits for an answer, like Twilio, whose 15 seconds are half the default lease. */
const patienceMs = 2000
const leaseSeconds = 4
const storeTimeoutMs = 400

type Library = 'ioredis' | 'node-redis'
type Topology = 'single' | 'sentinel' | 'cluster'

interface Store {
  readonly port: number
  readonly servers: readonly RedisServer[]
  readonly group?: RedisGroup
  stop(): Promise<void>
}

const topologies: Readonly<Record<Topology, () => Promise<Store>>> = {
  async single() {
    const server = await startRedis()
    return { port: server.port, servers: [server], stop: () => server.stop() }
  },
  sentinel: () => startSentinel().then(toStore),
  cluster: () => startCluster().then(toStore),
}

function toStore(group: RedisGroup): Store {
  return { port: group.port, servers: group.servers, group, stop: () => group.stop() }
}

/** The processes of an application. One that dies is replaced. */
async function startProcesses(settings: object, count: number) {
  const ports: number[] = []
  const children: ChildProcess[] = []
  const handled: { readonly sent: string; readonly delivery: unknown }[] = []
  /** The times at which processes died, by their ids. */
  const crashes = new Map<string, number>()
  let isStopping = false
  async function startOne(index: number): Promise<void> {
    const child = fork(worker, [JSON.stringify(settings)], { stdio: 'inherit' })
    children[index] = child
    const listening = new Promise<void>((resolve) =>
      child.on('message', (message: { port?: number; handled?: string; delivery?: unknown }) => {
        if (message.handled !== undefined) handled.push({ sent: message.handled, delivery: message.delivery })
        if (message.port === undefined) return
        ports[index] = message.port
        resolve()
      }),
    )
    child.once('exit', () => {
      crashes.set(String(child.pid), Date.now())
      if (!isStopping) void startOne(index)
    })
    await listening
  }
  await Promise.all(Array.from({ length: count }, (_, index) => startOne(index)))
  return {
    handled,
    children,
    crashes,
    pickPort: (random: Random) => random.pick(ports),
    async stop() {
      isStopping = true
      await Promise.all(
        children.map(async (child) => {
          const ended = once(child, 'exit')
          if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await ended
        }),
      )
    },
  }
}

interface Answer {
  readonly outcome: 'first' | 'repeated' | 'try again' | 'refused'
  /** The id of the process that handled it, and the time of its answer. */
  readonly process?: string
  readonly at: number
}

interface Message {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

function signMessage(number: number): Message {
  const sid = `SM${number.toString(16).padStart(32, '0')}`
  const webhook = sampleWebhook('message.inbound', { MessageSid: sid, SmsSid: sid, SmsMessageSid: sid })
  const { headers, body = '' } = signRequest({ url: `${publicUrl}/sms`, ...webhook, authToken })
  return { headers, body }
}

/** Sends one attempt, and says what its sender makes of the answer. */
function send(port: number, { headers, body }: Message, plan: string, sent: string): Promise<Answer> {
  return new Promise((resolve) => {
    const outgoing = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/sms',
      headers: { ...headers, 'x-plan': plan, 'x-sent': sent },
      agent: false,
      timeout: patienceMs,
    })
    outgoing.on('timeout', () => outgoing.destroy())
    // A connection that breaks is tried again.
    outgoing.on('close', () => resolve({ outcome: 'try again', at: Date.now() }))
    outgoing.on('error', () => undefined)
    outgoing.on('response', (response) => {
      response.resume()
      const { statusCode: status = 0 } = response
      const { 'x-handled': how, 'x-process': process } = response.headers
      response.on('end', () => {
        const at = Date.now()
        if (how === 'first') resolve({ outcome: 'first', process: String(process), at })
        else resolve({ outcome: status === 200 ? 'repeated' : status >= 500 ? 'try again' : 'refused', at })
      })
    })
    outgoing.end(body)
  })
}

const plans = [
  'ok',
  'ok',
  'ok',
  'ok',
  'ok',
  'ok',
  'slow 20',
  'slow 100',
  'slow 300',
  'fail',
  'throw 50',
  'hang 5000',
  'crash 100',
]

async function run(library: Library, topology: Topology, whenRepeated: 'mark' | 'reject', seed: number) {
  const random = createRandom(seed)
  const store = await topologies[topology]()
  const guard = { whenRepeated, leaseSeconds, storeTimeoutMs, ttlSeconds: 600 }
  const app = await startProcesses({ library, topology, port: store.port, publicUrl, authToken, guard }, 3)
  const problems: string[] = []
  const counts: Record<string, number> = {}
  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1
  }
  /** Deliveries that no one saw handled: then the process tells that it did the work. */
  const withoutAnswer = new Map<string, string>()
  let isOver = false

  async function makeFaults(): Promise<void> {
    // One failover at once, because it takes the longest.
    const failing = store.group && failOver(store.group).catch(() => count('the asked failover did not come'))
    while (!isOver) {
      await sleep(100 + random.below(400))
      const pauseMs = 100 + random.below(900)
      if (random.oneIn(3)) {
        const child = random.pick(app.children)
        child.kill('SIGSTOP')
        await sleep(pauseMs / 2)
        child.kill('SIGCONT')
        count('a process was paused')
      } else {
        const server = random.pick(store.servers)
        server.pause()
        await sleep(pauseMs)
        server.resume()
        count('Redis was paused')
      }
    }
    await failing
  }

  async function failOver(group: RedisGroup): Promise<void> {
    await group.failOver(random.pick(['ask', 'kill']))
    count('Redis failed over')
  }

  /**
   * True for a delivery that may be handled again. A failover, which a pause can cause too, loses what
   * the old primary had not passed on. A crash directly after the answer comes before the confirmation.
   */
  function mayBeForgotten(firsts: readonly Answer[]): boolean {
    const isIn = ({ process = '', at }: Answer): boolean => Math.abs((app.crashes.get(process) ?? 0) - at) < 500
    return store.group !== undefined || firsts.some(isIn)
  }

  /** Sends a delivery until its sender has a final answer. Copies arrive beside it. */
  async function deliver(number: number): Promise<void> {
    const deadline = Date.now() + 60_000
    const message = signMessage(number)
    const cut = { ...message, body: message.body.replace('SmsStatus=received', 'SmsStatu=sreceived') }
    const answers: Answer[] = []
    const sendOnce = async (what: Message, plan: string): Promise<Answer> => {
      const answer = await send(app.pickPort(random), what, plan, `${number}`)
      answers.push(answer)
      count(answer.outcome)
      return answer
    }
    const sendUntilFinal = async (what: Message, firstPlan: string, onRetry: () => string): Promise<void> => {
      let plan = firstPlan
      while ((await sendOnce(what, plan)).outcome === 'try again') {
        if (Date.now() > deadline) {
          problems.push(`${number} has no final answer`)
          return
        }
        plan = onRetry()
        await sleep(50 + random.below(200))
      }
    }
    // A cut that arrives first uses nothing up.
    if (random.oneIn(4)) count(`a cut before: ${(await send(app.pickPort(random), cut, 'ok', 'cut')).outcome}`)
    const copies: Promise<Answer>[] = []
    await sendUntilFinal(message, random.pick(plans), () => {
      if (random.oneIn(3)) copies.push(sendOnce(message, 'ok'))
      return random.oneIn(4) ? random.pick(plans) : 'ok'
    })
    await Promise.all(copies)
    const describe = (): string => answers.map(({ outcome }) => outcome).join()
    for (const copy of [message, cut]) await sendUntilFinal(copy, 'ok', () => 'ok')
    const firsts = answers.filter(({ outcome }) => outcome === 'first')
    if (firsts.length === 0) withoutAnswer.set(`${number}`, describe())
    if (firsts.length > 1 && mayBeForgotten(firsts)) count('handled again after a failover or a crash')
    else if (firsts.length > 1) problems.push(`${number} was handled ${firsts.length} times: ${describe()}`)
    const wrong = whenRepeated === 'mark' ? 'refused' : 'repeated'
    if (answers.some(({ outcome }) => outcome === wrong)) problems.push(`${number} was ${wrong}: ${describe()}`)
    const forged = { ...message, body: `${message.body}&a=b` }
    const { outcome } = await send(app.pickPort(random), forged, 'ok', 'forged')
    if (outcome !== 'refused' && outcome !== 'try again') problems.push(`a forged request was ${outcome}`)
  }

  const faults = makeFaults()
  try {
    let next = 0
    const sender = async (): Promise<void> => {
      while (next < deliveriesPerRun) await deliver(++next)
    }
    await Promise.all(Array.from({ length: 12 }, sender))
  } finally {
    isOver = true
    await faults.catch((error: unknown) => problems.push(String(error)))
    await app.stop()
    await store.stop()
  }
  for (const [number, answers] of withoutAnswer)
    if (!app.handled.some(({ sent }) => sent === number)) problems.push(`${number} was lost: ${answers}`)
  if (app.handled.some(({ sent }) => sent === 'forged')) problems.push('a forged request was handled')
  if (app.handled.some(({ delivery }) => delivery !== 'first')) problems.push('it could not tell')
  console.log(`${library}, ${topology}, ${whenRepeated}, seed ${seed}: ${JSON.stringify(counts)}`)
  return { problems, counts }
}

describe.concurrent.each<Topology>(['single', 'sentinel', 'cluster'])(
  'deliveries over a Redis that is %s',
  (topology) => {
    test.each<[Library, 'mark' | 'reject']>([
      ['ioredis', 'mark'],
      ['node-redis', 'reject'],
    ])(
      '%s, %s: each is handled once, or its sender tries again',
      async (library, whenRepeated) => {
        const seed = Number(process.env.TOLLGATE_FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32))
        const { problems, counts } = await run(library, topology, whenRepeated, seed)
        expect(problems, `seed ${seed}`).toEqual([])
        expect(counts['try again']).toBeGreaterThan(0)
      },
      60_000 + deliveriesPerRun * 2000,
    )
  },
)
