import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Accepted, createVerifier, type IncomingRequest } from '../src/index.ts'
import { kindOf } from '../src/params/index.ts'
import type { SignRequestInput } from '../src/schemes/twilio/test-request.ts'
import { kinds, type WebhookKind } from '../src/schemes/twilio/webhooks/index.ts'
import { sampleWebhook, signRequest, webhookKinds } from '../src/testing/index.ts'
import { testProperty } from './property.ts'
import { type Fixture, twilioFixtures } from './testing-fixtures.ts'

const authToken = '0123456789abcdef0123456789abcdef'
const url = 'https://example.com/sms'
const formType = 'application/x-www-form-urlencoded'

afterEach(() => {
  vi.unstubAllEnvs()
})

function hmac(text: string, key: string = authToken, hash = 'sha1'): string {
  return createHmac(hash, key).update(text).digest('base64')
}

function sha256(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex')
}

function describeFixture(fixture: Fixture): SignRequestInput {
  const { method, signedUrl, params, rawBody, headers, secret } = fixture
  const [, id] = /^key=([^,]+),/.exec(headers['X-Twilio-Webhooks-Signature-Settings'] ?? '') ?? []
  const signer = id === undefined ? { authToken: secret } : { sharedKey: { id, secret } }
  if (fixture.scheme === 'twilio-json') {
    return { url: fixture.configuredUrl, body: rawBody, contentType: 'application/json', ...signer }
  }
  if (fixture.id === 'voice-inbound-get') return { url: fixture.configuredUrl, method, params, ...signer }
  return { url: signedUrl, method, ...(params.length > 0 && { params }), ...signer }
}

describe('signRequest and the fixtures', () => {
  for (const fixture of twilioFixtures)
    test(`${fixture.id} gets its signature`, () => {
      const signed = signRequest(describeFixture(fixture))
      const pinned = Object.entries(fixture.headers).find(([name]) => name.toLowerCase() === 'x-twilio-signature')
      expect(signed.headers['x-twilio-signature']).toBe(pinned?.[1])
      expect(signed.headers['x-twilio-webhooks-signature-settings']).toBe(
        fixture.headers['X-Twilio-Webhooks-Signature-Settings'],
      )
      if (fixture.scheme === 'twilio-json' || fixture.method === 'GET')
        expect(signed.url.replace('wss:', 'https:').replace(/media\/$/, 'media')).toBe(fixture.receivedUrl)
      else expect(new URLSearchParams(signed.body).toString()).toBe(new URLSearchParams(fixture.rawBody).toString())
    })
})

