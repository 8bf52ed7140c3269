import { describe, expect, test } from 'vitest'
import { createVerifier, type VerifierOptions } from '../src/index.ts'
import { authToken, formType, options, origin, sign } from './requests.ts'

const body = 'Body=hi&From=%2B14155550142'
const text = `${origin}/smsBodyhiFrom+14155550142`
const secret = 'a-shared-key-secret-for-tests'

const headerSets = {
  'no header': {},
  'the settings header, HMAC_SHA1': { 'x-twilio-webhooks-signature-settings': 'key=key1,algorithm=HMAC_SHA1' },
  'the settings header, HMAC_SHA256': { 'x-twilio-webhooks-signature-settings': 'key=key1,algorithm=HMAC_SHA256' },
  'the SID header': { 'x-twilio-signature-key-sid': 'key1' },
  'both headers': {
    'x-twilio-webhooks-signature-settings': 'key=key1,algorithm=HMAC_SHA256',
    'x-twilio-signature-key-sid': 'key1',
  },
}
const keys = { 'the Auth Token': authToken, 'the SharedKey': secret }
const hashes = ['sha1', 'sha256'] as const

/** The options, with the one kind of signature that each header may then bring. */
const configurations: Record<string, { options: VerifierOptions; accepted: readonly string[] }> = {
  'an Auth Token': { options, accepted: ['no header, the Auth Token, sha1'] },
  'a SharedKey': {
    options: { publicUrl: origin, sharedKeys: { key1: secret } },
    accepted: [
      'the settings header, HMAC_SHA256, the SharedKey, sha256',
      'the SID header, the SharedKey, sha256',
      'both headers, the SharedKey, sha256',
    ],
  },
  'a SharedKey with HMAC_SHA1': {
    options: { publicUrl: origin, sharedKeys: new Map([['key1', { secret, algorithm: 'HMAC_SHA1' }]]) },
    accepted: ['the settings header, HMAC_SHA1, the SharedKey, sha1', 'the SID header, the SharedKey, sha1'],
  },
  'a look-up of SharedKeys with HMAC_SHA1': {
    options: { publicUrl: origin, sharedKeys: async () => ({ secret, algorithm: 'HMAC_SHA1' }) },
    accepted: ['the settings header, HMAC_SHA1, the SharedKey, sha1', 'the SID header, the SharedKey, sha1'],
  },
  'an Auth Token and a SharedKey': {
    options: { ...options, sharedKeys: { key1: { secret } } },
    accepted: [
      'no header, the Auth Token, sha1',
      'the settings header, HMAC_SHA256, the SharedKey, sha256',
      'the SID header, the SharedKey, sha256',
      'both headers, the SharedKey, sha256',
    ],
  },
  'both, SharedKeys only': {
    options: { ...options, sharedKeys: { key1: secret }, sharedKeysOnly: true },
    accepted: [
      'the settings header, HMAC_SHA256, the SharedKey, sha256',
      'the SID header, the SharedKey, sha256',
      'both headers, the SharedKey, sha256',
    ],
  },
  'the Auth Token as a SharedKey with HMAC_SHA1': {
    options: { publicUrl: origin, sharedKeys: { key1: { secret: authToken, algorithm: 'HMAC_SHA1' } } },
    accepted: ['the settings header, HMAC_SHA1, the Auth Token, sha1', 'the SID header, the Auth Token, sha1'],
  },
}

function request(headers: Record<string, string>, signature: string) {
  return {
    method: 'POST',
    url: '/sms',
    headers: { 'content-type': formType, 'x-twilio-signature': signature, ...headers },
    body,
  }
}

describe.each(Object.entries(configurations))('with %s', (_name, { options: given, accepted }) => {
  const { verify } = createVerifier(given)

  test('each combination of header, key and hash is accepted or refused as it is configured', async () => {
    const found: string[] = []
    for (const [header, headers] of Object.entries(headerSets))
      for (const [name, key] of Object.entries(keys))
        for (const hash of hashes) {
          const verdict = await verify(request(headers, sign(text, key, hash)))
          if (verdict.ok) found.push(`${header}, ${name}, ${hash}`)
          else expect(verdict.status).toBe(403)
        }
    expect(found).toEqual(accepted)
  })
})

test('the verdict names the key and its algorithm', async () => {
  const sharedKeys = { key1: { secret, algorithm: 'HMAC_SHA1' } } as const
  const { verify } = createVerifier({ publicUrl: origin, sharedKeys })
  expect(await verify(request(headerSets['the SID header'], sign(text, secret)))).toMatchObject({
    matched: { key: { kind: 'shared_key', id: 'key1' }, algorithm: 'HMAC_SHA1' },
  })
})

