import type { IncomingRequest } from 'tollgate'
import { assert, assertAccepted, assertEqual, assertRejected, assertThrows } from '../kit/assert.ts'
import {
  account,
  makeJsonRequest,
  makeRequest,
  origin,
  otherAccount,
  otherToken,
  token,
  withHeaders,
} from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { ask, withDefaults } from '../verifier/ask.ts'

const nonsense: readonly unknown[] = [
  undefined,
  null,
  0,
  1,
  true,
  '',
  'text',
  Symbol('x'),
  10n,
  {},
  [],
  () => 1,
  { toString: 1 },
  Object.create(null),
  new Uint8Array(3),
  Number.NaN,
]

/** Classes E2 to E4: exceptions, switches, and answers that tell callers too much. */
export function operationAttacksSuite(library: Library): Suite {
  return defineSuite('attacks on the operation', {
    'E2 nonsense anywhere in a request is refused': async () => {
      const request = await makeRequest()
      const verifier = library.createVerifier(withDefaults({}))
      for (const value of nonsense) {
        for (const name of ['method', 'url', 'headers'] as const) {
          const verdict = await verifier.verify({ ...request, [name]: value } as IncomingRequest)
          assert(!verdict.ok, `a ${name} that is a ${typeof value} was accepted`)
        }
        assert(!(await verifier.verify(value as IncomingRequest)).ok, `the request ${typeof value} was accepted`)
        if (typeof value !== 'undefined' && value !== null)
          assert(!(await verifier.verify({ ...request, body: value } as IncomingRequest)).ok, 'a body was accepted')
        for (const name of Object.keys(request.headers)) {
          const headers = { ...request.headers, [name]: value } as Record<string, string>
          await verifier.verify({ ...request, headers })
        }
      }
    },
    'E2 nonsense anywhere in a request, with hosts and proxies': async () => {
      const request = await makeRequest()
      const publicUrl = library.fromRequest({
        allowedHosts: ['a.example'],
        trustedProxies: 'loopback',
        forwardedBy: 'forwarded',
      })
      for (const options of [
        { publicUrl },
        { publicUrl: [origin, 'https://b.example'] },
        { signedUrl: () => 1 as unknown as string },
      ]) {
        const verifier = library.createVerifier(withDefaults(options))
        for (const value of nonsense)
          for (const changed of [
            { remoteAddress: value },
            { encrypted: value },
            { url: value },
            { headers: { host: value, forwarded: value } },
          ])
            await verifier.verify({ ...request, ...changed } as IncomingRequest)
      }
    },
    'E2 the validator returns false for nonsense': () => {
      const validator = new library.RequestValidator(token)
      const signature = `${'A'.repeat(27)}=`
      for (const value of nonsense) {
        assertEqual(validator.validate(value as string, {}, signature), false, 'a URL')
        assertEqual(validator.validate(origin, value as string, signature), false, 'parameters')
        assertEqual(validator.validate(origin, {}, value as string), false, 'a signature')
      }
    },
    'E1 10,000 pairs verify; more are refused before they are read': async () => {
      const name = (index: number): string => `f${String(index).padStart(5, '0')}`
      const names = Array.from({ length: 10_000 }, (_, index) => name(index))
      const many = await makeRequest({ body: names.join('=&'), signed: `${origin}/sms${names.join('')}` })
      const { params } = assertAccepted(await ask(library, many))
      for (const one of names) assertEqual(params.get(one), '', 'a value')
      assertEqual(params.has('f10000'), false, 'a name that was not sent')
      for (const field of ['a', 'a=', 'a=1', '', '%41', '=', '%'])
        for (const body of [`${field}&`.repeat(20_000), `${field}&`.repeat(200_000)])
          assertRejected(await ask(library, { ...many, body }), 'body_malformed')
      const get = await makeRequest({ method: 'GET', path: `/x?${'a&'.repeat(20_000)}` })
      assertRejected(await ask(library, get), 'url_not_allowed')
      assertRejected(await ask(library, { ...get, method: 'POST' }), 'url_not_allowed')
      // If the request has a form, the query is not read.
      assertAccepted(await ask(library, await makeRequest({ path: `/x?${'a&'.repeat(20_000)}` })))
    },
    'E1 a body that arrives byte by byte': async () => {
      const request = await makeRequest()
      const bytes = new TextEncoder().encode(request.body)
      async function* stream(): AsyncGenerator<Uint8Array> {
        for (const byte of bytes) {
          yield new Uint8Array(0)
          yield Uint8Array.of(byte)
        }
      }
      const { body } = assertAccepted(await ask(library, { ...request, body: stream() }))
      assertEqual(new TextDecoder().decode(body), request.body, 'the body')
    },
    'E2 a form of 5,000 fields, JSON 5,000 deep': async () => {
      const params = Array.from({ length: 5000 }, (_, index): [string, string] => [`f${index}`, ''])
      assertAccepted(await ask(library, await makeRequest({ params })))
      const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
      assertAccepted(await ask(library, await makeJsonRequest(deep), { authToken: { [account]: token } }))
    },
    'E3 nothing in a request switches the check off': async () => {
      const forged = await makeRequest({ token: otherToken })
      const switches = {
        'x-twilio-skip': '1',
        'x-debug': 'true',
        'x-tollgate-mode': 'observe',
        'x-health-check': '1',
        'x-original-method': 'GET',
        'x-http-method-override': 'GET',
      }
      assertRejected(await ask(library, withHeaders(forged, switches)), 'signature_mismatch')
      for (const url of [
        '/health',
        '/healthz',
        '/?ssl_check=1',
        '/.well-known/x',
        '/favicon.ico',
        '/status',
        '/robots.txt',
      ])
        assertRejected(await ask(library, { ...forged, url }), 'signature_mismatch')
      assertRejected(
        await ask(library, await makeRequest({ params: [['ssl_check', '1']], token: otherToken })),
        'signature_mismatch',
      )
    },
    'E3 missing configuration throws, and accepts nothing': () => {
      for (const options of [
        undefined,
        null,
        {},
        { publicUrl: origin },
        { authToken: token },
        { publicUrl: origin, authToken: undefined },
      ])
        assertThrows(() => library.createVerifier(options as Options), '')
      for (const name of ['validate', 'enabled', 'skip', 'disabled', 'debug', 'dev'])
        assertThrows(() => library.createVerifier(withDefaults({ [name]: false } as Options)), name)
    },
    'E4 rejections for different reasons all have the status 403': async () => {
      const options: Options = { authToken: { [account]: token } }
      const requests = [
        await makeRequest({ token: otherToken }),
        await makeRequest({ params: [['AccountSid', otherAccount]] }),
        withHeaders(await makeRequest(), { 'x-twilio-signature': undefined }),
        withHeaders(await makeRequest(), { 'x-twilio-signature': 'x' }),
        await makeRequest({ body: 'x', contentType: 'text/xml' }),
      ]
      for (const request of requests) {
        const verdict = await ask(library, request, options)
        assert(!verdict.ok, 'accepted')
        assertEqual(verdict.status, 403, 'the status')
      }
    },
  })
}