describe('signRequest', () => {
  test('a form keeps order and repeats, and writes a space as +', () => {
    const params = [
      ['b', '1 2'],
      ['a', 'é&=+'],
      ['b', '0'],
    ] as const
    const signed = signRequest({ url, params, authToken })
    expect(signed).toMatchObject({ method: 'POST', url, body: 'b=1+2&a=%C3%A9%26%3D%2B&b=0' })
    expect(signed.headers['content-type']).toBe(formType)
    expect(signed.headers['x-twilio-signature']).toBe(hmac(`${url}aé&=+b0b1 2`))
  })

  test('a GET adds parameters to the query and signs it unchanged', () => {
    const signed = signRequest({ url: `${url}?a=O'h+b#rc=2`, method: 'GET', params: { To: '+1 2' }, authToken })
    expect(signed).toMatchObject({ method: 'GET', url: `${url}?a=O'h+b&To=%2B1+2`, body: undefined })
    expect(signed.headers['x-twilio-signature']).toBe(hmac(signed.url))
    expect(signed.headers).not.toHaveProperty('content-type')
    expect(signRequest({ url: `${url}?`, method: 'get', params: { a: '1' }, authToken }).url).toBe(`${url}?a=1`)
  })

  test('JSON adds bodySHA256 at the end of the query', () => {
    const signed = signRequest({ url: `${url}?a=1`, json: { text: 'é' }, authToken })
    expect(signed.url).toBe(`${url}?a=1&bodySHA256=${sha256('{"text":"é"}')}`)
    expect(signed.body).toBe('{"text":"é"}')
    expect(signed.headers['content-type']).toBe('application/json')
    expect(signed.headers['x-twilio-signature']).toBe(hmac(signed.url))
    expect(signRequest({ url: signed.url, json: { text: 'é' }, authToken }).url).toBe(signed.url)
  })

  test('a body is signed by its parameters if it is a form, and otherwise by its hash', () => {
    const bytes = new TextEncoder().encode('b=1&a=%C3%A9')
    const form = signRequest({ url, body: bytes, contentType: `${formType}; charset=UTF-8`, authToken })
    expect(form).toMatchObject({ url, body: 'b=1&a=%C3%A9' })
    expect(form.headers['x-twilio-signature']).toBe(hmac(`${url}aéb1`))
    const text = signRequest({ url, body: '\ufeffhi', contentType: 'text/plain', authToken })
    expect(text).toMatchObject({ url: `${url}?bodySHA256=${sha256('\ufeffhi')}`, body: '\ufeffhi' })
    expect(signRequest({ url, body: bytes, headers: { 'Content-Type': formType }, authToken }).url).toBe(url)
    expect(signRequest({ url, body: '{}', authToken }).headers['content-type']).toBe('application/json')
  })

  test('a handshake signs the query as sorted parameters and the scheme as wss', () => {
    const signed = signRequest({ url: 'ws://u:p@example.com/s?b=1+2&a=%C3%A9', params: { c: '3' }, authToken })
    expect(signed).toMatchObject({ method: 'GET', url: 'ws://example.com/s?b=1+2&a=%C3%A9&c=3', body: undefined })
    expect(signed.headers).toMatchObject({ upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' })
    expect(signed.headers['x-twilio-signature']).toBe(hmac('wss://example.com/saéb1 2c3'))
    const seen = signRequest({ url: 'https://example.com/s', handshake: true, authToken })
    expect(seen.url).toBe('https://example.com/s')
    expect(seen.headers['x-twilio-signature']).toBe(hmac('wss://example.com/s'))
  })

  test('userinfo and fragment are neither sent nor signed, but the port is', () => {
    const signed = signRequest({ url: 'https://hook:s3cret@Example.com:8443/a?b#c', authToken })
    expect(signed.url).toBe('https://Example.com:8443/a?b')
    expect(signed.headers['x-twilio-signature']).toBe(hmac(signed.url))
  })

  test('a shared key signs with HMAC-SHA256 and sends the settings header', () => {
    const signed = signRequest({ url, params: { a: '1' }, sharedKey: { id: 'webhooks_sharedkey_1', secret: 's' } })
    expect(signed.headers['x-twilio-webhooks-signature-settings']).toBe(
      'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256',
    )
    expect(signed.headers['x-twilio-signature']).toBe(hmac(`${url}a1`, 's', 'sha256'))
  })

  test('a shared key with HMAC-SHA1 signs with it', () => {
    const sharedKey = { id: 'key1', secret: 's', algorithm: 'HMAC_SHA1' } as const
    const { headers } = signRequest({ url, params: { a: '1' }, sharedKey })
    expect(headers['x-twilio-webhooks-signature-settings']).toBe('key=key1,algorithm=HMAC_SHA1')
    expect(headers['x-twilio-signature']).toBe(hmac(`${url}a1`, 's'))
    expect(() => signRequest({ url, sharedKey: { ...sharedKey, algorithm: 'HMAC_MD5' as 'HMAC_SHA1' } })).toThrow(
      '"sharedKey.algorithm" must be one of HMAC_SHA1, HMAC_SHA256',
    )
  })

  test('the token of the environment signs if no key is given', () => {
    vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
    expect(signRequest({ url }).headers['x-twilio-signature']).toBe(hmac(url))
    vi.stubEnv('TWILIO_AUTH_TOKEN', undefined)
    expect(() => signRequest({ url })).toThrow(/"authToken".*"sharedKey".*TWILIO_AUTH_TOKEN/)
  })

  test('given headers replace the default headers, but not the signature', () => {
    const headers = {
      'User-Agent': 'mine',
      'x-extra': 'é',
      'X-Twilio-Signature': 'forged',
      'X-Twilio-Webhooks-Signature-Settings': 'key=a,algorithm=b',
    }
    const signed = signRequest({ url, headers, authToken })
    expect(signed.headers).toEqual({
      accept: '*/*',
      'user-agent': 'mine',
      'x-extra': 'é',
      'x-twilio-signature': hmac(url),
    })
  })

  const refused: Record<string, [input: Record<string, unknown>, message: RegExp]> = {
    'an unknown option': [{ authTokn: 'x' }, /Did you mean "authToken"/],
    'two keys': [{ sharedKey: { id: 'a', secret: 'b' } }, /"authToken" and "sharedKey"/],
    'a blank token': [{ authToken: ' ' }, /"authToken" is empty or blank/],
    'a shared key without id': [{ authToken: undefined, sharedKey: { secret: 'b' } }, /"sharedKey.id"/],
    'an id with a comma': [{ authToken: undefined, sharedKey: { id: 'a,b', secret: 'b' } }, /"sharedKey.id"/],
    'an empty shared secret': [
      { authToken: undefined, sharedKey: { id: 'a', secret: '' } },
      /"sharedKey.secret" is empty/,
    ],
    'null for a shared key': [{ authToken: undefined, sharedKey: null }, /"sharedKey.id"/],
    'a relative URL': [{ url: '/sms' }, /"url" must be an absolute/],
    'another scheme': [{ url: 'ftp://example.com/' }, /"url" must be an absolute/],
    'a blank in the URL': [{ url: 'https://example.com/a b' }, /percent-encode/],
    'a host that is not ASCII': [{ url: 'https://exämple.com/' }, /ASCII/],
    'params and json': [{ params: {}, json: {} }, /exclude each other/],
    'a body with a GET': [{ method: 'GET', body: 'x' }, /"body" needs a POST/],
    'JSON with a GET': [{ method: 'GET', json: 1 }, /"json" needs a POST/],
    'a body with a handshake': [{ url: 'wss://example.com/', body: 'x' }, /"body" needs a POST/],
    'a handshake by POST': [{ url: 'wss://example.com/', method: 'POST' }, /handshake is a GET/],
    'a handshake with a malformed query': [{ url: 'wss://example.com/?a=%zz' }, /percent-encoding/],
    'an invalid method': [{ method: 'GET\r\nX: y' }, /"method"/],
    'objects in params': [{ params: { a: {} } }, /"params" must have strings/],
    'params with a JSON type': [{ params: { a: '1' }, contentType: 'application/json' }, /sent as a form/],
    'JSON with a form type': [{ json: {}, contentType: formType }, /"json" cannot be sent/],
    'JSON that cannot be written': [{ json: () => 1 }, /"json" must be something/],
    'bytes that are not UTF-8': [{ body: Uint8Array.of(0xff) }, /not valid UTF-8/],
    'a body of another type': [{ body: 12 }, /"body" must be a string or bytes/],
    'a form body that is malformed': [{ body: 'a=%zz', contentType: formType }, /"body" is not a form/],
    'more parameters than any webhook has': [
      { params: Array.from({ length: 10_001 }, () => ['a', '']) },
      /at most 10,000 parameters/,
    ],
    'a form body with more': [{ body: 'a=&'.repeat(10_001), contentType: formType }, /more than 10,000 parameters/],
    'the hash of another body': [{ url: `${url}?bodySHA256=${sha256('other')}`, json: {} }, /already has a bodySHA256/],
    'the hash of a body, without one': [
      { url: `${url}?bodySHA256=${sha256('x')}`, method: 'POST' },
      /already has a bodySHA256/,
    ],
    'a header with a line break': [{ headers: { a: 'b\r\nc: d' } }, /"a"/],
    'an invalid header name': [{ headers: { 'a b': 'c' } }, /invalid name/],
    'a content type with a line break': [{ json: 1, contentType: 'a/b\n' }, /"contentType"/],
  }
  for (const [title, [input, message]] of Object.entries(refused))
    test(`refuses ${title}`, () => {
      const sign = () => signRequest({ url, authToken, ...input } as SignRequestInput)
      expect(sign).toThrow(TypeError)
      expect(sign).toThrow(message)
    })

  test('no error message contains a secret', () => {
    for (const token of [`${authToken} `, `"${authToken}"`])
      expect(() => signRequest({ url, authToken: token })).not.toThrow(new RegExp(authToken))
  })

  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\ud83d'))
  testProperty('signs the parameters that a parser reads', 100, [fc.array(fc.tuple(text, text))], (params) => {
    const signed = signRequest({ url, params, authToken })
    const pairs = [...new URLSearchParams(`&${signed.body}`)].filter(([name, value]) => name !== '' || value !== '')
    const again = signRequest({ url, params: pairs, authToken })
    expect(again.headers['x-twilio-signature']).toBe(signed.headers['x-twilio-signature'])
  })
})

describe('toRequest', () => {
  test('a form', async () => {
    const signed = signRequest({ url, params: { Body: 'é ü' }, authToken })
    const request = signed.toRequest()
    expect([request.method, request.url, await request.text()]).toEqual(['POST', url, signed.body])
    expect(Object.fromEntries(request.headers)).toEqual(signed.headers)
  })

  test('a handshake', () => {
    const request = signRequest({ url: 'wss://example.com/s?a=1', authToken }).toRequest()
    expect([request.method, request.url]).toEqual(['GET', 'https://example.com/s?a=1'])
    expect(request.headers.get('upgrade')).toBe('websocket')
  })

  test('an altered copy', async () => {
    const signed = signRequest({ url, params: { Body: 'hi' }, authToken })
    expect(await { ...signed, body: 'Body=ho' }.toRequest().text()).toBe('Body=ho')
    signed.headers['x-twilio-signature'] = 'forged'
    expect(signed.toRequest().headers.get('x-twilio-signature')).toBe('forged')
    expect(signed.toCurl()).toContain('x-twilio-signature: forged')
  })
})

describe('sampleWebhook', () => {
  test('webhookKinds lists every kind of the table, and is frozen', () => {
    expect([...webhookKinds].sort()).toEqual(Object.keys(kinds).sort())
    expect(Object.isFrozen(webhookKinds)).toBe(true)
  })

  test('each call returns new objects', () => {
    for (const kind of webhookKinds) {
      const [one, other] = [sampleWebhook(kind), sampleWebhook(kind)]
      expect(one).toEqual(other)
      for (const pair of one.params ?? []) pair[1] = 'altered'
      one.params?.push(['added', '1'])
      for (const item of [one.json].flat()) if (item) Object.assign(item, { added: '1' })
      expect(sampleWebhook(kind)).toEqual(other)
    }
  })

  test('overrides replace in place, replace all repeats by one value, and add at the end', () => {
    const { params = [] } = sampleWebhook('message.inbound', { Body: 'hi', Extra: '1' })
    const before = sampleWebhook('message.inbound').params ?? []
    expect(params.map(([name]) => name)).toEqual([...before.map(([name]) => name), 'Extra'])
    expect(Object.fromEntries(params)).toMatchObject({ Body: 'hi', Extra: '1' })
    const group = sampleWebhook('conversations.conversation', { 'MessagingBinding.Address': '+1' }).params ?? []
    expect(group.filter(([name]) => name === 'MessagingBinding.Address')).toEqual([['MessagingBinding.Address', '+1']])
  })

  test('overrides of JSON are fields of the first event, and names with dots are nested fields', () => {
    const { json } = sampleWebhook('events.batch', { id: 'EZ1', 'data.from': '+1' })
    expect(json).toMatchObject([{ id: 'EZ1', data: { from: '+1', to: '+12025550123' } }, { specversion: '1.0' }])
    expect(sampleWebhook('studio.json', { phone: '+1' }).json).toMatchObject({ phone: '+1', step: 3 })
    for (const path of ['nothing.here', '__proto__.polluted', 'id.x'])
      expect(() => sampleWebhook('events.batch', { [path]: 'x' })).toThrow(/an object that this webhook does not have/)
    expect({}).not.toHaveProperty('polluted')
  })

  test('refuses unknown kinds and overrides that are not strings', () => {
    expect(() => sampleWebhook('mesage.inbound' as WebhookKind)).toThrow(/Did you mean "message.inbound"/)
    expect(() => sampleWebhook('toString' as WebhookKind)).toThrow(TypeError)
    expect(() => sampleWebhook('amd', { CallSid: 1 } as unknown as Record<string, string>)).toThrow(/"CallSid"/)
  })

  const sharedKey = { id: 'webhooks_sharedkey_1', secret: 'a-secret' }
  const publicUrl = 'https://example.com'
  const verifier = createVerifier({ publicUrl, authToken, sharedKeys: { [sharedKey.id]: sharedKey.secret } })
  const covers = { form: 'params', json: 'body', query: 'url', handshake: 'url' } as const

  async function verify(request: IncomingRequest): Promise<Accepted> {
    const verdict = await verifier.verify(request)
    if (!verdict.ok) throw new Error(`${verdict.code}: ${verdict.message}`)
    return verdict
  }

  test.each(webhookKinds)('%s is signed so that it verifies', async (kind) => {
    const row = kinds[kind]
    const sample = sampleWebhook(kind)
    for (const key of [{ authToken }, { sharedKey }]) {
      const signed = signRequest({ url: `${publicUrl}/hook?n=O'Hara`, ...sample, ...key })
      expect(signed.method).toBe(row.method)
      const verdict = await verify(signed)
      expect(verdict.covers).toBe(covers[row.body])
      if (row.body === 'form' || row.body === 'query') expect(kindOf(verdict.params)).toBe(kind)
      if (row.body === 'json') expect(verdict.json()).toEqual(sample.json)
      // A web Request changes how the URL is written.
      const { method, url, headers, body } = signed.toRequest()
      await verify({ method, url, headers, body: body ?? undefined, handshake: signed.handshake })
    }
    if (row.body === 'handshake') await verify(signRequest({ url: 'wss://example.com/hook', ...sample, authToken }))
    if (row.body !== 'form') return
    const { covers: ofGet, params } = await verify(signRequest({ url, ...sample, method: 'GET', authToken }))
    expect(ofGet).toBe('url')
    const distinct = new Map(sample.params?.map((pair) => [JSON.stringify(pair), pair])).values()
    expect([...params]).toEqual([...distinct])
  })
})