describe('the headers that name a SharedKey', () => {
  const { verify } = createVerifier({ ...options, sharedKeys: { key1: secret, key2: secret } })
  const settings = 'x-twilio-webhooks-signature-settings'
  const sid = 'x-twilio-signature-key-sid'

  test.each<[Record<string, string | string[]>, string]>([
    [{ [settings]: 'key=key1,algorithm=HMAC_SHA256', [sid]: 'key2' }, 'signature_settings_malformed'],
    [{ [settings]: 'nonsense', [sid]: 'key1' }, 'signature_settings_malformed'],
    [{ [sid]: ['key1', 'key1'] }, 'signature_settings_malformed'],
    [{ [sid]: '' }, 'signature_settings_malformed'],
    [{ [sid]: 'key1,key2' }, 'signature_settings_malformed'],
    [{ [sid]: 'key 1' }, 'signature_settings_malformed'],
    [{ [sid]: 'k'.repeat(257) }, 'signature_settings_malformed'],
    [{ [settings]: 'key=key1,algorithm=HMAC_MD5' }, 'algorithm_unsupported'],
    [{ [settings]: 'key=key1,algorithm=none' }, 'algorithm_unsupported'],
    [{ [sid]: 'key3' }, 'key_unknown'],
  ])('%j is %s', async (headers, code) => {
    const wrong = request({}, sign(text, secret, 'sha256'))
    const verdict = await verify({ ...wrong, headers: { ...wrong.headers, ...headers } })
    expect(verdict).toMatchObject({ ok: false, code })
  })

  test('with a key named, no Auth Token is tried', async () => {
    const both = createVerifier({ publicUrl: origin, authToken: secret, sharedKeys: { key1: 'another-secret' } })
    for (const headers of [headerSets['the SID header'], headerSets['both headers']])
      expect(await both.verify(request(headers, sign(text, secret, 'sha256')))).toMatchObject({
        code: 'signature_mismatch',
      })
  })
})

describe('SharedKeys in the options', () => {
  test.each<[unknown, RegExp]>([
    [
      { key1: { secret, algorithm: 'HMAC_SHA512' } },
      /^The algorithm of entry 1 of "sharedKeys" must be one of HMAC_SHA1, HMAC_SHA256$/,
    ],
    [{ key1: { secret, algorithm: 'toString' } }, /algorithm/],
    [new Map(), /"sharedKeys" is empty/],
    [new Map([['key1', '']]), /^The secret of entry 1 of "sharedKeys" is empty or blank$/],
    [[secret], /"sharedKeys" must be a record, a Map or a function/],
  ])('%j is a TypeError', (sharedKeys, message) => {
    expect(() => createVerifier({ publicUrl: origin, sharedKeys } as VerifierOptions)).toThrow(message)
  })

  test('no message shows an id, because id and secret may have been swapped', () => {
    for (const key of [7, {}, { secret: 'key1', accountSid: 'AC1' }, { secret: 'key1', algorithm: 'x' }, ' key1', null])
      for (const sharedKeys of [{ id: 'good', [secret]: key }, new Map([[secret, key]])])
        expect(() => createVerifier({ publicUrl: origin, sharedKeys } as unknown as VerifierOptions)).toThrow(
          expect.objectContaining({ message: expect.not.stringContaining(secret) }),
        )
    expect(() => createVerifier({ ...options, [authToken]: true } as VerifierOptions)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(authToken) }),
    )
  })

  test('an algorithm that Twilio does not have, from a look-up, is key_lookup_failed', async () => {
    const sharedKeys = async () => ({ secret, algorithm: 'HMAC_SHA512' })
    const { verify } = createVerifier({ publicUrl: origin, sharedKeys } as unknown as VerifierOptions)
    const verdict = await verify(request(headerSets['the SID header'], sign(text, secret)))
    expect(verdict).toMatchObject({ code: 'key_lookup_failed' })
  })
})

describe('Auth Tokens in a Map', () => {
  test('are those of a record', async () => {
    const account = `AC${'0a'.repeat(16)}`
    const { verify } = createVerifier({ publicUrl: origin, authToken: new Map([[account, [authToken]]]) })
    const form = `AccountSid=${account}`
    const wanted = { ...request({}, sign(`${origin}/smsAccountSid${account}`)), body: form }
    expect(await verify(wanted)).toMatchObject({ ok: true, accountSid: account })
    for (const given of [new Map(), new Map([['not an AccountSid', authToken]])])
      expect(() => createVerifier({ publicUrl: origin, authToken: given })).toThrow('"authToken"')
  })
})

describe('methods', () => {
  const put = { ...request({}, sign(text)), method: 'PUT' }

  test('a PUT is refused by default and accepted if it is listed', async () => {
    expect(await createVerifier(options).verify(put)).toMatchObject({ code: 'method_not_allowed' })
    const { verify } = createVerifier({ ...options, methods: ['POST', 'PUT'] })
    expect(await verify(put)).toMatchObject({ ok: true, covers: 'params' })
    expect((await verify(put)).ok && (await verify({ ...put, method: 'POST' })).ok).toBe(true)
    expect(
      await verify({ method: 'GET', url: '/sms', headers: { 'x-twilio-signature': sign(`${origin}/sms`) } }),
    ).toMatchObject({
      code: 'method_not_allowed',
    })
  })

  test('handshakes are not concerned', async () => {
    const { verify } = createVerifier({ ...options, methods: ['POST'] })
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'x-twilio-signature': sign(`${origin.replace('https', 'wss')}/media`),
    }
    expect(await verify({ method: 'GET', url: '/media', headers, handshake: true })).toMatchObject({ ok: true })
  })

  test.each([[], ['DELETE'], ['get'], 'PATCH', [1], null, {}])('%j is a TypeError', (methods) => {
    expect(() => createVerifier({ ...options, methods } as VerifierOptions)).toThrow(/"methods"/)
  })
})
