// Starts one HTTP server that answers an SMS: `server.mjs Express plain`. It sends its port to the
// parent process and, on request, its CPU time and its number of requests.
import { createServer } from 'node:http'
import { parse } from 'node:querystring'
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

/** @typedef {(port: (port: number) => void) => void} Start */

/** @param {import('node:http').RequestListener} listener @returns {Start} */
function listen(listener) {
  return (onPort) => {
    const server = createServer(listener).listen(0, '127.0.0.1', () => onPort(Object(server.address()).port))
  }
}

/** @param {(app: import('express').Express) => import('express').RequestHandler[]} guard */
async function startExpress(guard) {
  const { default: express } = await import('express')
  const app = express()
  app.post('/twilio/sms', ...guard(app), (req, res) => void res.type('text/xml').send(count(req.body.From)))
  return listen(app)
}

/** @type {Record<string, Record<string, () => Promise<Start>>>} */
const servers = {
  'node:http': {
    async plain() {
      return listen(async (req, res) => {
        const chunks = []
        for await (const chunk of req) chunks.push(chunk)
        const params = parse(Buffer.concat(chunks).toString())
        res.setHeader('content-type', 'text/xml').end(count(params.From))
      })
    },
    async twilio() {
      const { default: twilio } = await import('twilio')
      return listen(async (req, res) => {
        const chunks = []
        for await (const chunk of req) chunks.push(chunk)
        const params = parse(Buffer.concat(chunks).toString())
        const signature = String(req.headers['x-twilio-signature'])
        if (!twilio.validateRequest(authToken, signature, publicUrl + req.url, params))
          return void res.writeHead(403).end()
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
  },
  Express: {
    async plain() {
      const { default: express } = await import('express')
      return startExpress(() => [express.urlencoded({ extended: false })])
    },
    async guarded() {
      const { twilioWebhook } = await import('tollgate/express')
      return startExpress(() => [twilioWebhook(options)])
    },
    async twilio() {
      const [{ default: express }, { default: twilio }] = await Promise.all([import('express'), import('twilio')])
      return startExpress(() => [
        express.urlencoded({ extended: false }),
        twilio.webhook(authToken, { protocol: 'https', host: 'example.com' }),
      ])
    },
  },
  Fastify: {
    async plain() {
      const { default: formbody } = await import('@fastify/formbody')
      return startFastify((app) => app.register(formbody))
    },
    async guarded() {
      const { twilioWebhook } = await import('tollgate/fastify')
      return startFastify((app) => app.register(twilioWebhook, options))
    },
  },
  Hono: {
    async plain() {
      return startHono((app) =>
        app.post('/twilio/sms', async (c) => c.body(count((await c.req.parseBody()).From), 200, xml)),
      )
    },
    async guarded() {
      const { twilioWebhook } = await import('tollgate/hono')
      return startHono((app) =>
        app.post('/twilio/sms', twilioWebhook(options), (c) =>
          c.body(count(c.get('twilio').params.get('From')), 200, xml),
        ),
      )
    },
  },
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
  const [{ Hono }, { serve }] = await Promise.all([import('hono'), import('@hono/node-server')])
  const app = new Hono()
  prepare(app)
  return (onPort) => {
    serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => onPort(port))
  }
}

const [framework = '', kind = ''] = process.argv.slice(2)
const start = await servers[framework]?.[kind]?.()
if (start === undefined) throw new Error(`There is no server "${framework} ${kind}".`)
start((port) => process.send?.({ port }))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ microseconds: user + system, answered })
})
// The server ends with the benchmark, even if that crashes.
process.on('disconnect', () => process.exit())
