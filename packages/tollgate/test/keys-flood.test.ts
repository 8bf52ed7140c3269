import { createHmac } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { createVerifier } from '../src/index.ts'
import { type CachedOptions, cached } from '../src/keys/index.ts'
import { accountSid, claim, outcome, publicUrl, send, token } from './keys-support.ts'

const genuine = Array.from({ length: 40 }, (_, number) => accountSid(number))

/** A source with a token for each genuine account. */
function createSource() {
  const source = {
    asked: [] as string[],
    fails: false,
    knows: (account: string) => genuine.includes(account),
    async lookup(account: string) {
      source.asked.push(account)
      if (source.fails) throw new Error('down')
      return source.knows(account) ? token(Number.parseInt(account.slice(2), 16)) : undefined
    },
  }
  return source
}

// So short that a look-up that has to wait for its turn fails at once, and no test waits for real
// time.
const timeoutMs = 1

/** A server under a flood: each second 300 forged requests, each with another invented account. */
function createServer(options: CachedOptions) {
  const source = createSource()
  let time = 0
  const verifier = createVerifier({
    publicUrl,
    authToken: cached(source.lookup, { now: () => time, timeoutMs, ...options }),
  })
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': createHmac('sha1', 'forged').digest('base64'),
  }
  let invented = 0x100000
  async function forge(): Promise<void> {
    const body = `AccountSid=${accountSid(invented++)}`
    expect(await verifier.verify({ method: 'POST', url: '/hook', headers, body })).toMatchObject({ ok: false })
  }
  async function deliver(account: string): Promise<string | number> {
    const authToken = token(Number.parseInt(account.slice(2), 16))
    return outcome(await send(verifier, { params: { AccountSid: account }, authToken }))
  }
  return {
    source,
    /** Lets accounts verify before the flood begins. */
    async start(accounts: readonly string[]): Promise<void> {
      for (const account of accounts) {
        time += 100
        expect(await deliver(account)).toBe(0)
      }
    },
    /** Verifies requests of these accounts, spread over the seconds, and gives the outcomes. */
    async run(seconds: number, accounts: readonly string[] = []): Promise<(string | number)[]> {
      const outcomes: (string | number)[] = []
      const ticks = seconds * 100
      for (let tick = 1; tick <= ticks; tick++) {
        await Promise.all([forge(), forge(), forge()])
        while (outcomes.length * ticks < accounts.length * tick)
          outcomes.push(await deliver(accounts[outcomes.length] ?? ''))
        time += 10
      }
      return outcomes
    },
  }
}

function countRefused(outcomes: readonly (string | number)[]): number {
  return outcomes.filter((one) => one !== 0).length
}

describe('under 300 forged requests a second with invented accounts', () => {
  test('accounts that are neither named nor verified are refused', async () => {
    const { run } = createServer({})
    await run(3)
    expect(countRefused(await run(5, genuine))).toBeGreaterThan(genuine.length / 4)
  })

  test.each<[string, () => CachedOptions['knownAccounts']]>([
    ['a list', () => genuine],
    ['a set', () => new Set(genuine)],
    ['a function', () => (account) => genuine.includes(account)],
  ])('accounts that are named by %s pass from their first request', async (_what, name) => {
    const { run, source } = createServer({ knownAccounts: name() })
    await run(3)
    expect(countRefused(await run(5, genuine))).toBe(0)
    expect(source.asked.filter((account) => genuine.includes(account))).toHaveLength(genuine.length)
  })

  test('accounts that verified before pass after ttlSeconds', async () => {
    const { run, start } = createServer({ ttlSeconds: 5 })
    await start(genuine)
    for (let round = 0; round < 2; round++) expect(countRefused(await run(6, genuine))).toBe(0)
  })

  test('accounts that verified before pass after the source did not know them for a while', async () => {
    const { run, source, start } = createServer({ ttlSeconds: 5, negativeTtlSeconds: 1, maxEntries: 20 })
    const few = genuine.slice(0, 10)
    await start(few)
    const knows = source.knows
    source.knows = () => false
    await run(6)
    expect(new Set(await run(3, few))).toEqual(new Set(['key_unknown']))
    source.knows = knows
    await run(2)
    expect(countRefused(await run(5, few))).toBe(0)
  })

  test('known accounts pass as soon as a source that failed is back', async () => {
    const { run, source } = createServer({ ttlSeconds: 2, knownAccounts: genuine })
    expect(countRefused(await run(3, genuine))).toBe(0)
    source.fails = true
    expect(countRefused(await run(3, genuine))).toBe(genuine.length)
    source.fails = false
    expect(countRefused(await run(3, genuine))).toBe(0)
  })

  test('strangers are looked up at their rate beside known accounts', async () => {
    const { run, source } = createServer({ knownAccounts: genuine, maxLookupsPerSecond: 50 })
    await run(5, genuine)
    const strangers = source.asked.filter((account) => !genuine.includes(account)).length
    expect(strangers).toBeLessThanOrEqual(50 * (5 + 1))
    expect(strangers).toBeGreaterThan(50 * 4)
  })
})

