import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSignatureSettings } from '../src/scheme/signature.ts'

const keyId = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 256 }).filter((id) => /^[^\s,]+$/.test(id))

describe('parseSignatureSettings', () => {
  test('the documented form', () => {
    expect(parseSignatureSettings('key=webhooks_sharedkey_01,algorithm=HMAC_SHA256')).toEqual({
      keyId: 'webhooks_sharedkey_01',
      algorithm: 'HMAC_SHA256',
    })
  })

  test('the id is opaque: case, equals signs and semicolons are its own', () => {
    expect(parseSignatureSettings('key=A=b;c"<d>,algorithm=none')).toEqual({ keyId: 'A=b;c"<d>', algorithm: 'none' })
  })

  const refused = [
    '',
    'key=a',
    'algorithm=HMAC_SHA256',
    'algorithm=HMAC_SHA256,key=a',
    'key=,algorithm=HMAC_SHA256',
    'key=a,algorithm=',
    'key=a,algorithm=HMAC_SHA256,',
    'key=a,algorithm=HMAC_SHA256,algorithm=HMAC_SHA1',
    'key=a,key=b,algorithm=HMAC_SHA256',
    'key=a,algorithm=HMAC_SHA256,key=b',
    'key=a,algorithm=HMAC_SHA256, key=b,algorithm=HMAC_SHA256',
    'key=a, algorithm=HMAC_SHA256',
    ' key=a,algorithm=HMAC_SHA256',
    'key=a,algorithm=HMAC_SHA256 ',
    'key=a,algorithm=HMAC_SHA256\n',
    'key=a b,algorithm=HMAC_SHA256',
    'key=a\n,algorithm=HMAC_SHA256',
    'Key=a,algorithm=HMAC_SHA256',
    'key=a;algorithm=HMAC_SHA256',
    'key=é,algorithm=HMAC_SHA256',
    `key=${'a'.repeat(5000)},algorithm=HMAC_SHA256`,
  ]
  for (const header of refused)
    test(`refuses ${JSON.stringify(header.slice(0, 60))}`, () => {
      expect(parseSignatureSettings(header)).toBeUndefined()
    })

  test('reads back any id that has neither blanks nor commas', () => {
    fc.assert(
      fc.property(keyId, fc.constantFrom('HMAC_SHA1', 'HMAC_SHA256', 'none'), (id, algorithm) => {
        expect(parseSignatureSettings(`key=${id},algorithm=${algorithm}`)).toEqual({ keyId: id, algorithm })
      }),
    )
  })

  test('what it reads has one spelling, whatever the text', () => {
    const text = fc.string({
      unit: fc.constantFrom('key=', 'algorithm=', ',', 'a', ' ', '=', 'HMAC_SHA256'),
      maxLength: 8,
    })
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (header) => {
        const settings = parseSignatureSettings(header)
        if (settings !== undefined) expect(`key=${settings.keyId},algorithm=${settings.algorithm}`).toBe(header)
      }),
      { numRuns: 2000 },
    )
  })
})
