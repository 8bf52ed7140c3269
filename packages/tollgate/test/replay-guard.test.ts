import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Delivery, ReplayGuard, Reservation } from '../src/index.ts'
import { memoryStore, type ReplayGuardOptions, type ReplayStore, replayGuard } from '../src/replay/index.ts'
import { ReceivedParams } from '../src/schemes/twilio/webhook.ts'
import { kinds } from '../src/schemes/twilio/webhooks/index.ts'
import { sampleWebhook, webhookKinds } from '../src/testing/index.ts'

const message = deliver('message.inbound')
const misshapen: Delivery = {
  ...message,
  params: new ReceivedParams([...(message.params ?? [])].filter(([name]) => name !== 'AccountSid')),
}
const pending = { delivery: 'unknown', refuse: 'pending' }

function deliver(kind: (typeof webhookKinds)[number], signed = `https://example.com/${kind}`): Delivery {
  const { params = [], json } = sampleWebhook(kind)
  const { body } = kinds[kind]
  return {
    key: hash(signed),
    handshake: body === 'handshake',
    covers: body === 'json' ? 'body' : body === 'form' ? 'params' : 'url',
    params: new ReceivedParams(params),
    body: new TextEncoder().encode(json === undefined ? '' : JSON.stringify(json)),
  }
}

