import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import * as chosen from '../src/hmac/chosen.ts'
import * as native from '../src/hmac/node.ts'
import * as pure from '../src/hmac/pure.ts'

const rows = {
  sha1: { hash: 'sha1', bytes: 20, blockBytes: 64 },
  sha256: { hash: 'sha256', bytes: 32, blockBytes: 64 },
  sha512: { hash: 'sha512', bytes: 64, blockBytes: 128 },
} as const
type HashName = keyof typeof rows

interface Vector {
  source: string
  hash: HashName
  key: string
  text: string
  hex: string
}

// The test cases whose key and data are text. The others contain bytes that are not UTF-8.
const vectors: Vector[] = [
  {
    source: 'RFC 2202, section 3, test case 1',
    hash: 'sha1',
    key: '\x0b'.repeat(20),
    text: 'Hi There',
    hex: 'b617318655057264e28bc0b6fb378c8ef146be00',
  },
  {
    source: 'RFC 2202, section 3, test case 2',
    hash: 'sha1',
    key: 'Jefe',
    text: 'what do ya want for nothing?',
    hex: 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  },
  {
    source: 'RFC 2202, section 3, test case 5',
    hash: 'sha1',
    key: '\x0c'.repeat(20),
    text: 'Test With Truncation',
    hex: '4c1a03424b55e07fe7f27be1d58bb9324a9a5a04',
  },
  {
    source: 'RFC 4231, section 4.2',
    hash: 'sha256',
    key: '\x0b'.repeat(20),
    text: 'Hi There',
    hex: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  {
    source: 'RFC 4231, section 4.3',
    hash: 'sha256',
    key: 'Jefe',
    text: 'what do ya want for nothing?',
    hex: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
  {
    source: 'RFC 4231, section 4.2, SHA-512',
    hash: 'sha512',
    key: '\x0b'.repeat(20),
    text: 'Hi There',
    hex: '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
  },
  {
    source: 'RFC 4231, section 4.6 (the RFC prints the first 128 bits)',
    hash: 'sha256',
    key: '\x0c'.repeat(20),
    text: 'Test With Truncation',
    hex: 'a3b6167473100ee06e0c796c2955552b',
  },
]

// The examples of FIPS 180-4 that NIST publishes for SHA-256.
const digests = [
  { text: 'abc', hex: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  {
    text: 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    hex: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  },
  { text: '', hex: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
]

const hashes = ['sha1', 'sha256', 'sha512'] as const
const providers = { native, pure }

const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) // lone surrogates too
const secret = fc
  .oneof(
    fc.string({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: anyUnit, maxLength: 66 }),
  )
  .filter((text) => Buffer.byteLength(text) <= 200)
const message = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: anyUnit, maxLength: 300 }),
)

function expected(hash: HashName, key: string, text: string): string {
  return createHmac(hash, Buffer.from(key, 'utf8')).update(Buffer.from(text, 'utf8')).digest('base64')
}

for (const [name, provider] of Object.entries(providers))
  describe(name, () => {
    for (const { source, hash, key, text, hex } of vectors)
      test(source, () => {
        const bytes = Buffer.from(provider.createHmac(rows[hash], key)(text), 'base64')
        expect(bytes.toString('hex').slice(0, hex.length)).toBe(hex)
      })

    for (const { text, hex } of digests)
      test(`SHA-256 of ${JSON.stringify(text.slice(0, 12))}`, () => {
        expect(provider.hashBytes(new TextEncoder().encode(text))).toBe(hex)
        expect(provider.hashBytes(text)).toBe(hex)
      })

    for (const hash of hashes)
      test(`${hash}: keys around the block size`, () => {
        for (let length = 0; length <= 200; length++)
          for (const key of ['k'.repeat(length), 'é'.repeat(length / 2), '\ud800'.repeat(length / 3)])
            expect(provider.createHmac(rows[hash], key)('text')).toBe(expected(hash, key, 'text'))
      })

    test('several keys can be used alternately', () => {
      const made = hashes.flatMap((hash) =>
        ['', 'one', '2'.repeat(100)].map((key) => ({ hash, key, hmac: provider.createHmac(rows[hash], key) })),
      )
      for (const text of ['', 'x'.repeat(9000), 'short', 'ü'.repeat(3000), 'short'])
        for (const { hash, key, hmac } of made) expect(hmac(text)).toBe(expected(hash, key, text))
    })

    test('hashes a text as its bytes in UTF-8', () => {
      for (const text of ['ü€😀', '\ud800', 'a\udc00b', `${'x'.repeat(5000)}é`])
        expect(provider.hashBytes(text)).toBe(provider.hashBytes(new TextEncoder().encode(text)))
    })

    test('hashes a part of a larger buffer', () => {
      const whole = new Uint8Array([9, 9, 97, 98, 99, 9])
      expect(provider.hashBytes(whole.subarray(2, 5))).toBe(createHash('sha256').update('abc').digest('hex'))
    })
  })

describe('both providers and node:crypto agree', () => {
  for (const hash of hashes) {
    test(`${hash}: thousands of random keys and messages`, () => {
      fc.assert(
        fc.property(secret, message, (key, text) => {
          const right = expected(hash, key, text)
          expect(native.createHmac(rows[hash], key)(text)).toBe(right)
          expect(pure.createHmac(rows[hash], key)(text)).toBe(right)
        }),
        { numRuns: 3000 },
      )
    })

    test(`${hash}: messages of up to 100 KB`, () => {
      const lengths = [1300, 1343, 1344, 1345, 1346, 4031, 4032, 4033, 10_000, 33_334, 65_536, 102_400]
      for (const length of lengths)
        for (const unit of ['a', 'é', '漢', '\ud800']) {
          const text = unit.repeat(length / Buffer.byteLength(unit))
          const right = expected(hash, 'key', text)
          expect(native.createHmac(rows[hash], 'key')(text)).toBe(right)
          expect(pure.createHmac(rows[hash], 'key')(text)).toBe(right)
        }
    })
  }

  test('SHA-256 of random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const right = createHash('sha256').update(bytes).digest('hex')
        expect(native.hashBytes(bytes)).toBe(right)
        expect(pure.hashBytes(bytes)).toBe(right)
      }),
      { numRuns: 500 },
    )
  })
})

test('the ES modules use node:crypto, until an entry point for another runtime brings the pure provider', async () => {
  expect(chosen.createHmac).toBe(native.createHmac)
  expect(chosen.hashBytes).toBe(native.hashBytes)
  await import('../src/hmac/use-crypto.ts')
  expect(chosen.hashBytes('')).toBe(createHash('sha256').digest('hex'))
  await import('../src/hmac/use-pure.ts')
  expect(chosen.createHmac).toBe(pure.createHmac)
  expect(chosen.hashBytes).toBe(pure.hashBytes)
})

test.each([undefined, () => ({})])('a runtime without crypto.hash is told what is needed (%o)', async (getModule) => {
  const { getBuiltinModule } = process
  process.getBuiltinModule = getModule as never
  onTestFinished(() => {
    process.getBuiltinModule = getBuiltinModule
    vi.resetModules()
  })
  vi.resetModules()
  const { createHmac, hashBytes } = await import('../src/hmac/node.ts')
  const row = { hash: 'sha1', bytes: 20, blockBytes: 64 } as const
  for (const use of [() => createHmac(row, 'key'), () => hashBytes('')])
    expect(use).toThrow('needs Node.js 20.16 or 22.3')
})
