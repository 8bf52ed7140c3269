import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway, type GatewayOptions } from '@tollgate/gateway'
import { createVerifier, type VerifierOptions } from 'tollgate'
import { diagnose } from 'tollgate/diagnose'
import { readRequests } from 'tollgate/internal'
import { replayGuard } from 'tollgate/replay'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Framework } from '../adapter/framework.ts'
import { type AdapterOptions, failure, makeScenario } from '../adapter/scenario.ts'
import { send, toRaw } from '../adapter/socket.ts'
import { express } from '../frameworks/express.ts'
import { fastify } from '../frameworks/fastify.ts'
import { fetch } from '../frameworks/fetch.ts'
import { hono } from '../frameworks/hono.ts'
import { lambda } from '../frameworks/lambda.ts'
import { node } from '../frameworks/node.ts'
import { account, makeRequest, origin, otherToken, token } from '../kit/draft.ts'

// Of a framework with several versions, one: they share the guard.
const frameworks = [...express.slice(-1), fastify, ...hono.slice(-1), node, fetch, ...lambda.slice(0, 1)]

/** Starts a server that has these options, and sends it requests. */
type Start = (options: AdapterOptions) => Promise<{ port: number; close(): Promise<unknown> }>

const startFramework =
  ({ start }: Framework): Start =>
  (options) =>
    start({ ...makeScenario('plain'), options })

const startGateway: Start = async (options) => {
  const route = { path: '/', upstream: 'http://127.0.0.1:9', ...options } as GatewayOptions['routes'][number]
  const gateway = createGateway({ listen: { port: 0 }, diagnose: false, routes: [route] })
  const { url } = await gateway.listen()
  return { port: Number(new URL(url).port), close: () => gateway.close({ graceMs: 0 }) }
}

const servers: readonly (readonly [name: string, start: Start, more: string])[] = [
  ...frameworks.map((one) => [one.name, startFramework(one), 'add `diagnose` from tollgate/diagnose'] as const),
  ['gateway', startGateway, 'put `npx @tollgate/cli dev` in the place of this gateway'],
]

let written: string[]
let now = 9_000_000

