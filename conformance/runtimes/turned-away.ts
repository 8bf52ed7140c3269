import type { Framework } from '../adapter/framework.ts'
import type { TestServer } from '../adapter/server.ts'
import { type RawRequest, send, toRaw } from '../adapter/socket.ts'
import { bindServer, replaceHeader } from '../attacks/socket-kit.ts'
import { assert, assertEqual } from '../kit/assert.ts'
import { host, makeRequest, type Signed, sms } from '../kit/draft.ts'
import { joinParams } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'

const hostileHosts = [
  'a/b',
  'a?tenant=evil&x=',
  'u@h',
  `${host}/sms`,
  `${host}?x=`,
  `${host}#`,
  `${host}\\x`,
  `x@${host}`,
  `${host}:99999`,
  `${host}:443:443`,
  `${host}.`,
  '[::1',
  'evil.example',
  `${host}, evil.example`,
  '',
]

const framings: readonly RawRequest['headers'][] = [
  [
    ['content-length', '5'],
    ['transfer-encoding', 'chunked'],
  ],
  [
    ['content-length', '179'],
    ['content-length', '5'],
  ],
  [['transfer-encoding', 'xchunked']],
  [['content-length', '-1']],
  [['content-length', '0x10']],
]

const targets = ['*', '//', '/%', '/\\', '/?%', 'http://', 'http://[', '/#', 'sms', '/\u00ff']
const openings = ['GARBAGE\r\n\r\n', 'POST /sms HTTP/9.9\r\nHost: x\r\n\r\n', '\0\0\0\0\r\n\r\n']

const signedFor = (url: string): Promise<Signed> => makeRequest({ signed: url + joinParams(sms) })

/**
 * Tests attacks of which a runtime refuses some itself, with its own status. The library refuses
 * the rest, and no handler runs.
 */
export function turnedAwaySuite(framework: Framework): Suite {
  const on = bindServer(framework)
  const spoofHosts = async (server: TestServer): Promise<void> => {
    for (const value of hostileHosts)
      for (const scheme of ['https', 'http'])
        await expectStopped(server, replaceHeader(await signedFor(`${scheme}://${value}/sms`), 'host', value))
  }
  return defineSuite('refused by the runtime or the library', {
    'A1 A3 any hostile Host, with one public URL': on('plain', spoofHosts),
    'A1 A3 any hostile Host, with several public URLs': on('several hosts', spoofHosts),
    'A1 A3 any hostile Host, with fromRequest': on('from request', spoofHosts),
    'A4 any absolute target of another host': on('plain', async (server) => {
      const target = 'http://evil.example/sms'
      for (const url of [target, 'https://evil.example/sms'])
        await expectStopped(server, { ...toRaw(await signedFor(url)), target })
    }),
    'B11 any two framings at once': on('plain', async (server) => {
      const { body = '', ...raw } = toRaw(await makeRequest())
      for (const more of framings) await expectStopped(server, { ...raw, headers: [...raw.headers, ...more], body })
    }),
    'E2 any hostile target or bytes': on('plain', async (server) => {
      for (const target of targets) await expectStopped(server, { ...toRaw(await makeRequest()), target })
      for (const opening of openings) await expectStopped(server, Buffer.from(opening))
      assertEqual((await send(server.port, toRaw(await makeRequest()))).status, 200, 'the status of a genuine request')
    }),
  })
}

/** The content type of the library's answers. */
const ownType = 'text/plain; charset=utf-8'

async function expectStopped(server: TestServer, request: RawRequest | Buffer): Promise<void> {
  const before = await server.journal()
  const answer = await send(server.port, request).catch(() => undefined)
  const after = await server.journal()
  assertEqual(after.handlerRuns, before.handlerRuns, 'runs of the handler')
  const reachedLibrary = after.verdicts.length > before.verdicts.length
  if (reachedLibrary) assertEqual(answer?.status, 403, 'the status that the library chose')
  else assert(answer === undefined || answer.status >= 400, `the runtime answered ${answer?.status}`)
  // A request that the library could not read has no verdict, but the answer is the library's.
  assert(answer?.status !== 500 || answer.headers['content-type'] !== ownType, 'the library answered 500')
}
