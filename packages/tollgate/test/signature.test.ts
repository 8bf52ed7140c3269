import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { algorithms, defaultAlgorithm, sharedKeyAlgorithm } from '../src/hmac/algorithms.ts'
import {
  createSigner,
  equalSignatures,
  findBodyHash,
  hashBody,
  isCanonicalSignature,
} from '../src/schemes/twilio/sign/signature.ts'
import { parseSignatureSettings } from '../src/schemes/twilio/sign/signature-settings.ts'
import { testProperty } from './property.ts'
import { sha256, sign } from './requests.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const lengths = [20, 32]

describe('algorithms', () => {
  test('Auth Tokens sign with HMAC-SHA1, and SharedKeys with HMAC-SHA256 by default', () => {
    expect(defaultAlgorithm).toMatchObject({ name: 'HMAC_SHA1', hash: 'sha1', bytes: 20 })
    expect(sharedKeyAlgorithm).toMatchObject({ name: 'HMAC_SHA256', hash: 'sha256', bytes: 32 })
    expect(algorithms.map(({ name }) => name)).toEqual(['HMAC_SHA1', 'HMAC_SHA256'])
  })
})

describe('createSigner', () => {
  test('signs like node:crypto', () => {
    for (const secret of ['12345', 'é', 'k'.repeat(80)])
      for (const text of ['', 'https://example.com/', '👋 ünïcode']) {
        expect(createSigner(defaultAlgorithm, secret)(text)).toBe(sign(text, secret))
        expect(createSigner(sharedKeyAlgorithm, secret)(text)).toBe(sign(text, secret, 'sha256'))
      }
  })
})

describe('isCanonicalSignature', () => {
  for (const bytes of lengths) {
    testProperty(
      `${bytes} bytes: accepts the Base64 of any bytes`,
      100,
      [fc.uint8Array({ minLength: bytes, maxLength: bytes })],
      (raw) => {
        expect(isCanonicalSignature(Buffer.from(raw).toString('base64'), bytes)).toBe(true)
      },
    )

    const length = 4 * Math.ceil(bytes / 3)
    const near = fc.tuple(
      fc.string({ unit: fc.constantFrom(...alphabet), minLength: length - 2, maxLength: length - 2 }),
      fc.string({ unit: fc.constantFrom(...alphabet, '=', '-', '_', ' '), minLength: 2, maxLength: 2 }),
    )
    testProperty(`${bytes} bytes: accepts only one spelling`, 2000, [near], ([head, tail]) => {
      const text = head + tail
      const raw = Buffer.from(text, 'base64')
      expect(isCanonicalSignature(text, bytes)).toBe(raw.length === bytes && raw.toString('base64') === text)
    })

    testProperty(
      `${bytes} bytes: of the four last characters that decode to the same bytes, accepts one`,
      50,
      [fc.uint8Array({ minLength: bytes, maxLength: bytes })],
      (raw) => {
        const right = Buffer.from(raw).toString('base64')
        const spellings = [...alphabet].map((last) => `${right.slice(0, -2)}${last}=`)
        const same = spellings.filter((text) => Buffer.from(text, 'base64').equals(Buffer.from(raw)))
        expect(same).toHaveLength(4)
        expect(same.filter((text) => isCanonicalSignature(text, bytes))).toEqual([right])
      },
    )
  }

  test('refuses the Base64 of 32 bytes', () => {
    expect(isCanonicalSignature(sign('text', '12345', 'sha256'), 20)).toBe(false)
  })
})

describe('equalSignatures', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ā'), maxLength: 5 })
  testProperty('compares strings', 1000, [text, text], (one, other) => {
    expect(equalSignatures(one, other)).toBe(one === other)
    expect(equalSignatures(one, one)).toBe(true)
  })
})

const keyId = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 256 }).filter((id) => /^[^\s,]+$/.test(id))

describe('parseSignatureSettings', () => {
  test('reads the documented form', () => {
    expect(parseSignatureSettings('key=webhooks_sharedkey_01,algorithm=HMAC_SHA256')).toEqual({
      keyId: 'webhooks_sharedkey_01',
      algorithm: 'HMAC_SHA256',
    })
  })

  const refused = [
    '',
    'key=a,algorithm=HMAC_SHA256,',
    'key=a,algorithm=HMAC_SHA256,algorithm=HMAC_SHA1',
    'key=a,key=b,algorithm=HMAC_SHA256',
    'key=a,algorithm=HMAC_SHA256 ',
    'key=a b,algorithm=HMAC_SHA256',
  ]
  for (const header of refused)
    test(`refuses ${JSON.stringify(header.slice(0, 60))}`, () => {
      expect(parseSignatureSettings(header)).toBeUndefined()
    })

  testProperty(
    'reads any key ID without white space and commas',
    100,
    [keyId, fc.constantFrom('HMAC_SHA1', 'HMAC_SHA256', 'none')],
    (id, algorithm) => {
      expect(parseSignatureSettings(`key=${id},algorithm=${algorithm}`)).toEqual({ keyId: id, algorithm })
    },
  )

  const text = fc.string({
    unit: fc.constantFrom('key=', 'algorithm=', ',', 'a', ' ', '=', 'HMAC_SHA256'),
    maxLength: 8,
  })
  testProperty(
    'accepts only one spelling of the same settings',
    2000,
    [fc.oneof(text, fc.string({ unit: 'binary' }))],
    (header) => {
      const settings = parseSignatureSettings(header)
      if (settings !== undefined) expect(`key=${settings.keyId},algorithm=${settings.algorithm}`).toBe(header)
    },
  )
})

const one = sha256('one')
const other = sha256('other')

describe('findBodyHash', () => {
  const cases: [string, string | undefined][] = [
    ['', undefined],
    [`?bodySHA256=${one}`, one],
    [`?a=1&bodySHA256=${one}`, one],
    [`?bodySHA256=${one}&bodySHA256=${one}`, one],
    [`?bodysha256=${one}`, undefined],
    [`?bodySHA256=${one}&bodySHA256=${other}`, 'malformed'],
    [`?bodySHA256&bodySHA256=${one}`, 'malformed'],
    [`?bodySHA256=${one.toUpperCase()}`, 'malformed'],
    [`?bodySHA256=${one}0`, 'malformed'],
  ]
  for (const [query, expected] of cases)
    test(query === '' ? 'no query' : query.replaceAll(one, 'H').replaceAll(other, 'I'), () => {
      expect(findBodyHash(query)).toBe(expected)
    })

  const field = fc.string({ unit: fc.constantFrom('a', '=', '%', '1', ';', 'S'), maxLength: 6 })
  testProperty(
    'finds the hash at any position among other fields',
    100,
    [fc.array(field), fc.array(field)],
    (before, after) => {
      expect(findBodyHash(`?${[...before, ...after].join('&')}`)).toBeUndefined()
      expect(findBodyHash(`?${[...before, `bodySHA256=${one}`, ...after].join('&')}`)).toBe(one)
    },
  )

  testProperty(
    'returns a hash, "malformed" or undefined for any text',
    1000,
    [fc.string({ unit: fc.constantFrom('bodySHA256', '=', '&', '?', 'a', 'F', one), maxLength: 8 })],
    (query) => {
      expect(findBodyHash(query) ?? one).toMatch(/^([0-9a-f]{64}|malformed)$/)
    },
  )
})

testProperty('hashBody is the lower-case hex SHA-256 of the bytes', 100, [fc.uint8Array()], (body) => {
  expect(hashBody(body)).toBe(sha256(body))
})
