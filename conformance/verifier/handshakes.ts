import { assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import { host, makeHandshake, makeRequest, type Signed, sharedKey, token, withHeaders } from '../kit/draft.ts'
import type { Library } from '../kit/library.ts'
import { joinParams } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { ask } from './ask.ts'

export function handshakesSuite(library: Library): Suite {
  return defineSuite('WebSocket handshakes', {
    'signed as wss, with each scheme of publicUrl': async () => {
      for (const publicUrl of [`https://${host}`, `http://${host}`, `wss://${host}`]) {
        const { handshake, covers, matched } = assertAccepted(await ask(library, await makeHandshake(), { publicUrl }))
        assertEqual([handshake, covers, matched.url], [true, 'url', `wss://${host}/media`], 'what matched')
      }
    },
    'with and without a trailing slash': async () => {
      assertAccepted(await ask(library, await makeHandshake('/media', { signed: `wss://${host}/media/` })))
      assertAccepted(await ask(library, await makeHandshake('/media/', { signed: `wss://${host}/media` })))
    },
    'with its query in the URL': async () => {
      const { params } = assertAccepted(await ask(library, await makeHandshake('/relay?b=1&a=2')))
      assertEqual(
        [...params],
        [
          ['b', '1'],
          ['a', '2'],
        ],
        'parameters',
      )
    },
    'with its query as sorted parameters': async () => {
      const signed = `wss://${host}/relay/${joinParams([
        ['b', '1 2'],
        ['a', '2'],
      ])}`
      assertAccepted(await ask(library, await makeHandshake('/relay?b=1+2&a=2', { signed })))
      assertRejected(await ask(library, await makeHandshake('/relay?b=1&a=2', { signed })), 'signature_mismatch')
    },
    'with the default port of wss': async () => {
      assertAccepted(await ask(library, await makeHandshake('/media', { signed: `wss://${host}:443/media` })))
      assertRejected(
        await ask(library, await makeHandshake('/media', { signed: `wss://${host}:80/media` })),
        'signature_mismatch',
      )
    },
    'extended CONNECT of HTTP/2': async () => {
      const request: Signed = await makeHandshake('/media', {
        method: 'CONNECT',
        headers: { ':protocol': 'websocket' },
      })
      assertAccepted(await ask(library, request))
      assertRejected(await ask(library, withHeaders(request, { ':protocol': 'h3' })), 'method_not_allowed')
    },
    'Upgrade among several connection options': async () => {
      const headers = { connection: 'keep-alive, Upgrade', upgrade: 'WebSocket' }
      assertAccepted(await ask(library, await makeHandshake('/media', { headers })))
    },
    'a handshake without upgrade headers is refused': async () => {
      for (const signed of [`wss://${host}/media`, `https://${host}/media`])
        for (const dropped of [
          { upgrade: undefined },
          { connection: undefined },
          { connection: 'close' },
          { upgrade: 'h2c' },
          { upgrade: 'websocket, h2c' },
        ]) {
          const request = await makeHandshake('/media', { signed })
          assertRejected(await ask(library, withHeaders(request, dropped)), 'method_not_allowed')
        }
    },
    'a handshake that is not a GET is refused': async () => {
      for (const method of ['POST', 'PUT', 'get', 'CONNECT'])
        assertRejected(await ask(library, await makeHandshake('/media', { method })), 'method_not_allowed')
    },
    'a GET signed as https is not a handshake': async () => {
      const request = await makeHandshake('/media', { signed: `https://${host}/media` })
      assertRejected(await ask(library, request), 'signature_mismatch')
    },
    'a handshake has no body': async () => {
      const request = await makeHandshake()
      assertRejected(await ask(library, { ...request, body: 'x' }), 'body_unsigned')
      for (const declared of [{ 'content-length': '1' }, { 'transfer-encoding': 'chunked' }])
        assertRejected(await ask(library, withHeaders(request, declared)), 'body_unsigned')
      assertAccepted(await ask(library, withHeaders(request, { 'content-length': '0' })))
    },
    'upgrade headers alone do not make a handshake': async () => {
      const upgrade = { upgrade: 'websocket', connection: 'Upgrade' }
      const { handshake: _, ...captured } = await makeHandshake()
      assertRejected(await ask(library, captured), 'signature_mismatch')
      const get = await makeRequest({ method: 'GET', path: '/media', headers: upgrade })
      for (const request of [get, await makeRequest({ headers: upgrade })])
        assertEqual(assertAccepted(await ask(library, request)).handshake, false, 'handshake')
      const options = { authToken: token, sharedKeys: { [sharedKey.id]: sharedKey.secret }, sharedKeysOnly: true }
      for (const request of [get, captured]) assertRejected(await ask(library, request, options), 'key_not_allowed')
    },
    'at most 24 forms': async () => {
      const request = await makeHandshake("/relay?a=it's+1", { signed: 'nothing' })
      const options = { publicUrl: 'https://a.example:8443', authToken: token, trailingSlash: 'either' } as const
      const { tried } = assertRejected(
        await ask(library, { ...request, urlIsNormalized: true }, options),
        'signature_mismatch',
      )
      assertEqual(tried.length <= 24, true, 'the number of forms')
    },
  })
}
