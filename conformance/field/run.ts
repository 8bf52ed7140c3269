import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import express, { type Express } from 'express'
import express4 from 'express4'
import createFastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import type { Verdict, VerifierOptions } from 'tollgate'
import { twilioWebhook as guardAzure } from 'tollgate/azure'
import { twilioWebhook as guardExpress } from 'tollgate/express'
import { twilioWebhook as guardFetch } from 'tollgate/fetch'
import { twilioWebhook as guardHono } from 'tollgate/hono'
import { twilioWebhook as guardKoa } from 'tollgate/koa'
import { twilioWebhook as guardLambda } from 'tollgate/lambda'
import { startApache } from '../../tools/services/apache.mjs'
import { startCaddy } from '../../tools/services/caddy.mjs'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { startHaproxy } from '../../tools/services/haproxy.mjs'
import { startNginx } from '../../tools/services/nginx.mjs'
import type { StartProxy } from '../../tools/services/proxy.d.mts'
import { makeFolder } from '../../tools/services/run-server.mjs'
import type { Running } from '../adapter/framework.ts'
import { listenAsAzure } from '../frameworks/azure.ts'
import { startFunction } from '../frameworks/cloud-functions.ts'
import { listenAs } from '../frameworks/lambda-gateway.ts'
import { listen, serve } from '../frameworks/listen.ts'
import { formType, sms, token } from '../kit/draft.ts'
import { encodeForm, hashHex, joinParams, signText } from '../kit/sign.ts'
import { type Certificate, makeCertificate } from '../proxies/certificate.ts'
import { type Reply, sendPlain, sendTls, type Wire } from '../proxies/client.ts'
import { applicationSetUps } from './applications.ts'
import { keySetUps } from './keys.ts'
import { moreApplicationSetUps } from './more-applications.ts'
import { moreKeySetUps } from './more-keys.ts'
import { moreProxySetUps } from './more-proxies.ts'
import { platformSetUps } from './platforms.ts'
import { proxySetUps } from './proxies.ts'
import { type App, type Build, defaults, type SetUp } from './set-up.ts'

/** All set-ups, by family. */
export const families: Readonly<Record<string, readonly SetUp[]>> = {
  proxies: proxySetUps,
  applications: applicationSetUps,
  platforms: platformSetUps,
  'keys and options': keySetUps,
  'more proxies': moreProxySetUps,
  'more applications': moreApplicationSetUps,
  'more keys': moreKeySetUps,
}

/** The result of one request. */
interface Outcome {
  readonly status: number
  /** The verdicts about the request: one, unless it did not reach the verifier. */
  readonly verdicts: readonly Verdict[]
  /** The lines that were logged with `console` while the set-up ran. */
  readonly logged: readonly string[]
  /** The bytes that reached the application: the request as a packet capture shows it. */
  readonly arrived: Uint8Array
}

interface RunOptions {
  /** Options of the verifier, such as `diagnose`. They win over those of the set-up. */
  readonly options?: VerifierOptions
  /** Awaited before the servers stop, for work that goes on after the answer. */
  readonly settle?: () => unknown
}

/**
 * Builds a set-up for real, on free ports of 127.0.0.1, and sends it its request. Runs of set-ups
 * must not overlap, because they share `console`.
 */
export async function runSetUp(setUp: SetUp, { options, settle }: RunOptions = {}): Promise<Outcome> {
  const verdicts: Verdict[] = []
  const given: VerifierOptions = { ...defaults, ...setUp.options, ...options }
  const onVerdict: VerifierOptions['onVerdict'] = (verdict, request, native) => {
    verdicts.push(verdict)
    given.onVerdict?.(verdict, request, native)
  }
  const log = captureConsole()
  const running: (() => Promise<void>)[] = []
  try {
    const app = await startApp(setUp.app ?? guardAlone, { ...given, onVerdict })
    running.push(app.close)
    const tap = await startTap(app.port)
    running.push(tap.close)
    const sent = await makeWire(setUp.sent)
    const { status } = await send(setUp, setUp.relay?.(sent) ?? sent, tap.port, running)
    await settle?.()
    return { status, verdicts, logged: log.lines, arrived: tap.read() }
  } finally {
    for (const stop of running.reverse()) await stop()
    log.restore()
  }
}

