import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../src/replay/index.ts'
import { type StreamTicketsOptions, streamTickets, type TicketCode } from '../src/stream/index.ts'
import { testProperty } from './property.ts'

const secret = '0123456789abcdef0123456789abcdef'
const otherSecret = 'fedcba9876543210fedcba9876543210'
const callSid = `CA${'1'.repeat(32)}`
const accountSid = `AC${'2'.repeat(32)}`
const call = { callSid, accountSid }
const proven = { ok: true, callSid, accountSid }
const seconds = 1_800_000_000

let clock = 1000 * seconds
const now = (): number => clock
const tickets = streamTickets({ secret, now })

// https://www.twilio.com/docs/voice/media-streams/websocket-messages
function makeStart(ticket?: unknown, changes: object = {}): Record<string, unknown> {
  const customParameters = ticket === undefined ? {} : { ticket }
  return {
    event: 'start',
    sequenceNumber: '1',
    streamSid: `MZ${'3'.repeat(32)}`,
    start: { streamSid: `MZ${'3'.repeat(32)}`, callSid, accountSid, tracks: ['inbound'], customParameters, ...changes },
  }
}

// https://www.twilio.com/docs/voice/conversationrelay/websocket-messages
function makeSetup(ticket?: unknown, changes: object = {}): Record<string, unknown> {
  return { type: 'setup', sessionId: 'VX1', callSid, accountSid, customParameters: { ticket }, ...changes }
}

function refusal(code: TicketCode) {
  return { ok: false, code }
}

describe('a ticket', () => {
  test('is proven in the first message of both kinds, as text, bytes and JSON', () => {
    const ticket = tickets.issue(call)
    for (const message of [makeStart(ticket), makeSetup(ticket)]) {
      const text = JSON.stringify(message)
      const bytes = Buffer.from(text)
      const array = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
      for (const form of [message, text, bytes, new Uint8Array(bytes), array])
        expect(tickets.check(form)).toEqual(proven)
    }
  })

  test('is an HMAC-SHA256 over the call, the account and its expiry', () => {
    const ticket = tickets.issue(call)
    const claim = ticket.slice(0, ticket.lastIndexOf('.'))
    const mac = createHmac('sha256', secret).update(`tollgate stream ticket ${claim}`).digest('base64url')
    expect(claim).toMatch(new RegExp(`^2\\.${callSid}\\.${accountSid}\\.${seconds + 14_400}\\.[0-9a-f]{16}$`))
    expect(ticket).toBe(`${claim}.${mac}`)
  })

  test('admits each of two streams of one TwiML once, because two tickets of one second differ', async () => {
    const once = streamTickets({ secret, now, store: memoryStore({ now }) })
    const messages = [once.issue(call), once.issue(call)].map((ticket) => makeStart(ticket))
    for (const expected of [proven, refusal('ticket_used')])
      for (const message of messages) expect(await once.check(message)).toEqual(expected)
  })

  test('is expired for a clock without a time, and a detached buffer is malformed', () => {
    const broken = streamTickets({ secret, now: () => Number.NaN })
    expect(broken.check(makeStart(tickets.issue(call)))).toEqual(refusal('ticket_expired'))
    const bytes = new TextEncoder().encode(JSON.stringify(makeStart(tickets.issue(call))))
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    for (const message of [bytes, bytes.buffer]) expect(tickets.check(message)).toEqual(refusal('message_malformed'))
  })

  test.each([undefined, null, {}, 'yes'])('is not used for a store that answers %j', async (answer) => {
    const store = { reserve: () => answer as never, confirm() {}, release() {} }
    const once = streamTickets({ secret, now, store })
    expect(await once.check(makeStart(once.issue(call)))).toEqual(refusal('store_failed'))
  })

  test('needs no account in a setup, and proves its own', () => {
    for (const account of [undefined, null])
      expect(tickets.check(makeSetup(tickets.issue(call), { accountSid: account }))).toEqual(proven)
  })

  test('is valid again for its call, as ConversationRelay opens its socket again, until it expires', () => {
    const ticket = streamTickets({ secret, now, ttlSeconds: 60 }).issue(call)
    const issued = clock
    expect([tickets.check(makeSetup(ticket)), tickets.check(makeSetup(ticket))]).toEqual([proven, proven])
    clock = issued + 59_999
    expect(tickets.check(makeSetup(ticket))).toEqual(proven)
    clock = issued + 60_000
    expect(tickets.check(makeSetup(ticket))).toEqual(refusal('ticket_expired'))
    clock = issued
  })

  test('is valid during a rotation of secrets', () => {
    const [old, both, next] = [secret, [otherSecret, secret], otherSecret].map((given) =>
      streamTickets({ secret: given, now }),
    )
    expect(both?.check(makeStart(old?.issue(call)))).toEqual(proven)
    expect(next?.check(makeStart(both?.issue(call)))).toEqual(proven)
    expect(old?.check(makeStart(both?.issue(call)))).toEqual(refusal('ticket_mismatch'))
  })
})