/** Two events of these kinds may be alike, and handshakes are. */
function isUnknown(kind: (typeof webhookKinds)[number]): boolean {
  return kinds[kind].mayBeAlike || kinds[kind].body === 'handshake'
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Creates a guard whose deliveries are handled at once. */
function handling(options: ReplayGuardOptions): ReplayGuard {
  const guard = replayGuard(options)
  return {
    async reserve(delivery) {
      const reservation = await guard.reserve(delivery)
      await reservation.confirm?.()
      return reservation
    },
  }
}

async function reserveTwice(delivery: Delivery, options: Partial<ReplayGuardOptions> = {}): Promise<Reservation[]> {
  const guard = handling({ store: memoryStore(), ...options })
  return [await guard.reserve(delivery), await guard.reserve(delivery)]
}

/** A store whose answers the test gives. */
function slowStore() {
  const released: string[] = []
  const answers: ((outcome: 'reserved' | Error) => void)[] = []
  const store: ReplayStore = {
    reserve: () =>
      new Promise((resolve, reject) => {
        answers.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)))
      }),
    confirm() {},
    release(key) {
      released.push(key)
    },
  }
  return { store, released, answers }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('a delivery that is seen again', () => {
  test('an unknown kind may repeat', async () => {
    for (const [covers, body] of [
      ['params', ''],
      ['body', '{"a":1}'],
      ['body', 'no JSON'],
      ['body', '['.repeat(100_000)],
      ['url', ''],
    ] as const) {
      const delivery = { ...message, covers, params: new ReceivedParams([]), body: new TextEncoder().encode(body) }
      const [, second] = await reserveTwice(delivery, { whenRepeated: 'reject' })
      expect(second).toEqual({ delivery: 'repeated' })
    }
    const [, second] = await reserveTwice({ ...message, covers: 'body', body: Uint8Array.of(0xff) } as Delivery, {
      whenRepeated: 'reject',
    })
    expect(second).toEqual({ delivery: 'repeated' })
    const step = { ...message, params: new ReceivedParams([['CallSid', `CA${'0'.repeat(32)}`]]) }
    expect(await reserveTwice(step, { whenRepeated: 'reject' })).toEqual([
      { delivery: 'unknown' },
      { delivery: 'unknown' },
    ])
  })

  test.each([
    [true, { delivery: 'repeated', refuse: true }],
    [false, { delivery: 'repeated' }],
  ] as const)('a delivery that says "neverRepeats: %s" itself', async (neverRepeats, expected) => {
    const delivery = { key: message.key, handshake: false, neverRepeats }
    expect((await reserveTwice(delivery, { whenRepeated: 'reject' }))[1]).toEqual(expected)
  })

  test.each([
    ['of a form without a kind', { ...message, params: new ReceivedParams([]) }, { kind: 'unknown', isDoubtful: true }],
    [
      'that says itself that it may repeat',
      { key: message.key, handshake: false, neverRepeats: false },
      { kind: 'unknown', isDoubtful: false },
    ],
    [
      'that never repeats',
      { key: message.key, handshake: false, neverRepeats: true },
      { kind: 'once', isDoubtful: false },
    ],
    ['of a message', message, { kind: 'message.inbound', isDoubtful: false }],
    ['of a message without its account', misshapen, { kind: 'message.inbound', isDoubtful: true }],
    ['of a JSON event', deliver('events.batch'), { kind: 'events.batch', isDoubtful: false }],
    [
      'of a JSON event, which has no parameters that count',
      { ...deliver('events.batch'), params: misshapen.params },
      { kind: 'events.batch', isDoubtful: false },
    ],
    ['without parameters', { key: message.key, handshake: false }, { kind: 'unknown', isDoubtful: true }],
  ])('a store gets the kind of a delivery %s', async (_, delivery, expected) => {
    const store = { reserve: vi.fn(() => 'reserved' as const), confirm() {}, release() {} }
    await handling({ store }).reserve(delivery)
    expect(store.reserve).toHaveBeenCalledWith(delivery.key, expect.objectContaining(expected))
  })

  test('the key is a hash, the same for every process, and the value is new with every attempt', async () => {
    const seen: Parameters<ReplayStore['reserve']>[] = []
    const store: ReplayStore = {
      reserve(...args) {
        seen.push(args)
        return 'reserved'
      },
      confirm() {},
      release() {},
    }
    for (let i = 0; i < 2; i++) await handling({ store }).reserve(message)
    const [one, other] = seen
    expect(one?.[0]).toBe('526dadf9b0c1cc6e84a9cfddb61c9572256552a15b523d14412bc93281dbb4ac')
    expect(other?.[0]).toBe(one?.[0])
    expect(one?.[1]).toMatchObject({ leaseMs: 30_000, kind: 'message.inbound' })
    expect(other?.[1].token).not.toBe(one?.[1].token)
  })

  test('what is only looked up has the shortest lease that a user can choose, so that every store takes it', async () => {
    const seen: unknown[] = []
    const store: ReplayStore = {
      reserve(key, { leaseMs, token }) {
        seen.push([key, leaseMs, token])
        return 'reserved'
      },
      confirm: () => void seen.push('confirm'),
      release: (key, token) => void seen.push([key, 'release', token]),
    }
    const gather = {
      ...message,
      params: new ReceivedParams([
        ['CallSid', 'CA1'],
        ['Digits', '1'],
      ]),
    }
    expect(await handling({ store, leaseSeconds: 60 }).reserve(gather)).toEqual({ delivery: 'unknown' })
    const [[key, leaseMs, token] = []] = seen as unknown[][]
    expect(leaseMs).toBe(1000)
    expect(seen.slice(1)).toEqual([[key, 'release', token]])
  })

  test('no attempt has the token of another: random bits for a thousand of them, and a number', async () => {
    const tokens: string[] = []
    const store: ReplayStore = {
      reserve(_key, { token }) {
        tokens.push(token)
        return 'reserved'
      },
      confirm() {},
      release() {},
    }
    const draw = vi.spyOn(crypto, 'getRandomValues')
    for (let attempt = 0; attempt < 3000; attempt++) await replayGuard({ store }).reserve(message)
    expect(new Set(tokens).size).toBe(3000)
    expect(tokens.filter((token) => !/^[A-Za-z0-9+/]{20}\.\d{1,3}$/.test(token))).toEqual([])
    expect(draw).toHaveBeenCalledTimes(3)
  })
})