/**
 * Passes connections on to a port, and keeps the bytes that clients send. It waits for the whole
 * request: an application may answer before it has read the body, and a proxy stops sending then.
 */
async function startTap(port: number): Promise<Running & { read(): Uint8Array }> {
  const chunks: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createTcpServer((client) => {
    const app = connect(port, '127.0.0.1')
    for (const [socket, other] of [
      [client, app],
      [app, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy()).on('close', () => other.end())
    }
    let waiting: Buffer[] = []
    client.on('data', (chunk) => {
      chunks.push(chunk)
      waiting.push(chunk)
      if (!isWhole(Buffer.concat(chunks).toString('latin1'))) return
      app.write(Buffer.concat(waiting))
      waiting = []
    })
    app.pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    read: () => Buffer.concat(chunks),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function isWhole(request: string): boolean {
  const end = request.indexOf('\r\n\r\n')
  if (end === -1) return false
  const head = request.slice(0, end)
  if (/\r\ntransfer-encoding:.*chunked/i.test(head)) return request.endsWith('\r\n0\r\n\r\n')
  return request.length - end - 4 >= Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
}

const guardAlone: App = { express: (app, guard) => app.use(guard) }

async function send({ proxy }: Build, wire: Wire, appPort: number, running: (() => Promise<void>)[]): Promise<Reply> {
  if (proxy === undefined) return sendPlain(appPort, wire)
  if ('express' in proxy) {
    const app = silence(express())
    proxy.express(app, `http://127.0.0.1:${appPort}`)
    const { port, close } = await listen(app)
    running.push(close)
    return sendPlain(port, wire)
  }
  const port = await findFreePort()
  const { start, site } = describeSite(proxy, port, await findCertificate())
  const started = await start(site.replaceAll('{app}', `127.0.0.1:${appPort}`), [port])
  running.push(() => started.stop())
  return sendTls(port, wire)
}

function describeSite(
  proxy: Exclude<SetUp['proxy'], { express: unknown } | undefined>,
  port: number,
  { crt, key, pem }: Certificate,
): { start: StartProxy; site: string } {
  if ('nginx' in proxy)
    return {
      start: startNginx,
      site: `server { listen 127.0.0.1:${port} ssl; server_name app.example.com; ssl_certificate ${crt}; ssl_certificate_key ${key};\n${proxy.nginx}\n}`,
    }
  if ('apache' in proxy)
    return {
      start: startApache,
      site: `<VirtualHost *:${port}>\nServerName app.example.com\nSSLEngine on\nSSLCertificateFile ${crt}\nSSLCertificateKeyFile ${key}\n${proxy.apache}\n</VirtualHost>`,
    }
  if ('haproxy' in proxy)
    return {
      start: startHaproxy,
      site: `listen site\nmode http\nbind 127.0.0.1:${port} ssl crt ${pem}\n${proxy.haproxy}\nserver app {app}`,
    }
  return { start: startCaddy, site: `https://:${port} {\ntls ${crt} ${key}\n${proxy.caddy}\n}` }
}

let certificate: Promise<Certificate> | undefined

/** Makes the certificate once, for all proxies of this process. */
function findCertificate(): Promise<Certificate> {
  if (certificate === undefined) {
    const folder = makeFolder('field')
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    certificate = makeCertificate(folder)
  }
  return certificate
}

/** Signs a request as Twilio does, with code that shares nothing with the library. */
async function makeWire({ url, signedUrl = url, method = 'POST', json, ...sent }: SetUp['sent']): Promise<Wire> {
  const params = sent.params ?? (json === undefined && method !== 'GET' ? sms : [])
  const bind = async (one: string): Promise<string> =>
    json === undefined ? one : `${one}${one.includes('?') ? '&' : '?'}bodySHA256=${await hashHex(json)}`
  const text = (await bind(signedUrl)) + joinParams(params)
  const { sharedKey: key } = sent
  const isBeta = key?.generation === 'private beta'
  const signature = key
    ? await signText(text, key.secret, isBeta ? 'SHA-1' : 'SHA-256')
    : await signText(text, sent.token ?? token)
  const [, host = '', target = ''] = /^https?:\/\/([^/?]+)(.*)$/s.exec(await bind(url)) ?? []
  const headers: [string, string][] = [
    ['host', host],
    ['user-agent', 'TwilioProxy/1.1'],
    ['accept', '*/*'],
    ['i-twilio-idempotency-token', '7a2f1c1e-50b3-4f0e-9c1d-3d3a5d0c6b11'],
    ['x-twilio-signature', signature],
  ]
  if (method !== 'GET') headers.push(['content-type', json === undefined ? formType : 'application/json'])
  if (key)
    headers.push(
      isBeta
        ? ['x-twilio-signature-key-sid', key.id]
        : ['x-twilio-webhooks-signature-settings', `key=${key.id},algorithm=HMAC_SHA256`],
    )
  return { method, target, headers, body: method === 'GET' ? undefined : (json ?? encodeForm(params)) }
}

const twiml = '<Response/>'

async function startApp(app: App, options: VerifierOptions): Promise<Running> {
  if ('express' in app) return listenWithExpress(express(), app.express, options)
  if ('express4' in app) return listenWithExpress(express4(), app.express4, options)
  if ('koa' in app) {
    const server = new Koa()
    server.silent = true
    app.koa(server, guardKoa(options), options)
    server.use((ctx) => {
      ctx.body = twiml
    })
    return listen(server.callback())
  }
  if ('fastify' in app) {
    const server = createFastify()
    await app.fastify(server, options)
    server.all('/*', (_request, reply) => reply.send(twiml))
    await server.ready()
    return serve(server.server)
  }
  if ('hono' in app) {
    const server = new Hono()
    app.hono(server, guardHono(options), options)
    server.all('*', (c) => c.text(twiml))
    return listen(getRequestListener(server.fetch))
  }
  if ('fetch' in app) {
    const handler = app.fetch(
      guardFetch(options, () => new Response(twiml)),
      options,
    )
    return listen((req, res) => answerWith(handler, req, res))
  }
  if ('azure' in app) return listenAsAzure(app.azure(guardAzure(options, () => ({ body: twiml }))))
  if ('cloudFunction' in app)
    return startFunction(app.cloudFunction(guardExpress(options, (_webhook, _req, res) => res.send(twiml))))
  const handler = app.lambda(
    guardLambda(options, () => ({ statusCode: 200, body: twiml })),
    options,
  )
  return listenAs(app.door, handler)
}

function listenWithExpress(
  app: Express,
  build: Extract<App, { express: unknown }>['express'],
  options: VerifierOptions,
): Promise<Running> {
  build(silence(app), guardExpress(options), options)
  app.use((_req, res) => void res.send(twiml))
  return serve(createServer(app))
}

/** Keeps Express from printing the errors of a handler. */
function silence(app: Express): Express {
  return app.set('env', 'test')
}

/** Passes a request on as a platform does that has functions of the web kind. */
async function answerWith(
  handler: (request: Request) => Response | Promise<Response>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  const { method = '', url = '', headers } = req
  const body = chunks.length === 0 ? undefined : new Uint8Array(Buffer.concat(chunks))
  const fields = new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]))
  const request = new Request(`https://${headers.host}${url}`, { method, headers: fields, ...(body && { body }) })
  const answer = await handler(request)
  res.writeHead(answer.status).end(await answer.text())
}

type Level = 'debug' | 'error' | 'info' | 'log' | 'warn'
const levels: readonly Level[] = ['debug', 'error', 'info', 'log', 'warn']

function captureConsole(): { readonly lines: string[]; restore(): void } {
  const lines: string[] = []
  const originals = levels.map((level) => console[level])
  for (const level of levels) console[level] = (...parts: unknown[]) => void lines.push(parts.map(String).join(' '))
  return {
    lines,
    restore() {
      for (const [index, level] of levels.entries()) console[level] = originals[index] ?? console[level]
    },
  }
}
