import { createPublicKey, generateKeyPairSync, verify as verifyNatively } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as node from '../src/ecdsa/node.ts'
import * as web from '../src/ecdsa/web.ts'
import { createSendGridVerifier } from '../src/schemes/sendgrid/index.ts'
import { parsePublicKey } from '../src/schemes/sendgrid/public-key.ts'
import { type EcdsaSignature, formatSignature, parseSignature } from '../src/schemes/sendgrid/signature.ts'
import { genuine, makeKeys, order, post } from './sendgrid-support.ts'

/** Writes DER without any check. */
const toDer = (r: readonly number[], s: readonly number[]): Buffer =>
  Buffer.from([0x30, 4 + r.length + s.length, 0x02, r.length, ...r, 0x02, s.length, ...s])
const toBytes = (value: bigint): number[] => {
  const bytes = [...Buffer.from(value.toString(16).padStart(64, '0'), 'hex')]
  while (bytes.length > 1 && bytes[0] === 0) bytes.shift()
  return (bytes[0] as number) > 127 ? [0, ...bytes] : bytes
}
const one = [1]
const der = Buffer.from(genuine.signature, 'base64')

describe('the reader of signatures', () => {
  test.each<[string, Uint8Array]>([
    ['no bytes', Buffer.alloc(0)],
    ['only a tag', Buffer.from([0x30])],
    ['an empty sequence', Buffer.from([0x30, 0])],
    ['one number', Buffer.from([0x30, 3, 2, 1, 1])],
    ['three numbers', Buffer.from([0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1])],
    ['a set', Buffer.concat([Buffer.from([0x31]), der.subarray(1)])],
    ['an octet string for r', Buffer.from([0x30, 6, 4, 1, 1, 2, 1, 1])],
    ['an octet string for s', Buffer.from([0x30, 6, 2, 1, 1, 4, 1, 1])],
    ['a long form', Buffer.concat([Buffer.from([0x30, 0x81, der.length - 2]), der.subarray(2)])],
    ['a long form in a number', Buffer.from([0x30, 7, 2, 0x81, 1, 1, 2, 1, 1])],
    ['an indefinite length', Buffer.from([0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0])],
    ['r = 0', toDer([0], one)],
    ['s = 0', toDer(one, [0])],
    ['an r without bytes', toDer([], one)],
    ['an s without bytes', toDer(one, [])],
    ['a negative r', toDer([0x80], one)],
    ['a negative s', toDer(one, [0xff])],
    ['a padded r', toDer([0, 1], one)],
    ['a padded s', toDer(one, [0, 0x7f])],
    ['r = n', toDer(toBytes(order), one)],
    ['s = n', toDer(one, toBytes(order))],
    ['r = n + 1', toDer(toBytes(order + 1n), one)],
    ['r of 33 bytes', toDer([1, ...Array(32).fill(0)], one)],
    ['r of 34 bytes', toDer([0, 0x80, ...Array(32).fill(0)], one)],
    ['trailing bytes', Buffer.concat([der, Buffer.from([0])])],
    ['trailing bytes inside', Buffer.from([0x30, 7, 2, 1, 1, 2, 1, 1, 0])],
    ['a length of s that runs out', Buffer.from([0x30, 6, 2, 1, 1, 2, 2, 1])],
    ['r and s side by side', Buffer.alloc(64, 1)],
  ])('refuses %s', async (_, bytes) => {
    const signature = Buffer.from(bytes).toString('base64')
    expect(parseSignature(signature)).toBeUndefined()
    expect(await createSendGridVerifier({ publicKey: genuine.publicKey }).verify(post({ signature }))).toMatchObject({
      code: 'signature_malformed',
    })
  })

  test.each([
    ['for URLs', (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')],
    ['without padding', (text: string) => text.replace(/=+$/, '')],
    ['with a space', (text: string) => `${text} `],
    ['with a line end', (text: string) => `${text.slice(0, 40)}\n${text.slice(40)}`],
    ['with stray bits', (text: string) => text.replace('M=', 'N=')],
    ['with something behind', (text: string) => `${text}AAAA`],
    ['in quotes', (text: string) => `"${text}"`],
    ['in hex', (text: string) => Buffer.from(text, 'base64').toString('hex')],
    ['of a megabyte', () => 'MEUC'.repeat(262_144)],
  ])('refuses Base64 %s', (_, change) => {
    const changed = change(genuine.signature)
    expect(changed).not.toBe(genuine.signature)
    expect(parseSignature(changed)).toBeUndefined()
  })

  test('C2: SendGrid has one spelling for each signature, of every length', () => {
    const number = fc.oneof(
      fc.bigInt(1n, order - 1n),
      fc.integer({ min: 0, max: 255 }).chain((bits) => fc.bigInt(1n, 1n << BigInt(bits + 1)).filter((x) => x < order)),
    )
    fc.assert(
      fc.property(number, number, (r, s) => {
        const text = toDer(toBytes(r), toBytes(s)).toString('base64')
        const parsed = parseSignature(text)
        if (parsed === undefined) throw new Error(`${text} was refused`)
        expect(Buffer.from(parsed.numbers).toString('hex')).toBe(
          r.toString(16).padStart(64, '0') + s.toString(16).padStart(64, '0'),
        )
        expect(formatSignature(parsed.numbers)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })
})

describe.each([
  ['node', node],
  ['web', web],
] as const)('ecdsa/%s.ts', (_, { createSignatureChecker }) => {
  test('agrees with node:crypto for small and changed numbers', async () => {
    const { publicKey } = makeKeys()
    const spki = Buffer.from(publicKey, 'base64')
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    const message = Buffer.from('1700000000[]')
    for (const [r, s] of [
      [1n, 1n],
      [order - 1n, order - 1n],
      [1n << 200n, 5n],
    ] as const) {
      const text = toDer(toBytes(r), toBytes(s)).toString('base64')
      const check = createSignatureChecker([spki])(parseSignature(text) as EcdsaSignature)
      check.update(message)
      expect((await check.finish(message)) === 0).toBe(
        verifyNatively('sha256', message, key, Buffer.from(text, 'base64')),
      )
    }
  })
})

describe('public keys', () => {
  const spki = Buffer.from(genuine.publicKey, 'base64')
  const pem = createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({
    format: 'pem',
    type: 'spki',
  }) as string

  test.each([
    ['Base64', genuine.publicKey],
    ['Base64 with a line end', `${genuine.publicKey}\n`],
    ['PEM', pem],
    ['PEM with \\r\\n', pem.replaceAll('\n', '\r\n')],
    ['PEM with escaped line ends', pem.replaceAll('\n', '\\n')],
    ['PEM in one line', pem.replaceAll('\n', '')],
  ])('%s', (_, text) => {
    expect(Buffer.compare(parsePublicKey(text, 'publicKey'), spki)).toBe(0)
  })

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pkcs8 = ec.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
  const compressed = Buffer.concat([
    Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
    Buffer.from([2]),
    spki.subarray(27, 59),
  ])
  const changed = Buffer.from(spki)
  changed[90] = (changed[90] as number) ^ 1
  const outside = Buffer.concat([spki.subarray(0, 27), Buffer.alloc(64, 0xff)])
  test.each<[string, unknown, string]>([
    ['a private key in PEM', ec.privateKey.export({ format: 'pem', type: 'pkcs8' }), 'is a private key'],
    ['a private key of SEC 1', ec.privateKey.export({ format: 'pem', type: 'sec1' }), 'is a private key'],
    ['a private key in Base64', pkcs8, 'is a private key'],
    [
      'a private key of SEC 1 in Base64',
      ec.privateKey.export({ format: 'der', type: 'sec1' }).toString('base64'),
      'is a private key',
    ],
    ['a certificate in PEM', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', 'is a certificate'],
    [
      'a certificate in Base64',
      Buffer.from('308201ff308201a5a003020102', 'hex').toString('base64'),
      'is a certificate',
    ],
    ['a P-384 key', makeKeys('P-384').publicKey, 'is a P-384 key'],
    ['a P-521 key', makeKeys('P-521').publicKey, 'is a P-521 key'],
    [
      'an RSA key',
      rsa.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
      'is an RSA key, perhaps the DKIM key of your domain',
    ],
    ['a compressed key', compressed.toString('base64'), 'is a compressed key'],
    ['a key of secp256k1', makeKeys('secp256k1').publicKey, 'is not a public key of P-256'],
    ['a point beside the curve', changed.toString('base64'), 'not on the curve'],
    ['coordinates above p', outside.toString('base64'), 'not on the curve'],
    ['a truncated key', genuine.publicKey.slice(0, 100), 'was cut off: it has 100 of 124 characters'],
    [
      'a key whose + became blanks',
      `${genuine.publicKey.slice(0, 60)} ${genuine.publicKey.slice(61)}`,
      'has blanks in the place of "+"',
    ],
    ['a key without its padding', genuine.publicKey.replace(/=+$/, ''), 'was cut off: it has 122 of 124 characters'],
    ['a key with bytes behind it', Buffer.concat([spki, Buffer.from([0])]).toString('base64'), 'is not a public key'],
    ['a key without its start', genuine.publicKey.slice(2), 'was cut off at its start: it has 122 of 124 characters'],
    [
      'a key without its first 28',
      genuine.publicKey.slice(28),
      'was cut off at its start: it has 96 of 124 characters',
    ],
    ['an API key ID', 'Zq3_x9Lm-2PvR7sT1uWyAb', 'has 22 of 124 characters, as the ID of an API key'],
    ['an API key', 'SG.abcdefghijklmnop.qrstuvwxyz', 'is an API key'],
    ['an Auth Token', '0123456789abcdef0123456789abcdef', 'is a token'],
    ['an API key SID', `SK${'0'.repeat(32)}`, 'is a token'],
    ['a public key of PKCS #1', '-----BEGIN RSA PUBLIC KEY-----\nMIIB\n-----END RSA PUBLIC KEY-----', 'another kind'],
    // https://github.com/vercel/vercel/issues/14972
    ['the first line of a PEM', '-----BEGIN PUBLIC KEY-----', 'is not a whole PEM'],
    // https://github.com/1Password/connect/issues/62
    ['a key in Base64 twice', Buffer.from(genuine.publicKey).toString('base64'), 'is encoded in Base64 twice'],
    ['an empty text', '', 'is empty'],
    ['white space', ' \n', 'is empty'],
    ['quotes', `"${genuine.publicKey}"`, 'is in quotes'],
    ['a placeholder', '<your public key>', 'is a placeholder'],
    ['no Base64', 'no Base64!', 'is not Base64'],
    ['Base64 for URLs', genuine.publicKey.replaceAll('/', '_').replaceAll('+', '-'), 'is not Base64'],
    ['null', null, 'got null'],
    ['bytes', spki, 'must be a string'],
  ])('%s is a TypeError that says so', (_, key, message) => {
    expect(() => parsePublicKey(key, 'publicKey')).toThrow(TypeError)
    expect(() => parsePublicKey(key, 'publicKey')).toThrow(
      `"publicKey" ${message.startsWith('not') ? 'is damaged' : ''}`,
    )
    expect(() => parsePublicKey(key, 'publicKey')).toThrow(message)
    expect(() => createSendGridVerifier({ publicKey: { events: key as string } })).toThrow('"publicKey.events"')
    expect(() => createSendGridVerifier({ publicKey: [genuine.publicKey, key as string] })).toThrow('"publicKey[1]"')
  })

  test('C7 E2: no text for a public key causes another exception, and none shows the key', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64')),
          fc.tuple(fc.nat(90), fc.nat(255)).map(([at, byte]) => {
            const bytes = Buffer.from(spki)
            bytes[at] = byte
            return bytes.toString('base64')
          }),
        ),
        (text) => {
          try {
            expect(Buffer.compare(parsePublicKey(text, 'publicKey'), spki)).toBe(0)
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError)
            if (text.length > 20) expect((error as Error).message).not.toContain(text)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })
})
