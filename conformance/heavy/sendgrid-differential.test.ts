import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { EventWebhook } from '@sendgrid/eventwebhook'
import fc from 'fast-check'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { sampleSendGridEvents } from 'tollgate/testing'
import { expect, test } from 'vitest'

/** One request, as both packages get it. */
interface Sent {
  readonly signature: string
  readonly timestamp: string
  readonly body: Buffer
}

/** The order of P-256. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

function sign(timestamp: string, body: Buffer, key: KeyObject = privateKey): Sent {
  return { timestamp, body, signature: createSign('sha256').update(timestamp).update(body).sign(key, 'base64') }
}

const onDer = (change: (der: Buffer) => Uint8Array) => (sent: Sent) => ({
  ...sent,
  signature: Buffer.from(change(Buffer.from(sent.signature, 'base64'))).toString('base64'),
})
const onSignature = (change: (text: string) => string) => (sent: Sent) => ({
  ...sent,
  signature: change(sent.signature),
})
const onBody = (change: (body: Buffer) => Uint8Array) => (sent: Sent) => ({
  ...sent,
  body: Buffer.from(change(sent.body)),
})

/** Splits DER into r and s, each with its tag. */
function splitDer(der: Buffer): [Buffer, Buffer] {
  const end = 4 + (der[3] as number)
  return [der.subarray(2, end), der.subarray(end)]
}

function joinDer(...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([0x30, content.length]), content])
}

/** Alterations on which both packages agree. */
const agreed: Record<string, (sent: Sent) => Sent> = {
  none: (sent) => sent,
  'signed with another key': ({ timestamp, body }) => sign(timestamp, body, other),
  'another timestamp': (sent) => ({ ...sent, timestamp: String(Number(sent.timestamp) + 1) }),
  'one byte more': onBody((body) => Buffer.concat([body, Buffer.from(' ')])),
  'one byte less': onBody((body) => body.subarray(0, -1)),
  'one byte changed': onBody((body) => body.map((byte, index) => (index === body.length >> 1 ? byte ^ 1 : byte))),
  trimmed: onBody((body) => Buffer.from(`${body}`.trimEnd().replace(/\]$/, ' ]'))),
  're-serialised': onBody((body) => Buffer.from(JSON.stringify([`${body}`]))),
  's is n - s': onDer((der) => {
    const [r, s] = splitDer(der)
    const value = order - BigInt(`0x${s.subarray(2).toString('hex')}`)
    const digits = value.toString(16)
    const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
    const integer = (bytes[0] as number) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes
    return joinDer(r, Buffer.from([2, integer.length]), integer)
  }),
  'r is 1': onDer((der) => joinDer(Buffer.from([2, 1, 1]), splitDer(der)[1])),
  's is 0': onDer((der) => joinDer(splitDer(der)[0], Buffer.from([2, 1, 0]))),
  's is n': onDer((der) => joinDer(splitDer(der)[0], Buffer.from(`022100${order.toString(16)}`, 'hex'))),
  'r and s exchanged': onDer((der) => joinDer(...splitDer(der).reverse())),
}

/** The official package throws. Tollgate refuses. */
const throwing: Record<string, (sent: Sent) => Sent> = {
  'an empty signature': onSignature(() => ''),
  'a signature that is no Base64': onSignature(() => 'signature'),
  'a wrong tag': onDer((der) => der.map((byte, index) => (index === 0 ? 0x31 : byte))),
  'a truncated signature': onDer((der) => der.subarray(0, 20)),
  'a byte behind the DER': onDer((der) => Buffer.concat([der, Buffer.from([0])])),
}

/** The official package accepts these. Tollgate refuses. */
const laxer: Record<string, (sent: Sent) => Sent> = {
  'a BER long form': onDer((der) => Buffer.concat([Buffer.from([0x30, 0x81, der[1] as number]), der.subarray(2)])),
  'a zero before r': onDer((der) => {
    const [r, s] = splitDer(der)
    return joinDer(Buffer.from([2, (r[1] as number) + 1, 0]), r.subarray(2), s)
  }),
  'Base64 for URLs': onSignature((text) => Buffer.from(text, 'base64').toString('base64url')),
  'Base64 with a space': onSignature((text) => `${text.slice(0, 8)} ${text.slice(8)}`),
  'characters behind the padding': (sent) => ({ ...sent, signature: `${sent.signature.replace(/=*$/, '')}==AAAA` }),
  'a digit of the timestamp in the body': ({ signature, timestamp, body }) => ({
    signature,
    timestamp: timestamp.slice(0, -1),
    body: Buffer.concat([Buffer.from(timestamp.slice(-1)), body]),
  }),
  'a signed timestamp of 9 digits': ({ timestamp, body }) => sign(timestamp.slice(1), body),
  'a signed body that begins with a digit': ({ timestamp, body }) =>
    sign(timestamp, Buffer.concat([Buffer.from('7'), body])),
  'a signed empty body': ({ timestamp }) => sign(timestamp, Buffer.alloc(0)),
}

