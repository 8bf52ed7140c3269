import { host, makeRequest, type Signed, withHeaders } from '../kit/draft.ts'
import { joinParams, type Pairs } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import type { Framework } from './framework.ts'
import type { ScenarioId } from './scenario.ts'
import { expectAccepted, expectRejected, type TestServer, withServer } from './server.ts'
import { toRaw } from './socket.ts'

const params: Pairs = [['a', 'b']]
const https = { 'x-forwarded-proto': 'https' }

/** Makes a request that is signed for the URL and has these headers. */
async function signedFor(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Signed> {
  return withHeaders(await makeRequest({ path: '/sms', params, signed: url + joinParams(params) }), headers)
}

export function proxiesSuite(framework: Framework): Suite {
  const on = (id: ScenarioId, check: (server: TestServer) => Promise<void>) => () => withServer(framework, id, check)
  const ours = `https://${host}/sms`
  return defineSuite('behind proxies', {
    'with a publicUrl, forwarding headers are ignored': on('plain', async (server) => {
      const headers = {
        host: 'internal:3000',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'http',
        forwarded: 'host=evil.example',
      }
      await expectAccepted(server, await signedFor(ours, headers))
      await expectRejected(server, await signedFor('http://evil.example/sms', headers), 'signature_mismatch')
    }),
    'several public URLs: by Host': on('several hosts', async (server) => {
      await expectAccepted(server, await signedFor(ours))
      await expectAccepted(server, await signedFor('https://b.example.com:8443/sms', { host: 'b.example.com:8443' }))
      await expectRejected(server, await signedFor(ours, { host: 'b.example.com:8443' }), 'signature_mismatch')
      await expectRejected(
        server,
        await signedFor('https://c.example.com/sms', { host: 'c.example.com' }),
        'url_not_allowed',
      )
    }),
    'fromRequest without a proxy': on('from request', async (server) => {
      await expectAccepted(server, await signedFor(`http://${host}/sms`))
      await expectRejected(
        server,
        await signedFor('http://evil.example/sms', { host: 'evil.example' }),
        'url_not_allowed',
      )
      await expectRejected(server, await signedFor(ours, https), 'url_not_allowed')
    }),
    'a trusted proxy': on('trusted proxy', async (server) => {
      await expectAccepted(server, await signedFor(ours, https))
      await expectAccepted(server, await signedFor(ours, { ...https, 'x-forwarded-host': host, host: 'internal:3000' }))
      await expectAccepted(server, await signedFor(`http://${host}/sms`))
      await expectRejected(
        server,
        await signedFor('https://evil.example/sms', { ...https, 'x-forwarded-host': 'evil.example' }),
        'url_not_allowed',
      )
    }),
    'a list in X-Forwarded-Host': on('trusted proxy', async (server) => {
      for (const list of [`${host}, evil.example`, `evil.example, ${host}`, `${host},${host}`])
        await expectRejected(server, await signedFor(ours, { ...https, 'x-forwarded-host': list }), 'url_not_allowed')
    }),
    'X-Forwarded-Host twice': on('trusted proxy', async (server) => {
      const raw = toRaw(await signedFor(ours, { ...https, 'x-forwarded-host': host }), [['x-forwarded-host', host]])
      await expectRejected(server, raw, 'url_not_allowed')
    }),
    'Forwarded from a trusted proxy': on('trusted RFC 7239 proxy', async (server) => {
      await expectAccepted(
        server,
        await signedFor(ours, { forwarded: `for=192.0.2.1;proto=https;host=${host}`, host: 'internal' }),
      )
      await expectRejected(
        server,
        await signedFor(ours, { forwarded: `proto=https;host=${host}, host=x` }),
        'url_not_allowed',
      )
    }),
    'a proxy that is not trusted': on('another trusted proxy', async (server) => {
      await expectRejected(server, await signedFor(ours, https), 'url_not_allowed')
      await expectRejected(server, await signedFor(ours, { forwarded: 'proto=https' }), 'url_not_allowed')
      await expectAccepted(server, await signedFor(`http://${host}/sms`))
    }),
  })
}
