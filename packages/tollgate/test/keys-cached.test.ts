import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createVerifier } from '../src/index.ts'
import { cached } from '../src/keys/index.ts'
import { createSegments } from '../src/keys/segments.ts'
import { accountSid, claim, deliver, outcome, publicUrl, send, token } from './keys-support.ts'

const one = accountSid(1)

function createClock() {
  let time = 1000
  return {
    now: () => time,
    advance(seconds: number) {
      time += seconds * 1000
    },
  }
}

/** A source of tokens that a test can change. It notes the accounts that it was asked for. */
function createSource(tokens: Record<string, string | undefined>) {
  const asked: string[] = []
  const source = {
    asked,
    tokens,
    lookup: async (account: string) => {
      asked.push(account)
      if (source.error !== undefined) throw source.error
      return source.tokens[account]
    },
    error: undefined as Error | undefined,
  }
  return source
}

afterEach(() => void vi.useRealTimers())

describe('cached', () => {
  test('looks up an account once for all requests that wait, and remembers it for ttlSeconds', async () => {
    const { now, advance } = createClock()
    const source = createSource({ [one]: token(1) })
    const lookup = cached(source.lookup, { now, ttlSeconds: 60 })
    const found = await Promise.all(Array.from({ length: 500 }, () => lookup(claim(one))))
    expect(found).toEqual(Array(500).fill({ authToken: [token(1)], accountSid: one }))
    advance(59.9)
    expect(lookup(claim(one))).toEqual({ authToken: [token(1)], accountSid: one })
    expect(source.asked).toEqual([one])
    advance(0.1)
    await lookup(claim(one))
    expect(source.asked).toEqual([one, one])
  })

  test('remembers an account that does not exist for negativeTtlSeconds', async () => {
    const { now, advance } = createClock()
    const source = createSource({})
    const lookup = cached(source.lookup, { now, negativeTtlSeconds: 5 })
    expect(await lookup(claim(one))).toBeUndefined()
    advance(4.9)
    expect(lookup(claim(one))).toBeUndefined()
    expect(source.asked).toHaveLength(1)
    advance(0.1)
    source.tokens[one] = token(1)
    expect(await lookup(claim(one))).toEqual({ authToken: [token(1)], accountSid: one })
  })

  const broken = new Error('a listener that breaks')
  test.each<[how: string, listener: () => void]>([
    [
      'throws',
      () => {
        throw broken
      },
    ],
    ['rejects', () => Promise.reject(broken)],
  ])('a failed look-up is reported, is not remembered, and gives key_lookup_failed: %s', async (_how, listener) => {
    const source = createSource({ [one]: token(1) })
    const reported = vi.fn()
    const onProblem = (...problem: unknown[]) => {
      reported(...problem)
      return listener()
    }
    const verifier = createVerifier({ publicUrl, authToken: cached(source.lookup, { onProblem }) })
    const input = { params: { AccountSid: one }, authToken: token(1) }
    source.error = new Error('down')
    expect(outcome(await send(verifier, input))).toBe('key_lookup_failed')
    expect(reported).toHaveBeenCalledExactlyOnceWith(source.error, one)
    source.error = undefined
    expect(outcome(await send(verifier, input))).toBe(0)
  })

  test.each([[''], [' blank '], [[]], [42], [{}], [['good', '']]])('%j is not a token', async (given) => {
    const lookup = cached(() => given as string)
    await expect(lookup(claim(one))).rejects.toThrow('is not an Auth Token')
  })

  test('a look-up that takes too long fails, is aborted, and does not block the next one', async () => {
    const signals: AbortSignal[] = []
    let late: (given: string) => void = () => undefined
    const lookup = cached(
      (_account, signal) => {
        signals.push(signal)
        return signals.length === 1 ? new Promise((resolve) => (late = resolve)) : token(2)
      },
      { timeoutMs: 20 },
    )
    await expect(lookup(claim(one))).rejects.toThrow('longer than 20 ms')
    expect(signals[0]?.aborted).toBe(true)
    expect(await lookup(claim(one))).toEqual({ authToken: [token(2)], accountSid: one })
    late(token(1))
    await Promise.resolve()
    expect(lookup(claim(one))).toEqual({ authToken: [token(2)], accountSid: one })
  })

  test('stale tokens are used while look-ups fail, as long as allowed, and the source is asked once a second', async () => {
    const { now, advance } = createClock()
    const source = createSource({ [one]: token(1) })
    const lookup = cached(source.lookup, { now, ttlSeconds: 60, staleIfErrorSeconds: 100 })
    await lookup(claim(one))
    source.error = new Error('down')
    advance(60)
    for (let request = 0; request < 10; request++)
      expect(await lookup(claim(one))).toEqual({ authToken: [token(1)], accountSid: one })
    expect(source.asked).toHaveLength(2)
    advance(1)
    expect(await lookup(claim(one))).toEqual({ authToken: [token(1)], accountSid: one })
    expect(source.asked).toHaveLength(3)
    advance(99)
    await expect(lookup(claim(one))).rejects.toThrow('down')
    source.error = undefined
    expect(await lookup(claim(one))).toEqual({ authToken: [token(1)], accountSid: one })
  })

  test('a request that names no account is verified and bound as the default account, or is unknown without one', async () => {
    const two = accountSid(2)
    const source = createSource({ [one]: token(1), [two]: token(2) })
    expect(cached(source.lookup)(claim())).toBeUndefined()
    expect(cached(source.lookup).refresh?.(claim())).toBeUndefined()
    cached(source.lookup).verified?.(claim())

    const options = { authToken: cached(source.lookup, { defaultAccountSid: one }) }
    expect(outcome(await deliver(options, { json: {}, authToken: token(1) }))).toBe(0)
    expect(await options.authToken(claim())).toEqual({ authToken: [token(1)], accountSid: one })
    // The second look-up is answered from memory. The event names another account.
    const event = { json: { data: { accountSid: two } } }
    expect(outcome(await deliver(options, { ...event, authToken: token(1) }))).toBe('account_not_allowed')
    expect(outcome(await deliver(options, { ...event, authToken: token(2) }))).toBe('signature_mismatch')
  })

  test('unknown options and values out of range are errors', () => {
    const lookup = () => undefined
    expect(() => cached('x' as never)).toThrow(TypeError)
    expect(() => cached(lookup, { defaultAccountSid: 'main' })).toThrow('"defaultAccountSid" must be an AccountSid')
  })
})

