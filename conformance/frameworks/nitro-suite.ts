import type { Framework } from '../adapter/framework.ts'
import { expectAccepted, expectTurnedAway, withServer } from '../adapter/server.ts'
import { send, toRaw } from '../adapter/socket.ts'
import { assertEqual } from '../kit/assert.ts'
import { host, makeRequest } from '../kit/draft.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { type CachedRoute, mountedAt, type NitroVersion } from './nitro.ts'

/**
 * Tests the possible part of the case of mounted paths: `paths: ['/mounted/voice', '/sms']` under
 * the base URL /mounted.
 */
export function baseUrlSuite(framework: Framework, version: NitroVersion): Suite {
  if (!framework.paths) return defineSuite('paths under the base URL', {})
  return defineSuite('paths under the base URL', {
    'are guarded in every spelling': () =>
      withServer(framework, 'paths: mounted', async (server) => {
        for (const target of [...version.guardedBelow.map((path) => mountedAt + path), ...version.guardedOutside])
          await expectTurnedAway(server, { method: 'GET', target, headers: [['host', host]] })
      }),
    'let a genuine request through': () =>
      withServer(framework, 'paths: mounted', async (server) => {
        await expectAccepted(server, await makeRequest({ path: `${mountedAt}/voice?x=1` }))
      }),
  })
}

/** Tests a route whose answers a rule of Nitro caches. */
export function cacheSuite(framework: Framework, cached: CachedRoute): Suite {
  return defineSuite('a cached route', {
    'gives no answer of a verified request to a stranger': () =>
      withServer(framework, 'plain', async (server) => {
        const path = '/cached/sms?a=1'
        const stranger = { target: path, headers: [['host', host]] } as const
        const genuine = toRaw(await makeRequest({ method: 'GET', path }))
        const runs = async (): Promise<number> => (await server.journal()).handlerRuns
        const ask = async (request: Parameters<typeof send>[1]): Promise<number> =>
          (await send(server.port, request)).status
        assertEqual(await ask(genuine), cached.get, 'the status of a signed GET')
        assertEqual(await ask(toRaw(await makeRequest({ path }))), cached.post, 'the status of a signed POST')
        const before = await runs()
        for (const method of ['GET', 'HEAD', 'POST'])
          for (const target of [path, '/cached/sms?a=2']) {
            const status = await ask({ ...stranger, method, target })
            assertEqual(cached.unsigned.includes(status), true, `${method} ${target}, unsigned: ${status}`)
          }
        assertEqual((await runs()) > before, cached.unsigned.includes(200), 'an unsigned request runs the handler')
      }),
  })
}
