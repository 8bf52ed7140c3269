import { sampleWebhook, signRequest, webhookKinds } from 'tollgate/testing'
import { assertEqual } from '../kit/assert.ts'
import {
  host,
  inboundSms,
  makeHandshake,
  makeJsonRequest,
  makeRequest,
  origin,
  sharedKey,
  sms,
  token,
} from '../kit/draft.ts'
import { joinParams, type Pairs } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import type { Framework } from './framework.ts'
import { expectAccepted, expectRejected, withServer } from './server.ts'
import { openConnection, send, toRaw, writeRequest } from './socket.ts'

const oddNames: Pairs = [
  ['Media[0]', 'a'],
  ['a[b][c]', '1'],
  ['x', '1'],
  ['x', '2'],
  ['', 'no name'],
  ['__proto__', 'p'],
  ['constructor', 'c'],
  ['prototype', ''],
  ['dot.name', '1'],
  ['näme 名', 'välue 値 😀'],
  ['toString', 't'],
]

/** Paths whose spelling must stay as it was sent. */
const paths = {
  '%20 in the query': '/x?q=a%20b',
  '+ in the query': '/x?q=a+b',
  '| in the query': '/x?q=a|b',
  '%2F and %7E in the path': '/x%2Fy/%7Ez',
  'repeated slashes in the path': '//x//y/',
  'an empty query': '/x?',
}

