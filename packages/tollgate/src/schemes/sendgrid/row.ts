import { decodeLeniently } from '../../bytes.ts'
import type { Scheme } from '../scheme.ts'
import { timestampHeader } from './signature.ts'
import {
  createSendGridVerifier,
  type SendGridAccepted,
  type SendGridVerifierOptions,
  sendGridVerifierOptions,
} from './verifier.ts'

/** The signature of Twilio SendGrid: ECDSA over the timestamp and the body. */
export const sendgrid: Scheme<SendGridVerifierOptions, SendGridAccepted> = {
  name: 'sendgrid',
  title: 'SendGrid',
  headers: ['X-Twilio-Email-Event-Webhook-Signature', 'X-Twilio-Email-Event-Webhook-Timestamp'],
  options: sendGridVerifierOptions,
  keys: {
    option: 'publicKey',
    variable: 'SENDGRID_WEBHOOK_PUBLIC_KEY',
    flag: 'public-key',
    words: 'public key',
    isSecret: false,
  },
  signingKey: {
    flag: 'private-key-file',
    variable: 'SENDGRID_TEST_PRIVATE_KEY',
    words: 'private key of P-256 (PKCS #8)',
    hint: 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem',
  },
  signsUrl: false,
  signsHandshakes: false,
  kinds: ['sendgrid.events'],
  describeCoverage: () => 'the timestamp and every byte of the body, not the URL',
  createVerifier: createSendGridVerifier,
  nameKey: (key) => `your SendGrid key ${'name' in key ? `"${key.name}"` : key.index + 1}`,
  nameKind: ({ headers }) =>
    /\bjson\b/i.test(find(headers, 'content-type') ?? '') ? 'sendgrid.events' : 'sendgrid.mail',
  listSigned: ({ headers, body = '' }) => [
    { text: find(headers, timestampHeader) ?? '', from: 'timestamp' },
    { text: body, from: 'body' },
  ],
  describe: ({ signedAt, stale, events }) => ({ signedAt: signedAt.toISOString(), stale, events: events.length }),
  async sign({ key: privateKey, ...input }) {
    if (input.contentType === 'application/json' && input.body !== undefined && isObject(input.body))
      throw new TypeError('SendGrid sends a JSON array of events')
    const { makeEvents, signSendGridRequest } = await import('./test-request.ts')
    return signSendGridRequest({ ...input, privateKey, ...(input.body === undefined && { events: makeEvents() }) })
  },
  async diagnose(request, { otherHosts: _, ...options }) {
    const { diagnoseSendGrid } = await import('./diagnose.ts')
    return diagnoseSendGrid(request, options)
  },
  async loadDiagnoser() {
    const { diagnoseSendGrid } = await import('./diagnose.ts')
    return diagnoseSendGrid
  },
}

function isObject(body: string | Uint8Array): boolean {
  const start = typeof body === 'string' ? body : decodeLeniently(body.subarray(0, 100))
  return /^\s*\{/.test(start)
}

function find(headers: readonly (readonly [name: string, value: string])[], name: string): string | undefined {
  return headers.find(([one]) => one.toLowerCase() === name)?.[1]
}
