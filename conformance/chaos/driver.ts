import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RedisGroup, startCluster, startPair, startSentinel } from '../../tools/services/redis-groups.mjs'
import { createRandom } from '../kit/random.ts'
import { startBackend } from './application.ts'
import { listFaults, type SetUp } from './faults.ts'
import { startGateways, timeoutMs } from './gateways.ts'
import { type Arrival, countWork, type Fault, type History } from './judge.ts'
import { createTraffic } from './traffic.ts'

/** How Redis runs, with the beginning and the end of the URL that the gateway gets. */
const topologies = {
  pair: [startPair, 'redis://', ''],
  sentinel: [startSentinel, 'redis+sentinel://', '/main'],
  cluster: [startCluster, 'redis+cluster://', ''],
} as const satisfies Record<string, readonly [() => Promise<RedisGroup>, string, string]>

export type Topology = keyof typeof topologies
export const topologyNames = Object.keys(topologies) as Topology[]

/** A run of the chaos suite. */
export interface ChaosOptions {
  readonly topology: Topology
  /** Chooses the faults, their order and times, and the traffic. */
  readonly seed: number
  /** How long faults are made. */
  readonly seconds: number
  /** Default 12: gateways that start again must catch up also on a busy machine. */
  readonly deliveriesPerSecond?: number
  /** Another store for the replay guard, to break the set-up. Then no faults, which could excuse it. */
  readonly store?: 'memory'
}

/** Two seconds longer than a request may take. */
const leaseSeconds = timeoutMs / 1000 + 2

/**
 * Runs gateways under a steady rate of deliveries while faults happen. It ends when every sender
 * has a final answer.
 */
export async function runChaos(options: ChaosOptions): Promise<History> {
  const { topology, seed, seconds, deliveriesPerSecond = 12 } = options
  const [startRedis, scheme, end] = topologies[topology]
  const random = createRandom(seed)
  const isRejecting = random.oneIn(2)
  const arrivals: Arrival[] = []
  const faults: Fault[] = []
  const redis = await startRedis()
  const backends = await Promise.all([startBackend(arrivals), startBackend(arrivals)])
  const { store = 'redis' } = options
  const redisUrl = store === 'redis' ? `${scheme}127.0.0.1:${redis.port}${end}` : undefined
  const whenRepeated = isRejecting ? 'reject' : 'mark'
  const replay = { store, redisUrl, whenRepeated, leaseSeconds, storeTimeoutMs: 500 }
  const gateways = await startGateways({ count: 2 + random.below(2), replay, backends })
  const tokens: SetUp['tokens'] = { current: '0'.repeat(32), retired: undefined }
  const setUp: SetUp = { redis, gateways, backends, tokens }
  const traffic = createTraffic({
    port: gateways.port,
    random: createRandom(seed + 1),
    backends: backends.length,
    getToken: () => tokens.current,
    getRetiredToken: () => tokens.retired,
  })
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const endAt = performance.now() + seconds * 1000

  /** Makes faults of one kind, one after the other. */
  async function makeFaults(rows: ReturnType<typeof listFaults>[number], index: number): Promise<void> {
    const own = createRandom(seed + 2 + index)
    for (;;) {
      const pauseMs = own.below(rows.pauseMs)
      if (performance.now() + pauseMs > endAt) return
      await sleep(pauseMs)
      const { what, effects, run } = own.pick(rows.rows)
      const from = performance.now()
      try {
        await run(setUp, own)
        faults.push({ what, from, to: performance.now(), ...effects })
      } catch (error) {
        // After other faults, a sentinel or a cluster may take too long to fail over.
        faults.push({ what: `${what}: ${error}`, from, to: performance.now(), forgets: effects?.forgets })
      }
    }
  }

  async function sendSteadily(): Promise<void> {
    for (let number = 1; performance.now() < endAt; number++) {
      traffic.start(number)
      await sleep(Math.max(0, endAt - seconds * 1000 + (number * 1000) / deliveriesPerSecond - performance.now()))
    }
  }

  try {
    await Promise.all([sendSteadily(), ...(store === 'redis' ? listFaults(topology).map(makeFaults) : [])])
    await traffic.waitForEnd()
    await Promise.all(gateways.numbers.map(gateways.waitUntilReady))
    // A sender that has left is counted when the upstream's connection is closed too.
    await sleep(500)
    await gateways.readMetrics()
  } finally {
    await gateways.stop()
    await Promise.all([redis.stop(), ...backends.map((backend) => backend.die())])
  }
  return {
    attempts: traffic.attempts,
    arrivals,
    faults,
    processes: gateways.processes,
    isRejecting,
    timeoutMs,
    leaseMs: leaseSeconds * 1000,
    stallMs: delay.max / 1e6,
  }
}

/** Describes in a line what a run did. */
export function describeRun({ topology, seed }: ChaosOptions, history: History): string {
  const count = (names: readonly unknown[]): string => {
    const counts = new Map<unknown, number>()
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
    return [...counts].map(([name, number]) => `${name} ${number}`).join(', ')
  }
  const { attempts, faults, processes, isRejecting, stallMs } = history
  const { handled, excuses } = countWork(history)
  return `${topology}, ${isRejecting ? 'reject' : 'mark'}, seed ${seed}: ${processes.length} processes
  deliveries: ${handled}, handled again: ${excuses.length} (${count(excuses)})
  requests: ${count(attempts.map(({ kind }) => kind))}
  outcomes: ${count(attempts.map(({ outcome }) => outcome))}
  faults: ${count(faults.map(({ what }) => what))}
  the driver and the backends stood still for up to ${Math.round(stallMs)} ms`
}
