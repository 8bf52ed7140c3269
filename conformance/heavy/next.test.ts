import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeScenario } from '../adapter/scenario.ts'
import { expectAccepted, expectRejected, type TestServer } from '../adapter/server.ts'
import { send, toRaw } from '../adapter/socket.ts'
import { methodsSuite } from '../frameworks/built-suite.ts'
import { makeNextFramework, startNext, versions } from '../frameworks/next.ts'
import { bindAdapter } from '../kit/bind-framework.ts'
import { makeRequest, origin, otherToken, sms, token } from '../kit/draft.ts'
import { joinParams } from '../kit/sign.ts'
import type { RemoteServer } from '../projects/remote.ts'
import { makeRoutedServer } from '../routed/built-servers.ts'
import { testRoutes } from './routed-built.ts'

async function play(server: RemoteServer, id: Parameters<typeof makeScenario>[0]): Promise<TestServer> {
  const scenario = makeScenario(id)
  const { port, journal } = await server.play(scenario)
  return { port, journal: async () => journal?.() ?? scenario.journal }
}

// Of the version before the current one, the App Router: the adapter of the Pages Router does not ask for the version.
const servers = [
  ['15', 'app'],
  ['16', 'app'],
  ['16', 'pages'],
] as const

for (const [version, shape] of servers) {
  let server: RemoteServer
  const framework = makeNextFramework(version, shape, () => server)
  describe(framework.name, () => {
    beforeAll(async () => {
      server = await startNext(version, shape)
    })
    afterAll(() => server.stop())
    bindAdapter(framework, shape === 'app' ? [methodsSuite(framework)] : [], 'conformance')
    if (shape === 'app') testRoutes(makeRoutedServer(framework.name, (env) => startNext(version, shape, env)))

    // The possible parts of cases that Next makes impossible.
    test('a GET whose query is spelled as URLSearchParams does', async () => {
      const plain = await play(server, 'plain')
      const path = `/x?${new URLSearchParams({ b: '1', a: 'é |', c: '[it]' })}`
      const { params } = await expectAccepted(plain, await makeRequest({ method: 'GET', path }))
      expect(params).toEqual([
        ['b', '1'],
        ['a', 'é |'],
        ['c', '[it]'],
      ])
    })
    test('a query that Next writes in another spelling', async () => {
      const plain = await play(server, 'plain')
      for (const query of ['a', 'a&b=1', 'q=~', "q=it's", 'q=a%20b', 'q=a+b', 'n=~&From=%2B1415&To=client%3Aann%7Eb']) {
        await expectAccepted(plain, await makeRequest({ path: `/x?${query}` }))
        await expectAccepted(plain, await makeRequest({ method: 'GET', path: `/x?${query}` }))
        const other = await makeRequest({ path: `/x?${query}`, signed: `${origin}/x?${query}z${joinParams(sms)}` })
        await expectRejected(plain, other, 'signature_mismatch')
      }
    })
    test('a body that Next cuts below its middleware is called cut', async () => {
      const plain = await play(server, 'plain')
      const withText = (length: number) => makeRequest({ path: '/cut', params: [['Body', 'x'.repeat(length)]] })
      await expectAccepted(plain, await withText(10_000))
      await expectRejected(plain, await withText(100_000), 'body_malformed')
    })
    test('the middleware rewrites: only a signature for the rewritten path matches', async () => {
      const plain = await play(server, 'plain')
      await expectRejected(plain, await makeRequest({ path: '/rewritten' }), 'signature_mismatch')
      const signed = `${origin}/fixed${joinParams(sms)}`
      await expectAccepted(plain, await makeRequest({ path: '/rewritten', signed }))
    })
    test('a signature for another path, or another query', async () => {
      const plain = await play(server, 'plain')
      const raw = toRaw(await makeRequest({ path: '/sms?b=2&a=%20x%2B' }))
      await expectAccepted(plain, raw)
      for (const target of [
        '/other',
        '/SMS',
        '/sms/more',
        '/sms;a',
        '/sm%73',
        '/sms',
        '/sms?b=2&a=x%2B',
        '/sms?a=%20x%2B&b=2',
        '/sms?b=2&a=%20x%2B&To=evil',
        '/sms?b=2&a=%20x%2B%FF',
      ])
        await expectRejected(plain, { ...raw, target }, 'signature_mismatch')
      for (const target of ['//sms?b=2&a=%20x%2B', '/sms/?b=2&a=%20x%2B'])
        expect((await send(plain.port, { ...raw, target })).status).toBe(308)
    })
  })
}

