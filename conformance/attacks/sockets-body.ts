import type { Framework } from '../adapter/framework.ts'
import { expectAccepted, expectRejected, expectTurnedAway } from '../adapter/server.ts'
import { type RawRequest, toRaw } from '../adapter/socket.ts'
import { assertEqual } from '../kit/assert.ts'
import { makeJsonRequest, makeRequest, sms, withHeaders } from '../kit/draft.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { bindServer, replaceHeader, type ServerCheck } from './socket-kit.ts'

export function bodySocketSuite(framework: Framework): Suite {
  const on = bindServer(framework)
  const plain = (check: ServerCheck) => on('plain', check)
  return defineSuite('attacks on the body, over a socket', {
    'B1 a signature of a GET on other methods': plain(async (server) => {
      const get = await makeRequest({ method: 'GET', path: '/sms?a=1' })
      for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS'])
        await expectRejected(server, { ...get, method, body: 'To=evil' }, 'method_not_allowed')
      for (const method of ['TRACE', 'PROPFIND', 'BREW', 'get'])
        await expectTurnedAway(server, toRaw({ ...get, method, body: 'To=evil' }))
      await expectRejected(server, { ...get, method: 'POST', body: 'To=evil' }, 'body_unsigned')
    }),
    'B2 a form under another content type, or two': plain(async (server) => {
      const request = await makeRequest()
      for (const type of [
        'text/plain',
        'application/json',
        'multipart/form-data; boundary=x',
        'application/x-www-form-urlencoded; charset=utf-16',
      ])
        await expectRejected(server, replaceHeader(request, 'content-type', type), 'body_unsigned')
      await expectRejected(server, replaceHeader(request, 'content-type'), 'body_unsigned')
      // Node.js keeps the first field and web Headers join them. Either is correct if the handler
      // gets only signed parameters, or does not run.
      const twice = replaceHeader(request, 'content-type', 'application/json', 'application/x-www-form-urlencoded')
      await expectTurnedAway(server, twice)
    }),
    'B2 B3 JSON handled as a form': plain(async (server) => {
      const json = await makeJsonRequest({ a: 1 })
      const type = { 'content-type': 'application/x-www-form-urlencoded' }
      await expectRejected(server, withHeaders(json, type), 'signature_mismatch')
      await expectRejected(server, withHeaders({ ...json, body: 'To=evil' }, type), 'signature_mismatch')
    }),
    'B4 B6 a signed JSON URL without its body': plain(async (server) => {
      const { body: _body, ...rest } = await makeJsonRequest('{}')
      await expectRejected(server, rest, 'body_hash_mismatch')
      await expectRejected(server, { ...rest, body: '{"a":1}' }, 'body_hash_mismatch')
    }),
    'B4 a captured JSON event, sent again by GET without its body': plain(async (server) => {
      const { body: _body, ...event } = await makeJsonRequest({ a: 1 })
      await expectRejected(
        server,
        withHeaders({ ...event, method: 'GET' }, { 'content-type': undefined }),
        'body_hash_mismatch',
      )
    }),
    'B5 an equal pair again reaches the handler once': plain(async (server) => {
      const request = await makeRequest()
      const { params } = await expectAccepted(server, { ...request, body: `${request.body}&${request.body}` })
      assertEqual(params, sms, 'parameters')
    }),
    'B5 B8 fields added to a signed form': plain(async (server) => {
      const request = await makeRequest()
      for (const more of [
        '&Body=evil',
        '&body=evil',
        '&Body[]=evil',
        '&__proto__=x',
        '&constructor[prototype][x]=1',
        '&=x',
      ])
        await expectRejected(server, { ...request, body: request.body + more }, 'signature_mismatch')
    }),
    'B9 bytes that decoders disagree on': plain(async (server) => {
      for (const bytes of [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xff]]) {
        const body = Uint8Array.of(97, 61, ...bytes)
        await expectRejected(server, { ...toRaw(await makeRequest()), body }, 'body_malformed')
      }
    }),
    'B11 a signature in a trailer': plain(async (server) => {
      const request = await makeRequest()
      const signature = request.headers['x-twilio-signature'] ?? ''
      const { body = '', ...raw } = replaceHeader(request, 'x-twilio-signature')
      const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\nx-twilio-signature: ${signature}\r\n\r\n`
      const headers: RawRequest['headers'] = [
        ...raw.headers,
        ['transfer-encoding', 'chunked'],
        ['trailer', 'x-twilio-signature'],
      ]
      await expectRejected(server, { ...raw, headers, body: chunked }, 'signature_missing')
    }),
    'B11 two framings at once': plain(async (server) => {
      const { body = '', ...raw } = toRaw(await makeRequest())
      const framings: RawRequest['headers'][] = [
        [
          ['content-length', '5'],
          ['transfer-encoding', 'chunked'],
        ],
        [
          ['content-length', String(body.length)],
          ['content-length', '5'],
        ],
        [['transfer-encoding', 'xchunked']],
        [['content-length', '-1']],
        [['content-length', '0x10']],
      ]
      for (const more of framings) await expectTurnedAway(server, { ...raw, headers: [...raw.headers, ...more], body })
    }),
    'B11 a length that is too short leaves no second request': plain(async (server) => {
      const { body = '', ...raw } = toRaw(await makeRequest())
      await expectTurnedAway(server, { ...raw, headers: [...raw.headers, ['content-length', '20']], body })
    }),
  })
}
