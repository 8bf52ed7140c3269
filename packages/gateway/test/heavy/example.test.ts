import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { parseConfiguration } from '../../src/config/parse.ts'
import { takeInheritedSockets } from '../../src/inherited-sockets.ts'
import { authToken, listenOn, publicUrl, send, signSms, startUpstream } from '../support.ts'

// Slow: most tests start the command, and wait for its reloads and its end.

const examples = fileURLToPath(new URL('../../../../examples/gateway/', import.meta.url))
const bin = fileURLToPath(new URL('../../../cli/dist/bin.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-'))

afterAll(() => rmSync(folder, { recursive: true }))

async function start(args: readonly string[], env: Record<string, string>, program = process.execPath) {
  const child = spawn(program, args, {
    env: { ...process.env, TWILIO_AUTH_TOKEN: authToken, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const waitFor = async (pattern: RegExp): Promise<string> => {
    await expect.poll(() => output, { timeout: 20_000 }).toMatch(pattern)
    return pattern.exec(output)?.[1] ?? ''
  }
  return { child, waitFor, read: () => output }
}

test('the program in the documentation runs', async () => {
  const { child, waitFor } = await start([join(examples, 'server.mjs')], { PORT: '0', TOLLGATE_PUBLIC_URL: publicUrl })
  const url = await waitFor(/listens on (\S+)/)
  // The request is genuine, but no upstream listens.
  expect((await send(url, signSms())).status).toBe(502)
  expect((await send(url, { ...signSms(), body: 'x=1' })).status).toBe(403)
  child.kill()
  await once(child, 'exit')
})

test('the configurations in the examples are valid', () => {
  const text = readFileSync(join(examples, 'gateway.yaml'), 'utf8')
  expect(parseConfiguration(text, 'gateway.yaml').configuration.routes).toHaveLength(3)
})

test('the units of systemd name each other, and sockets that the gateway knows', () => {
  const units = readdirSync(examples).filter((name) => /\.(service|socket)$/.test(name))
  const readAll = (name: string, option: string): readonly string[] => {
    const text = readFileSync(join(examples, name), 'utf8')
    return [...text.matchAll(new RegExp(`^${option}=(.*)$`, 'gm'))].flatMap(([, value = '']) => value.split(' '))
  }
  const service = 'tollgate-gateway@.service'
  const sockets = units.filter((name) => name !== service)
  // A unit of a template is named with its instance.
  const toFile = (name: string): string => name.replace(/@[^.]+\./, '@.')
  expect(readAll(service, 'Sockets').map(toFile).sort()).toEqual(sockets.sort())
  for (const option of ['Requires', 'After'])
    expect(readAll(service, option).map(toFile)).toEqual(expect.arrayContaining(sockets))
  for (const socket of sockets) expect(readAll(socket, 'Service').map(toFile)).toEqual([service])
  const LISTEN_FDNAMES = sockets.flatMap((socket) => readAll(socket, 'FileDescriptorName')).join(':')
  const env = { LISTEN_PID: String(process.pid), LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES }
  expect(Object.keys(takeInheritedSockets(env)).sort()).toEqual(['admin', 'listen'])
})

test.each(['kubernetes.yaml', 'kubernetes-redis.yaml'])('the manifest %s is valid', (name) => {
  const documents = parseAllDocuments(readFileSync(join(examples, name), 'utf8'))
  for (const { errors, warnings } of documents) expect([...errors, ...warnings]).toEqual([])
  const [map, ...others] = documents.map((document) => document.toJS())
  const { configuration } = parseConfiguration(map.data['gateway.yaml'], 'gateway.yaml')
  expect(configuration.listen).toEqual({ host: '0.0.0.0', port: 8080 })

  const labels = others.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.template.metadata.labels)
  const services = others.filter(({ kind }) => kind === 'Service')
  expect(services.map(({ spec }) => spec.selector)).toEqual(labels)
  const [gateway] = others.flatMap(({ spec }) => spec.template?.spec.containers ?? [])
  const redisUrl = gateway.env.find((one: { name: string }) => one.name === 'REDIS_URL')?.value
  if (redisUrl === undefined) return expect(configuration.replay).toBeUndefined()
  expect(configuration.replay).toMatchObject({ store: 'redis', redisUrlEnv: 'REDIS_URL' })
  expect(services.map(({ metadata }) => metadata.name)).toContain(new URL(redisUrl).hostname)
})

test('the command reloads on a signal, keeps its configuration on a mistake, shows metrics and stops gracefully', async () => {
  const file = join(folder, 'gateway.yaml')
  const write = (mode: string, address = '127.0.0.1:0') =>
    writeFileSync(
      file,
      `listen: ${address}
admin: 127.0.0.1:0
routes: [{ upstream: 'http://127.0.0.1:9', publicUrl: ${publicUrl}, mode: ${mode} }]
forwardAuth: { listen: 127.0.0.1:0, publicUrl: ${publicUrl} }
`,
    )
  write('enforce')
  const { child, waitFor, read } = await start([bin, 'gateway', '--config', file], {})
  const url = await waitFor(/listens on (\S+)/)
  const forwardAuth = await waitFor(/Forward-auth listens on (\S+)/)
  expect((await fetch(forwardAuth)).status).toBe(403)
  const admin = await waitFor(/Health and metrics: (\S+)/)
  const forged = { ...signSms(), body: 'x=1' }
  expect((await send(url, forged)).status).toBe(403)
  write('watch')
  child.kill('SIGHUP')
  await waitFor(/is unchanged\. .*gateway\.yaml:3: routes\[0\]\.mode: /)
  expect((await send(url, forged)).status).toBe(403)
  write('observe', '127.0.0.1:1')
  child.kill('SIGHUP')
  await waitFor(/is unchanged\. "listen" cannot change while the gateway runs/)
  expect((await send(url, forged)).status).toBe(403)
  write('observe')
  child.kill('SIGHUP')
  await waitFor(/was reloaded/)
  await expect.poll(async () => (await send(url, forged)).status, { timeout: 10_000 }).toBe(502)
  const metrics = await (await fetch(`${admin}/metrics`)).text()
  expect(metrics).toMatch(/tollgate_verdicts_total\{code="signature_mismatch",route="\/"\} [2-9]/)
  expect(metrics).toMatch(/tollgate_config_reloads_total\{result="refused"\} [2-9]/)
  expect(metrics).toMatch(/tollgate_config_reloads_total\{result="applied"\} [1-9]/)
  expect(await (await fetch(`${admin}/readyz`)).text()).toBe('ready\n')
  expect(read()).toMatch(/"code":"signature_mismatch","status":403/)
  expect(read()).not.toContain(authToken)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
})

test('without a configuration file, a reload says that it reads nothing', async () => {
  const flags = ['--upstream', 'http://127.0.0.1:9', '--public-url', publicUrl, '--listen', '127.0.0.1:0']
  const { child, waitFor, read } = await start([bin, 'gateway', ...flags], {})
  await waitFor(/listens on/)
  child.kill('SIGHUP')
  await waitFor(/Nothing was reloaded: without --config/)
  expect(read()).not.toContain('was reloaded\n')
  child.kill('SIGTERM')
  expect((await once(child, 'exit'))[0]).toBe(0)
})

test('after a flood of connections that uses up the file descriptors, requests are served', async () => {
  const flags = ['--upstream', 'http://127.0.0.1:9', '--public-url', publicUrl, '--listen', '127.0.0.1:0']
  const limited = ['-c', 'ulimit -n 128; exec "$0" "$@"', process.execPath, bin, 'gateway', ...flags]
  const { child, waitFor } = await start(limited, {}, 'sh')
  const url = await waitFor(/listens on (\S+)/)
  const flood = Array.from({ length: 300 }, () => connect(Number(new URL(url).port), '127.0.0.1'))
  for (const socket of flood) socket.on('error', () => undefined)
  // Those beyond the limit are closed, which shows that it was reached.
  await expect.poll(() => flood.filter((socket) => socket.closed).length, { timeout: 10_000 }).toBeGreaterThan(100)
  for (const socket of flood) socket.destroy()
  await expect.poll(async () => (await send(url, signSms())).status, { timeout: 10_000 }).toBe(502)
  child.kill('SIGTERM')
  expect((await once(child, 'exit'))[0]).toBe(0)
}, 30_000)

test('with a configured collector each request is one span, the parent of those of the backend, without secrets or message text', async () => {
  const spans: string[] = []
  const collector = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    spans.push(`${req.url} ${Buffer.concat(chunks).toString('latin1')}`)
    res.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  const endpoint = await listenOn(collector)
  const upstream = await startUpstream()
  const flags = ['--upstream', upstream.url, '--public-url', publicUrl, '--listen', '127.0.0.1:0', '--mode', 'observe']
  const { child, waitFor } = await start([bin, 'gateway', ...flags], { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
  const url = await waitFor(/listens on (\S+?)[,\s]/)
  const genuine = signSms('/sms?secret=of-a-query')
  const forged = { ...signSms(), body: 'Body=x' }
  const [traceId, parentId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
  for (const signed of [genuine, forged]) {
    const traced = { ...signed.headers, Traceparent: `00-${traceId}-${parentId}-01`, TraceState: 'a=b' }
    expect((await send(url, { ...signed, headers: traced })).status).toBe(200)
  }
  child.kill('SIGTERM')
  expect((await once(child, 'exit'))[0]).toBe(0)
  const all = spans.join('\n')
  expect(all).toContain('/v1/traces')
  for (const shown of ['POST /', 'signature_mismatch', '/sms', 'tollgate-gateway']) expect(all).toContain(shown)
  const signature = genuine.headers['x-twilio-signature'] ?? 'none'
  for (const hidden of [authToken, signature, 'of-a-query', '+15005550006', 'code & more'])
    expect(all).not.toContain(hidden)
  const sent: { traceId: string; spanId: string; parentSpanId?: string }[] = spans
    .flatMap((request) => JSON.parse(request.slice(request.indexOf('{'))).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope: { spans: unknown[] }) => scope.spans))
  const parents = upstream.seen.map(({ headers }) => headers.traceparent)
  expect(parents).toEqual(sent.map((span) => `00-${span.traceId}-${span.spanId}-01`))
  // The sender's context counts only if the request verified.
  expect(sent[0]).toMatchObject({ traceId, parentSpanId: parentId })
  expect(sent[1]?.traceId).not.toBe(traceId)
  expect(upstream.seen.map(({ headers }) => headers.tracestate)).toEqual(['a=b', undefined])
  await upstream.close()
  collector.closeAllConnections()
  collector.close()
})

test('the command reports the line of a mistake and exits with 2', async () => {
  const file = join(folder, 'wrong.yaml')
  writeFileSync(file, 'routes:\n  - upstream: 5\n')
  const { child, read } = await start([bin, 'gateway', '--config', file], {})
  const [code] = await once(child, 'exit')
  expect([code, read()]).toEqual([2, expect.stringMatching(/wrong\.yaml:2: routes\[0\]\.upstream: /)])
})
