import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { writeReport } from '../../tools/write-report.mjs'
import { send, toRaw } from '../adapter/socket.ts'
import { type Draft, makeHandshake, makeRequest, origin, otherToken } from '../kit/draft.ts'
import { bundleEntries } from '../runtimes/bundle.ts'
import { runInChromium } from '../runtimes/chromium.ts'
import { exceptionsOf } from '../runtimes/exceptions.ts'
import type { Serving } from '../runtimes/play-remote.ts'
import { denoArguments, findNode, programs } from '../runtimes/project.ts'
import { runRemoteFetch } from '../runtimes/remote-fetch.ts'
import { record, rows } from '../runtimes/report.ts'
import { runProgram, startProgram } from '../runtimes/run-program.ts'
import type { ProgramReport } from '../runtimes/run-reported.ts'
import { checkWorkerd } from '../runtimes/workerd-checks.ts'

beforeAll(async () => {
  await bundleEntries([
    'portable',
    'adapters',
    'entry-points',
    'serve-deno',
    'serve-bun',
    'sockets',
    'worker',
    'browser',
  ])
})
afterAll(() => writeReport('runtimes', rows))

// On a fresh clone, the time includes the installation of Chromium or Node.js.
const timeout = 300_000

/** Runs a bundled entry in a runtime that has `node:crypto`, and so must use it. */
async function runEntry(name: string, binary: string, ...args: readonly string[]): Promise<ProgramReport> {
  const report = await runProgram<ProgramReport>(binary, ...args)
  expect(report.provider, 'the HMAC provider').toBe('node:crypto')
  record({ name, version: report.version, hmac: report.provider }, report.suites)
  return report
}

describe.each([20, 22, 24, 26])('Node.js %i', (major) => {
  test.each(['portable', 'adapters', 'entry-points'])(
    '%s',
    async (entry) => {
      const { version } = await runEntry(`Node.js ${major}`, findNode(major), `dist/${entry}.mjs`)
      expect(version.split('.')[0]).toBe(String(major))
    },
    timeout,
  )
})

describe.each([
  { name: 'Deno', binary: programs.deno, args: denoArguments, server: 'dist/serve-deno.mjs' },
  { name: 'Bun', binary: programs.bun, args: [], server: 'dist/serve-bun.mjs' },
] as const)('$name', ({ name, binary, args, server }) => {
  test('portable', async () => void (await runEntry(name, binary(), ...args, 'dist/portable.mjs')), timeout)

  test(
    'fetch adapter',
    async () => {
      const program = startProgram(binary(), [...args, server])
      try {
        const { version, provider, ...ports } = await program.readLine<Serving>()
        expect(provider, 'the HMAC provider').toBe('node:crypto')
        record({ name, version, hmac: provider }, await runRemoteFetch(name, ports, exceptionsOf[name]))
      } finally {
        await program.stop()
      }
    },
    timeout,
  )

  test(
    'opens a WebSocket for a genuine handshake only',
    async () => {
      const program = startProgram(binary(), [...args, 'dist/sockets.mjs'])
      try {
        const { port } = await program.readLine<{ readonly port: number }>()
        const shake = async (draft: Draft): Promise<unknown> => {
          const { headers } = await makeHandshake('/media', draft)
          const client = new WebSocket(`ws://127.0.0.1:${port}/media`, { headers: { ...headers } })
          client.on('error', () => undefined)
          const refused = once(client, 'unexpected-response').then(([, answer]) => answer.statusCode)
          const greeted = once(client, 'message').then(([text]) => String(text))
          return Promise.race([refused, greeted]).finally(() => client.terminate())
        }
        expect(await shake({})).toBe('open')
        for (const draft of [{ token: otherToken }, { signed: `${origin}/media` }]) expect(await shake(draft)).toBe(403)
        // Bun opens a socket if the request only has a key.
        const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
        const get = await makeRequest({ method: 'GET', path: '/media', headers: key })
        expect((await send(port, toRaw(get))).status).toBe(403)
      } finally {
        await program.stop()
      }
    },
    timeout,
  )
})

test.each([
  { name: 'workerd', flags: [] },
  { name: 'workerd, nodejs_compat', flags: ['nodejs_compat'] },
])('$name', ({ name, flags }) => checkWorkerd(name, flags), timeout)

test(
  'Chromium',
  async () => {
    const { version, provider, suites } = await runInChromium()
    expect(provider).toBe('@noble/hashes')
    record({ name: 'Chromium', version, hmac: provider }, suites)
  },
  timeout,
)
