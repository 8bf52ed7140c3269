import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { loadConfiguration } from '../src/config/load.ts'
import { createResources } from '../src/config/resources.ts'
import { createObservedGateway } from '../src/gateway.ts'
import { OwnEvents } from '../src/own-events.ts'
import {
  accountSid,
  authToken,
  collectLog,
  formatRequest,
  listenOn,
  publicUrl,
  routeTo,
  send,
  sendRaw,
  signSms,
  startGateway,
  startUpstream,
} from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-metrics-'))
afterAll(() => rmSync(folder, { recursive: true }))

let written = 0

/** Writes a file that only its owner may read. */
function write(text: string, name = `${written++}.yaml`): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

/** Starts a gateway from a configuration, as `runGateway` does. */
async function start(keys: string, upstream = 'http://127.0.0.1:9', env: NodeJS.ProcessEnv = {}) {
  const events = new OwnEvents()
  const resources = createResources(env, () => undefined, events)
  const file = write(`keys: ${keys}\nroutes: [{ upstream: '${upstream}', publicUrl: ${publicUrl} }]\n`)
  const { options } = await loadConfiguration(file, resources)
  const gateway = createObservedGateway({ ...options, log: 'silent', listen: { port: 0 }, admin: { port: 0 } }, events)
  const { url, adminUrl = '' } = await gateway.listen()
  onTestFinished(async () => {
    await gateway.close({ graceMs: 0 })
    await resources.closeAll()
  })
  return {
    url,
    readMetrics: () => readMetrics(adminUrl),
  }
}

async function readMetrics(adminUrl: string): Promise<string> {
  return (await fetch(`${adminUrl}/metrics`)).text()
}

test('a reload is counted by its result, and the state is that of the last one', async () => {
  const options = {
    listen: { port: 0 },
    admin: { port: 0 },
    log: 'silent',
    routes: [routeTo('http://127.0.0.1:9')],
  } as const
  const gateway = await startGateway('', options)
  const { adminUrl = '' } = gateway
  const read = async () =>
    [...(await readMetrics(adminUrl)).matchAll(/^tollgate_config_\w+(?:\{result="\w+"\})? (\d)$/gm)].map(([, value]) =>
      Number(value),
    )
  expect(await read()).toEqual([0, 0, 1])
  // The first event of an alert must not be the beginning of its series.
  for (const status of [0, 502, 503, 504, 508])
    expect(await readMetrics(adminUrl)).toContain(`tollgate_responses_total{status="${status}",by="gateway"} 0\n`)
  await expect(gateway.reload({ ...options, routes: [] })).rejects.toThrow('"routes"')
  expect(await read()).toEqual([0, 1, 0])
  await gateway.reload(options)
  expect(await read()).toEqual([1, 1, 1])
})

test('the time of the upstream is counted by its result, and is in the line of the request', async () => {
  const upstream = await startUpstream((_, res) => setTimeout(() => res.end('hello'), 60))
  const { lines, log } = collectLog()
  const routes = [routeTo(upstream.url), routeTo('http://127.0.0.1:9', { path: '/nowhere' })]
  const { url, adminUrl = '' } = await startGateway('', { admin: { port: 0 }, log, routes })
  await send(url, signSms())
  await send(url, signSms('/nowhere'))
  await send(url, { ...signSms(), body: 'x=1' })
  await expect.poll(() => lines).toHaveLength(3)
  const metrics = await readMetrics(adminUrl)
  for (const line of [
    'tollgate_upstream_response_seconds_bucket{le="0.05",result="answered"} 0',
    'tollgate_upstream_response_seconds_count{result="answered"} 1',
    'tollgate_upstream_response_seconds_count{result="failed"} 1',
    'tollgate_upstream_response_seconds_count{result="left"} 0',
  ])
    expect(metrics).toContain(`${line}\n`)
  // The second attempt comes 100 ms after the first.
  expect(lines.map(({ upstreamMs }) => upstreamMs === undefined || Number(upstreamMs) >= 50)).toEqual([
    true,
    true,
    true,
  ])
  expect(lines[2]).not.toHaveProperty('upstreamMs', expect.any(Number))
})

