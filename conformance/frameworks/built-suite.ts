import type { Framework } from '../adapter/framework.ts'
import { expectAccepted, expectRejected, expectTurnedAway, withServer } from '../adapter/server.ts'
import { send, toRaw } from '../adapter/socket.ts'
import { replaceHeader } from '../attacks/socket-kit.ts'
import { assertEqual } from '../kit/assert.ts'
import { host, makeRequest, origin, sms, withHeaders } from '../kit/draft.ts'
import { joinParams } from '../kit/sign.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'

/** Tests the possible parts of cases that are exceptions of these frameworks. */
export function builtSuite(framework: Framework): Suite {
  const plain = (check: Parameters<typeof withServer>[2]) => () => withServer(framework, 'plain', check)
  return defineSuite('endpoints that get a Request', {
    'a Host that would become part of the path runs no handler': plain(async (server) => {
      for (const [value, path] of [
        [`${host}/admin`, '/admin/sms'],
        [`${host}/admin`, '/sms'],
        [`${host}\\admin`, '/admin/sms'],
        [`${host}?x=`, '/?x=/sms'],
        [`${host}#`, '/'],
      ] as const) {
        const raw = replaceHeader(await makeRequest({ signed: origin + path + joinParams(sms) }), 'host', value)
        const { status } = await send(server.port, raw)
        assertEqual([status >= 400, (await server.journal()).handlerRuns], [true, 0], `${value}: refused, and runs`)
      }
    }),
    ...methodCases(framework),
    'a query with another meaning': plain(async (server) => {
      const raw = toRaw(await makeRequest({ path: '/sms?b=2&b=3&a=%20x%2B' }))
      await expectAccepted(server, raw)
      for (const query of ['b=2&a=%20x%2B&b=3', 'b=2&b=3&a=%20x%20', 'b=2&b=3&a=%20x%2B&To=evil', 'b=2&b=3', ''])
        await expectRejected(server, { ...raw, target: `/sms?${query}` }, 'signature_mismatch')
    }),
    'a form under another content type': plain(async (server) => {
      for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x'])
        await expectRejected(server, withHeaders(await makeRequest(), { 'content-type': type }), 'body_unsigned')
    }),
    'signatures with other characters': plain(async (server) => {
      const request = await makeRequest()
      const genuine = request.headers['x-twilio-signature'] ?? ''
      for (const value of [genuine.slice(1), `${genuine}=`, `${genuine},${genuine}`, 'A'.repeat(4000)])
        await expectRejected(server, withHeaders(request, { 'x-twilio-signature': value }), 'signature_malformed')
    }),
    'a header that claims to come from a proxy': plain(async (server) => {
      const headers = { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': `${host}/admin` }
      await expectRejected(server, withHeaders(await makeRequest(), headers), 'url_not_allowed')
    }),
  })
}

const methodCases = (framework: Framework): CaseTable => ({
  'a signature of a GET on methods that a Request can have': () =>
    withServer(framework, 'plain', async (server) => {
      const get = await makeRequest({ method: 'GET', path: '/sms?a=1' })
      for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS'])
        await expectRejected(server, { ...get, method, body: 'To=evil' }, 'method_not_allowed')
      for (const method of ['PROPFIND', 'BREW']) await expectTurnedAway(server, toRaw({ ...get, method }))
    }),
})

/**
 * Tests the possible part of the case about methods, for a framework that keeps the target as sent.
 */
export const methodsSuite = (framework: Framework): Suite =>
  defineSuite('methods that a Request can have', methodCases(framework))
