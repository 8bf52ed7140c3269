import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import * as chosen from '../src/hmac/chosen.ts'
import * as native from '../src/hmac/node.ts'
import * as pure from '../src/hmac/pure.ts'
import { testProperty } from './property.ts'

const rows = {
  sha1: { hash: 'sha1', bytes: 20, blockBytes: 64 },
  sha256: { hash: 'sha256', bytes: 32, blockBytes: 64 },
  sha512: { hash: 'sha512', bytes: 64, blockBytes: 128 },
} as const
type HashName = keyof typeof rows

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
    testProperty(`${hash}: thousands of random keys and messages`, 3000, [secret, message], (key, text) => {
      const right = expected(hash, key, text)
      expect(native.createHmac(rows[hash], key)(text)).toBe(right)
      expect(pure.createHmac(rows[hash], key)(text)).toBe(right)
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

  testProperty('SHA-256 of random bytes', 500, [fc.uint8Array({ maxLength: 2000 })], (bytes) => {
    const right = createHash('sha256').update(bytes).digest('hex')
    expect(native.hashBytes(bytes)).toBe(right)
    expect(pure.hashBytes(bytes)).toBe(right)
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