export function acceptedSuite(framework: Framework): Suite {
  const plain = (check: Parameters<typeof withServer>[2]) => () => withServer(framework, 'plain', check)
  return defineSuite('genuine requests', {
    'a form': plain(async (server) => {
      const { params, covers, url } = await expectAccepted(server, await makeRequest())
      assertEqual([params, covers, url], [sms, 'params', `${origin}/sms`], 'what the handler saw')
    }),
    'a GET': plain(async (server) => {
      const { params, covers } = await expectAccepted(
        server,
        await makeRequest({ method: 'GET', path: '/x?b=1&a=%C3%A9&b=2' }),
      )
      assertEqual(
        [params, covers],
        [
          [
            ['b', '1'],
            ['a', 'é'],
            ['b', '2'],
          ],
          'url',
        ],
        'what the handler saw',
      )
    }),
    'JSON with bodySHA256': plain(async (server) => {
      const { body, covers } = await expectAccepted(server, await makeJsonRequest({ a: ' ü ' }))
      assertEqual([body, covers], ['{"a":" ü "}', 'body'], 'what the handler saw')
    }),
    'a POST without a body': plain(async (server) => {
      const { covers } = await expectAccepted(server, await makeRequest({ params: [], contentType: null }))
      assertEqual(covers, 'url', 'covers')
    }),
    ...(framework.webSocket && {
      'a WebSocket handshake, on a route that opens sockets': () =>
        withServer(framework, 'web socket', async (server) => {
          const { handshake, url } = await expectAccepted(server, await makeHandshake('/media'))
          assertEqual([handshake, url], [true, `wss://${host}/media`], 'what the handler saw')
          const { handshake: none } = await expectAccepted(server, await makeRequest({ sharedKey }))
          assertEqual(none, false, 'a form is a handshake')
        }),
    }),
    'names with brackets, repeated, empty, __proto__ and in UTF-8': plain(async (server) => {
      const { params } = await expectAccepted(server, await makeRequest({ params: oddNames }))
      assertEqual(params, oddNames, 'parameters')
    }),
    'values with white space, line breaks and a NUL': plain(async (server) => {
      const params: Pairs = [
        ['a', ' x '],
        ['b', '\r\n'],
        ['c', '\0'],
        ['d', '\ufeffbom'],
        ['e', '+%2B&='],
      ]
      const seen = await expectAccepted(server, await makeRequest({ params }))
      assertEqual(seen.params, params, 'parameters')
    }),
    'an apostrophe in the query, either spelling': plain(async (server) => {
      await expectAccepted(server, await makeRequest({ path: "/x?q=it's" }))
      await expectAccepted(server, await makeRequest({ path: '/x?q=it%27s' }))
    }),
    ...Object.fromEntries(
      Object.entries(paths).map(([name, path]) => [
        name,
        plain(async (server) => void (await expectAccepted(server, await makeRequest({ path })))),
      ]),
    ),
    'signed with the default port': plain(async (server) => {
      await expectAccepted(server, await makeRequest({ signed: `${origin}:443/sms${joinParams(sms)}` }))
    }),
    'a content type with a charset': plain(async (server) => {
      await expectAccepted(
        server,
        await makeRequest({ contentType: 'application/x-www-form-urlencoded; charset=UTF-8' }),
      )
    }),
    'a body in chunks': plain(async (server) => {
      const { body = '', ...raw } = toRaw(await makeRequest())
      const text = `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`
      const { params } = await expectAccepted(server, {
        ...raw,
        headers: [...raw.headers, ['transfer-encoding', 'chunked']],
        body: text,
      })
      assertEqual(params, sms, 'parameters')
    }),
    'a body of 500 kB': plain(async (server) => {
      const params: Pairs = [['Body', 'x'.repeat(500_000)]]
      await expectAccepted(server, await makeRequest({ params }))
    }),
    'a body that arrives slowly': plain(async (server) => {
      const bytes = writeRequest(toRaw(await makeRequest()))
      const connection = openConnection(server.port)
      connection.write(bytes.subarray(0, bytes.length - 20))
      await new Promise((resolve) => setTimeout(resolve, 60))
      assertEqual((await server.journal()).handlerRuns, 0, 'runs of the handler before the body is complete')
      connection.write(bytes.subarray(bytes.length - 20))
      assertEqual((await connection.read()).status, 200, 'status')
      connection.socket.destroy()
    }),
    'two requests, pipelined': plain(async (server) => {
      const one = writeRequest(toRaw(await makeRequest({ params: [['n', '1']] })))
      const two = writeRequest(toRaw(await makeRequest({ params: [['n', '2']] })))
      const connection = openConnection(server.port)
      connection.write(Buffer.concat([one, two]))
      for (const n of ['1', '2'])
        assertEqual(JSON.parse((await connection.read()).body).params, [['n', n]], 'parameters')
      connection.socket.destroy()
    }),
    'a request after a refused one on the same connection': plain(async (server) => {
      const connection = openConnection(server.port)
      connection.write(writeRequest(toRaw(await makeRequest({ path: '/other', signed: 'nothing' }))))
      assertEqual((await connection.read()).status, 403, 'the first')
      connection.write(writeRequest(toRaw(await makeRequest())))
      assertEqual((await connection.read()).status, 200, 'the second')
      connection.socket.destroy()
    }),
    'every kind of webhook of the testing kit, except handshakes': plain(async (server) => {
      for (const kind of webhookKinds) {
        const signed = signRequest({ url: `${origin}/hook`, ...sampleWebhook(kind), authToken: token })
        if (signed.handshake) continue
        const headers = Object.entries({ host, ...signed.headers })
        const target = signed.url.replace(/^\w+:\/\/[^/]+/, '')
        await expectAccepted(server, {
          method: signed.method,
          target,
          headers,
          ...(signed.body && { body: signed.body }),
        })
      }
    }),
    'under a path prefix that a proxy strips': () =>
      withServer(framework, 'prefix', async (server) => {
        const { params = [] } = await expectAccepted(
          server,
          await makeRequest({ signed: `${origin}/prefix/sms${joinParams(sms)}` }),
        )
        assertEqual(params.length, sms.length, 'parameters')
      }),
    ...(framework.mounts && {
      'mounted under a prefix that the framework strips': () =>
        withServer(framework, 'mounted', async (server) => {
          const { url } = await expectAccepted(server, await makeRequest({ path: '/mounted/sms?a=1' }))
          assertEqual(url, `${origin}/mounted/sms?a=1`, 'the URL')
          await expectAccepted(server, await makeRequest({ path: '/mounted' }))
        }),
    }),
    ...(framework.stacks && {
      'two adapters, one after the other': () =>
        withServer(framework, 'stacked', async (server) => {
          const { params } = await expectAccepted(server, await makeRequest())
          assertEqual(params, sms, 'parameters')
          await expectAccepted(server, await makeJsonRequest({ a: 1 }))
          await expectAccepted(server, await makeRequest({ method: 'GET', path: '/x?a=1' }))
        }),
      'two adapters with one replay guard count a delivery once': () =>
        withServer(framework, 'stacked, replays rejected', async (server) => {
          const message = await makeRequest({ params: inboundSms })
          await expectAccepted(server, message)
          await expectRejected(server, message, 'replayed')
        }),
      'two adapters with one replay guard: a failed delivery may be sent again': () =>
        withServer(framework, 'stacked, replays rejected, answers 503', async (server) => {
          const message = toRaw(await makeRequest({ params: inboundSms }))
          for (let runs = 1; runs <= 3; runs++) {
            assertEqual((await send(server.port, message)).status, 503, 'the status')
            assertEqual((await server.journal()).handlerRuns, runs, 'runs of the handler')
            await new Promise((resolve) => setTimeout(resolve, 30))
          }
        }),
    }),
  })
}
