import type { Framework } from '../adapter/framework.ts'
import { expectAccepted, expectRejected, expectTurnedAway, type TestServer } from '../adapter/server.ts'
import { send, toRaw } from '../adapter/socket.ts'
import { assert } from '../kit/assert.ts'
import { host, makeRequest, origin, type Signed, sms, withHeaders } from '../kit/draft.ts'
import { joinParams } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { bindServer, replaceHeader, type ServerCheck } from './socket-kit.ts'

const signedFor = (url: string): Promise<Signed> => makeRequest({ signed: url + joinParams(sms) })

const hostileHosts = [
  `${host}/sms`,
  `${host}?x=`,
  `x@${host}`,
  `${host}:99999`,
  `${host}:443:443`,
  `${host}.`,
  '[::1',
  'evil.example',
  `${host}, evil.example`,
  'evil.example/sms?x=',
  '',
]

/** Targets, each with the paths that some server reads from it. */
const movedTargets: readonly (readonly [target: string, ...paths: string[]])[] = [
  ['http:///twilio/sms', '/twilio/sms', '/sms'],
  ['http://a%/any/path', '/any/path', '/'],
  ['http://a:acme/sms', '/sms', '/:acme/sms'],
  ['http://a\\billing\\paid', '/', '/billing/paid', '/billing\\paid'],
  ['http://a\\billing/sms', '/sms', '/billing/sms'],
  ['acme://x/sms', '/sms', '//x/sms', '/x/sms'],
  ['http://a?next=/sms', '/?next=/sms', '/sms'],
  ['http://a#/sms', '/', '/sms'],
  ['http://app.example.com', '/'],
  ['https://app.example.com/sms', '/sms'],
  ['?next=/sms', '/?next=/sms', '/sms'],
  ['*sms', '/sms', '*sms'],
  ['/x/../sms', '/x/../sms', '/sms'],
  ['/x/%2e%2E/sms', '/x/%2e%2E/sms', '/sms'],
  ['/./sms', '/./sms', '/sms'],
  ['/x\\..\\sms', '/x\\..\\sms', '/sms'],
  ['/billing\\paid', '/billing\\paid', '/billing/paid'],
  ['/sms/..', '/sms/..', '/'],
]

/** Hosts after which a URL has another path or another query. */
const movingHosts = ['a/b', 'a/b?', 'a?tenant=evil&x=', 'a#', 'a\\b', 'u@h', 'a/../..']

export function urlSocketSuite(framework: Framework): Suite {
  const on = bindServer(framework)
  const plain = (check: ServerCheck) => on('plain', check)
  const readsTarget = framework.address === 'target' || framework.address === 'both'
  const spoofHosts = async (server: TestServer): Promise<void> => {
    for (const value of hostileHosts)
      for (const scheme of ['https', 'http'])
        await expectTurnedAway(server, replaceHeader(await signedFor(`${scheme}://${value}/sms`), 'host', value))
    for (const hosts of [
      [host, 'b.example.com:8443'],
      ['b.example.com', 'b.example.com:8443'],
      ['evil.example', 'b.example.com:8443'],
    ])
      await expectTurnedAway(server, replaceHeader(await signedFor('https://b.example.com:8443/sms'), 'host', ...hosts))
  }
  return defineSuite('attacks on the URL, over a socket', {
    'A1 A3 a hostile Host, with one public URL': plain(spoofHosts),
    'A1 A3 a hostile Host, with several public URLs': on('several hosts', spoofHosts),
    'A1 A3 a hostile Host, with fromRequest': on('from request', spoofHosts),
    'A2 forwarding headers, all at once': plain(async (server) => {
      const headers = {
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'http',
        'x-forwarded-prefix': '/admin',
        'x-original-url': '/admin',
        'x-rewrite-url': '/admin',
        forwarded: 'host=evil.example',
      }
      for (const url of [
        'https://evil.example/sms',
        'http://evil.example/sms',
        `${origin}/admin`,
        `${origin}/admin/sms`,
      ])
        await expectRejected(server, withHeaders(await signedFor(url), headers), 'signature_mismatch')
      await expectAccepted(server, withHeaders(await makeRequest(), headers))
    }),
    'A2 a prefix from a trusted proxy': on('trusted proxy', async (server) => {
      const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/admin' }
      await expectRejected(server, withHeaders(await signedFor(`${origin}/admin/sms`), headers), 'signature_mismatch')
    }),
    'A4 an absolute target': plain(async (server) => {
      const target = 'http://evil.example/sms'
      if (readsTarget) {
        for (const url of [target, 'https://evil.example/sms', `${origin}/sms`])
          await expectRejected(server, { ...toRaw(await signedFor(url)), target }, 'url_not_allowed')
        return
      }
      for (const url of ['http://evil.example/sms', 'https://evil.example/sms'])
        await expectRejected(server, { ...toRaw(await signedFor(url)), target }, 'signature_mismatch')
      await expectAccepted(server, { ...toRaw(await makeRequest()), target })
    }),
    ...(readsTarget && {
      'A4 A10 a target whose path servers read in two ways': plain(async (server) => {
        for (const [target, ...paths] of movedTargets)
          for (const path of paths)
            await expectTurnedAway(server, { ...toRaw(await makeRequest({ path })), target }).catch((error: Error) => {
              throw new Error(`${target}, signed ${path}: ${error.message}`)
            })
      }),
    }),
    ...(framework.address !== undefined && {
      'A3 A10 a Host that moves the path': plain(async (server) => {
        const expect = framework.address === 'target' ? expectAccepted : expectTurnedAway
        for (const value of movingHosts) await expect(server, replaceHeader(await makeRequest(), 'host', value))
      }),
    }),
    'A6 a signature for another path': plain(async (server) => {
      for (const target of ['/other', '/SMS', '/sms/', '/sms/more', '/sms;a', '/sm%73', '//sms', '/sms?x=1'])
        await expectRejected(server, { ...toRaw(await makeRequest()), target }, 'signature_mismatch')
    }),
    ...(framework.mounts && {
      'A6 a path that leads elsewhere once it is resolved': on('mounted', async (server) => {
        for (const path of ['/x/../mounted/sms', '/x/%2e%2E/mounted/sms', '/./mounted/sms', '/x\\..\\mounted/sms'])
          await send(server.port, toRaw(await makeRequest({ path }))).catch(() => undefined)
        // A router that resolves nothing does not find the guard, so there may be no verdict.
        assert(!(await server.journal()).verdicts.includes('ok'), 'no request is accepted')
      }),
    }),
    'A7 another scheme or port': plain(async (server) => {
      for (const url of [`http://${host}/sms`, `wss://${host}/sms`, `${origin}:1/sms`, `${origin}:80/sms`])
        await expectRejected(server, await signedFor(url), 'signature_mismatch')
    }),
    'A8 an altered query': plain(async (server) => {
      const raw = toRaw(await makeRequest({ path: '/sms?b=2&b=3&a=%20x%2B' }))
      await expectAccepted(server, raw)
      for (const query of [
        'b=2&a=%20x%2B&b=3',
        'b=3&b=2&a=%20x%2B',
        'b=2&b=3&a=+x%2B',
        'b=2&b=3&a=%20x%2b',
        'b=2;b=3&a=%20x%2B',
        'b=2&b=3&a=%20x%2B&To=evil',
        'b=2&b=3&a=%20x%2B%FF',
        'b=2&b=3&a=%20x%2B%',
      ])
        await expectRejected(server, { ...raw, target: `/sms?${query}` }, 'signature_mismatch')
    }),
  })
}
