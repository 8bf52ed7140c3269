import { createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto'
import { EventWebhook } from '@sendgrid/eventwebhook'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { sampleSendGridEvents, signSendGridRequest } from 'tollgate/testing'
import { compare } from './rounds.mjs'
import { makeRow } from './rows.mjs'

/** Measures `@sendgrid/eventwebhook` in units of our check of the same request. */
export async function measureSendGrid() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const events = sampleSendGridEvents(['processed', 'delivered', 'bounce'])
  const { publicKey, ...request } = await signSendGridRequest({ events, privateKey: pem })
  const signature = request.headers['x-twilio-email-event-webhook-signature'] ?? ''
  const timestamp = request.headers['x-twilio-email-event-webhook-timestamp'] ?? ''
  const body = Buffer.from(request.body)
  const forgedTimestamp = String(Number(timestamp) + 1)
  const forged = {
    ...request,
    headers: { ...request.headers, 'x-twilio-email-event-webhook-timestamp': forgedTimestamp },
  }

  const verifier = createSendGridVerifier({ publicKey })
  const official = new EventWebhook()
  const key = official.convertPublicKeyToECDSA(publicKey)
  const native = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
  const der = Buffer.from(signature, 'base64')
  const bare = () => createVerify('sha256').update(timestamp).update(body).verify(native, der)
  const check = (/** @type {boolean} */ got, /** @type {boolean} */ wanted) => {
    if (got !== wanted) throw new Error('A contender gave the wrong verdict.')
  }
  const ratios = await compare({
    base: async () => check((await verifier.verify(request)).ok, true),
    contenders: {
      bare: () => check(bare(), true),
      forged: async () => check((await verifier.verify(forged)).ok, false),
      official: () => check(official.verifySignature(key, body, signature, timestamp), true),
      officialForged: () => check(official.verifySignature(key, body, signature, forgedTimestamp), false),
    },
    rounds: 21,
  })
  const timesForged = ratios.officialForged.map((ratio, round) => ratio / (ratios.forged[round] ?? Number.NaN))
  const timesBare = ratios.bare.map((ratio) => 1 / ratio)
  return [
    makeRow('verify, as a multiple of one check of node:crypto', timesBare, { budget: { most: 1.15 } }),
    makeRow('how many times faster than @sendgrid/eventwebhook, genuine', ratios.official, { budget: { least: 30 } }),
    makeRow('how many times faster than @sendgrid/eventwebhook, forged', timesForged, { budget: { least: 30 } }),
  ]
}