describe('parameters that are cut at other places, with the same signing string', () => {
  const cut = (kind: (typeof webhookKinds)[number]): Delivery => ({ ...deliver(kind), key: hash('the same') })
  const genuine = cut('message.inbound')
  const unknown: Delivery = { ...genuine, params: new ReceivedParams([['SmsStatu', 'sreceived']]) }

  const misspelt: Delivery = {
    ...genuine,
    params: new ReceivedParams([...(message.params ?? []), ['OptOutTypeS', 'TOP']]),
  }

  test('a genuine delivery does not wait for a cut that is pending, and the cut then confirms and releases nothing', async () => {
    for (const end of ['confirm', 'release'] as const) {
      const guard = replayGuard({ store: memoryStore(), whenRepeated: 'reject' })
      const early = await guard.reserve(misspelt)
      expect(await guard.reserve(misspelt)).toEqual(pending)
      const first = await guard.reserve(genuine)
      expect(first).toMatchObject({ delivery: 'first' })
      await early[end]?.()
      for (const later of [unknown, genuine]) expect(await guard.reserve(later)).toEqual(pending)
      await first.confirm?.()
      for (const later of [unknown, genuine])
        expect(await guard.reserve(later)).toEqual({ delivery: 'repeated', refuse: true })
    }
  })

  test('after a cut of a kind that may repeat, the genuine delivery passes and is marked', async () => {
    const guard = handling({ store: memoryStore(), whenRepeated: 'reject' })
    expect(await guard.reserve(cut('usage.trigger'))).toMatchObject({ delivery: 'first' })
    expect(await guard.reserve(genuine)).toEqual({ delivery: 'repeated' })
  })

  test("with 'mark' nothing is refused", async () => {
    const guard = handling({ store: memoryStore() })
    await guard.reserve(genuine)
    expect(await guard.reserve(unknown)).toEqual({ delivery: 'repeated' })
  })

  test('a kind that a store invents, or one of another version, may repeat', async () => {
    for (const seen of ['', 'unknown', 'toString', '__proto__', 'message.of.the.future']) {
      const store: ReplayStore = { reserve: () => ({ seen }), confirm() {}, release() {} }
      expect(await handling({ store, whenRepeated: 'reject' }).reserve(genuine)).toEqual({ delivery: 'repeated' })
    }
  })
})

describe('a request that is checked twice', () => {
  const once = (native: unknown): Delivery => ({ ...message, native })

  test('is reserved once by guards of two builds with one store', async () => {
    const store = memoryStore()
    vi.resetModules()
    const copy = await import('../src/replay/index.ts')
    expect(copy.replayGuard).not.toBe(replayGuard)
    const native = {}
    for (const make of [replayGuard, copy.replayGuard])
      expect((await make({ store }).reserve(once(native))).delivery).toBe('first')
  })

  test('is reserved once by two guards with a store that is frozen', async () => {
    const store = Object.freeze(memoryStore())
    const native = {}
    for (const guard of [replayGuard({ store }), replayGuard({ store })])
      expect((await guard.reserve(once(native))).delivery).toBe('first')
  })

  test('counts twice if `native` is not an object', async () => {
    for (const native of [undefined, null, 'native', 1, Symbol.iterator]) {
      const guard = handling({ store: memoryStore() })
      await guard.reserve(once(native))
      expect(await guard.reserve(once(native))).toEqual({ delivery: 'repeated' })
    }
  })

  test('is another delivery if its key differs', async () => {
    const guard = handling({ store: memoryStore() })
    const native = {}
    await guard.reserve(once(native))
    await guard.reserve({ ...once(native), key: hash('another') })
    expect(await guard.reserve({ ...once({}), key: hash('another') })).toEqual({ delivery: 'repeated' })
  })
})

