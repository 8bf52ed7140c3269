import { describe, expect, test } from 'vitest'
import { type CallOptions, type OutgoingRequest, startCall } from '../src/index.ts'

type Outcome = number | Error

const refused = Object.assign(new Error('refused'), { cause: { code: 'ECONNREFUSED' } })
const late = new Error('it took longer than 15 s')

/** Calls an application that answers its first requests with these outcomes, and then with a Pause. */
async function place(outcomes: Outcome[], options: CallOptions = {}) {
  const sent: OutgoingRequest[] = []
  const { call, over } = startCall(
    'https://api.example.com',
    {
      async request(request) {
        sent.push(request)
        const outcome = outcomes.shift() ?? 200
        if (outcome instanceof Error) throw outcome
        const body = '<Response><Pause length="7"/></Response>'
        const headers = [['content-type', 'text/xml']] as const
        return { status: outcome, headers, body, bytes: body.length, isCut: false, durationMs: 1 }
      },
    },
    options,
  )
  await over
  return { call, sent, statuses: call.requests.map(({ status }) => status) }
}

// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
describe('retries', () => {
  test.each<[string, Outcome[], number[]]>([
    ['', [refused], [0, 200]],
    ['', [refused, refused], [0, 0]],
    ['', [late], [0]],
    ['', [500], [500]],
    ['#rc=0', [refused], [0]],
    ['#rc=3', [refused, refused, refused], [0, 0, 0, 200]],
    ['#rc=2&rp=5xx', [503, 502], [503, 502, 200]],
    ['#rp=5xx', [refused], [0]],
    ['#rp=4xx,rt', [404], [404, 200]],
    ['#rp=4xx,rt', [late], [0, 200]],
    ['#rc=2&rp=all', [late, 429], [0, 429, 200]],
  ])('with %j after %j', async (fragment, outcomes, statuses) => {
    const placed = await place(outcomes, { path: `/voice${fragment}` })
    expect(placed.statuses).toEqual(statuses)
    expect(placed.call.findings).toHaveLength(statuses.at(-1) === 200 ? 0 : 1)
    expect(placed.call.notes).toEqual([])
    expect(placed.sent[0]?.url).toBe('https://api.example.com/voice')
  })

  test('a retry is the same request, and each other one has its own token', async () => {
    const { call, sent } = await place([503], { path: '/voice#rp=5xx', statusCallback: '/status' })
    const [first, second, status] = sent.map(({ headers }) => headers['i-twilio-idempotency-token'])
    expect(first).toMatch(/^[0-9a-f-]{36}$/)
    expect(sent[1]).toEqual(sent[0])
    expect([second, status]).not.toEqual([first, first])
    expect(status).toMatch(/^[0-9a-f-]{36}$/)
    expect(call.requests.map(({ reason }) => reason)).toEqual(['call', 'call (retry 1)', 'status callback'])
  })

  test.each([
    ['#rp=6xx', /rp=6xx is not one of 4xx, 5xx, ct, rt, all/],
    ['#rc=6', /rc=6 is no number from 0 to 5/],
    ['#rt=100', /does not use rt/],
  ])('%s is a note', async (fragment, note) => {
    const { call, statuses } = await place([refused], { path: `/voice${fragment}` })
    expect(call.notes).toEqual([expect.stringMatching(note)])
    expect(statuses).toEqual([0, 200])
  })
})

test('parameters are an object, with a list for a name that is repeated', async () => {
  const { call } = await place([], { path: '/voice', params: { Digits: '1' }, statusCallback: '/status' })
  expect(call.requests[0]?.params).toMatchObject({ CallSid: call.sid, Digits: '1' })
  const { call: repeated } = await place([], { params: { Timestamp: 'mine' }, statusCallback: '/status' })
  expect(repeated.requests[1]?.params.Timestamp).toEqual(['mine', expect.any(String)])
})

test('events keep all in order, and heard is empty if nothing was heard', async () => {
  const { call } = await place([500, 500], { statusCallback: '/status' })
  expect(call.events.map(({ type }) => type)).toEqual(['request', 'finding', 'heard', 'request', 'finding'])
  expect(
    (await place([], { allow: ['request_limit'], maxRequests: 1, statusCallback: '/status' })).call.events,
  ).toMatchObject([{ type: 'request' }, { type: 'heard', text: '[pause 7 s]' }, { type: 'note' }])
})

test('CallDuration counts the pauses', async () => {
  const { call } = await place([], { statusCallback: '/status' })
  expect(call.requests.at(-1)?.params).toMatchObject({ CallDuration: '7', Duration: '1' })
})

// https://www.twilio.com/docs/voice/api/receiving-sip and /docs/messaging/guides/webhook-request
test.each([
  [
    'sip:ada@203.0.113.5',
    'sip:sales@acme.sip.twilio.com',
    { SipDomain: 'acme.sip.twilio.com', SipSourceIp: '203.0.113.5' },
  ],
  ['sip:ada@203.0.113.5', '+12025550123', { SipCallId: expect.stringContaining('@'), ToCountry: 'US' }],
  ['whatsapp:+14155550142', 'whatsapp:+12025550123', { WaId: '14155550142', ProfileName: expect.any(String) }],
  ['client:ada', '+12025550123', { From: 'client:ada', Caller: 'client:ada' }],
])('a call from %s to %s', async (from, to, params) => {
  const { call } = await place([], { from, to })
  const sent = call.requests[0]?.params ?? {}
  expect(sent).toMatchObject(params)
  expect(Object.keys(sent).filter((name) => /^(From|Caller)(City|State|Zip|Country)$/.test(name))).toEqual([])
})
