import type { RejectionCode } from 'tollgate'
import { assert, assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import { makeRequest, type Signed, sharedKey, token, withHeaders } from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import { ask, makeStream, makeUntouchableBody } from './ask.ts'

interface EarlyRejection {
  readonly change: (request: Signed) => Signed
  readonly options?: Options
  readonly code: RejectionCode
}

const settings = (value: string) => (request: Signed) =>
  withHeaders(request, { 'x-twilio-webhooks-signature-settings': value })
const signature = (value: string | undefined) => (request: Signed) =>
  withHeaders(request, { 'x-twilio-signature': value })
const same = (request: Signed): Signed => request

/** Requests that are refused before the body is read. */
const early: Readonly<Record<string, EarlyRejection>> = {
  'the method DELETE': { change: (request) => ({ ...request, method: 'DELETE' }), code: 'method_not_allowed' },
  'the method CONNECT without :protocol': {
    change: (request) => ({ ...request, method: 'CONNECT' }),
    code: 'method_not_allowed',
  },
  'no signature': { change: signature(undefined), code: 'signature_missing' },
  'a signature that is not Base64': { change: signature('*'.repeat(28)), code: 'signature_malformed' },
  'empty settings': { change: settings(''), code: 'signature_settings_malformed' },
  'an unknown algorithm': { change: settings('key=a,algorithm=HMAC_SHA512'), code: 'algorithm_unsupported' },
  'an Auth Token signature with sharedKeysOnly': {
    change: same,
    options: { authToken: token, sharedKeys: { [sharedKey.id]: sharedKey.secret }, sharedKeysOnly: true },
    code: 'key_not_allowed',
  },
  'a Host of no public URL': {
    change: (request) => withHeaders(request, { host: 'evil.example.com' }),
    options: { publicUrl: ['https://a.example.com', 'https://b.example.com'] },
    code: 'url_not_allowed',
  },
  'a signedUrl that throws': {
    change: same,
    options: {
      signedUrl: () => {
        throw new Error('no')
      },
    },
    code: 'url_not_allowed',
  },
  'a target with a fragment': { change: (request) => ({ ...request, url: '/sms#x' }), code: 'url_not_allowed' },
  'a target that is not a path': { change: (request) => ({ ...request, url: '*' }), code: 'url_not_allowed' },
  'a compressed body': {
    change: (request) => withHeaders(request, { 'content-encoding': 'gzip' }),
    code: 'content_encoding_unsupported',
  },
  'a declared length over the limit': {
    change: (request) => withHeaders(request, { 'content-length': '1048577' }),
    code: 'body_too_large',
  },
}

export function orderSuite(library: Library): Suite {
  const table: CaseTable = Object.fromEntries(
    Object.entries(early).map(([name, { change, options = {}, code }]) => [
      `${name} is refused without touching the body`,
      async () => {
        const body = makeUntouchableBody()
        assertRejected(await ask(library, { ...change(await makeRequest()), body }, options), code)
      },
    ]),
  )
  return defineSuite('order of decisions', {
    ...table,
    'the method comes before the signature': async () => {
      const request = withHeaders(await makeRequest(), { 'x-twilio-signature': undefined })
      assertRejected(await ask(library, { ...request, method: 'PUT' }), 'method_not_allowed')
    },
    'the signature comes before the URL': async () => {
      const request = withHeaders(await makeRequest(), { 'x-twilio-signature': 'x' })
      assertRejected(await ask(library, { ...request, url: '#' }), 'signature_malformed')
    },
    'the body comes before the keys': async () => {
      let asked = 0
      const authToken = (): string => {
        asked++
        return token
      }
      const request = await makeRequest({ body: '<x/>', contentType: 'text/xml' })
      assertRejected(await ask(library, request, { authToken }), 'body_unsigned')
      assertEqual(asked, 0, 'look-ups')
    },
    'reading stops as soon as a stream is too long': async () => {
      const body = makeStream(Array.from({ length: 100 }, () => new Uint8Array(100)))
      assertRejected(await ask(library, { ...(await makeRequest()), body }, { maxBodyBytes: 250 }), 'body_too_large')
      assert(body.asked() <= 3, `${body.asked()} chunks were read`)
    },
    'a body of exactly the limit is read': async () => {
      const request = await makeRequest()
      const { length } = new TextEncoder().encode(request.body)
      assertAccepted(await ask(library, request, { maxBodyBytes: length }))
      assertRejected(await ask(library, request, { maxBodyBytes: length - 1 }), 'body_too_large')
    },
  })
}
