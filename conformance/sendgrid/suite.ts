import type * as sendgrid from 'tollgate/sendgrid'
import { sampleSendGridEvents, signSendGridRequest } from 'tollgate/testing'
import vectors from '../data/sendgrid.json' with { type: 'json' }
import { assert, assertEqual, assertThrows } from '../kit/assert.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'

/** The subject of the suites: the package, as ESM or CommonJS. */
type Library = Pick<typeof sendgrid, 'createSendGridVerifier'>

type Signed = Pick<(typeof vectors)[number], 'publicKey' | 'timestamp' | 'signature'> & {
  readonly body: string | Uint8Array
}

async function check({ createSendGridVerifier }: Library, { publicKey, timestamp, signature, body }: Signed) {
  const headers = {
    'x-twilio-email-event-webhook-signature': signature,
    'x-twilio-email-event-webhook-timestamp': timestamp,
  }
  return createSendGridVerifier({ publicKey }).verify({ method: 'POST', url: '/events', headers, body })
}

/** Signatures of r = s = 1 in other spellings, and numbers that no signature has. */
const malformed: Readonly<Record<string, string>> = {
  'a long form': '308106020101020101',
  'a long form in a number': '300702810101020101',
  'a padded number': '300702020001020101',
  'a negative number': '3006020180020101',
  zero: '3006020100020101',
  'no number': '3003020101',
  'another tag': '3106020101020101',
  'trailing bytes': '300602010102010100',
  'a number as large as the order': '3026022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020101',
}

const genuine = vectors[0] as (typeof vectors)[number]

function toBase64(hex: string): string {
  const bytes = hex.match(/\w\w/g)?.map((pair) => Number.parseInt(pair, 16)) ?? []
  return btoa(String.fromCharCode(...bytes))
}

/** Lists the suites of the second scheme, which every runtime passes with its own provider. */
export function sendgridSuites(library: Library): readonly Suite[] {
  return [
    defineSuite(
      "SendGrid's published vectors",
      Object.fromEntries(
        vectors.map((vector) => [
          vector.title,
          async () => {
            const verdict = await check(library, vector)
            assertEqual(verdict.ok, vector.valid, 'accepted')
            if (verdict.ok) assertEqual(verdict.events, JSON.parse(vector.body), 'the events')
            else assertEqual(verdict.code, 'signature_mismatch', 'the code')
          },
        ]),
      ),
    ),
    defineSuite(
      'malformed signatures of SendGrid',
      Object.fromEntries(
        Object.entries(malformed).map(([title, hex]) => [
          title,
          async () => {
            const verdict = await check(library, { ...genuine, signature: toBase64(hex) })
            assert(!verdict.ok, 'accepted')
            assertEqual(verdict.code, 'signature_malformed', 'the code')
          },
        ]),
      ),
    ),
    defineSuite('requests signed as SendGrid signs', {
      'events of every type, many times, so that r and s have every length': async () => {
        for (let round = 0; round < 300; round++) {
          const events = sampleSendGridEvents()
          const { publicKey, ...request } = await signSendGridRequest({ events })
          const verdict = await library.createSendGridVerifier({ publicKey }).verify(request)
          assert(verdict.ok, 'refused')
          if (round === 0) assertEqual(verdict.events, events, 'the events')
        }
      },
      'any bytes, in a stream': async () => {
        const body = Uint8Array.from({ length: 300_000 }, (_, index) => (index === 0 ? 0x2d : (index * 31) % 256))
        const { publicKey, ...request } = await signSendGridRequest({ body })
        const stream = new Blob([body]).stream()
        const verdict = await library
          .createSendGridVerifier({ publicKey })
          .verify({ ...request, body: iterate(stream) })
        assert(verdict.ok, 'refused')
        assert(
          verdict.body.length === body.length && verdict.body.every((byte, index) => byte === body[index]),
          'other bytes',
        )
        assertEqual(verdict.events, [], 'the events')
      },
      'the key that signed is named, and another refuses': async () => {
        const { publicKey, ...request } = await signSendGridRequest()
        const keys = { marketing: genuine.publicKey, invoices: publicKey }
        const verdict = await library.createSendGridVerifier({ publicKey: keys }).verify(request)
        assert(verdict.ok, 'refused')
        assertEqual(verdict.matched.key, { kind: 'sendgrid', name: 'invoices' }, 'the key')
        const other = await library.createSendGridVerifier({ publicKey: genuine.publicKey }).verify(request)
        assertEqual(other.ok, false, 'accepted with another key')
      },
      'a key beside the curve is refused at the start': () => {
        const damaged = genuine.publicKey.replace(/..==$/, genuine.publicKey.endsWith('+g==') ? 'AA==' : '+g==')
        assertThrows(() => library.createSendGridVerifier({ publicKey: damaged }), 'curve')
      },
    }),
  ]
}

/** Browsers have no async iterator of streams. */
async function* iterate(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
}