describe.each(versions)('next %s', (version) => {
  test('the Edge runtime', async () => {
    const server = await startNext(version, 'app', { EDGE_TOKEN: token, EDGE_URL: origin })
    try {
      const genuine = await send(server.port, toRaw(await makeRequest({ path: '/edge?a=b%20c' })))
      expect([genuine.status, genuine.body]).toEqual([200, JSON.stringify(sms)])
      const forged = await send(server.port, toRaw(await makeRequest({ path: '/edge', token: otherToken })))
      expect([forged.status, forged.body]).toEqual([403, 'Twilio Request Validation Failed.'])
      expect((await send(server.port, toRaw(await makeRequest({ path: '/edge/7' })))).status).toBe(500)
      expect(server.output()).toContain("remove `export const runtime = 'edge'`")
    } finally {
      await server.stop()
    }
  })

  test("an API route with Next's own parser: 500, and the log has the line to add", async () => {
    const server = await startNext(version, 'app')
    try {
      const plain = await play(server, 'plain')
      await expectRejected(plain, await makeRequest({ path: '/api/parsed/sms' }), 'body_already_consumed', 500)
      expect(server.output()).toContain('export const config = { api: { bodyParser: false } }')
      await expectAccepted(plain, await makeRequest({ path: '/api/parsed/sms', params: [], contentType: null }))
      await expectAccepted(plain, await makeRequest({ method: 'GET', path: '/api/parsed/sms?a=1' }))
    } finally {
      await server.stop()
    }
  })
})

// Of the current version only: the rule is the library's, and each build takes a minute.
describe('next 16: a basePath and trailing slashes', () => {
  let server: RemoteServer
  // This builds the application, which takes longer than a test may.
  beforeAll(async () => {
    server = await startNext('16', 'prefixed', { EDGE_TOKEN: token, EDGE_URL: `${origin}/base` })
  })
  afterAll(() => server.stop())

  test('the basePath belongs in publicUrl', async () => {
    // Its publicUrl has a path: the basePath, which Next strips.
    const prefix = await play(server, 'prefix')
    for (const path of ['/fixed/', '/sms/', '/api/fixed/']) {
      const signed = `${origin}/prefix${path}${joinParams(sms)}`
      const { url } = await expectAccepted(prefix, { ...(await makeRequest({ signed })), url: `/base${path}` })
      expect(url).toBe(`${origin}/prefix${path}`)
      const forged = await makeRequest({ signed, token: otherToken })
      await expectRejected(prefix, { ...forged, url: `/base${path}` }, 'signature_mismatch')
    }
    const bare = await send(prefix.port, { ...toRaw(await makeRequest()), target: '/base/sms' })
    expect([bare.status, bare.headers.location]).toEqual([308, '/base/sms/'])
  })

  test('the basePath belongs in publicUrl on the Edge runtime too', async () => {
    const genuine = await send(server.port, toRaw(await makeRequest({ path: '/base/edge/?a=1' })))
    expect([genuine.status, genuine.body]).toEqual([200, JSON.stringify(sms)])
    for (const path of ['/edge/', '/base/edge', '/base/base/edge/'])
      expect(
        (await send(server.port, toRaw(await makeRequest({ path, signed: `${origin}/base/edge/` })))).status,
      ).not.toBe(200)
  })
})