describe('a message for a stream is refused', () => {
  const ticket = tickets.issue(call)
  const other = `CA${'9'.repeat(32)}`
  const rows: readonly (readonly [what: string, message: unknown, code: TicketCode])[] = [
    ['with a ticket of another call', makeStart(tickets.issue({ ...call, callSid: other })), 'call_mismatch'],
    ['of another call', makeSetup(ticket, { callSid: other }), 'call_mismatch'],
    ['of another account', makeStart(ticket, { accountSid: `AC${'9'.repeat(32)}` }), 'call_mismatch'],
    ['of another account, in a setup', makeSetup(ticket, { accountSid: `AC${'9'.repeat(32)}` }), 'call_mismatch'],
    [
      'with a ticket of another secret',
      makeStart(streamTickets({ secret: otherSecret, now }).issue(call)),
      'ticket_mismatch',
    ],
    [
      'with a ticket whose call was changed',
      makeStart(ticket.replace(callSid, other), { callSid: other }),
      'ticket_mismatch',
    ],
    ['with a ticket that was prolonged', makeStart(ticket.replace(/\.(\d+)\./, '.9$1.')), 'ticket_mismatch'],
    ['with a cut ticket', makeStart(ticket.slice(0, -1)), 'ticket_malformed'],
    ['with a longer ticket', makeStart(`${ticket}A`), 'ticket_malformed'],
    ['with padding', makeStart(`${ticket}=`), 'ticket_malformed'],
    ['with a line break', makeStart(`${ticket}\n`), 'ticket_malformed'],
    ['with another spelling of the expiry', makeStart(ticket.replace(/\.(\d+)\./, '.0$1.')), 'ticket_malformed'],
    ['with an empty ticket', makeStart(''), 'ticket_malformed'],
    [
      'with an expiry beyond all numbers',
      makeStart(ticket.replace(/\.(\d+)\./, `.${'9'.repeat(400)}.`)),
      'ticket_malformed',
    ],
    ['without a ticket', makeStart(), 'ticket_missing'],
    ['without parameters', makeSetup(undefined, { customParameters: null }), 'ticket_missing'],
    [
      'with a ticket of the prototype',
      makeSetup(undefined, { customParameters: Object.create({ ticket }) }),
      'ticket_missing',
    ],
    ['with a ticket that is no text', makeStart([ticket]), 'message_malformed'],
    ['without a call', makeStart(ticket, { callSid: undefined }), 'message_malformed'],
    ['without an account, in a start', makeStart(ticket, { accountSid: undefined }), 'message_malformed'],
    ['that is a start and a setup', { ...makeStart(ticket), ...makeSetup(ticket) }, 'message_malformed'],
    ['that is another event', { event: 'connected', protocol: 'Call', version: '1.0.0' }, 'message_malformed'],
    ['that is a later event', { ...makeStart(ticket), event: 'media' }, 'message_malformed'],
    ['of one megabyte', JSON.stringify({ ...makeStart(ticket), more: 'x'.repeat(2 ** 20) }), 'message_malformed'],
    [
      'of one megabyte of bytes',
      Buffer.from(JSON.stringify({ ...makeStart(ticket), more: 'x'.repeat(2 ** 20) })),
      'message_malformed',
    ],
    ['that is not UTF-8', Buffer.from([0xff]), 'message_malformed'],
    ['that is not JSON', '{"event":"start"', 'message_malformed'],
    ...[undefined, null, 5, [], '', 'null', Symbol('a')].map(
      (value) => ['that is nothing', value, 'message_malformed'] as const,
    ),
  ]
  test.each(rows)('E7: %s', (_what, message, code) => {
    expect(tickets.check(message)).toEqual(refusal(code))
  })

  testProperty(
    'if one character of its ticket is another',
    100,
    [fc.nat(ticket.length - 1), fc.constantFrom(...'AZaz09-_.')],
    (at, character) => {
      const changed = ticket.slice(0, at) + character + ticket.slice(at + 1)
      expect(tickets.check(makeStart(changed)).ok).toBe(changed === ticket)
    },
  )

  test('of any other kind, without an exception', () => {
    fc.assert(fc.property(fc.anything(), (message) => !tickets.check(message).ok))
    fc.assert(fc.property(fc.string(), (text) => !tickets.check(makeStart(text)).ok))
  })
})

