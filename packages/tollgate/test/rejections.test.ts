import { describe, expect, test } from 'vitest'
import { createVerifier, type IncomingRequest, type VerifierOptions } from '../src/index.ts'
import { rejections } from '../src/verdict.ts'
import {
  authToken,
  forged,
  formRequest,
  formType,
  genuine,
  getRequest,
  jsonRequest,
  options,
  origin,
  sign,
  urlSigned,
  withHeaders,
} from './requests.ts'

describe('every code', () => {
  const signature = sign(`${origin}/sms`)
  const json = jsonRequest('{"a":1}')
  const throwing = {
    reserve: () => {
      throw new Error('store down')
    },
  }
  const cases: [code: string, what: string, request: IncomingRequest, given?: Partial<VerifierOptions>][] = [
    ...['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'CONNECT', 'get', 'post', '', 'POST '].map(
      (method) => ['method_not_allowed', method, { ...genuine, method }] as [string, string, IncomingRequest],
    ),
    ['signature_missing', 'undefined', withHeaders(genuine, { 'x-twilio-signature': undefined })],
    ['signature_malformed', 'a list', withHeaders(genuine, { 'x-twilio-signature': [signature, signature] })],
    ['signature_settings_malformed', 'empty', withHeaders(genuine, { 'x-twilio-webhooks-signature-settings': '' })],
    [
      'signature_settings_malformed',
      'twice',
      withHeaders(genuine, {
        'x-twilio-webhooks-signature-settings': ['key=a,algorithm=HMAC_SHA256', 'key=a,algorithm=HMAC_SHA256'],
      }),
    ],
    [
      'algorithm_unsupported',
      'none',
      withHeaders(genuine, { 'x-twilio-webhooks-signature-settings': 'key=a,algorithm=none' }),
    ],
    ['key_not_allowed', 'an Auth Token', genuine, { sharedKeysOnly: true, sharedKeys: { a: 'secret' } }],
    ['url_not_allowed', 'an unknown host', genuine, { publicUrl: ['https://a.example', 'https://b.example'] }],
    ['content_encoding_unsupported', 'gzip', withHeaders(genuine, { 'content-encoding': 'gzip' })],
    ['body_too_large', 'a large body', genuine, { maxBodyBytes: 5 }],
    ['body_already_consumed', 'a parsed body', { ...genuine, body: { consumedBy: 'x', fix: 'y' } }],
    [
      'body_malformed',
      'bytes that are not UTF-8',
      urlSigned('/sms', { body: new Uint8Array([0xff]) }, { 'content-type': formType }),
    ],
    ['body_unsigned', 'JSON without a hash', urlSigned('/sms', { body: '{}' }, { 'content-type': 'application/json' })],
    ['body_unsigned', 'no content type', withHeaders(genuine, { 'content-type': undefined })],
    ['body_unsigned', 'a GET with a form', { ...withHeaders(getRequest(), { 'content-type': formType }), body: 'a=1' }],
    ['body_hash_mismatch', 'another body', { ...json, body: '{"a":2}' }],
    ['body_hash_mismatch', 'an empty body', { ...json, body: '' }],
    [
      'key_unknown',
      'an unknown account',
      formRequest([['AccountSid', `AC${'0'.repeat(32)}`]]),
      { authToken: { [`AC${'1'.repeat(32)}`]: authToken } },
    ],
    ['key_lookup_failed', 'an error', genuine, { authToken: () => Promise.reject(new Error('no')) }],
    ['signature_mismatch', 'forged', forged],
    [
      'account_not_allowed',
      'another account',
      formRequest([['AccountSid', `AC${'0'.repeat(32)}`]]),
      { allowedAccounts: `AC${'1'.repeat(32)}` },
    ],
    [
      'body_malformed',
      'a form that begins with a question mark, which request.formData() drops',
      { ...formRequest([], { signature: sign(`${origin}/sms?a1`) }), body: '?a=1' },
    ],
    ['params_misshapen', 'a check that says no', genuine, { checkParams: () => false }],
    [
      'params_misshapen',
      'a check that throws',
      genuine,
      {
        checkParams: () => {
          throw new Error('no')
        },
      },
    ],
    [
      'replayed',
      'a guard that refuses',
      genuine,
      { replay: { reserve: () => ({ delivery: 'repeated', refuse: true }) } },
    ],
    [
      'replay_pending',
      'a guard with another copy',
      genuine,
      { replay: { reserve: () => ({ delivery: 'unknown', refuse: 'pending' }) } },
    ],
    ['replay_store_failed', 'a guard that throws', genuine, { replay: throwing }],
  ]
  for (const [code, what, request, given] of cases)
    test(`${code}: ${what}`, async () => {
      const verdict = await createVerifier({ ...options, ...given }).verify(request)
      expect(verdict).toMatchObject({
        ok: false,
        scheme: 'twilio',
        code,
        status: rejections[code as keyof typeof rejections].status,
      })
      expect(Object.keys(verdict).sort()).toEqual(['code', 'message', 'ok', 'reason', 'scheme', 'status', 'tried'])
      expect(JSON.stringify(verdict)).not.toMatch(/0123456789abcdef|Hi there|15551230000|hunter2/)
    })

  test('the cases cover all codes', () => {
    // Only SendGrid signs a time.
    expect(new Set([...cases.map(([code]) => code), 'stale'])).toEqual(new Set(Object.keys(rejections)))
  })

  test('each code has the documented status and a message', () => {
    const others = {
      content_encoding_unsupported: 415,
      body_too_large: 413,
      body_already_consumed: 500,
      key_lookup_failed: 503,
      replay_pending: 503,
      replay_store_failed: 503,
    }
    for (const [code, { status, message }] of Object.entries(rejections)) {
      expect(status).toBe(others[code as keyof typeof others] ?? 403)
      expect(message).not.toBe('')
    }
  })
})

test('every message can be sent in a header', () => {
  for (const { message } of Object.values(rejections)) expect(message).toMatch(/^[\x20-\x7e]+$/)
})

describe('a body that is shorter than its Content-Length', () => {
  const cut = async (request: IncomingRequest, length: number) => {
    const whole = String(request.body)
    const headers = { ...request.headers, 'content-length': String(whole.length) } as IncomingRequest['headers']
    return createVerifier(options).verify({ ...request, headers, body: whole.slice(0, length) })
  }
  const json = jsonRequest('{"a":[1,2]}')

  test.each([
    ['a form', genuine, 5],
    ['a form, inside an escape', formRequest([['Body', 'é']]), 6],
    ['JSON', json, 6],
  ] as const)('is said to differ from what was sent, not forged: %s', async (_what, request, length) => {
    expect(await cut(request, String(request.body).length)).toMatchObject({ ok: true })
    const verdict = await cut(request, length)
    expect(verdict).toMatchObject({ ok: false, code: 'body_malformed' })
    const message = `Content-Length is ${String(request.body).length}, and the verifier got ${length} bytes.`
    expect((verdict as { readonly message: string }).message).toContain(message)
  })
})