beforeEach(() => {
  written = []
  // The limits are those of the process: each case begins with full ones.
  now += 1_000_000
  // Other tests of this process have left lines uncounted.
  vi.spyOn(console, 'error').mockImplementation(
    (line) => void written.push(String(line).replace(/\n {2}\d+ more like it had no line\.$/, '')),
  )
  const read = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now + read())
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const options: VerifierOptions = { publicUrl: origin, authToken: token }

/** What look-ups of users answer, and what they are told. */
const unusable: readonly (readonly [answer: unknown, detail: string])[] = [
  [{ id: 7, auth_token: token }, 'returned a value of type object'],
  [[{ id: 7, auth_token: token }], 'returned a list with a value of type object'],
  [Buffer.from(token), 'returned bytes (a Buffer or Uint8Array)'],
]

describe.each(servers)('%s', (name, start, more) => {
  /** Sends requests, and returns their answers. Default: forged ones. */
  async function refuse(given: AdapterOptions, paths: readonly string[], key = otherToken): Promise<string> {
    const server = await start(given)
    try {
      const answers: unknown[] = []
      for (const path of paths) answers.push(await send(server.port, toRaw(await makeRequest({ path, token: key }))))
      return JSON.stringify(answers)
    } finally {
      await server.close()
    }
  }

  test('outside production, each refusal names method, path, code and the checked URL', async () => {
    vi.stubEnv('NODE_ENV', 'development')
    const answers = await refuse({ ...options, publicUrl: `${origin}/sms` }, ['/sms?step=secret', '/voice'])
    const lines = (path: string): string =>
      `tollgate: POST ${path} was refused (403, signature_mismatch). Checked ${origin}/sms${path}\n` +
      `  Is this the URL in Twilio's console? If it is, compare the Auth Token. To see more: ${more}.`
    expect(written).toEqual([lines('/sms'), lines('/voice')])
    expect(answers).not.toContain('/voice')
  })

  test('in production, each code has one line a minute, and none if `onRejected` or a log has it', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    if (name !== 'gateway') await refuse({ ...options, onRejected: () => undefined }, ['/sms'])
    expect(written).toEqual([])
    await refuse({ ...options, publicUrl: `${origin}/sms` }, ['/sms?step=secret', '/voice'])
    const line = `tollgate: POST /sms was refused (403, signature_mismatch). Checked ${origin}/sms/sms See `
    expect(written).toEqual(name === 'gateway' ? [] : [expect.stringContaining(line)])
  })

  test.each(['development', 'production'])(
    'in %s, the error of a look-up is in the log, and in no answer',
    async (env) => {
      vi.stubEnv('NODE_ENV', env)
      const authToken = (): Promise<string> => Promise.reject(new Error(failure))
      const answers = await refuse({ ...options, authToken }, ['/sms', '/sms', '/sms'])
      const causes = written.filter((line) => line.includes(failure))
      expect(causes).toEqual([expect.stringMatching(/^tollgate: key_lookup_failed: .*"authToken" threw an error\./)])
      if (env === 'production') expect(written).toEqual(causes)
      expect(answers).toContain('503')
      expect(answers).not.toContain('ECONN')
    },
  )

  const environments = ['development', 'production'] as const

  test.each(environments.flatMap((env) => unusable.map(([answer, detail]) => [env, detail, answer] as const)))(
    'in %s, a look-up that %s is told so, and the line has no key',
    async (env, detail, answer) => {
      vi.stubEnv('NODE_ENV', env)
      const answers = await refuse({ ...options, authToken: () => answer as string }, ['/sms', '/voice'])
      const lines = written.filter((line) => line.startsWith('tollgate: key_lookup_failed: '))
      expect(lines).toEqual([expect.stringContaining(`"authToken" ${detail}; return its text`)])
      if (env === 'production') expect(written).toEqual(lines)
      expect(answers).toContain('503')
      expect(answers + written.join()).not.toContain(token)
    },
  )

  test.each(environments)('in %s, a look-up that finds nothing is a refusal, and no error', async (env) => {
    vi.stubEnv('NODE_ENV', env)
    await refuse({ ...options, authToken: () => undefined }, ['/sms'])
    const line = `tollgate: POST /sms was refused (403, key_unknown).\n  No key is given for that account or SharedKey id. "authToken" found nothing for ${account}.`
    const brief = 'tollgate: POST /sms was refused (403, key_unknown). See '
    if (env === 'production' && name === 'gateway') expect(written).toEqual([])
    else expect(written).toEqual([expect.stringContaining(env === 'production' ? brief : line)])
  })

  test.each(environments)('in %s, the error of a replay store is in the log, and in no answer', async (env) => {
    vi.stubEnv('NODE_ENV', env)
    const fail = (): never => {
      throw new Error(failure)
    }
    const replay = replayGuard({ store: { reserve: fail, confirm: fail, release: fail } })
    const answers = await refuse({ ...options, replay }, ['/sms', '/voice'], token)
    const causes = written.filter((line) => line.includes(failure))
    expect(causes).toEqual([expect.stringMatching(/^tollgate: replay_store_failed: /)])
    if (env === 'production') expect(written).toEqual(causes)
    expect(answers).toContain('503')
    expect(answers).not.toContain('ECONN')
  })

  test.each(environments)('in %s, a replay store that fails after the work is in the log', async (env) => {
    vi.stubEnv('NODE_ENV', env)
    const fail = async (): Promise<never> => {
      throw new Error(failure)
    }
    const replay = replayGuard({ store: { reserve: async () => 'reserved' as const, confirm: fail, release: fail } })
    // The gateway's upstream is not there, so that it releases; the others confirm.
    await refuse({ ...options, replay }, ['/sms', '/voice'], token)
    await vi.waitFor(() =>
      expect(written).toEqual([expect.stringMatching(/^tollgate: replay_store_failed: .*ECONNREFUSED/)]),
    )
  })

  // A route of the gateway has neither option.
  if (name === 'gateway') return
  test('with `diagnose`, also of a shared verifier, nothing recommends it', async () => {
    vi.stubEnv('NODE_ENV', 'development')
    const explained = { ...options, diagnose: { explain: () => undefined } }
    await refuse(explained, ['/sms'])
    await refuse({ verifier: createVerifier(explained) } as AdapterOptions, ['/sms'])
    expect(written).toEqual([])
    await refuse({ verifier: createVerifier(options) } as AdapterOptions, ['/sms'])
    expect(written).toEqual([expect.stringContaining(`To see more: ${more}.`)])
  })

  test('`diagnose` keeps the whole request, and its command reads it', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tollgate kept '))
    vi.stubEnv('XDG_CACHE_HOME', cache)
    vi.stubEnv('NODE_ENV', 'development')
    try {
      await refuse({ ...options, publicUrl: `${origin}/api`, diagnose }, ['/sms?step=secret'])
      await vi.waitFor(() => expect(written).toHaveLength(1), { timeout: 20_000 })
      expect(written[0]).toContain("npx @tollgate/cli diagnose --last --other-url 'URL'\n")
      const folder = join(cache, 'tollgate/refused')
      const [file = ''] = readdirSync(folder)
      const { requests } = readRequests(readFileSync(join(folder, file)), { form: 'capture' })
      const sent = await makeRequest({ path: '/sms?step=secret', token: otherToken })
      expect(requests).toMatchObject([{ method: 'POST', url: `${origin}/api/sms?step=secret`, target: sent.url }])
      expect(Buffer.from(Object(requests[0]).body).toString()).toBe(sent.body)
      expect(Object.fromEntries(Object(requests[0]).headers)).toMatchObject({
        'x-twilio-signature': sent.headers['x-twilio-signature'],
      })
      expect(written.join()).not.toContain('secret')
    } finally {
      rmSync(cache, { recursive: true })
    }
  })
})

test('in production, `diagnose` says at the first refusal that it is off, and what turns it on', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  for (const [name, start] of servers) {
    if (name === 'gateway') continue
    const server = await start({ ...options, diagnose })
    await send(server.port, toRaw(await makeRequest({ token: otherToken })))
    await server.close()
  }
  const off = written.filter((line) => !line.includes(' was refused ('))
  expect(off).toEqual([expect.stringMatching(/off because NODE_ENV is "production".*evenInProduction\(diagnose\)/)])
})
