import { describe, expect, test, vi } from 'vitest'
import type { Delivery, ReplayClaim } from '../src/index.ts'
import { kinds } from '../src/params/kinds.ts'
import { memoryStore, type ReplayGuardOptions, type ReplayStore, replayGuard } from '../src/replay/index.ts'
import { sampleWebhook, webhookKinds } from '../src/testing/index.ts'
import { ReceivedParams } from '../src/webhook-params.ts'

const message = deliver('message.inbound')

function deliver(kind: (typeof webhookKinds)[number], signingString = `https://example.com/${kind}`): Delivery {
  const { params = [], json } = sampleWebhook(kind)
  const { body } = kinds[kind]
  return {
    signingString,
    handshake: body === 'handshake',
    covers: body === 'json' ? 'body' : body === 'form' ? 'params' : 'url',
    params: new ReceivedParams(params),
    body: new TextEncoder().encode(json === undefined ? '' : JSON.stringify(json)),
  }
}

async function claimTwice(delivery: Delivery, options: Partial<ReplayGuardOptions> = {}): Promise<ReplayClaim[]> {
  const guard = replayGuard({ store: memoryStore(), ...options })
  return [await guard.claim(delivery), await guard.claim(delivery)]
}

/** A store that answers when it is told to. */
function slowStore() {
  const released: string[] = []
  const answers: ((outcome: 'claimed' | Error) => void)[] = []
  const store: ReplayStore = {
    claim: () =>
      new Promise((resolve, reject) => {
        answers.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)))
      }),
    release(key) {
      released.push(key)
    },
  }
  return { store, released, answers }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

describe('what is seen again', () => {
  for (const kind of webhookKinds) {
    const { body, mayRepeat } = kinds[kind]
    test(`${kind} is ${body === 'handshake' ? 'not claimed' : 'marked'}`, async () => {
      const [first, second] = await claimTwice(deliver(kind))
      expect(first).toMatchObject({ replayed: false })
      expect(second).toEqual({ replayed: body !== 'handshake' })
    })
    test(`${kind} is ${mayRepeat ? 'not refused' : 'refused'} with 'reject'`, async () => {
      const [first, second] = await claimTwice(deliver(kind), { onReplay: 'reject' })
      expect(first).toMatchObject({ replayed: false })
      expect(second?.refuse).toBe(mayRepeat ? undefined : true)
    })
  }

  test('a kind that nothing tells may repeat', async () => {
    for (const [covers, body] of [
      ['params', ''],
      ['body', '{"a":1}'],
      ['body', 'no JSON'],
      ['body', '['.repeat(100_000)],
      ['url', ''],
    ] as const) {
      const delivery = { ...message, covers, params: new ReceivedParams([]), body: new TextEncoder().encode(body) }
      const [, second] = await claimTwice(delivery, { onReplay: 'reject' })
      expect(second).toEqual({ replayed: true })
    }
    const [, second] = await claimTwice({ ...message, covers: 'body', body: Uint8Array.of(0xff) } as Delivery, {
      onReplay: 'reject',
    })
    expect(second).toEqual({ replayed: true })
  })

  test('the key is a hash, the same for every process, and the value is new with every claim', async () => {
    const seen: [string, number, string][] = []
    const store: ReplayStore = {
      claim(...args) {
        seen.push(args)
        return 'claimed'
      },
      release() {},
    }
    for (let i = 0; i < 2; i++) await replayGuard({ store, ttlSeconds: 60 }).claim(message)
    const [one, other] = seen
    expect(one?.[0]).toBe('526dadf9b0c1cc6e84a9cfddb61c9572256552a15b523d14412bc93281dbb4ac')
    expect(other?.[0]).toBe(one?.[0])
    expect(one?.[1]).toBe(60_000)
    expect(other?.[2]).not.toBe(one?.[2])
  })
})

describe('a claim that is released', () => {
  test('lets the retry pass', async () => {
    const guard = replayGuard({ store: memoryStore(), onReplay: 'reject' })
    const first = await guard.claim(message)
    await first.release?.()
    expect(await guard.claim(message)).toMatchObject({ replayed: false })
  })

  test('twice, or late, does not forget the claim of the retry', async () => {
    const guard = replayGuard({ store: memoryStore(), onReplay: 'reject' })
    const first = await guard.claim(message)
    await first.release?.()
    await guard.claim(message)
    await first.release?.()
    expect(await guard.claim(message)).toEqual({ replayed: true, refuse: true })
  })

  test('belongs to the delivery that made it: one seen again has none', async () => {
    const [, second] = await claimTwice(message)
    expect(second?.release).toBeUndefined()
  })
})