describe('rotation', () => {
  const options = (now: () => number) => ({ now, ttlSeconds: 3600, refreshIntervalSeconds: 10 })

  test('a mismatch asks the source, and the new token counts from then on', async () => {
    const { now, advance } = createClock()
    const source = createSource({ [one]: token(1) })
    const verifier = createVerifier({ publicUrl, authToken: cached(source.lookup, options(now)) })
    const request = (number: number) => send(verifier, { params: { AccountSid: one }, authToken: token(number) })
    expect(outcome(await request(1))).toBe(0)
    source.tokens[one] = token(2)
    advance(10)
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => request(2)))
    expect(new Set(verdicts.map(outcome))).toEqual(new Set([0]))
    expect(source.asked).toHaveLength(2)
    expect(outcome(await request(1))).toBe('signature_mismatch')
    expect(outcome(await request(2))).toBe(0)
  })

  test('a request that got the old tokens gets the new ones, even if another request refreshed them', async () => {
    const { now, advance } = createClock()
    const source = createSource({ [one]: token(1) })
    const lookup = cached(source.lookup, options(now))
    await lookup(claim(one))
    source.tokens[one] = token(2)
    advance(10)
    expect(await lookup.refresh?.(claim(one))).toEqual({ authToken: [token(2)], accountSid: one })
    advance(1)
    // The token may have been promoted again, so the source is asked again.
    expect(await lookup.refresh?.(claim(one))).toEqual({ authToken: [token(2)], accountSid: one })
    expect(source.asked).toHaveLength(3)
    advance(10)
    expect(await lookup.refresh?.(claim(one))).toBeUndefined()
    expect(source.asked).toHaveLength(4)
  })

  test('forged requests refresh an account once per interval', async () => {
    const { now, advance } = createClock()
    const source = createSource({ [one]: token(1) })
    const verifier = createVerifier({ publicUrl, authToken: cached(source.lookup, options(now)) })
    const forge = () => send(verifier, { params: { AccountSid: one }, authToken: token(666) })
    for (let second = 0; second < 100; second++) {
      expect(outcome(await forge())).toBe('signature_mismatch')
      advance(1)
    }
    expect(source.asked).toHaveLength(10)
  })

  test('forged requests for many known accounts refresh no more than the rate allows', async () => {
    const { now, advance } = createClock()
    const asked = vi.fn((account: string) => token(Number.parseInt(account.slice(2), 16)))
    const lookup = cached(asked, { ...options(now), maxLookupsPerSecond: 20 })
    const known = Array.from({ length: 100 }, (_, number) => claim(accountSid(number)))
    for (const account of known) {
      await lookup(account)
      lookup.verified?.(account)
      advance(0.05)
    }
    asked.mockClear()
    advance(10)
    const asks = await Promise.allSettled(known.map(async (account) => lookup.refresh?.(account)))
    expect(asked).toHaveBeenCalledTimes(20)
    // The others may be genuine, so they are refused with a status that is retried.
    expect(asks.filter(({ status }) => status === 'rejected')).toHaveLength(80)
  })

  test('a refresh that fails rejects, and the known tokens stay', async () => {
    const { now, advance } = createClock()
    const source = createSource({ [one]: token(1) })
    const lookup = cached(source.lookup, options(now))
    expect(lookup.refresh?.(claim(one))).toBeUndefined()
    await lookup(claim(one))
    advance(10)
    source.error = new Error('down')
    await expect(lookup.refresh?.(claim(one))).rejects.toThrow('down')
    expect(lookup(claim(one))).toEqual({ authToken: [token(1)], accountSid: one })
    await expect(lookup.refresh?.(claim(one))).rejects.toThrow('failed a moment ago')
    expect(source.asked).toHaveLength(2)
  })

  test('an account that the source no longer knows has no key from then on', async () => {
    const { now, advance } = createClock()
    const source = createSource({ [one]: token(1) })
    const lookup = cached(source.lookup, options(now))
    await lookup(claim(one))
    lookup.verified?.(claim(one))
    delete source.tokens[one]
    advance(10)
    expect(await lookup.refresh?.(claim(one))).toBeUndefined()
    expect(lookup(claim(one))).toBeUndefined()
  })
})

