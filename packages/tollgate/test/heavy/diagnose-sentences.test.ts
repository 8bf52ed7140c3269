import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { forge } from '../../../../conformance/diagnosis/forged.ts'
import {
  get,
  handshake,
  json,
  keyed,
  mapped,
  post,
  sha256Signed,
  sms,
  without,
} from '../../../../conformance/diagnosis/requests.ts'
import { createRandom } from '../../../../conformance/kit/random.ts'
import { type CauseId, causes } from '../../src/diagnose/causes/index.ts'
import type { CauseRow } from '../../src/diagnose/causes/row.ts'
import { type DiagnosableRequest, diagnose } from '../../src/diagnose/index.ts'
import { fromRequest, type VerifierOptions } from '../../src/index.ts'
import { cached, twilioAccountTokens } from '../../src/keys/index.ts'
import { joinUrl } from '../../src/url.ts'
import { claims, type Refused } from '../diagnose-sentences.ts'
import { readOptions, readRequest, setUps } from '../diagnose-support.ts'
import { authToken, options, origin, otherSid, otherToken } from '../requests.ts'

// Slow, because it diagnoses over a thousand requests, so that every suspicion is both true and
// false in some of them.

interface Said {
  readonly id: CauseId
  readonly detail: string
  readonly refused: Refused
}

const said: Said[] = []
const asked: Refused[] = []
const rows = Object.entries(causes) as [CauseId, CauseRow & { suspect?: CauseRow['suspect'] }][]
const originals = new Map(rows.map(([id, row]) => [id, row.suspect]))

/** Listens to every row: a diagnosis prints only the five strongest suspicions. */
function listen(): void {
  for (const [id, row] of rows) {
    const { suspect } = row
    if (suspect === undefined) continue
    row.suspect = (unexplained) => {
      const { subject, rejection } = unexplained
      const { request, options, body } = subject
      const refused: Refused = {
        request: { ...request, params: subject.parsed } as Refused['request'],
        options,
        code: rejection.code,
        body,
        otherUrls: subject.hints.urls.map(joinUrl),
      }
      asked.push(refused)
      const suspicion = suspect.call(row, unexplained)
      if (suspicion !== undefined) said.push({ id, detail: suspicion.detail, refused })
      return suspicion
    }
  }
}

const unsignedBy = (headers: Record<string, string>) =>
  post(`${origin}/sms`, { headers: { 'x-twilio-signature': undefined, ...headers } })
const trusting = (changed: object) =>
  fromRequest({ allowedHosts: ['api.example.com'], trustedProxies: 'loopback', forwardedBy: 'x-forwarded', ...changed })
const local = { remoteAddress: '127.0.0.1' }

/** A look-up that gets an answer with this status, none at all (0), or none in time (NaN). */
function asking(status: number, hasKey = false) {
  const answer = async () => {
    if (status === 0) throw new Error('ECONNREFUSED')
    return Number.isNaN(status) ? new Promise<Response>(() => undefined) : new Response('{}', { status })
  }
  const credentials = hasKey ? { apiKey: { sid: `SK${'a'.repeat(32)}`, secret: 'b'.repeat(32) } } : { authToken }
  const lookup = twilioAccountTokens({ accountSid: otherSid, ...credentials, fetch: answer, timeoutMs: 100 })
  return Object.assign((claim = {}) => lookup(claim as never), { refresh: lookup.refresh, status, hasKey })
}

