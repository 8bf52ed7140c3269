import type { Framework } from '../adapter/framework.ts'
import { expectAccepted, expectTurnedAway, withServer } from '../adapter/server.ts'
import { host, makeRequest } from '../kit/draft.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { mountedAt } from './nitro.ts'

/**
 * Tests the possible part of the case of mounted paths: `paths: ['/mounted/voice', '/sms']` under
 * the base URL /mounted.
 */
export function baseUrlSuite(framework: Framework, guarded: readonly string[]): Suite {
  if (!framework.paths) return defineSuite('paths under the base URL', {})
  return defineSuite('paths under the base URL', {
    'are guarded in every spelling': () =>
      withServer(framework, 'paths: mounted', async (server) => {
        for (const target of guarded)
          await expectTurnedAway(server, { method: 'GET', target: mountedAt + target, headers: [['host', host]] })
      }),
    'let a genuine request through': () =>
      withServer(framework, 'paths: mounted', async (server) => {
        await expectAccepted(server, await makeRequest({ path: `${mountedAt}/voice?x=1` }))
      }),
  })
}