describe('a flood of invented accounts', () => {
  test('does not evict accounts that verified', async () => {
    const asked = vi.fn((account: string) => (account < accountSid(90) ? token(1) : undefined))
    const lookup = cached(asked, { maxEntries: 100, maxLookupsPerSecond: 1_000_000 })
    for (let number = 0; number < 90; number++) {
      await lookup(claim(accountSid(number)))
      lookup.verified?.(claim(accountSid(number)))
    }
    for (let number = 1000; number < 6000; number++) await lookup(claim(accountSid(number)))
    asked.mockClear()
    for (let number = 0; number < 90; number++)
      expect(lookup(claim(accountSid(number)))).toEqual({ authToken: [token(1)], accountSid: accountSid(number) })
    expect(asked).not.toHaveBeenCalled()
  })

  test('is looked up at the allowed rate, and does not delay accounts that verified', async () => {
    const { now, advance } = createClock()
    const source = createSource({ [one]: token(1) })
    const lookup = cached(source.lookup, { now, ttlSeconds: 60, maxLookupsPerSecond: 10, timeoutMs: 1 })
    await lookup(claim(one))
    lookup.verified?.(claim(one))
    advance(60)
    let refused = 0
    for (let second = 0; second < 10; second++) {
      for (let number = 0; number < 100; number++) {
        const invented = claim(accountSid(1000 + second * 100 + number))
        await Promise.resolve(lookup(invented)).catch((error: Error) => {
          expect(error.message).toBe('Too many key look-ups for accounts that are not known')
          refused++
        })
      }
      advance(1)
    }
    expect(refused).toBe(900)
    expect(source.asked).toHaveLength(1 + 100)
    expect(await lookup(claim(one))).toEqual({ authToken: [token(1)], accountSid: one })
    // While its look-up fails, a known account is limited too, but by a rate without strangers.
    source.error = new Error('down')
    advance(60)
    for (let request = 0; request < 11; request++) await expect(lookup(claim(one))).rejects.toThrow('down')
    await expect(lookup(claim(one))).rejects.toThrow('Too many key look-ups for accounts that fail')
  })

  test('a burst of new accounts is spread out and not refused at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const lookup = cached(() => token(1), { maxLookupsPerSecond: 10, timeoutMs: 2000 })
    const found = Promise.allSettled(Array.from({ length: 25 }, async (_, number) => lookup(claim(accountSid(number)))))
    await vi.advanceTimersByTimeAsync(1100)
    const settled = await found
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('never has more look-ups in flight than entries', async () => {
    const asked = vi.fn(() => new Promise<undefined>(() => undefined))
    const lookup = cached(asked, { maxEntries: 10, maxLookupsPerSecond: 1_000_000, timeoutMs: 20 })
    const all = Array.from({ length: 50 }, async (_, number) => lookup(claim(accountSid(number))))
    expect((await Promise.allSettled(all)).every(({ status }) => status === 'rejected')).toBe(true)
    expect(asked).toHaveBeenCalledTimes(10)
  })
})

describe('segments', () => {
  test('never hold more than allowed, and always have room for new entries', () => {
    const keys = Array.from({ length: 41 }, (_, number) => String(number))
    const command = fc.tuple(fc.constantFrom('put', 'promote'), fc.constantFrom(...keys))
    fc.assert(
      fc.property(fc.array(command, { maxLength: 300 }), (commands) => {
        const segments = createSegments<number>(20)
        for (const [name, key] of commands) {
          if (name === 'promote') segments.promote(key)
          else segments.put(key, 1)
          if (name === 'put') expect(segments.get(key)).toBe(1)
          expect(keys.filter((one) => segments.get(one) !== undefined).length).toBeLessThanOrEqual(20)
        }
        for (const key of ['new', 'newer']) segments.put(key, 1)
        expect([segments.get('new'), segments.get('newer')]).toEqual([1, 1])
      }),
    )
  })

  test('evict the oldest on probation, then the least recently verified', () => {
    const segments = createSegments<string>(10)
    for (const key of 'abcdefghi') segments.put(key, key)
    for (const key of 'abcdefghi') segments.promote(key)
    segments.promote('a')
    segments.put('x', 'x')
    segments.put('y', 'y')
    expect([...'abcdefghixy'].filter((key) => segments.get(key) === undefined)).toEqual(['x'])
    segments.promote('y')
    segments.put('z', 'z')
    expect([...'abcdefghiyz'].filter((key) => segments.get(key) === undefined)).toEqual(['b'])
  })
})

test('a tenant that was refused before it was added to the known accounts is looked up at once', async () => {
  const accountSid = `AC${'c'.repeat(32)}`
  const knownAccounts = new Set<string>()
  const found = new Map<string, string>()
  let asked = 0
  const lookup = cached(
    (sid) => {
      asked++
      return found.get(sid)
    },
    { knownAccounts },
  )
  const claim = { accountSid, url: 'https://example.com/sms', method: 'POST' }
  for (let request = 0; request < 2; request++) expect(await lookup(claim)).toBeUndefined()
  expect(asked).toBe(1)
  knownAccounts.add(accountSid)
  found.set(accountSid, 'tenant-secret-0123456789')
  for (let request = 0; request < 2; request++)
    expect(await lookup(claim)).toEqual({ authToken: ['tenant-secret-0123456789'], accountSid })
  expect(asked).toBe(2)
})
