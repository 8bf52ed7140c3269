import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type ServerType, serve } from '@hono/node-server'
import fastify, { type FastifyInstance } from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import { twilioWebhook as fastifyWebhook } from 'tollgate/fastify'
import { twilioWebhook as honoWebhook } from 'tollgate/hono'
import { expect, onTestFinished, test } from 'vitest'
import { token } from '../kit/draft.ts'

const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url))
const publicUrl = 'https://api.example.com'
const options = { publicUrl, authToken: token }

interface Attacked {
  readonly status: string
  readonly routes: readonly { readonly url: string; readonly verdict: string; readonly by: readonly string[] }[]
}

/** Walks through a call, and then attacks each route of it. */
async function attack(origin: string, input: string, ...words: string[]): Promise<{ code: number; report: Attacked }> {
  const args = [bin, 'call', '--to', `${origin}/voice`, '--public-url', publicUrl, '--attack', '--json', ...words]
  return await new Promise((resolve) => {
    const env = { ...process.env, TWILIO_AUTH_TOKEN: token }
    const child = execFile(process.execPath, args, { env }, (error, stdout) =>
      resolve({ code: Number(error?.code ?? 0), report: JSON.parse(stdout) }),
    )
    child.stdin?.end(input)
  })
}

function listOpen({ routes }: Attacked): string[] {
  return routes
    .filter(({ verdict }) => verdict !== 'guarded')
    .map(({ url, verdict, by }) => `${verdict} ${url.slice(publicUrl.length)} (${by.length})`)
    .sort()
}

/**
 * The mistake of Fastify: a guard that is registered in a plugin guards this plugin and those in it.
 * A sibling has none.
 */
async function serveFastify(isComplete: boolean): Promise<string> {
  const app = fastify()
  const reply = (instance: FastifyInstance, path: string, verbs: string, method: 'GET' | 'POST' = 'POST'): void => {
    instance.route({
      method,
      url: path,
      handler: (_request, answer) => answer.type('text/xml').send(`<Response>${verbs}</Response>`),
    })
  }
  await app.register(async (calls) => {
    await calls.register(fastifyWebhook, options)
    reply(calls, '/voice', '<Gather action="sales/menu" numDigits="1"><Say>Press a key</Say></Gather>')
    await calls.register(
      async (sales) =>
        reply(
          sales,
          '/menu',
          '<Record action="/after/recording" method="GET" recordingStatusCallback="/after/stored" transcribe="true" transcribeCallback="/after/text"/>',
        ),
      { prefix: '/sales' },
    )
  })
  await app.register(
    async (after) => {
      if (isComplete) await after.register(fastifyWebhook, options)
      else after.addContentTypeParser('*', (_request, payload, done) => done(null, payload.resume()))
      reply(after, '/recording', '<Say>Thank you</Say><Redirect>/after/bye</Redirect>', 'GET')
      reply(after, '/stored', '')
      await after.register(async (inner) => {
        // A guard of its own, deep in a plugin without one.
        if (!isComplete) await inner.register(fastifyWebhook, options)
        reply(inner, '/bye', '<Say>Bye</Say>')
        reply(inner, '/text', '')
      })
    },
    { prefix: '/after' },
  )
  await app.ready()
  app.server.listen(0, '127.0.0.1')
  await once(app.server, 'listening')
  onTestFinished(() => app.close())
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

test('Fastify with nested plugins: a plugin beside the guarded one', async () => {
  const { code, report } = await attack(await serveFastify(false), '1\nHello\n#\n')
  expect(report.routes).toHaveLength(6)
  expect(listOpen(report)).toEqual(['open /after/recording (2)', 'open /after/stored (2)'])
  expect(code).toBe(1)
})

test('Fastify with a guard in each plugin', async () => {
  const { code, report } = await attack(await serveFastify(true), '1\nHello\n#\n')
  expect(report.routes).toHaveLength(6)
  expect([listOpen(report), code]).toEqual([[], 0])
})

/** Refuses requests without a signature, and looks at no other. */
const hasSignature: MiddlewareHandler = async (c, next) => {
  if (c.req.header('x-twilio-signature') === undefined) return c.text('forbidden', 403)
  await next()
  return undefined
}
const nothing: MiddlewareHandler = (_c, next) => next()

/** A call that is forwarded, then asked, then recorded: the answers to a Dial lead to a Gather, and that to a Record. */
async function serveHono(forgotten: Readonly<Record<string, MiddlewareHandler>>): Promise<string> {
  const documents: Readonly<Record<string, string>> = {
    '/voice':
      '<Dial action="/dialled"><Number url="/whisper" statusCallback="/child" statusCallbackEvent="ringing completed">+15550001</Number></Dial>',
    '/whisper': '<Gather action="/accept" numDigits="1"><Say>Press 1</Say></Gather><Hangup/>',
    '/accept': '',
    '/child': '',
    '/dialled': '<Gather action="/choice" numDigits="1"><Say>Press 2 to leave a message</Say></Gather>',
    '/choice': '<Record action="/done" recordingStatusCallback="/recorded"/>',
    '/done': '<Say>Thank you</Say>',
    '/recorded': '',
    '/status': '',
  }
  const app = new Hono()
  for (const [path, verbs] of Object.entries(documents))
    app.post(path, forgotten[path] ?? honoWebhook(options), (c) =>
      c.body(`<Response>${verbs}</Response>`, 200, { 'content-type': 'text/xml' }),
    )
  const server: ServerType = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const typed = '/answer\n1\n\n2\nHello\n#\n'

test.each([
  [{}, []],
  [{ '/child': nothing, '/recorded': hasSignature }, ['open /child (2)', 'open /recorded (1)']],
  [{ '/choice': nothing, '/status': nothing }, ['open /choice (2)', 'open /status (2)']],
])('Hono with a Gather behind a Dial, %#', async (forgotten, open) => {
  const { code, report } = await attack(await serveHono(forgotten), typed, '--status-callback', '/status')
  expect(report.routes).toHaveLength(9)
  expect([listOpen(report), report.status]).toEqual([open, 'completed'])
  expect(code).toBe(open.length === 0 ? 0 : 1)
})
