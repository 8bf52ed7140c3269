import { assert, assertEqual } from '../kit/assert.ts'
import {
  account,
  makeHandshake,
  makeJsonRequest,
  makeRequest,
  origin,
  otherToken,
  sharedKey,
  sms,
  withHeaders,
} from '../kit/draft.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import type { Framework } from './framework.ts'
import type { ScenarioId } from './scenario.ts'
import { expectAccepted, expectRejected, type TestServer, waitUntil, withServer } from './server.ts'
import { openConnection, send, toRaw, writeRequest } from './socket.ts'

export function refusedSuite(framework: Framework): Suite {
  const on = (id: ScenarioId, check: (server: TestServer) => Promise<unknown>) => () =>
    withServer(framework, id, async (server) => void (await check(server)))
  const plain = (check: (server: TestServer) => Promise<unknown>) => on('plain', check)
  return defineSuite('refused requests', {
    'a tampered form': plain(async (server) => {
      const request = await makeRequest()
      const { headers } = await expectRejected(
        server,
        { ...request, body: `${request.body}&Body=evil` },
        'signature_mismatch',
      )
      assert(headers['content-type']?.startsWith('text/plain'), 'the answer is not plain text')
    }),
    'another path': plain(async (server) =>
      expectRejected(server, { ...(await makeRequest()), url: '/other' }, 'signature_mismatch'),
    ),
    'tampered JSON': plain(async (server) => {
      const request = await makeJsonRequest({ a: 1 })
      await expectRejected(server, { ...request, body: '{"a":2}' }, 'body_hash_mismatch')
      await expectRejected(server, { ...request, body: '' }, 'body_hash_mismatch')
    }),
    'no signature': plain(async (server) =>
      expectRejected(
        server,
        withHeaders(await makeRequest(), { 'x-twilio-signature': undefined }),
        'signature_missing',
      ),
    ),
    'two settings headers': plain(async (server) => {
      const settings = 'key=a,algorithm=HMAC_SHA256'
      const raw = toRaw(await makeRequest({ sharedKey }), [['X-Twilio-Webhooks-Signature-Settings', settings]])
      await expectRejected(server, raw, 'signature_settings_malformed')
    }),
    'a body that the signature does not cover': plain(async (server) => {
      for (const contentType of ['text/xml', 'text/plain', 'multipart/form-data; boundary=x', 'application/json', null])
        await expectRejected(server, await makeRequest({ body: '{"a":1}', contentType }), 'body_unsigned')
    }),
    'a GET with a body': plain(async (server) => {
      const request = await makeRequest({ method: 'GET', path: '/x?a=1' })
      await expectRejected(server, { ...request, body: 'a=1' }, 'body_unsigned')
    }),
    'a body in gzip': plain(async (server) =>
      expectRejected(
        server,
        await makeRequest({ headers: { 'content-encoding': 'gzip' } }),
        'content_encoding_unsupported',
        415,
      ),
    ),
    'a malformed form': plain(async (server) =>
      expectRejected(server, await makeRequest({ body: 'a=%FF', signed: `${origin}/sms` }), 'body_malformed'),
    ),
    'methods other than GET and POST': plain(async (server) => {
      for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS'])
        await expectRejected(server, await makeRequest({ method, params: sms }), 'method_not_allowed')
    }),
    'a HEAD': plain(async (server) => {
      const { status } = await send(server.port, toRaw(await makeRequest({ method: 'HEAD', path: '/x' }))).catch(
        () => ({ status: 403 }),
      )
      assertEqual([status, (await server.journal()).handlerRuns], [403, 0], 'status and runs')
    }),
    ...(framework.webSocket && {
      'a forged handshake, on a route that opens sockets': on('web socket', async (server) => {
        await expectRejected(server, await makeHandshake('/media', { token: otherToken }), 'signature_mismatch')
        await expectRejected(server, await makeHandshake('/media', { signed: `${origin}/media` }), 'signature_mismatch')
      }),
      'an upgrade to something else, on a route that opens sockets': on('web socket', async (server) => {
        const signed = { signed: `${origin}/media`, sharedKey }
        for (const changed of [
          { upgrade: 'h2c' },
          { upgrade: undefined, 'sec-websocket-key': 'x' },
          { connection: 'close' },
        ])
          for (const request of [await makeHandshake('/media'), await makeHandshake('/media', signed)])
            await expectRejected(server, withHeaders(request, changed), 'method_not_allowed')
      }),
    }),
    'a declared length over the limit, before the body is sent': on('small', async (server) => {
      const raw = toRaw(await makeRequest(), [['content-length', '100000000']])
      await expectRejected(server, { ...raw, body: '' }, 'body_too_large', 413)
    }),
    'chunks over the limit, before the rest is sent': on('small', async (server) => {
      const raw = toRaw(await makeRequest(), [['transfer-encoding', 'chunked']])
      await expectRejected(server, { ...raw, body: `7d0\r\n${'x'.repeat(2000)}\r\n` }, 'body_too_large', 413)
    }),
    'a body just over the limit': on('small', async (server) => {
      await expectRejected(server, await makeRequest({ params: [['a', 'x'.repeat(999)]] }), 'body_too_large', 413)
      await expectAccepted(server, await makeRequest({ params: [['a', 'x'.repeat(998)]] }))
    }),
    'an upload that is aborted': plain(async (server) => {
      const bytes = writeRequest(toRaw(await makeRequest()))
      const connection = openConnection(server.port)
      connection.write(bytes.subarray(0, bytes.length - 20))
      await new Promise((resolve) => setTimeout(resolve, 30))
      connection.socket.destroy()
      await waitUntil(async () => (await server.journal()).verdicts.length === 1, 'a verdict')
      const { verdicts, handlerRuns } = await server.journal()
      assertEqual([verdicts, handlerRuns], [['body_malformed'], 0], 'verdicts and runs')
      await expectAccepted(server, await makeRequest())
    }),
    'an account without a token': on('accounts', async (server) => {
      await expectRejected(
        server,
        await makeRequest({ params: [['AccountSid', `AC${'c'.repeat(32)}`]] }),
        'key_unknown',
      )
      await expectRejected(
        server,
        await makeRequest({ params: [['AccountSid', account]], token: otherToken }),
        'signature_mismatch',
      )
    }),
    'a look-up that fails: the client learns nothing of its error': on('look-up fails', async (server) => {
      const answer = await expectRejected(server, await makeRequest(), 'key_lookup_failed', 503)
      assert(!JSON.stringify(answer).includes('ECONN'), 'the answer has the error')
    }),
    'a look-up that fails: no copy of the rejection has its error': on('look-up fails, own answer', async (server) => {
      const answer = await expectRejected(server, await makeRequest(), 'key_lookup_failed', 503)
      assert(answer.body.includes('key_lookup_failed'), 'the answer is another one')
      assert(!JSON.stringify(answer).includes('ECONN'), 'the answer has the error')
    }),
  })
}