const events = fc
  .array(
    fc
      .constantFrom(...sampleSendGridEvents())
      .chain((event) => fc.string({ unit: 'binary' }).map((text) => ({ ...event, text }))),
    { maxLength: 3 },
  )
  .map((list) => Buffer.from(`[${list.map((event) => JSON.stringify(event)).join(',\r\n')}]\r\n`))
// The first byte of a multipart is `-`.
const text = fc.string({ unit: 'grapheme', maxLength: 200 }).map((content) => Buffer.from(`--x\r\n${content}\r\n--x--`))
const bytes = fc.uint8Array({ maxLength: 200 }).map((content) => Buffer.concat([Buffer.from('--x'), content]))

const isUtf8 = (body: Buffer): boolean => Buffer.compare(Buffer.from(`${body}`), body) === 0

// The official package needs milliseconds for each. TOLLGATE_SENDGRID_REQUESTS=10000 sends more.
const requests = Number(process.env.TOLLGATE_SENDGRID_REQUESTS ?? 3000)

test('agrees with @sendgrid/eventwebhook, except where that throws, loses bytes or is laxer', async () => {
  const official = new EventWebhook()
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  const officialKey = official.convertPublicKeyToECDSA(spki)
  const { verify } = createSendGridVerifier({ publicKey: spki })
  const askOfficial = ({ signature, timestamp, body }: Sent): boolean | 'throws' => {
    try {
      return official.verifySignature(officialKey, body, signature, timestamp)
    } catch {
      return 'throws'
    }
  }
  const alterations = Object.entries({ ...agreed, ...throwing, ...laxer })
  const request = fc.record({
    body: fc.oneof({ arbitrary: events, weight: 3 }, text, bytes),
    timestamp: fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }).map(String),
    // Every other request is genuine.
    alteration: fc.oneof(fc.constant(alterations[0] as (typeof alterations)[number]), fc.constantFrom(...alterations)),
  })
  const counts: Record<string, number> = {}
  for (const { body, timestamp, alteration } of fc.sample(request, requests)) {
    const [altered, alter] = alteration
    const genuine = sign(timestamp, body)
    const sent = alter(genuine)
    // Some signatures are the same in Base64 for URLs.
    const name = isDeepStrictEqual(sent, genuine) ? 'none' : altered
    const [theirs, verdict] = [askOfficial(sent), await verify(toRequest(sent))]
    const ours = verdict.ok
    const about = JSON.stringify({ name, ...sent, body: sent.body.toString('base64'), theirs, verdict })
    let kind = 'agreed'
    if (name in throwing) {
      expect([theirs === true, ours], about).toEqual([false, false])
      kind = theirs === 'throws' ? 'it throws' : 'agreed'
    } else if (!isUtf8(sent.body)) {
      // Their text of the body has U+FFFD.
      expect(theirs, about).not.toBe(true)
      if (name === 'none') expect(ours, about).toBe(true)
      kind = ours ? 'it loses bytes' : 'agreed'
    } else if (name in laxer) {
      expect([theirs, ours], about).toEqual([true, false])
      kind = 'it is laxer'
    } else {
      expect(theirs, about).toBe(ours)
      if (name === 'none') expect(ours, about).toBe(true)
    }
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  expect(Object.keys(counts).sort()).toEqual(['agreed', 'it is laxer', 'it loses bytes', 'it throws'])
}, 600_000)

function toRequest({ signature, timestamp, body }: Sent) {
  return {
    method: 'POST',
    url: '/events',
    headers: {
      'x-twilio-email-event-webhook-signature': signature,
      'x-twilio-email-event-webhook-timestamp': timestamp,
    },
    body,
  }
}