describe('known accounts', () => {
  test('are held to a rate of their own while the source fails', async () => {
    const source = createSource()
    source.fails = true
    let time = 0
    const options = { knownAccounts: genuine, maxLookupsPerSecond: 5, timeoutMs, now: () => time }
    const lookup = cached(source.lookup, options)
    for (let tick = 0; tick < 200; tick++) {
      for (const account of genuine) await expect(lookup(claim(account))).rejects.toThrow(Error)
      time += 10
    }
    // Once for each account, then the first second's worth, then the rate.
    expect(source.asked.length).toBeLessThanOrEqual(genuine.length + 5 + 5 * 2)
  })

  test('are all looked up within seconds after the source is back, however many they are', async () => {
    const many = Array.from({ length: 3000 }, (_, number) => accountSid(number))
    const source = createSource()
    source.knows = () => true
    source.fails = true
    let time = 0
    const lookup = cached(source.lookup, { knownAccounts: many, timeoutMs, now: () => time })
    async function runSecond(): Promise<number> {
      let refused = 0
      for (let tick = 0; tick < 100; tick++) {
        for (let index = 0; index < 30; index++)
          await Promise.resolve(lookup(claim(many[tick * 30 + index] ?? ''))).catch(() => refused++)
        time += 10
      }
      return refused
    }
    for (let second = 0; second < 3; second++) expect(await runSecond()).toBe(many.length)
    expect(source.asked.length).toBeLessThanOrEqual(many.length + 100 + 100 * 3)
    source.fails = false
    await runSecond()
    expect(await runSecond()).toBe(0)
  })

  test('do not evict each other, if the list says how many they are', async () => {
    const many = Array.from({ length: 12_000 }, (_, number) => accountSid(number))
    for (const knownAccounts of [many, new Set(many)]) {
      const source = createSource()
      source.knows = () => true
      const lookup = cached(source.lookup, { knownAccounts })
      for (let round = 0; round < 2; round++)
        for (const account of many) {
          await lookup(claim(account))
          lookup.verified?.(claim(account))
        }
      expect(source.asked).toHaveLength(many.length)
    }
  })

  test('a function that throws or gives no boolean is reported, and its account is not known', async () => {
    const rejection = vi.fn()
    process.on('unhandledRejection', rejection)
    for (const [knownAccounts, message] of [
      [
        () => {
          throw new Error('broken')
        },
        'broken',
      ],
      [async () => true, 'knownAccounts'],
      [() => Promise.reject(new Error('no')), 'knownAccounts'],
      [() => 'yes', 'knownAccounts'],
    ] as const) {
      const source = createSource()
      const onProblem = vi.fn()
      const options = { onProblem, maxLookupsPerSecond: 1, timeoutMs, now: () => 0 }
      const lookup = cached(source.lookup, { ...options, knownAccounts: knownAccounts as () => boolean })
      await Promise.allSettled(genuine.map(async (account) => lookup(claim(account))))
      expect(source.asked).toHaveLength(1)
      expect(String(onProblem.mock.calls[0]?.[0])).toContain(message)
      expect(onProblem.mock.calls[0]?.[1]).toBe(genuine[0])
    }
    process.off('unhandledRejection', rejection)
    expect(rejection).not.toHaveBeenCalled()
  })

  test.each([['AC1'], [[genuine[0], 'AC1']], [new Set(['main'])], [{}], [7], [null]])(
    'cannot be %j',
    (knownAccounts) => {
      expect(() => cached(() => undefined, { knownAccounts: knownAccounts as never })).toThrow(TypeError)
      expect(() => cached(() => undefined, { knownAccounts: knownAccounts as never })).toThrow('"knownAccounts" must')
    },
  )
})