test('a client that leaves is no failure of the upstream', async () => {
  const upstream = await startUpstream(() => undefined)
  const { port, adminUrl = '' } = await startGateway(upstream.url, { admin: { port: 0 } })
  const socket = connect(port, '127.0.0.1')
  socket.write(formatRequest(signSms()))
  await expect.poll(() => upstream.seen).toHaveLength(1)
  socket.destroy()
  await expect.poll(() => readMetrics(adminUrl)).toContain('tollgate_responses_total{status="0",by="gateway"} 1\n')
  const metrics = await readMetrics(adminUrl)
  for (const [result, count] of Object.entries({ answered: 0, failed: 0, left: 1 }))
    expect(metrics).toContain(`tollgate_upstream_response_seconds_count{result="${result}"} ${count}\n`)
})

test('the age of a key file and a change that is refused are shown', async () => {
  const keys = write(JSON.stringify({ accounts: { [accountSid]: authToken } }), 'keys.json')
  const gateway = await start(`{ file: ${keys} }`)
  const readAt = async () =>
    Number(/^tollgate_keys_read_timestamp_seconds\{source="file"\} (\S+)$/m.exec(await gateway.readMetrics())?.[1])
  const first = await readAt()
  expect(Math.abs(Date.now() / 1000 - first)).toBeLessThan(5)
  expect(await gateway.readMetrics()).toContain('tollgate_key_files_refused 0\n')
  write('{', 'keys.json')
  await expect.poll(gateway.readMetrics, { timeout: 8000 }).toContain('tollgate_key_files_refused 1\n')
  expect(await readAt()).toBeGreaterThanOrEqual(first)
  const refusedAt = await readAt()
  write(JSON.stringify({ accounts: { [accountSid]: [authToken, authToken] } }), 'keys.json')
  await expect.poll(gateway.readMetrics, { timeout: 8000 }).toContain('tollgate_key_files_refused 0\n')
  expect(await readAt()).toBeGreaterThan(refusedAt)
}, 20_000)

test("look-ups at Twilio's Accounts API are timed by their result, and those that fail are counted", async () => {
  const answers = new Map([
    [accountSid, 200],
    [`AC${'1'.repeat(32)}`, 404],
    [`AC${'2'.repeat(32)}`, 403],
    [`AC${'3'.repeat(32)}`, 500],
  ])
  const api = createServer((req, res) => {
    const sid = /AC\w{32}/.exec(req.url ?? '')?.[0] ?? ''
    const account = { sid, owner_account_sid: main, status: 'active', auth_token: authToken }
    res.writeHead(answers.get(sid) ?? 500, { 'retry-after': '60' }).end(JSON.stringify(account))
  })
  const main = `AC${'f'.repeat(32)}`
  const baseUrl = await listenOn(api)
  const keys = `{ twilio: { accountSid: ${main}, authTokenEnv: MAIN, baseUrl: '${baseUrl}' } }`
  const gateway = await start(keys, 'http://127.0.0.1:9', { MAIN: authToken })
  expect(await gateway.readMetrics()).not.toContain('tollgate_keys_read_timestamp_seconds{')
  const statuses = []
  for (const AccountSid of answers.keys())
    statuses.push((await send(gateway.url, signSms('/sms', { AccountSid, Body: 'x' }))).status)
  expect(statuses).toEqual([502, 403, 503, 503])
  const metrics = await gateway.readMetrics()
  for (const [result, count] of Object.entries({ found: 1, unknown: 1, throttled: 0, refused: 1, failed: 1 }))
    expect(metrics).toContain(`tollgate_key_lookup_duration_seconds_count{result="${result}"} ${count}\n`)
  expect(metrics).toContain('tollgate_key_lookup_failures_total 2\n')
  expect(metrics).toMatch(/^tollgate_keys_read_timestamp_seconds\{source="twilio"\} \d/m)
})

test('a name that a website lets lead to a loopback address reads no metrics (DNS rebinding)', async () => {
  const { adminUrl = '' } = await startGateway('http://127.0.0.1:9', { admin: { port: 0 } })
  const port = Number(new URL(adminUrl).port)
  const ask = async (host: string, path = '/metrics'): Promise<string> =>
    (await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).slice(9, 12)
  for (const host of ['rebound.example', `rebound.example:${port}`, '127.0.0.1.rebound.example', 'localhost.x', '']) {
    expect(await ask(host), host).toBe('403')
    // Load balancers on the same machine may ask with the name of the service.
    expect(await ask(host, '/healthz')).toBe('200')
  }
  for (const host of ['127.0.0.1', `127.0.0.1:${port}`, 'localhost:1', '[::1]', '10.0.0.1'])
    expect(await ask(host), host).toBe('200')
})
