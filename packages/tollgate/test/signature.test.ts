import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { algorithms, defaultAlgorithm, findAlgorithm } from '../src/scheme/algorithms.ts'
import { createSigner, equalSignatures, isCanonicalSignature } from '../src/scheme/signature.ts'
import { sign } from './requests.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const lengths = [20, 32]

describe('algorithms', () => {
  test('the default is HMAC-SHA1 with the Auth Token, and a SharedKey signs with HMAC-SHA256 only', () => {
    expect(defaultAlgorithm).toMatchObject({ name: 'HMAC_SHA1', hash: 'sha1', bytes: 20, signedBy: 'auth_token' })
    expect(findAlgorithm('HMAC_SHA256')).toMatchObject({ hash: 'sha256', bytes: 32, signedBy: 'shared_key' })
    expect(algorithms.map(({ name }) => name)).toEqual(['HMAC_SHA1', 'HMAC_SHA256'])
  })

  for (const name of ['', 'none', 'hmac_sha256', 'HMAC_SHA512', '__proto__', 'constructor', 'toString'])
    test(`${JSON.stringify(name)} is no algorithm`, () => {
      expect(findAlgorithm(name)).toBeUndefined()
    })
})

describe('createSigner', () => {
  test('gives what node:crypto gives', () => {
    for (const secret of ['12345', 'é', 'k'.repeat(80)])
      for (const text of ['', 'https://example.com/', '👋 ünïcode']) {
        expect(createSigner('HMAC_SHA1', secret)(text)).toBe(sign(text, secret))
        expect(createSigner('HMAC_SHA256', secret)(text)).toBe(sign(text, secret, 'sha256'))
      }
  })
})

describe('isCanonicalSignature', () => {
  for (const bytes of lengths) {
    test(`${bytes} bytes: accepts what Base64 makes of any`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: bytes, maxLength: bytes }), (raw) => {
          expect(isCanonicalSignature(Buffer.from(raw).toString('base64'), bytes)).toBe(true)
        }),
      )
    })

    test(`${bytes} bytes: what it accepts is the one spelling of its bytes`, () => {
      const length = 4 * Math.ceil(bytes / 3)
      const near = fc.tuple(
        fc.string({ unit: fc.constantFrom(...alphabet), minLength: length - 2, maxLength: length - 2 }),
        fc.string({ unit: fc.constantFrom(...alphabet, '=', '-', '_', ' '), minLength: 2, maxLength: 2 }),
      )
      fc.assert(
        fc.property(near, ([head, tail]) => {
          const text = head + tail
          const raw = Buffer.from(text, 'base64')
          expect(isCanonicalSignature(text, bytes)).toBe(raw.length === bytes && raw.toString('base64') === text)
        }),
        { numRuns: 2000 },
      )
    })

    test(`${bytes} bytes: of the 64 last characters that decode to the same bytes, one is right`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: bytes, maxLength: bytes }), (raw) => {
          const right = Buffer.from(raw).toString('base64')
          const spellings = [...alphabet].map((last) => `${right.slice(0, -2)}${last}=`)
          const same = spellings.filter((text) => Buffer.from(text, 'base64').equals(Buffer.from(raw)))
          expect(same).toHaveLength(4)
          expect(same.filter((text) => isCanonicalSignature(text, bytes))).toEqual([right])
        }),
        { numRuns: 50 },
      )
    })

    test(`${bytes} bytes: any text, never throws`, () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
          const raw = Buffer.from(text, 'base64')
          expect(isCanonicalSignature(text, bytes)).toBe(raw.length === bytes && raw.toString('base64') === text)
        }),
      )
    })
  }

  const right = sign('text')
  const wrong: Record<string, string> = {
    empty: '',
    'of other bytes': sign('text', '12345', 'sha256'),
    'without padding': right.slice(0, -1),
    'padded twice': `${right.slice(0, -2)}==`,
    truncated: right.slice(4),
    'too long': `AAAA${right}`,
    'a space in front': ` ${right}`,
    'a space behind': `${right} `,
    'a line break behind': `${right}\n`,
    'a line break for a character': `\n${right.slice(1)}`,
    'URL-safe': `-_${right.slice(2)}`,
    'comma-joined': `${right},${right}`,
    hex: 'a'.repeat(40),
    'padding in the middle': `${'A'.repeat(26)}=A`,
    'padding alone': `${'A'.repeat(25)}===`,
    'no letter of Base64 but the last': `${'-'.repeat(26)}A=`,
    'a last letter with low bits': `${'A'.repeat(26)}B=`,
    'full-width digits': `１${right.slice(1)}`,
  }
  for (const [what, text] of Object.entries(wrong))
    test(`refuses: ${what}`, () => {
      expect(isCanonicalSignature(text, 20)).toBe(false)
    })
})

describe('equalSignatures', () => {
  test('is equality of texts', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ā'), maxLength: 5 })
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(equalSignatures(one, other)).toBe(one === other)
        expect(equalSignatures(one, one)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('one text that begins with the other is not equal to it', () => {
    expect(equalSignatures('', 'a')).toBe(false)
    expect(equalSignatures('a', '')).toBe(false)
    expect(equalSignatures('a', 'ab')).toBe(false)
    expect(equalSignatures('ab', 'a')).toBe(false)
  })

  test('a difference in any one place counts', () => {
    const right = sign('text')
    for (let index = 0; index < right.length; index++) {
      const other = right[index] === 'A' ? 'B' : 'A'
      expect(equalSignatures(right, right.slice(0, index) + other + right.slice(index + 1))).toBe(false)
    }
  })
})
