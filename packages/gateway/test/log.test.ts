import { mkdtempSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { RequestLog } from '../src/request-log.ts'
import {
  accountSid,
  collectLog,
  formatRequest,
  listenOn,
  routeTo,
  send,
  sendRaw,
  signSms,
  sms,
  startGateway,
  startUpstream,
} from './support.ts'

const MessageSid = `SM${'1'.repeat(32)}`
const CallSid = `CA${'2'.repeat(32)}`

test('a line has what finds a request in the debugger of Twilio', async () => {
  const upstream = await startUpstream()
  const { lines, log } = collectLog()
  const gateway = await startGateway(upstream.url, { log })
  const marks = { 'I-Twilio-Request-Id': `RQ${'3'.repeat(32)}`, 'I-Twilio-Idempotency-Token': 'b0a1-token' }
  const signed = signSms('/sms', { ...sms, MessageSid })
  await send(gateway.url, { ...signed, headers: { ...signed.headers, ...marks } })
  await send(gateway.url, signSms('/voice', { AccountSid: accountSid, CallSid }))
  const found = { host: 'api.example.com', upstream: upstream.url, accountSid }
  await expect.poll(() => lines).toHaveLength(2)
  expect(lines).toMatchObject([
    {
      level: 30,
      ...found,
      messageSid: MessageSid,
      requestId: marks['I-Twilio-Request-Id'],
      idempotencyToken: 'b0a1-token',
    },
    { level: 30, ...found, callSid: CallSid },
  ])
  expect(lines.map(({ claimed }) => claimed)).toEqual([undefined, undefined])
})

test('what a refused request says of itself is marked as a claim, and has the form of an identifier', async () => {
  const upstream = await startUpstream()
  const { lines, log } = collectLog()
  const gateway = await startGateway(upstream.url, { log })
  const signed = signSms('/sms', { ...sms, MessageSid })
  await send(gateway.url, { ...signed, body: `${signed.body}&x=1` })
  const odd = `AccountSid=AC${'x'.repeat(32)}&CallSid=CA1&MessageSid=${MessageSid}%0a&Body=secret`
  const headers = { ...signed.headers, 'I-Twilio-Request-Id': 'a b', 'I-Twilio-Idempotency-Token': 'x'.repeat(65) }
  await send(gateway.url, { ...signed, headers, body: odd })
  await expect.poll(() => lines).toHaveLength(2)
  expect(lines[0]).toMatchObject({ level: 40, claimed: { accountSid, messageSid: MessageSid } })
  for (const name of ['accountSid', 'messageSid']) expect(lines[0]).not.toHaveProperty(name)
  for (const name of ['claimed', 'requestId', 'idempotencyToken']) expect(lines[1]).not.toHaveProperty(name)
  expect(JSON.stringify(lines)).not.toContain('secret')
})

test('a 5xx is an error, a refusal a warning, and an answer an info', async () => {
  const upstream = await startUpstream((req, res) => res.writeHead(req.url === '/fails' ? 500 : 200).end())
  const { lines, log } = collectLog()
  const routes = [routeTo(upstream.url), routeTo('http://127.0.0.1:9', { path: '/nowhere' })]
  const gateway = await startGateway('', { log, routes })
  for (const target of ['/fine', '/fails', '/nowhere']) await send(gateway.url, signSms(target))
  await send(gateway.url, { ...signSms(), body: 'x=1' })
  await expect.poll(() => lines).toHaveLength(4)
  expect(lines.map(({ level, status }) => [level, status])).toEqual([
    [30, 200],
    [50, 500],
    [50, 502],
    [40, 403],
  ])
})

const broken: Readonly<Record<string, (socket: Socket) => void>> = {
  'ends before its length': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfine'),
  'has a faulty chunk': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n')
    setTimeout(() => socket.write('zz\r\n'), 100)
  },
  'does not end in time': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfine'),
}

test.each(Object.entries(broken))('an answer that %s is a warning, and counts as broken', async (_, answer) => {
  const upstream = createServer((socket) => void socket.on('error', () => undefined).once('data', () => answer(socket)))
  const { lines, log } = collectLog()
  const gateway = await startGateway(await listenOn(upstream), { log, admin: { port: 0 }, timeoutMs: 500 })
  expect(await sendRaw(gateway.port, formatRequest(signSms()))).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  await expect.poll(() => lines).toHaveLength(1)
  expect(lines).toMatchObject([
    { level: 40, status: 200, by: 'upstream', result: 'broken', failure: expect.any(String) },
  ])
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
  expect(metrics).toContain('tollgate_responses_total{status="broken",by="upstream"} 1\n')
  expect(metrics).toContain('tollgate_upstream_response_seconds_count{result="broken"} 1\n')
  expect(metrics).toContain('tollgate_upstream_response_seconds_count{result="answered"} 0\n')
  expect(metrics).not.toContain('status="200"')
})

test('outside production, a refusal is explained with the flag and the line of the file that mend it', async () => {
  const written = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  // The rate limit of diagnoses is that of the process.
  const read = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => 1_000_000 + read())
  vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(tmpdir(), 'tollgate-log-')))
  const fix = "--public-url 'https://api.example.com', or write publicUrl: 'https://api.example.com' in its file."
  for (const [diagnose, log, env, isExplained] of [
    [undefined, undefined, 'development', true],
    [true, undefined, 'production', true],
    [undefined, undefined, 'production', false],
    [true, 'silent', 'development', false],
  ] as const) {
    vi.stubEnv('NODE_ENV', env)
    written.mockClear()
    const gateway = await startGateway('http://127.0.0.1:9', { diagnose, log }, { publicUrl: 'https://10.0.0.1' })
    expect((await send(gateway.url, signSms())).status).toBe(403)
    const found = () => written.mock.calls.flat().filter((line) => String(line).includes(fix)).length
    if (isExplained) await expect.poll(found, { timeout: 10_000 }).toBe(1)
    else {
      await sleep(300)
      expect(found()).toBe(0)
    }
  }
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test('strangers cannot fill the log: refusals are sampled and counted, and genuine requests are not', () => {
  const { lines, log } = collectLog()
  const requests = new RequestLog()
  requests.output = log
  const common = { method: 'POST', path: '/', route: '/', by: 'gateway', ms: 1 } as const
  for (let index = 0; index < 150; index++) {
    requests.write({ ...common, code: 'signature_mismatch', status: 403 })
    requests.write({ ...common, code: 'accepted', status: 200 })
  }
  const refused = lines.filter(({ code }) => code !== 'accepted')
  expect([refused.length, lines.length, requests.sampled]).toEqual([100, 250, 50])
  expect(lines.filter(({ skipped }) => skipped !== undefined)).toHaveLength(50)
})

test('an error of the logger stops nothing, and is counted', async () => {
  const upstream = await startUpstream()
  const fail = () => {
    throw new Error('ENOSPC')
  }
  const gateway = await startGateway(upstream.url, { log: pino({}, { write: fail }), admin: { port: 0 } })
  expect((await send(gateway.url, signSms())).status).toBe(200)
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
  expect(metrics).toMatch(/tollgate_log_lines_dropped_total\{reason="output"\} 1\n/)
})
