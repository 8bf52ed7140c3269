// Starts one HTTP server that answers an SMS: `server.mjs Express minimal`. It sends its port to the
// parent process and, on request, its CPU time and its number of requests.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { parse } from 'node:querystring'
import { Readable } from 'node:stream'
import { authToken, publicUrl } from './webhooks.mjs'

const options = { publicUrl, authToken }
const answer = '<Response/>'
let answered = 0

/**
 * Does the work that every application does with the sender.
 * @param {unknown} from
 */
function count(from) {
  if (typeof from !== 'string' || from === '') throw new Error('The form was not parsed.')
  answered++
  return answer
}

/**
 * The least that a careful developer writes: join the URL and the sorted parameters, and compare
 * one HMAC.
 * @param {string | undefined} target
 * @param {Record<string, unknown>} params
 * @param {unknown} signature
 */
function isSigned(target, params, signature) {
  let text = publicUrl + target
  for (const name of Object.keys(params).sort()) text += name + params[name]
  const expected = createHmac('sha1', authToken).update(text).digest()
  const given = Buffer.from(String(signature), 'base64')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** @param {AsyncIterable<Buffer>} stream */
async function readForm(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return parse(Buffer.concat(chunks).toString())
}

/** @typedef {(port: (port: number) => void) => void} Start */

/** @param {import('node:http').RequestListener} listener @returns {Start} */
function listen(listener) {
  return (onPort) => {
    const server = createServer(listener).listen(0, '127.0.0.1', () => onPort(Object(server.address()).port))
  }
}

/** @param {(express: any) => unknown[]} listGuards @returns {Promise<Start>} */
async function startExpress(listGuards) {
  const { default: express } = await import('express')
  const app = /** @type {any} */ (express())
  app.post('/twilio/sms', ...listGuards(express), (/** @type {any} */ req, /** @type {any} */ res) => {
    res.type('text/xml').send(count(req.body.From))
  })
  return listen(app)
}

/**
 * @param {Request} request
 * @returns {Promise<Response>}
 */
const checkWeb = async (request) => {
  const params = parse(await request.text())
  const target = request.url.slice(new URL(request.url).origin.length)
  if (!isSigned(target, params, request.headers.get('x-twilio-signature'))) return new Response(null, { status: 403 })
  return new Response(count(params.From), { headers: xml })
}

/** @type {(webhook: any) => Response} */
const answerWebhook = ({ params }) => new Response(count(params.get('From')), { headers: xml })

/**
 * Serves a fetch handler as the servers of Next and SvelteKit do: with a
 * Request that Node.js makes.
 * @param {(request: Request) => Promise<Response>} handle
 */
function listenWeb(handle) {
  return listen(async (req, res) => {
    const body = /** @type {ReadableStream} */ (Readable.toWeb(req))
    const headers = new Headers()
    for (let at = 0; at < req.rawHeaders.length; at += 2)
      headers.append(req.rawHeaders[at] ?? '', req.rawHeaders[at + 1] ?? '')
    const init = { method: 'POST', headers, body, duplex: 'half', signal: new AbortController().signal }
    const answer = await handle(new Request(`http://${req.headers.host}${req.url}`, /** @type {RequestInit} */ (init)))
    for (const [name, value] of answer.headers) res.setHeader(name, value)
    res.writeHead(answer.status)
    if (answer.body) for await (const chunk of answer.body) res.write(chunk)
    res.end()
  })
}

/** @type {Record<string, () => Promise<Record<string, () => Start | Promise<Start>>>>} */
const servers = {
  'node:http': async () => ({
    async minimal() {
      return listen(async (req, res) => {
        const params = await readForm(req)
        if (!isSigned(req.url, params, req.headers['x-twilio-signature'])) return void res.writeHead(403).end()
        res.setHeader('content-type', 'text/xml').end(count(params.From))
      })
    },
    async guarded() {
      const { twilioWebhook } = await import('tollgate/node')
      return listen(
        twilioWebhook(options, ({ params }, _req, res) => {
          res.setHeader('content-type', 'text/xml').end(count(params.get('From')))
        }),
      )
    },
  }),
  'Express 5': async () => ({
    minimal: () =>
      startExpress((express) => [
        express.urlencoded({ extended: false }),
        (/** @type {any} */ req, /** @type {any} */ res, /** @type {() => void} */ next) => {
          if (isSigned(req.originalUrl, req.body, req.headers['x-twilio-signature'])) next()
          else res.status(403).end()
        },
      ]),
    async guarded() {
      const { twilioWebhook } = await import('tollgate/express')
      return startExpress(() => [twilioWebhook(options)])
    },
  }),
  Fastify: async () => ({
    async minimal() {
      const { default: formbody } = await import('@fastify/formbody')
      return startFastify((app) => {
        app.register(formbody)
        app.addHook('preHandler', async (request, reply) => {
          const signature = request.headers['x-twilio-signature']
          if (!isSigned(request.url, Object(request.body), signature)) return reply.code(403).send()
        })
      })
    },
    async guarded() {
      const { twilioWebhook } = await import('tollgate/fastify')
      return startFastify((app) => app.register(twilioWebhook, options))
    },
  }),
  Koa: async () => ({
    minimal: () =>
      startKoa(async (ctx) => {
        const params = await readForm(ctx.req)
        return isSigned(ctx.originalUrl, params, ctx.get('x-twilio-signature')) ? params.From : ctx.throw(403)
      }),
    async guarded() {
      const { twilioWebhook } = await import('tollgate/koa')
      return startKoa((ctx) => ctx.state.twilio.params.get('From'), twilioWebhook(options))
    },
  }),
  Hono: async () => ({
    minimal: () =>
      startHono((app) =>
        app.post('/twilio/sms', async (c) => {
          const params = parse(await c.req.text())
          if (!isSigned(c.req.path, params, c.req.header('x-twilio-signature'))) return c.body(null, 403)
          return c.body(count(params.From), 200, xml)
        }),
      ),
    async guarded() {
      const { twilioWebhook } = await import('tollgate/hono')
      return startHono((app) =>
        app.post('/twilio/sms', twilioWebhook(options), (c) =>
          c.body(count(c.get('twilio').params.get('From')), 200, xml),
        ),
      )
    },
  }),
  'fetch on @hono/node-server': async () => ({
    minimal: () => serveFetch((request) => checkWeb(request)),
    async guarded() {
      const { twilioWebhook } = await import('tollgate/fetch')
      return serveFetch(twilioWebhook(options, answerWebhook))
    },
  }),
  'h3 2': async () => ({
    minimal: () => startH3((app) => app.post('/twilio/sms', (event) => checkWeb(event.req))),
    async guarded() {
      const { twilioWebhook } = await import('tollgate/h3')
      const middleware = [/** @type {any} */ (twilioWebhook(options))]
      return startH3((app) => app.post('/twilio/sms', (event) => answerWebhook(event.context.twilio), { middleware }))
    },
  }),
  Next: async () => makeEndpointKinds('tollgate/next', (request) => request),
  SvelteKit: async () => makeEndpointKinds('tollgate/sveltekit', (request) => ({ request })),
}

/** @param {string} adapter @param {(request: Request) => unknown} toEvent */
function makeEndpointKinds(adapter, toEvent) {
  return {
    minimal: () => listenWeb((request) => checkWeb(request)),
    async guarded() {
      const { twilioWebhook } = await import(adapter)
      const endpoint = twilioWebhook(options, answerWebhook)
      return listenWeb((request) => endpoint(toEvent(request)))
    },
  }
}

const xml = { 'content-type': 'text/xml' }

/**
 * @param {(app: import('fastify').FastifyInstance) => unknown} prepare
 * @returns {Promise<Start>}
 */
async function startFastify(prepare) {
  const { default: fastify } = await import('fastify')
  const app = fastify()
  await prepare(app)
  app.post('/twilio/sms', async (request, reply) => {
    reply.type('text/xml')
    const webhook = request.twilio
    return count(webhook === undefined || webhook === null ? Object(request.body).From : webhook.params.get('From'))
  })
  return (onPort) => {
    app.listen({ port: 0, host: '127.0.0.1' }).then(() => onPort(Object(app.server.address()).port))
  }
}

/** @param {(app: import('hono').Hono<any>) => unknown} prepare @returns {Promise<Start>} */
async function startHono(prepare) {
  const { Hono } = await import('hono')
  const app = new Hono()
  prepare(app)
  return serveFetch(app.fetch)
}

/** @param {(request: Request, bindings: any) => Response | Promise<Response>} fetch @returns {Promise<Start>} */
async function serveFetch(fetch) {
  const { serve } = await import('@hono/node-server')
  return (onPort) => void serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => onPort(port))
}

/** @param {(app: any) => unknown} prepare @returns {Promise<Start>} */
async function startH3(prepare) {
  const { H3, serve } = await import('h3')
  const app = new H3()
  prepare(app)
  const server = serve(app, { hostname: '127.0.0.1', port: 0, silent: true })
  await server.ready()
  return (onPort) => onPort(Number(new URL(server.url ?? '').port))
}

/** @param {(ctx: any) => unknown} readFrom @param {any[]} guards @returns {Promise<Start>} */
async function startKoa(readFrom, ...guards) {
  const { default: Koa } = await import('koa')
  const app = new Koa()
  for (const guard of guards) app.use(guard)
  app.use(async (ctx) => {
    ctx.type = 'text/xml'
    ctx.body = count(await readFrom(ctx))
  })
  return listen(app.callback())
}

const [framework = '', kind = ''] = process.argv.slice(2)
const start = await (await servers[framework]?.())?.[kind]?.()
if (start === undefined) throw new Error(`There is no server "${framework} ${kind}".`)
start((port) => process.send?.({ port }))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ microseconds: user + system, answered })
})
// The server ends with the benchmark, even if that crashes.
process.on('disconnect', () => process.exit())
