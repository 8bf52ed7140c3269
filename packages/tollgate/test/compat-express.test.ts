import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { type AddressInfo, connect } from 'node:net'
import express5 from 'express'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { captureRawBody, twilioWebhook } from '../src/adapters/express.ts'
import { webhook } from '../src/compat/index.ts'
import { authToken, formType, hmac, jsonType, original, signForm } from './compat-fixtures.ts'

const express4: typeof express5 = createRequire(import.meta.url)('express4')

type App = express5.Express
type Handler = express5.RequestHandler

const servers: Server[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** Serves POST and GET /sms. It answers with what the application sees. @returns the port */
async function listen(
  express: typeof express5,
  before: readonly Handler[],
  after: readonly Handler[] = [],
): Promise<number> {
  const app: App = express()
  app.set('trust proxy', true)
  const routes = [...before, ...after]
  app.all('/sms', ...routes, (req, res) => {
    const { rawBody } = req as { rawBody?: Uint8Array }
    res.json({ body: req.body ?? null, raw: rawBody === undefined ? null : Buffer.from(rawBody).toString() })
  })
  const errors: express5.ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(error.status ?? 500).json({ error: String(error) })
  }
  app.use(errors)
  const server = app.listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

async function send(
  port: number,
  given: { method?: string; path?: string; headers?: Record<string, string>; body?: string },
): Promise<Answer> {
  const { method = 'POST', path = '/sms', body } = given
  const headers = { host: 'example.com', 'x-forwarded-proto': 'https', ...given.headers }
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port, method, path, headers: { ...length, ...headers }, agent: false },
      async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve({ status: response.statusCode, headers: response.headers, text })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

const signed = (signature: string, more: Record<string, string> = {}): Record<string, string> => ({
  'x-twilio-signature': signature,
  ...more,
})

const url = 'https://example.com/sms'
const form = { From: '+15551234567', Body: "it's + 100% \u00e9\u{1F600}", Media: ['b', 'a'], Empty: '' }
const formBody = new URLSearchParams(
  Object.entries(form).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
).toString()
const json = '{ "a": [1, {"b": "\u00e9"}] }'
const jsonTarget = `/sms?z=1&bodySHA256=${createHash('sha256').update(json).digest('hex')}`
const jsonSignature = hmac(`https://example.com${jsonTarget}`)

for (const [name, express] of [
  ['express 4', express4],
  ['express 5', express5],
] as const)
  describe(name, () => {
    const parsers: Record<string, () => Handler[]> = {
      'a parser before': () => [express.urlencoded({ extended: false })],
      'an extended parser before': () => [express.urlencoded({ extended: true })],
      'parsers that keep the raw body': () => [
        express.json({ verify: captureRawBody }),
        express.urlencoded({ extended: true, verify: captureRawBody }),
      ],
      'a JSON parser before': () => [express.json()],
      'no parser': () => [],
    }

    for (const [setUp, make] of Object.entries(parsers))
      test(`${setUp}: genuine requests pass, forged ones do not`, async () => {
        const ours = await listen(express, [...make(), webhook(authToken)])
        const theirs = await listen(express, [...make(), original.webhook(authToken)])
        const request = { headers: signed(signForm(url, form), formType), body: formBody }
        const answer = await send(ours, request)
        expect([answer.status, JSON.parse(answer.text).body]).toEqual([200, form])
        const original200 = setUp.includes('JSON') || setUp === 'no parser' ? 403 : 200
        expect((await send(theirs, request)).status).toBe(original200)

        const get = { method: 'GET', path: "/sms?Caller=sip:1@h&Body=it's+me" }
        const spelled = `${url}?Caller=sip%3A1%40h&Body=it's%20me`
        for (const port of [ours, theirs])
          for (const signature of [hmac(`https://example.com${get.path}`), hmac(spelled)])
            expect((await send(port, { ...get, headers: signed(signature) })).status).toBe(200)

        for (const port of [ours, theirs])
          for (const forged of [
            { ...request, body: `${formBody}&x=1` },
            { ...request, headers: signed(hmac('x'), formType) },
            { ...request, path: '/sms?x=1' },
            { ...get, headers: signed(hmac('x')) },
          ]) {
            const { status, headers, text } = await send(port, forged)
            expect([status, text]).toEqual([403, 'Twilio Request Validation Failed.'])
            expect(headers['content-type']).toMatch(/^text\/plain/)
          }
      })

    test('JSON whose raw body was kept, and JSON that the middleware reads itself', async () => {
      const kept = await listen(express, [express.json({ verify: captureRawBody }), webhook(authToken)])
      const theirs = await listen(express, [express.json({ verify: captureRawBody }), original.webhook(authToken)])
      const unread = await listen(express, [webhook(authToken)], [express.json()])
      const request = { path: jsonTarget, headers: signed(jsonSignature, jsonType), body: json }
      for (const port of [kept, theirs, unread]) {
        const answer = await send(port, request)
        expect([answer.status, JSON.parse(answer.text).body]).toEqual([200, JSON.parse(json)])
        expect((await send(port, { ...request, body: json.replace('1', '2') })).status).toBe(403)
      }
    })

    test('behind the guard of tollgate/express, which leaves the raw body for a second check', async () => {
      const guard = twilioWebhook({ publicUrl: 'https://example.com', authToken })
      const requests = [
        { path: jsonTarget, headers: signed(jsonSignature, jsonType), body: json },
        { headers: signed(signForm(url, form), formType), body: formBody },
      ]
      for (const second of [webhook(authToken), original.webhook(authToken)]) {
        const port = await listen(express, [guard, second])
        for (const request of requests) expect((await send(port, request)).status).toBe(200)
      }
    })

    test('a proven body that is not JSON is in rawBody only', async () => {
      const body = '{"a":'
      const path = `/sms?bodySHA256=${createHash('sha256').update(body).digest('hex')}`
      const port = await listen(express, [webhook(authToken)])
      for (const type of ['application/json', 'text/plain']) {
        const headers = signed(hmac(`https://example.com${path}`), { 'content-type': type })
        const answer = await send(port, { path, headers, body })
        expect([answer.status, JSON.parse(answer.text).raw]).toEqual([200, body])
      }
    })

    test('a body that was parsed and not kept is refused, with one line in the log', async () => {
      const log = vi.spyOn(console, 'error').mockReturnValue()
      const port = await listen(express, [express.json(), webhook(authToken)])
      for (let count = 0; count < 3; count++)
        expect(
          (await send(port, { path: jsonTarget, headers: signed(jsonSignature, jsonType), body: json })).status,
        ).toBe(403)
      expect(log).toHaveBeenCalledOnce()
      expect(log.mock.calls.join()).toContain('captureRawBody')
    })

    test('1,001 form fields, which no parser has read', async () => {
      const theirs = await listen(express, [express.urlencoded({ extended: true }), original.webhook(authToken)])
      const ours = await listen(express, [webhook(authToken)])
      const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`f${index}`, `${index}`]))
      const request = { headers: signed(signForm(url, many), formType), body: new URLSearchParams(many).toString() }
      expect([(await send(theirs, request)).status, (await send(ours, request)).status]).toEqual([413, 200])
      expect((await send(ours, { ...request, headers: signed(hmac(url), formType) })).status).toBe(403)
    })

    test('webhook({ authToken }), url with a fragment, host and protocol, both orders of arguments', async () => {
      vi.spyOn(console, 'error').mockReturnValue()
      vi.stubEnv('TWILIO_AUTH_TOKEN', undefined)
      const request = { headers: { ...signed(signForm(url, form), formType), host: 'inside:3000' }, body: formBody }
      const theirs = await listen(express, [
        express.urlencoded({ extended: false }),
        original.webhook({ authToken, url }),
      ])
      expect((await send(theirs, request)).status).toBe(500)
      for (const made of [
        webhook({ authToken, url }),
        webhook({ authToken, url: `${url}#rc=2` }),
        webhook({ url }, authToken),
        webhook(authToken, { host: 'example.com', protocol: 'https' }),
      ])
        expect((await send(await listen(express, [made]), request)).status).toBe(200)
      vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
      expect((await send(await listen(express, [webhook({ url })]), request)).status).toBe(200)
      vi.unstubAllEnvs()
    })

    test('no signature: 403 before the body is read', async () => {
      const parser = express.urlencoded({ extended: false })
      const theirs = await listen(express, [parser, original.webhook(authToken)])
      const ours = await listen(express, [webhook(authToken)])
      const request = { headers: { ...formType }, body: formBody }
      expect([(await send(theirs, request)).status, (await send(ours, request)).status]).toEqual([400, 403])
      const head = 'POST /sms HTTP/1.1\r\nHost: example.com\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n'
      expect(await sendRaw(ours, head)).toMatch(/^HTTP\/1.1 403 /)
    })

    test('too large: 413, declared or not; compressed: 415; aborted: nothing hangs', async () => {
      const port = await listen(express, [webhook(authToken)])
      const start = `POST /sms HTTP/1.1\r\nHost: example.com\r\nX-Twilio-Signature: ${hmac(url)}\r\nContent-Type: application/x-www-form-urlencoded\r\n`
      expect(await sendRaw(port, `${start}Content-Length: 2000000\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 /)
      const chunk = `100000\r\n${'a'.repeat(0x100000)}\r\n`
      expect(await sendRaw(port, `${start}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`)).toMatch(
        /^HTTP\/1.1 413 /,
      )
      expect(await sendRaw(port, `${start}Content-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc`)).toMatch(
        /^HTTP\/1.1 415 /,
      )
      const socket = connect(port, '127.0.0.1')
      socket.write(`${start}Content-Length: 100\r\n\r\nabc`, () => socket.destroy())
      await new Promise((resolve) => socket.once('close', resolve))
      expect((await send(port, { headers: signed(hmac(url)) })).status).toBe(200)
    })
  })

/** The first data that the server sends. */
async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(text)
  const chunk = await new Promise<Buffer>((resolve, reject) =>
    socket.once('data', resolve).once('close', () => reject(new Error('closed'))),
  )
  socket.destroy()
  return chunk.toString()
}
