import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Exchange } from '@tollgate/gateway'
import { createVerifier, type VerifierOptions } from 'tollgate'
import { type SignedRequest, sampleWebhook, signRequest, type WebhookKind } from 'tollgate/testing'
import { onTestFinished } from 'vitest'
import { createInspector, type Inspector } from '../src/server/inspector.ts'
import type { InspectorOptions } from '../src/server/options.ts'

export const publicUrl = 'https://app.example.com'
export const authToken = 'a'.repeat(32)
export const throwAwayToken = 'b'.repeat(32)
export const verifierOptions: VerifierOptions = { publicUrl, authToken: [authToken, throwAwayToken] }

export function signSample(kind: WebhookKind, overrides = {}, token = authToken): SignedRequest {
  return signRequest({ url: `${publicUrl}/hook`, ...sampleWebhook(kind, overrides), authToken: token })
}

/** Makes an exchange as the gateway reports it. */
export async function makeExchange(signed: SignedRequest, changed: Partial<Exchange> = {}): Promise<Exchange> {
  const target = signed.url.slice(publicUrl.length)
  const body = Buffer.from(signed.body ?? '')
  const { method, headers } = signed
  const verdict = await createVerifier(verifierOptions).verify({ method, url: target, headers, body })
  return {
    id: randomUUID(),
    startedAt: Date.now(),
    durationMs: 12.3,
    request: {
      method,
      target,
      headers: [['host', 'app.example.com'], ...Object.entries(headers)],
      body,
      bodyTruncated: false,
      remoteAddress: '127.0.0.1',
    },
    verdict,
    route: { publicUrl, path: '/', scheme: 'twilio' },
    verifierOptions,
    response: {
      status: verdict.ok ? 200 : verdict.status,
      headers: [['content-type', 'text/xml']],
      body: Buffer.from('<Response/>'),
      bodyTruncated: false,
      by: verdict.ok ? 'upstream' : 'gateway',
    },
    ...changed,
  }
}

export interface Page {
  readonly inspector: Inspector
  readonly port: number
  readonly token: string
  /** The cookie, as a browser sends it. */
  readonly cookie: string
  ask(path: string, init?: Ask): Promise<Answer>
  json<T>(path: string, init?: Ask): Promise<T>
  close(): Promise<void>
}
interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: unknown
}
interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Opens a page for one test. */
export async function openForTest(options: Partial<InspectorOptions> = {}): Promise<Page> {
  const page = await openPage(options)
  onTestFinished(() => page.close())
  return page
}

/** Starts an inspector on a free port. Its requests carry the token in a header. */
export async function openPage(options: Partial<InspectorOptions> = {}): Promise<Page> {
  const inspector = createInspector({
    port: 0,
    publicUrl,
    throwAwayToken,
    throwAwayIndex: 1,
    verifierOptions,
    // No test writes into the folder of the user, unless it names another one.
    keepRefused: false,
    ...options,
  })
  const { url } = await inspector.listen()
  return await pageAt(url, inspector)
}

/** Uses the code of an address. Programs may send the value of the cookie in a header. */
export async function pageAt(url: string, inspector: Pick<Inspector, 'close'>): Promise<Page> {
  const { port, search } = new URL(url)
  const { headers } = await askRaw(Number(port), `/${search}`)
  const [, cookieName = '', token = ''] = /^(\w+)=([^;]*)/.exec(headers['set-cookie']?.[0] ?? '') ?? []
  const ask: Page['ask'] = (path, { method = 'GET', headers = {}, body } = {}) =>
    askRaw(Number(port), path, {
      method,
      headers: {
        'x-tollgate-inspector-token': token,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
    })
  return {
    inspector: inspector as Inspector,
    port: Number(port),
    token,
    cookie: `${cookieName}=${token}`,
    ask,
    async json(path, init) {
      const answer = await ask(path, init)
      if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`)
      return JSON.parse(answer.text)
    },
    close: () => inspector.close(),
  }
}

export function askRaw(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: Ask & { readonly body?: string | undefined } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      method,
      headers: headers as IncomingHttpHeaders,
      agent: false,
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const { statusCode: status = 0, headers } = response
      text(response).then((body) => resolve({ status, headers, text: body }), reject)
    })
    sent.end(body)
  })
}

/** Collects the server-sent events of a page. Resolves after the first one, which is the list. */
export async function follow({ port, cookie }: Page) {
  const events: { readonly name: string; readonly data: unknown }[] = []
  const sent = request({ host: '127.0.0.1', port, path: '/api/events', headers: { cookie }, agent: false }).end()
  onTestFinished(() => void sent.destroy())
  const [response] = await once(sent, 'response')
  const lines = createInterface(response)
  for (const one of [sent, response, lines]) one.on('error', () => {})
  let name = ''
  lines.on('line', (line) => {
    const [, field, value = ''] = /^(event|data): (.*)$/.exec(line) ?? []
    if (field === 'event') name = value
    if (field === 'data') events.push({ name, data: JSON.parse(value) })
  })
  await until(() => events[0])
  return events
}

/** Serves on a free port of 127.0.0.1 until the test ends. Returns the address. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/**
 * Runs a test that the page has copied, and returns its report in TAP. Rejects if the test fails.
 */
export async function runCopied(code: string, env: Readonly<Record<string, string>>): Promise<string> {
  // In the package, so that the import of tollgate/testing resolves, and where git does not look.
  const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url))
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'copied-'))
  try {
    const file = join(directory, 'copied.test.mjs')
    writeFileSync(file, code)
    const { NODE_TEST_CONTEXT: _outer, TWILIO_AUTH_TOKEN: _token, ...clean } = process.env
    const words = ['--test', '--test-reporter=tap', file]
    return (await promisify(execFile)(process.execPath, words, { env: { ...clean, ...env } })).stdout
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Waits until `find` returns a value. The test's time limit ends the wait. */
export async function until<T>(find: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await find()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