/** Requests for sentences that no set-up of the corpus leads to. */
const more: readonly (readonly [object, Partial<VerifierOptions>])[] = [
  [post('https://hook.example.net/a', { url: '/sms', headers: { 'user-agent': 'Make/production' } }), {}],
  [{ method: 'GET', url: '/sms', headers: { 'user-agent': 'kube-probe/1.31' } }, {}],
  [unsignedBy({ 'user-agent': 'Mozilla/5.0', 'i-twilio-idempotency-token': undefined as never, origin }), {}],
  [handshake('wss://other.example.net/a', { 'user-agent': 'curl/8.5.0', 'i-twilio-idempotency-token': undefined }), {}],
  [{ ...post(`${origin}/sms`), headers: Object.entries(post(`${origin}/sms`).headers).flat() }, {}],
  [post(`${origin}/sms`, { headers: { host: 'webhook.site' }, secret: otherToken }), {}],
  [post(`${origin}/sms`, { headers: { host: 'hkdk.events' }, secret: otherToken }), {}],
  [post(`${origin}/sms`, { headers: { host: 'other.example.net' }, secret: otherToken }), {}],
  [
    { ...post(`${origin}/sms`, { headers: { host: 'app:80', 'x-forwarded-host': 'api.example.com' } }), ...local },
    { publicUrl: trusting({ forwardedBy: 'forwarded' }) },
  ],
  [
    { ...post(`${origin}/sms`, { headers: { 'x-forwarded-host': 'x.example.com' } }), ...local },
    { publicUrl: trusting({}) },
  ],
  [{ ...post(`${origin}/sms`, { headers: { 'x-forwarded-port': '8443' } }), ...local }, { publicUrl: trusting({}) }],
  [
    post(`${origin}/sms`, {
      headers: { 'user-agent': 'PostmanRuntime/7.43.0', 'i-twilio-idempotency-token': undefined },
      secret: otherToken,
    }),
    {},
  ],
  [
    post(`${origin}/sms`, {
      body: '--b1\r\nContent-Disposition: form-data; name="Body"\r\n\r\nhi\r\n--b1--\r\n',
      secret: otherToken,
    }),
    {},
  ],
  [
    post(`${origin}/sms`, {
      headers: { 'user-agent': 'axios/1', 'i-twilio-idempotency-token': undefined },
      secret: otherToken,
    }),
    {},
  ],
  [
    post(`${origin}/sms`, {
      headers: { host: 'a1.execute-api.us-east-1.amazonaws.com', 'x-amz-cf-id': 'a' },
      secret: otherToken,
    }),
    { publicUrl: 'https://a1.execute-api.us-east-1.amazonaws.com' },
  ],
  [post(`${origin}/sms`, { secret: otherToken }), { publicUrl: 'http://localhost:3000' }],
  [post(`${origin}/sms?code=***`, { secret: otherToken }), {}],
  [post(`${origin}/sms`, { secret: otherToken }), { signedUrl: () => 'nonsense' }],
  [post(`${origin}/sms`), { authToken: () => undefined }],
  [post(`${origin}/sms`), { authToken: (sid) => new Map<unknown, string>().get(sid) }],
  [post(`${origin}/sms`), { authToken: cached(() => undefined, { negativeTtlSeconds: 7 }) }],
  [post(`${origin}/sms`), { authToken: (sid) => (sid as never as string).toLowerCase() }],
  ...[401, 403, 0, 429, 502, 200, Number.NaN].map(
    (status) => [post(`${origin}/sms`), { authToken: asking(status) as never }] as const,
  ),
  [post(`${origin}/sms`), { authToken: asking(401, true) as never }],
  [post(`${origin}/sms`), { authToken: cached(() => ({ token: 'a' }) as never) }],
  [post(`${origin}/sms`, { secret: otherToken }), { otherUrls: [`${origin}/sms`] } as object],
  [json('{"a":1}', { secret: otherToken }), { otherUrls: [`${origin}/events`] } as object],
  [
    post(`${origin}/sms`, { headers: { ...keyed, 'x-twilio-signature': sha256Signed(otherToken) } }),
    { sharedKeys: { webhooks_sharedkey_1: 'a-secret-of-a-key' }, otherUrls: [`${origin}/sms`] } as object,
  ],
  [json('{"a":1}'), { authToken: () => undefined }],
  [post(`${origin}/sms`, { sent: [...sms, ['AccountSid', `AC${'c'.repeat(32)}`]] }), { authToken: () => undefined }],
  [post(`${origin}/sms`), { authToken: () => new Promise<string>(() => undefined), lookupTimeoutMs: 20 }],
  [post(`${origin}/sms`), { authToken: (() => ({ a: 1 })) as never }],
  [post(`${origin}/sms`), { authToken: 'op://vault/twilio/token' }],
  [post(`${origin}/sms`), { authToken: () => `${'ab'.repeat(31)}01` }],
  [post(`${origin}/sms`), { authToken: () => '0a'.repeat(14) }],
  [post(`${origin}/sms`), { authToken: () => '0a'.repeat(16) }],
  [json('{"a":1}', { secret: otherToken }), { authToken: () => '0a'.repeat(16) }],
  [post(`${origin}/sms`, { params: mapped((value) => value.replace('94103', '2134')), secret: otherToken }), {}],
  [
    post(`${origin}/sms`, {
      params: mapped((value, name) => (name === 'Body' ? 'party  tonight' : value)),
      headers: { 'x-forwarded-for': '192.0.2.1' },
      secret: otherToken,
    }),
    {},
  ],
  [post(`${origin}/sms`, { params: without('AccountSid'), secret: otherToken }), {}],
  [
    post(`${origin}/sms`, {
      params: sms.filter(([name]) => /^(From|To|Body|MessageSid|AccountSid|NumMedia)$/.test(name)),
    }),
    { authToken: otherToken },
  ],
  [post(`${origin}/sms`, { params: without('NumMedia'), secret: otherToken }), {}],
  [post(`${origin}/sms`), { authToken: '0a'.repeat(16) }],
  [post(`${origin}/sms`), { authToken: `"'` }],
  [post(`${origin}/sms`, { headers: { 'x-hookdeck-eventid': 'evt_1' }, secret: otherToken }), {}],
  [
    post(`${origin}/sms`, {
      params: sms.map(([name, value]) => [name, name === 'AccountSid' ? otherSid : value] as const),
      headers: { 'x-home-region': 'ie1' },
      secret: otherToken,
    }),
    {},
  ],
  [
    post('https://a-b.trycloudflare.com/sms', { headers: { host: [] }, secret: otherToken }),
    { publicUrl: 'https://a-b.trycloudflare.com' },
  ],
  [
    post(`${origin}/sms`, { headers: { ...keyed, 'x-twilio-signature': sha256Signed(otherToken) } }),
    { sharedKeys: { webhooks_sharedkey_1: '--' } },
  ],
  [
    post(`${origin}/sms`, { sent: mapped((value) => (/^\+1/.test(value) ? value.replace(/\d{4}$/, '****') : value)) }),
    {},
  ],
  [post(`${origin}/sms`, { sent: mapped((value, name) => (name === 'Body' ? '[REDACTED]' : value)) }), {}],
  [post(`${origin}/sms`, { headers: { 'x-twilio-signature': '[REDACTED]' } }), {}],
  [unsignedBy({ 'user-agent': 'SendGrid Event API' }), {}],
  [unsignedBy({ 'http-x-twilio-signature': 'a' }), {}],
  [post(`${origin}/sms`, { headers: { 'x-twilio-signature-key-sid': 'WK1' } }), {}],
  [unsignedBy({}), {}],
  [unsignedBy({ 'user-agent': 'curl/8', 'i-twilio-idempotency-token': '' }), {}],
  [{ ...get(`${origin}/sms?a=${encodeURIComponent('ü')}`, { secret: otherToken }), urlIsNormalized: true }, {}],
  [get(`${origin}/sms`, { secret: otherToken, headers: { 'x-original-method': 'POST' } }), {}],
  [get(`${origin}/sms`, { secret: otherToken, headers: { 'content-type': 'application/x-www-form-urlencoded' } }), {}],
  [
    {
      ...get(`${origin}/stream`, { secret: otherToken, headers: { upgrade: 'websocket', connection: 'upgrade' } }),
      handshake: true,
    },
    {},
  ],
  [
    post(`${origin}/sms`, { headers: { host: ['a.example.com', 'b.example.com'] } }),
    { publicUrl: [origin, 'https://b.example.com'] },
  ],
  [post(`${origin}/sms`, { headers: { host: 'api.example.com:8443' }, secret: otherToken }), { publicUrl: [origin] }],
  [
    { ...post(`${origin}/sms`, { headers: { 'x-forwarded-proto': 'https, http' } }), ...local },
    { publicUrl: trusting({}) },
  ],
  [
    {
      ...post(`${origin}/sms`, { headers: { 'x-forwarded-proto': 'http', 'x-forwarded-port': '443' } }),
      ...local,
    },
    { publicUrl: trusting({}) },
  ],
  [post(`${origin}/sms`, { sent: mapped((value) => `${value}\ufffd`) }), {}],
  [
    json('[{"specversion":"1.0","type":"com.twilio.a"}]', {
      body: Buffer.from('specversionAccountSidtwilio', 'base64'),
      secret: otherToken,
    }),
    {},
  ],
  [json('{"a":1}', { body: gzipSync('{"a":1}'), secret: otherToken }), {}],
  [json('{"a":1}', { body: '{"a":', secret: otherToken }), {}],
  [post(`${origin}/sms`, { body: '[object Object]' }), {}],
  [post(`${origin}/sms`, { body: JSON.stringify(Object.fromEntries(sms)), secret: otherToken }), {}],
  [get(`${origin}/sms?${'a=1&'.repeat(10_001)}`, { secret: otherToken }), {}],
  [post(`${origin}/sms`), { authToken: 'undefined' }],
  [post(`${origin}/sms`, { secret: otherToken }), { sharedKeysOnly: true, sharedKeys: { key1: 'a-secret-of-a-key' } }],
  [post(`${origin}/sms`, { body: `Body=${'a'.repeat(300_000)}` }), {}],
]

