import { assertEqual } from '../kit/assert.ts'
import { host, makeRequest } from '../kit/draft.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import type { Framework } from './framework.ts'
import type { ScenarioId } from './scenario.ts'
import { expectAccepted, expectTurnedAway, type TestServer, withServer } from './server.ts'
import { send } from './socket.ts'

/** Spellings that some router treats as /voice. */
const voiceSpellings: readonly string[] = [
  '/voice',
  '/voice/',
  '/voice/more',
  '/voice?x=1',
  '/VOICE',
  '/Voice/more',
  '/v%6Fice',
  '/v%6fice',
  '/%76%6f%69%63%65',
  '/v%256Fice',
  '/v%25256Fice',
  '//voice',
  '///voice//',
  '/./voice',
  '/x/../voice',
  '/x/%2e%2e/voice',
  '/x/..%2fvoice',
  '/%2fvoice',
  '/voice%2fmore',
  '/\\voice',
  '/voice\\more',
  '/x\\..\\voice',
  '/%5cvoice',
  '/voice;a=b',
  '/voice;a=b/more',
  '/;a/voice',
  '/voice%3Ba=b',
  '/voice%',
  '/%zz',
  '/voice%FF',
  `http://${host}/voice`,
  'http://evil.example/voice',
  '/voice#x',
]

/** Other paths that start with the same text. */
const voiceTexts = ['/voicemail', '/voices', '/voice.json', '/voice-', '/voice&From=1', '/v%6Fices']

const unguarded = ['/', '/other', '/voic', '/invoice', '/other/voice', '/other?x=/voice']

function get(server: TestServer, target: string): ReturnType<typeof send> {
  return send(server.port, { method: 'GET', target, headers: [['host', host]] })
}

export function pathsSuite(framework: Framework): Suite {
  if (!framework.paths) return defineSuite('paths', {})
  const on = (id: ScenarioId, check: (server: TestServer) => Promise<void>) => () => withServer(framework, id, check)
  const guarded = async (server: TestServer, targets: readonly string[]): Promise<void> => {
    for (const target of targets)
      await expectTurnedAway(server, { method: 'GET', target, headers: [['host', host]] }).catch((error: unknown) => {
        throw new Error(`${target}: ${error instanceof Error ? error.message : error}`)
      })
  }
  const free = async (server: TestServer, targets: readonly string[]): Promise<void> => {
    const { handlerRuns } = await server.journal()
    for (const target of targets) assertEqual((await get(server, target)).status, 200, target)
    assertEqual((await server.journal()).handlerRuns, handlerRuns + targets.length, 'runs')
  }
  return defineSuite('paths', {
    ...Object.fromEntries(
      voiceSpellings.map((target) => [
        `A5 guards ${target}`,
        on('paths: one string', (server) => guarded(server, [target])),
      ]),
    ),
    'guards a genuine request': on('paths: one string', async (server) => {
      assertEqual((await expectAccepted(server, await makeRequest({ path: '/voice?x=1' }))).covers, 'params', 'covers')
    }),
    'lets other paths through': on('paths: one string', (server) => free(server, unguarded)),
    'paths that begin with the same text': on('paths: one string', (server) =>
      framework.mountsByText ? guarded(server, voiceTexts) : free(server, voiceTexts),
    ),
    'a list of strings and patterns': on('paths: a list', (server) =>
      guarded(server, ['/voice', '/sms', '/SMS/x', '/s%6Ds', '//sms']),
    ),
    'the original path and the one under the mount': on('paths: mounted', (server) =>
      guarded(server, ['/mounted/voice', '/mounted/sms', '/MOUNTED/v%6fice', '/mounted//sms']),
    ),
    'the path under the public URL': on('paths: prefix', (server) => guarded(server, ['/voice', '/v%6fice/x'])),
    'the path under the public URL of a verifier': on('by verifier, paths', async (server) => {
      await guarded(server, ['/voice', '/v%6fice/x'])
      await free(server, unguarded)
    }),
  })
}