describe('with a store', () => {
  const open = (options: Partial<StreamTicketsOptions> = {}) =>
    streamTickets({ secret, now, store: memoryStore({ now }), ...options } as StreamTicketsOptions & {
      store: ReturnType<typeof memoryStore>
    })

  test('a ticket is valid once, in all processes that share the store', async () => {
    const store = memoryStore({ now })
    const [one, two] = [open({ store }), open({ store })]
    const ticket = one.issue(call)
    const verdicts = await Promise.all([one, two, one].map((each) => each.check(makeStart(ticket))))
    expect(verdicts).toEqual([proven, refusal('ticket_used'), refusal('ticket_used')])
    expect(
      await two.check(
        makeStart(one.issue({ ...call, callSid: `CA${'4'.repeat(32)}` }), { callSid: `CA${'4'.repeat(32)}` }),
      ),
    ).toMatchObject({ ok: true })
  })

  test('a refused message uses no ticket', async () => {
    const once = open()
    const ticket = once.issue(call)
    expect(await once.check(makeStart(ticket, { callSid: `CA${'9'.repeat(32)}` }))).toEqual(refusal('call_mismatch'))
    expect(await once.check(makeStart(ticket))).toEqual(proven)
  })

  test('a used ticket is remembered until it expires', async () => {
    const once = open({ ttlSeconds: 60 })
    const ticket = once.issue(call)
    const issued = clock
    await once.check(makeStart(ticket))
    clock = issued + 59_999
    expect(await once.check(makeStart(ticket))).toEqual(refusal('ticket_used'))
    clock = issued + 60_000
    expect(await once.check(makeStart(ticket))).toEqual(refusal('ticket_expired'))
    clock = issued
  })

  const stores: readonly (readonly [string, () => unknown])[] = [
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['is full', () => 'full'],
    ['never answers', () => new Promise(() => undefined)],
  ]
  test.each(stores)('that %s, no ticket is valid', async (_what, reserve) => {
    const store = { ...memoryStore(), reserve } as ReturnType<typeof memoryStore>
    const once = open({ store })
    expect(await once.check(makeStart(once.issue(call)))).toEqual(refusal('store_failed'))
  })
})

describe('options', () => {
  const rows: readonly (readonly [given: unknown, message: RegExp])[] = [
    [undefined, /needs an object/],
    [{}, /"secret" must be a string/],
    [{ secret: 'short-secret' }, /^"secret" is shorter than 32 characters; /],
    [{ secret: '' }, /^"secret" is empty or blank; make one with `openssl rand -hex 32` and set it as STREAM_SECRET,/],
    [{ secret: [] }, /empty list/],
    [{ secret: Array(17).fill(secret) }, /more than 16/],
    [{ secret: [secret, ` ${secret}`] }, /^"secret" has white space around it; /],
  ]
  test.each(rows)('%j is refused without the secret', (given, message) => {
    expect(() => streamTickets(given as StreamTicketsOptions & { store?: undefined })).toThrow(message)
    expect(() => streamTickets(given as StreamTicketsOptions & { store?: undefined })).not.toThrow(/short-secret|0123/)
  })

  test.each([
    {},
    { callSid },
    { accountSid },
    { callSid: `SM${'1'.repeat(32)}`, accountSid },
    { callSid, accountSid: 'AC1' },
    undefined,
  ])('a ticket for %j is refused', (given) => {
    expect(() => tickets.issue(given as typeof call)).toThrow(TypeError)
  })
})