describe('a delivery that is pending', () => {
  /** A guard over a memory store with a clock. */
  function withClock(options: Partial<ReplayGuardOptions> = {}) {
    const clock = { time: 0 }
    const store = memoryStore({ now: () => clock.time })
    return { clock, guard: replayGuard({ store, whenRepeated: 'reject', ...options }) }
  }

  test('refuses its copies as pending, in both modes and for every kind that is reserved', async () => {
    for (const whenRepeated of ['mark', 'reject'] as const)
      for (const kind of webhookKinds.filter((one) => !isUnknown(one))) {
        const guard = replayGuard({ store: memoryStore(), whenRepeated })
        const first = await guard.reserve(deliver(kind))
        expect(first).toMatchObject({ delivery: 'first' })
        expect(await guard.reserve(deliver(kind))).toEqual(pending)
        await first.confirm?.()
        expect((await guard.reserve(deliver(kind))).delivery).toBe('repeated')
      }
  })

  test.each([
    [{}, 30_000],
    [{ leaseSeconds: 7 }, 7000],
  ])('is lost after its lease, so that a crash loses no delivery: %j', async (options, leaseMs) => {
    const { clock, guard } = withClock(options)
    await guard.reserve(message)
    clock.time += leaseMs - 1
    expect(await guard.reserve(message)).toEqual(pending)
    clock.time += 1
    expect(await guard.reserve(message)).toMatchObject({ delivery: 'first' })
    expect(await guard.reserve(message)).toEqual(pending)
  })

  test.each([
    [{}, 86_400_000],
    [{ ttlSeconds: 60 }, 60_000],
  ])('is remembered for %j from its confirmation', async (options, ttlMs) => {
    const { clock, guard } = withClock(options)
    const first = await guard.reserve(message)
    clock.time += 20_000
    await first.confirm?.()
    clock.time += ttlMs - 1
    expect(await guard.reserve(message)).toEqual({ delivery: 'repeated', refuse: true })
    clock.time += 1
    expect(await guard.reserve(message)).toMatchObject({ delivery: 'first' })
  })

  test('is pending for both checks of one request, and one confirmation or release counts for both', async () => {
    for (const end of ['confirm', 'release'] as const) {
      const { guard } = withClock()
      const native = {}
      const both = [await guard.reserve({ ...message, native }), await guard.reserve({ ...message, native })]
      const copy = {}
      for (let check = 0; check < 2; check++) expect(await guard.reserve({ ...message, native: copy })).toEqual(pending)
      await both[0]?.[end]?.()
      await both[1]?.confirm?.()
      expect(await guard.reserve(message)).toMatchObject({ delivery: end === 'confirm' ? 'repeated' : 'first' })
    }
  })
})