describe('a store that fails', () => {
  const failing: ReplayStore = {
    claim() {
      throw new Error('down')
    },
    release() {},
  }

  test('by a throw, a rejection or an answer that is none is thrown', async () => {
    const stores = [failing, { ...failing, claim: async () => Promise.reject(new Error('down')) }]
    for (const store of stores) await expect(replayGuard({ store }).claim(message)).rejects.toThrow('down')
    for (const answer of [true, null, undefined, 'seen ', {}]) {
      const odd = { ...failing, claim: () => answer } as unknown as ReplayStore
      await expect(replayGuard({ store: odd }).claim(message)).rejects.toThrow(
        new TypeError('The replay store must answer "claimed", "seen" or "full"'),
      )
    }
  })

  test("with 'accept', the delivery is let in as unknown, and can still be released", async () => {
    const { store, released, answers } = slowStore()
    const guard = replayGuard({ store, onStoreFailure: 'accept' })
    const claiming = guard.claim(message)
    await turn()
    answers[0]?.(new Error('down'))
    const claim = await claiming
    expect(claim).toMatchObject({ replayed: 'unknown' })
    expect(claim.refuse).toBeUndefined()
    expect(released).toEqual([])
    await claim.release?.()
    expect(released).toHaveLength(1)
  })

  test('by taking too long, in both modes', async () => {
    const { store } = slowStore()
    const start = performance.now()
    await expect(replayGuard({ store, storeTimeoutMs: 50 }).claim(message)).rejects.toThrow('50 ms')
    const claim = await replayGuard({ store, storeTimeoutMs: 50, onStoreFailure: 'accept' }).claim(message)
    expect(claim.replayed).toBe('unknown')
    expect(performance.now() - start).toBeLessThan(1000)
  })

  test('a claim that is made after its time does not turn the retry away', async () => {
    for (const outcome of ['claimed', new Error('connection lost')] as const) {
      const { store, released, answers } = slowStore()
      await expect(replayGuard({ store, storeTimeoutMs: 20 }).claim(message)).rejects.toThrow('20 ms')
      expect(released).toEqual([])
      answers[0]?.(outcome)
      await turn()
      expect(released).toHaveLength(1)
    }
  })

  test('a claim leaves no timer behind, and a release that is done at once starts none', async () => {
    vi.useFakeTimers()
    try {
      const start = vi.spyOn(globalThis, 'setTimeout')
      for (const answer of [undefined, null, 0, {}]) {
        const store = { claim: async () => 'claimed', release: () => answer } as unknown as ReplayStore
        const claim = await replayGuard({ store }).claim(message)
        expect(vi.getTimerCount()).toBe(0)
        start.mockClear()
        await claim.release?.()
        expect(start).not.toHaveBeenCalled()
      }
    } finally {
      vi.restoreAllMocks()
      vi.useRealTimers()
    }
  })

  test('a release takes no longer than the limit either', async () => {
    const store: ReplayStore = { claim: () => 'claimed', release: () => new Promise(() => undefined) }
    const claim = await replayGuard({ store, storeTimeoutMs: 20 }).claim(message)
    await expect(claim.release?.()).rejects.toThrow('20 ms')
  })

  test('a full one makes every new delivery unknown, in both modes, and refuses none', async () => {
    for (const onReplay of ['mark', 'reject'] as const) {
      const guard = replayGuard({ store: memoryStore({ maxEntries: 1 }), onReplay })
      await guard.claim(message)
      expect(await guard.claim(deliver('message.inbound', 'another'))).toEqual({ replayed: 'unknown' })
      expect((await guard.claim(message)).replayed).toBe(true)
    }
  })
})

test('options', () => {
  const store = memoryStore()
  const bad: [object, typeof TypeError | typeof RangeError, string][] = [
    [{}, TypeError, '"store" must have a method "claim"'],
    [{ store: {} }, TypeError, 'claim'],
    [{ store: { claim() {} } }, TypeError, 'release'],
    [{ store, ttl: 1 }, TypeError, '"ttl"'],
    [{ store, ttl: 1 }, TypeError, 'replayGuard'],
    [{ store, ttlSeconds: '60' }, TypeError, '"ttlSeconds"'],
    [{ store, ttlSeconds: 0 }, RangeError, '"ttlSeconds"'],
    [{ store, ttlSeconds: Number.NaN }, RangeError, '"ttlSeconds"'],
    [{ store, ttlSeconds: 31_536_001 }, RangeError, '"ttlSeconds"'],
    [{ store, onReplay: 'refuse' }, TypeError, `"onReplay" must be 'mark' or 'reject'`],
    [{ store, onStoreFailure: 'mark' }, TypeError, `"onStoreFailure" must be 'reject' or 'accept'`],
    [{ store, storeTimeoutMs: 0 }, RangeError, '"storeTimeoutMs"'],
    [{ store, storeTimeoutMs: 15_001 }, RangeError, '"storeTimeoutMs"'],
  ]
  for (const [options, kind, text] of bad) {
    const make = () => replayGuard(options as ReplayGuardOptions)
    expect(make).toThrow(kind)
    expect(make).toThrow(text)
  }
  expect(() => replayGuard(undefined as unknown as ReplayGuardOptions)).toThrow(TypeError)
})
