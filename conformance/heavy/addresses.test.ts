import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send, toRaw } from '../adapter/socket.ts'
import { replaceHeader } from '../attacks/socket-kit.ts'
import { host, makeRequest } from '../kit/draft.ts'
import { bundleEntries } from '../runtimes/bundle.ts'
import { denoArguments, programs } from '../runtimes/project.ts'
import { startProgram } from '../runtimes/run-program.ts'

beforeAll(() => bundleEntries(['addresses']))

/** Requests that ran another route than the signed one: the signed path, the target, the Host. */
const rows: readonly (readonly [signed: string, target: string, host?: string])[] = [
  ['/sms', '/victim/../sms'],
  ['/sms', '/victim/%2e%2e/sms'],
  ['/api/sms', '/x\\../api/sms'],
  ['/x/../sms', '/x/../sms'],
  ['/%2e%2e/sms', '/%2e%2e/sms'],
  ['/?next=/billing/paid', 'http://a?next=/billing/paid'],
  ['/twilio/sms', 'http:///twilio/sms'],
  ['/sms', 'http://a:acme/sms'],
  ['/', 'http://a\\billing\\paid'],
  ['/sms', 'http://a\\billing/sms'],
  ['/billing\\paid', '/billing\\paid'],
  ['/api/sms', '/api/sms', 'a'],
  ['/twilio/sms', '/twilio/sms', ''],
  ['/twilio/sms', '/twilio/sms', 'a/b'],
  ['/twilio/sms', '/twilio/sms', 'u@h'],
  ['/sms', '/sms', 'a?next='],
]
const requests = rows.map(([path, target, named = host]) => ({ path, target, named }))

const genuine = ['/sms', '/api/sms', '/billing/paid', '/sms?a=1', "/sms?q='+|b", '/sms?q=%27+%7C', '/sms?a']

describe.each([
  { name: 'Bun', binary: programs.bun, args: [] },
  { name: 'Deno', binary: programs.deno, args: denoArguments },
])('$name', ({ binary, args }) => {
  let program: ReturnType<typeof startProgram>
  let ports: Readonly<Record<string, number>>
  beforeAll(async () => {
    program = startProgram(binary(), [...args, 'dist/addresses.mjs'])
    ports = await program.readLine<Readonly<Record<string, number>>>()
  })
  afterAll(() => program.stop())

  describe.each(['hono', 'elysia', 'elysia without aot', 'fetch'])('%s', (app) => {
    test('a genuine request runs its route', async () => {
      for (const path of genuine) {
        const answer = await send(ports[app] ?? 0, toRaw(await makeRequest({ path })))
        expect(answer).toMatchObject({ status: 200 })
        expect(answer.body.replace(/\?.*/, '')).toBe(path.replace(/\?.*/, ''))
      }
    })

    test.each(requests)('A10 signed for $path, sent to $target, Host $named', async ({ path, target, named }) => {
      const request = { ...replaceHeader(await makeRequest({ path }), 'host', named), target }
      const answer = await send(ports[app] ?? 0, request).catch(() => undefined)
      // Only the handler of `fetch` answers with the query too.
      const expected = app === 'fetch' ? path : path.replace(/\?.*/, '')
      if (answer?.status === 200) expect(answer.body).toBe(expected)
      else expect(answer?.status ?? 400).toBeGreaterThanOrEqual(400)
    })
  })

  test('A10 an unsigned request runs no handler that "paths" guards', async () => {
    const ask = async (target: string, named: string): Promise<number | undefined> =>
      (await send(ports.mounted ?? 0, { method: 'POST', target, headers: [['host', named]] }).catch(() => undefined))
        ?.status
    expect(await ask('/api/other', host)).toBe(200)
    for (const named of [host, '', 'a/b', 'u@h', 'a', 'a?x='])
      for (const target of ['/api/voice', '/xx/api/voice', '/x/api/voice', 'http:///xx/api/voice', '//api/voice'])
        expect(await ask(target, named), `${target}, ${named}`).not.toBe(200)
    const old = await send(ports.mounted ?? 0, Buffer.from('POST /xx/api/voice HTTP/1.0\r\n\r\n')).catch(
      () => undefined,
    )
    expect(old?.status).not.toBe(200)
  })
})