describe('a confirmation that fails', () => {
  /** A store whose first confirmations fail. */
  function failingStore(failures: number) {
    let tries = 0
    const memory = memoryStore()
    const store: ReplayStore = {
      ...memory,
      confirm(...args) {
        if (tries++ < failures) throw new Error('down')
        return memory.confirm(...args)
      },
    }
    return { store, countTries: () => tries }
  }

  test('is reported, and tried again three times, after a quarter of a second, one and four', async () => {
    vi.useFakeTimers()
    const { store, countTries } = failingStore(10)
    const reservation = await replayGuard({ store }).reserve(message)
    await expect(reservation.confirm?.()).rejects.toThrow('down')
    for (const [index, pauseMs] of [250, 1000, 4000].entries()) {
      await vi.advanceTimersByTimeAsync(pauseMs - 1)
      expect(countTries()).toBe(index + 1)
      await vi.advanceTimersByTimeAsync(1)
      expect(countTries()).toBe(index + 2)
    }
    expect(vi.getTimerCount()).toBe(0)
  })

  test('counts when a later try succeeds', async () => {
    vi.useFakeTimers()
    const { store, countTries } = failingStore(2)
    const guard = replayGuard({ store })
    const reservation = await guard.reserve(message)
    await expect(reservation.confirm?.()).rejects.toThrow('down')
    expect(await guard.reserve(message)).toEqual(pending)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(countTries()).toBe(3)
    expect(await guard.reserve(message)).toEqual({ delivery: 'repeated' })
  })

  test('is not tried again after a release', async () => {
    vi.useFakeTimers()
    const { store, countTries } = failingStore(1)
    const guard = replayGuard({ store })
    const reservation = await guard.reserve(message)
    await expect(reservation.confirm?.()).rejects.toThrow('down')
    await reservation.release?.()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(countTries()).toBe(1)
    expect(await guard.reserve(message)).toMatchObject({ delivery: 'first' })
  })

  test('has the time limit', async () => {
    vi.useFakeTimers()
    const store: ReplayStore = { ...memoryStore(), confirm: () => new Promise(() => undefined) }
    const reservation = await replayGuard({ store, storeTimeoutMs: 20 }).reserve(message)
    const refused = expect(reservation.confirm?.()).rejects.toThrow('The replay store took longer than 20 ms')
    await vi.advanceTimersByTimeAsync(20)
    await refused
    // The later tries must not set timers in the file that runs next.
    await vi.advanceTimersByTimeAsync(10_000)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a store that fails', () => {
  const failing: ReplayStore = {
    reserve() {
      throw new Error('down')
    },
    confirm() {},
    release() {},
  }

  test('with an exception, a rejection or a wrong answer makes reserve throw', async () => {
    const stores = [failing, { ...failing, reserve: async () => Promise.reject(new Error('down')) }]
    for (const store of stores) await expect(replayGuard({ store }).reserve(message)).rejects.toThrow('down')
    for (const answer of [true, null, undefined, 'seen', {}, { seen: undefined }, { seen: 1 }]) {
      const odd = { ...failing, reserve: () => answer } as unknown as ReplayStore
      await expect(replayGuard({ store: odd }).reserve(message)).rejects.toThrow(
        new TypeError('The replay store must answer "reserved", "pending", "full" or { seen: kind }'),
      )
    }
  })

  test("passes the delivery as unknown with 'accept', and it can still be released", async () => {
    const { store, released, answers } = slowStore()
    const guard = replayGuard({ store, whenStoreFails: 'accept' })
    const reserving = guard.reserve(message)
    await turn()
    answers[0]?.(new Error('down'))
    const reservation = await reserving
    expect(reservation).toMatchObject({ delivery: 'unknown' })
    expect(reservation.refuse).toBeUndefined()
    expect(released).toEqual([])
    await reservation.release?.()
    expect(released).toHaveLength(1)
  })

  test("can be confirmed after it failed, with 'accept': the client may have carried out the command", async () => {
    const memory = memoryStore()
    const store: ReplayStore = {
      ...memory,
      async reserve(...args) {
        await memory.reserve(...args)
        throw new Error('connection lost')
      },
    }
    const reservation = await replayGuard({ store, whenStoreFails: 'accept' }).reserve(message)
    await reservation.confirm?.()
    expect(await replayGuard({ store: memory }).reserve(message)).toEqual({ delivery: 'repeated' })
  })

  test('with a late reservation does not refuse the retry', async () => {
    for (const outcome of ['reserved', new Error('connection lost')] as const) {
      const { store, released, answers } = slowStore()
      await expect(replayGuard({ store, storeTimeoutMs: 20 }).reserve(message)).rejects.toThrow('20 ms')
      expect(released).toEqual([])
      answers[0]?.(outcome)
      await turn()
      expect(released).toHaveLength(1)
    }
  })

  test('leaves no timer, and a synchronous release starts none', async () => {
    vi.useFakeTimers()
    const start = vi.spyOn(globalThis, 'setTimeout')
    for (const answer of [undefined, null, 0, {}]) {
      const store = { reserve: async () => 'reserved', confirm() {}, release: () => answer } as unknown as ReplayStore
      const reservation = await replayGuard({ store }).reserve(message)
      expect(vi.getTimerCount()).toBe(0)
      start.mockClear()
      await reservation.release?.()
      expect(start).not.toHaveBeenCalled()
    }
  })

  test('in release also has the time limit', async () => {
    const store: ReplayStore = { ...memoryStore(), release: () => new Promise(() => undefined) }
    const reservation = await replayGuard({ store, storeTimeoutMs: 20 }).reserve(message)
    await expect(reservation.release?.()).rejects.toThrow('The replay store took longer than 20 ms')
  })
})