beforeAll(async () => {
  listen()
  vi.stubEnv('TWILIO_ACCOUNT_SID', otherSid)
  const random = createRandom(7)
  const bags = setUps.map(readOptions)
  // With one try, nothing but the request as it is can match, so every row is asked.
  const ask = (request: object, given: VerifierOptions): Promise<unknown> =>
    diagnose(request as DiagnosableRequest, { ...given, maxTries: 1 })
  for (const setUp of setUps) {
    await ask(readRequest(setUp), readOptions(setUp))
    await ask(readRequest(setUp), random.pick(bags))
  }
  for (const [request, given] of more) {
    await ask(request, { ...options, ...given })
    await ask(request, random.pick(bags))
  }
  for (let at = 0; at < 300; at++) await ask(forge(random), random.pick(bags))
}, 300_000)

afterAll(() => {
  for (const [id, row] of rows) row.suspect = originals.get(id) as never
  vi.unstubAllEnvs()
})

const suspecting = rows.filter(([, row]) => row.suspect !== undefined).map(([id]) => id)

describe.each(suspecting)('the sentences of %s', (id) => {
  const own = claims[id] ?? []

  test('are all known', () => {
    const unknown = said.filter((one) => one.id === id && !own.some(([sentence]) => sentence.test(one.detail)))
    expect([...new Set(unknown.map(({ detail }) => detail))]).toEqual([])
    expect(own).not.toEqual([])
  })

  test('are true of each request of which they are said', () => {
    const wrong = said.flatMap((one) => {
      if (one.id !== id) return []
      const claim = own.find(([sentence]) => sentence.test(one.detail))
      const [, ...named] = claim?.[0].exec(one.detail) ?? []
      return claim === undefined || claim[1](one.refused, named) ? [] : [one]
    })
    expect(
      wrong.slice(0, 2).map(({ detail, refused }) => ({ detail, ...refused, body: `${refused.body}`.length })),
    ).toEqual([])
  })

  test('are said of a request, and not of others', () => {
    const unsaid = own.filter(([sentence]) => !said.some((one) => one.id === id && sentence.test(one.detail)))
    expect(unsaid.map(([sentence]) => sentence.source)).toEqual([])
    const spoken = said.filter((one) => one.id === id).length
    expect(spoken).toBeLessThan(asked.length / suspecting.length)
  })
})

test('no sentence shows a token', () => {
  for (const { detail } of said) for (const secret of [authToken, otherToken]) expect(detail).not.toContain(secret)
})
