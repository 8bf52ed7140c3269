import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { metrics } from '@opentelemetry/api'
import { InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { validateRequest } from 'tollgate/compat'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { send, toRaw } from '../adapter/socket.ts'
import { expectAttacksRefused } from '../attacks/recipe.ts'
import { makeRequest, otherToken, token } from '../kit/draft.ts'

// The recipes of README.md, in this process. conformance/heavy/examples.test.ts attacks the others.
const publicUrl = 'https://api.example.com'
let server: Server | undefined

beforeEach(() => {
  vi.stubEnv('TWILIO_AUTH_TOKEN', token)
  // The recipes listen as soon as they are imported.
  vi.stubEnv('PORT', '0')
})
afterEach(() => {
  vi.unstubAllEnvs()
  server?.closeAllConnections()
  server?.close()
})

/** What the recipes export, each one of these. */
interface Exports {
  readonly app: RequestListener
  readonly server: Server
  readonly default: { fetch(request: Request): Promise<Response> }
}

async function load(name: string, directory = 'readme'): Promise<Exports> {
  return import(`../../examples/${directory}/${name}.mjs`)
}

async function serve(listener: RequestListener) {
  server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, kind: 'webhook', path: '/sms', publicUrl } as const
}

async function expectToHold(listener: RequestListener): Promise<void> {
  const recipe = await serve(listener)
  expect(await expectAttacksRefused(recipe)).toBeGreaterThanOrEqual(12)
  const answer = await send(recipe.port, toRaw(await makeRequest({ origin: publicUrl })))
  expect(answer.status).toBe(200)
  expect(answer.body).toMatch(/<Response>|Hello \+/)
}

test('Express', async () => {
  const { app } = await load('express')
  await expectToHold(app)
})

test('node:http', async () => {
  const { server: node } = await load('node')
  await expectToHold(node.listeners('request')[0] as RequestListener)
})

test('fetch', async () => {
  const { default: handler } = await load('fetch')
  await expectToHold(async (req, res) => {
    const headers = new Headers()
    // Some versions of Node.js 20 throw in `headersDistinct` if a header is named __proto__.
    for (let at = 0; at < req.rawHeaders.length; at += 2)
      headers.append(req.rawHeaders[at] ?? '', req.rawHeaders[at + 1] ?? '')
    const body = req.method === 'GET' ? {} : { body: Readable.toWeb(req) as ReadableStream, duplex: 'half' as const }
    const answer = await handler.fetch(
      new Request(`http://127.0.0.1${req.url}`, { method: req.method ?? '', headers, ...body }),
    )
    res.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  })
})

test('the attacks notice a recipe that builds the URL from the Host header', async () => {
  const recipe = await serve((req, res) => {
    let body = ''
    req.on('data', (chunk) => {
      body += chunk
    })
    req.on('end', () => {
      const { host, 'x-twilio-signature': signature } = req.headers
      const params = Object.fromEntries(new URLSearchParams(body))
      const isGenuine = validateRequest(token, String(signature), `https://${host}${req.url}`, params)
      res.writeHead(isGenuine ? 200 : 403).end()
    })
  })
  await expect(expectAttacksRefused(recipe)).rejects.toThrow('A1 a signature of another host, with its Host')
})

test('rolling out: observes, and counts with prom-client and OpenTelemetry', async () => {
  vi.stubEnv('TOLLGATE_PUBLIC_URL', publicUrl)
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const exporter = new InMemoryMetricExporter(0)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })
  const provider = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(provider)
  const { server: example } = await load('server', 'rolling-out')
  server = example
  if (!example.listening) await once(example, 'listening')
  const { port } = example.address() as AddressInfo
  const ask = async (path: string, key: string): Promise<string> => {
    const { status, body } = await send(port, toRaw(await makeRequest({ origin: publicUrl, path, token: key })))
    return `${status} ${body}`
  }
  for (const path of ['/twilio/sms', '/enforced']) expect(await ask(path, token)).toBe('200 verified')
  expect(await ask('/twilio/sms', otherToken)).toBe('200 observed')
  expect(await ask('/enforced', otherToken)).toBe('403 Twilio Request Validation Failed.')

  const text = await (await fetch(`http://127.0.0.1:${port}/internal/metrics`)).text()
  expect(text).toContain('twilio_webhooks_total{code="accepted",key="auth_token0"} 1')
  expect(text).toContain('twilio_webhooks_total{code="signature_mismatch"} 1')
  await provider.forceFlush()
  const points = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics.flatMap((one) => [...one.dataPoints])))
  expect(points.map(({ attributes, value }) => [attributes, value])).toEqual([
    [{ code: 'accepted', key: 'auth_token0' }, 1],
    [{ code: 'signature_mismatch' }, 1],
  ])
  await provider.shutdown()
})
