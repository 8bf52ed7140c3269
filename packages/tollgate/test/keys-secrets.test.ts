import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { fileKeys, type TwilioAccountTokensOptions, twilioAccountTokens } from '../src/keys/index.ts'
import {
  type AccountsServer,
  accountSid,
  answer,
  claim,
  describeAccount,
  startAccountsServer,
  token,
  tokenMark,
} from './keys-support.ts'

const main = accountSid(1)
const sub = accountSid(2)
const directory = mkdtempSync(join(tmpdir(), 'tollgate-secrets-'))
const written: string[] = []
let server: AccountsServer

/** Notes values with all properties of errors, such as `cause`. */
function note(...things: unknown[]): void {
  written.push(...things.map((thing) => inspect(thing, { depth: 10 })))
}

beforeAll(async () => {
  server = await startAccountsServer(() => undefined)
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, name).mockImplementation((...parts) => note(...parts))
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      note(String(chunk))
      return true
    })
})
afterAll(async () => {
  vi.restoreAllMocks()
  rmSync(directory, { recursive: true })
  await server.close()
})

async function catchError(work: () => unknown): Promise<void> {
  try {
    await work()
    note('nothing was thrown')
  } catch (error) {
    note(error)
  }
}

test('no token, secret or credential is in an error, in the output or in a call of onProblem', async () => {
  const secret = token(9)
  const apiKey = { sid: `SK${'0'.repeat(32)}`, secret }
  const good = { accountSid: main, apiKey, baseUrl: server.baseUrl, timeoutMs: 300, onProblem: note }
  const badOptions: object[] = [
    { ...good, authToken: secret },
    { ...good, apiKey: undefined, authToken: ` ${secret}` },
    { ...good, apiKey: undefined, authToken: [`"${secret}"`] },
    { ...good, apiKey: secret },
    { ...good, apiKey: { sid: secret, secret } },
    { ...good, apiKey: { ...apiKey, secret: `${secret}\n` } },
    { ...good, accountSid: secret },
    { ...good, baseUrl: `https://user:${secret}@example.com` },
    { ...good, baseUrl: `http://${secret}` },
  ]
  for (const options of badOptions) await catchError(() => twilioAccountTokens(options as TwilioAccountTokensOptions))

  const body = describeAccount(sub, main, { auth_token: secret })
  const answers: [number, unknown, Record<string, string>?][] = [
    [200, JSON.stringify(body).slice(0, -3)],
    [200, { ...body, auth_token: ` ${secret}` }],
    [200, { ...body, friendly_name: 'x'.repeat(100_000) }],
    [200, [body]],
    [302, body, { location: `https://example.com/${secret}` }],
    [400, body],
    [401, body],
    [403, body],
    [429, body, { 'retry-after': secret }],
    [500, body],
  ]
  for (const [status, content, headers] of answers) {
    server.handle = (_req, res) => answer(res, status, content, headers)
    await catchError(() => twilioAccountTokens(good)(claim(sub)))
    await catchError(() => twilioAccountTokens({ ...good, apiKey: undefined, authToken: secret })(claim(sub)))
  }
  const telling = async (_url: string, init: RequestInit): Promise<Response> => {
    throw new Error(JSON.stringify(init.headers))
  }
  await catchError(() => twilioAccountTokens({ ...good, fetch: telling })(claim(sub)))

  const path = join(directory, 'keys.json')
  const keep = (text: string) => writeFileSync(path, text, { mode: 0o600 })
  const files = [
    `{"accounts":{"${main}":${secret}}}`,
    `{"accounts":{"${main}":"${secret}}`,
    `{"accounts":{"${main}":"'${secret}'"}}`,
    `{"accounts":{"${secret}":"${secret}"}}`,
    `{"accounts":"${secret}"}`,
    `{"${secret}":"${main}"}`,
    `{"sharedKeys":{"${secret}":" ${secret}"}}`,
    `{"sharedKeys":{"a":{"secret":"${secret}","accountSid":"${secret}"}}}`,
    secret,
  ]
  for (const file of files) {
    keep(file)
    await catchError(() => fileKeys(path))
  }
  keep(`{"accounts":{"${main}":"${secret}"}}`)
  for (const options of [{}, { onProblem: note }]) {
    const keys = fileKeys(path, options)
    const before = written.length
    keep(`{"accounts":{"${main}":"${secret}"`)
    await vi.waitFor(() => expect(written.length).toBeGreaterThan(before), { timeout: 5000 })
    note(keys, keys.authToken)
    keys.close()
    keep(`{"accounts":{"${main}":"${secret}"}}`)
  }

  expect(written.length).toBeGreaterThan(60)
  expect(written.filter((text) => text.includes('nothing was thrown'))).toEqual([])
  const base64 = btoa(secret).slice(0, 8)
  const encoded = [apiKey.sid, main].map((user) => btoa(`${user}:${secret}`).slice(-12))
  for (const text of written) for (const leak of [tokenMark, base64, ...encoded]) expect(text).not.toContain(leak)
})
