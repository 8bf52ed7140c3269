import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSendGridVerifier } from '../../src/schemes/sendgrid/index.ts'
import { genuine, post } from '../sendgrid-support.ts'

// Slow, because it makes so many random headers. `sendgrid-hostile.test.ts`, a folder above, has each malformed header
// by its name.
const der = Buffer.from(genuine.signature, 'base64')

test('C2 E2: 100,000 random headers of SendGrid are refused without an exception', async () => {
  const { verify } = createSendGridVerifier({ publicKey: genuine.publicKey })
  const random = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    fc.tuple(fc.nat(der.length - 1), fc.nat(255)).map(([at, byte]) => {
      const changed = Buffer.from(der)
      changed[at] = byte === changed[at] ? byte ^ 1 : byte
      return changed.toString('base64')
    }),
    fc.string({ maxLength: 120, unit: 'binary' }),
  )
  let refused = 0
  for (const signature of fc.sample(random, 100_000)) {
    const verdict = await verify(post({ signature }, '[]'))
    if (!verdict.ok && verdict.code.startsWith('signature_m')) refused++
  }
  expect(refused).toBe(100_000)
}, 120_000)
