// Measures a request of SendGrid that none of the public keys signed, with one key and with 16, and
// with bodies of three sizes. The unit is one bare check of ECDSA over the same bytes.
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { signSendGridRequest } from 'tollgate/testing'
import { compare } from './core/rounds.mjs'
import { makeRow } from './core/rows.mjs'

const sizes = { '1 KB': 1024, '100 KB': 100 * 1024, '1 MiB': 1024 * 1024 }

const keys = Array.from({ length: 16 }, () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
})
const [first = ''] = keys
const bareKey = createPublicKey({ key: Buffer.from(first, 'base64'), format: 'der', type: 'spki' })

/** @param {boolean} isGenuine */
function expectForged(isGenuine) {
  if (isGenuine) throw new Error('A key that did not sign accepts the signature.')
}

for (const [name, size] of Object.entries(sizes)) {
  const request = await signSendGridRequest({ body: `[${' '.repeat(size - 2)}]` })
  const timestamp = request.headers['x-twilio-email-event-webhook-timestamp'] ?? ''
  const signature = request.headers['x-twilio-email-event-webhook-signature'] ?? ''
  const signed = Buffer.concat([Buffer.from(timestamp), Buffer.from(request.body)])
  /** @param {readonly string[]} publicKey */
  const check = (publicKey) => {
    const verifier = createSendGridVerifier({ publicKey })
    return async () => expectForged((await verifier.verify(request)).ok)
  }
  const ratios = await compare({
    base: () => expectForged(verify('sha256', signed, bareKey, Buffer.from(signature, 'base64'))),
    contenders: { 'one key': check([first]), [`${keys.length} keys`]: check(keys) },
    rounds: 15,
  })
  for (const [count, measured] of Object.entries(ratios)) {
    const { figure, spread } = makeRow(count, measured)
    console.log(`${name}, ${count}`.padEnd(20), figure.padStart(10), `  middle half of the rounds: ${spread}`)
  }
}
