import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisGroup } from '../../tools/services/redis-groups.mjs'
import type { Random } from '../kit/random.ts'
import type { Backend } from './application.ts'
import type { Gateways } from './gateways.ts'
import type { Fault } from './judge.ts'

/** What the faults are done to. */
export interface SetUp {
  readonly redis: RedisGroup
  readonly gateways: Gateways
  readonly backends: readonly Backend[]
  /** The tokens of the account. `current` signs. */
  readonly tokens: { current: string; retired: string | undefined }
}

type Effects = Pick<Fault, 'forgets' | 'isFailover'>

/** A fault, which has ended when its promise is settled. */
interface FaultRow {
  readonly what: string
  /** What it may excuse. */
  readonly effects?: Effects
  run(setUp: SetUp, random: Random): Promise<unknown>
}

/** A paused primary is replaced after a second and a half. */
const longPauseMs = 2500

const pause = async ({ redis }: SetUp, random: Random, ms: number): Promise<void> => {
  const server = random.pick(redis.servers)
  server.pause()
  await sleep(ms)
  server.resume()
}

/** The rows of a kind run one after the other, and beside those of other kinds. */
const redisFaults: readonly FaultRow[] = [
  { what: 'Redis stood still for a moment', run: (setUp, random) => pause(setUp, random, 100 + random.below(600)) },
  {
    what: 'Redis stood still for longer',
    effects: { forgets: 'recent' },
    async run(setUp, random) {
      await pause(setUp, random, longPauseMs)
      // The old primary learns that it is one no longer.
      await sleep(3000)
    },
  },
  {
    what: 'the Redis primary was demoted',
    effects: { forgets: 'recent', isFailover: true },
    run: ({ redis }) => redis.failOver('ask'),
  },
  {
    what: 'the Redis primary crashed',
    effects: { forgets: 'recent', isFailover: true },
    run: ({ redis }) => redis.failOver('kill'),
  },
]

/** Only where no other server has the data. */
const redisRestart: FaultRow = {
  what: 'Redis lost its data',
  effects: { forgets: 'all' },
  run: async ({ redis }) => (await redis.findPrimary()).restart(),
}

const gatewayFaults: readonly FaultRow[] = [
  ...(['SIGTERM', 'SIGKILL'] as const).map(
    (signal): FaultRow => ({
      what: `a gateway got ${signal}`,
      async run({ gateways }, random) {
        const instance = random.pick(gateways.numbers)
        await gateways.end(instance, signal)
        await gateways.waitUntilReady(instance)
      },
    }),
  ),
  {
    what: 'every gateway got SIGKILL',
    async run({ gateways }) {
      await Promise.all(gateways.numbers.map((instance) => gateways.end(instance, 'SIGKILL')))
      await Promise.all(gateways.numbers.map(gateways.waitUntilReady))
    },
  },
]

const backendFaults: readonly FaultRow[] = [
  {
    what: 'a backend died',
    async run({ backends }, random) {
      const backend = random.pick(backends)
      await backend.die()
      await sleep(200 + random.below(1000))
      await backend.comeBack()
    },
  },
  ...[
    { what: 'a backend was slow', state: { delayMs: 1000 } },
    // Its answer would come after the gateway has given up.
    { what: 'a backend hung', state: { delayMs: 8000 } },
    { what: 'a backend failed', state: { isFailing: true } },
  ].map(
    ({ what, state }): FaultRow => ({
      what,
      async run({ backends }, random) {
        const backend = random.pick(backends)
        Object.assign(backend.state, state)
        await sleep(500 + random.below(1000))
        Object.assign(backend.state, { delayMs: 0, isFailing: false })
      },
    }),
  ),
]

const logFaults = (['full', 'stalled'] as const).map(
  (state): FaultRow => ({
    what: state === 'full' ? 'the disk of a log was full' : 'logs were not read',
    async run({ gateways }, random) {
      gateways.setLogs(state)
      await sleep(2000 + random.below(4000))
      gateways.setLogs('good')
    },
  }),
)

const reload = async ({ gateways }: SetUp, more: object, text?: string): Promise<void> => {
  gateways.writeConfiguration(more, text)
  for (const instance of gateways.numbers)
    try {
      // One that starts has no handler yet, and would end.
      await gateways.waitUntilReady(instance)
      process.kill(gateways.getPid(instance), 'SIGHUP')
    } catch {
      // It has just ended.
    }
}

const configurationFaults: readonly FaultRow[] = [
  {
    what: 'the configuration changed',
    run: (setUp, random) => reload(setUp, { limits: { bodiesPerPeer: 64 + random.below(8) } }),
  },
  {
    what: 'the configuration was wrong',
    async run(setUp) {
      setUp.gateways.writeConfiguration({}, '{ "routes": [')
      await sleep(1500)
      setUp.gateways.writeConfiguration({})
    },
  },
]

/** As long as a sender that has signed waits for its answer. */
const signedMs = 11_000

const keyFaults: readonly FaultRow[] = [
  {
    what: 'the Auth Token was rotated',
    async run({ gateways, tokens }, random) {
      const next = Array.from({ length: 32 }, () => random.below(16).toString(16)).join('')
      const old = tokens.current
      gateways.writeTokens([old, next])
      await gateways.waitForKeys()
      tokens.current = next
      await sleep(signedMs)
      gateways.writeTokens([next])
      await gateways.waitForKeys()
      tokens.retired = old
    },
  },
]

/** The kinds of faults, with the longest pause between two of a kind in milliseconds. */
export function listFaults(
  topology: string,
): readonly { readonly pauseMs: number; readonly rows: readonly FaultRow[] }[] {
  const redis = topology === 'pair' ? [...redisFaults, redisRestart] : redisFaults
  return [
    { pauseMs: 4000, rows: redis },
    { pauseMs: 6000, rows: gatewayFaults },
    { pauseMs: 4000, rows: backendFaults },
    { pauseMs: 3000, rows: logFaults },
    { pauseMs: 3000, rows: configurationFaults },
    { pauseMs: 3000, rows: keyFaults },
  ]
}
