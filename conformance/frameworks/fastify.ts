import { request as openRequest } from 'node:http'
import formbody from '@fastify/formbody'
import websocket from '@fastify/websocket'
import createFastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { IncomingRequest, PushedBody } from 'tollgate'
import { readWebhook, twilioWebhook } from 'tollgate/fastify'
import type { WebSocket } from 'ws'
import { type Framework, kept, lost, type Running } from '../adapter/framework.ts'
import { makeScenario, type Scenario } from '../adapter/scenario.ts'
import { waitUntil } from '../adapter/server.ts'
import { openConnection, toRaw, writeRequest } from '../adapter/socket.ts'
import { assertEqual } from '../kit/assert.ts'
import { makeHandshake, makeJsonRequest, makeRequest, otherToken } from '../kit/draft.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { findPort } from './listen.ts'

// Only an onRequest hook can run before a guard that is ahead of every parser of Fastify.
const parsers: Readonly<Record<string, (scope: FastifyInstance) => unknown>> = {
  formbody: (scope) => scope.register(formbody),
  'a parser that keeps all bytes': (scope) =>
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body)),
  'a hook that reads the body': (scope) => scope.addHook('onRequest', async ({ raw }) => void (await raw.toArray())),
  'a platform that keeps rawBody': (scope) =>
    scope.addHook('onRequest', async ({ raw }) => {
      Object.assign(raw, { rawBody: Buffer.concat(await raw.toArray()) })
    }),
}

async function start({ options, handle, before = '', after = '', mountedAt, stacked }: Scenario): Promise<Running> {
  const app = createFastify({ forceCloseConnections: true })
  await app.register(
    async (scope) => {
      parsers[before]?.(scope)
      if (typeof options === 'function') scope.register(twilioWebhook(options))
      else scope.register(twilioWebhook, options)
      if (stacked) scope.register(twilioWebhook(options))
      scope.after(() => void parsers[after]?.(scope))
      for (const path of ['/', '/*'])
        scope.all(path, async (request: FastifyRequest, reply) => {
          const { status, headers, body } = await handle(request.twilio, request.body)
          return reply.code(status).headers(headers).send(body)
        })
    },
    { prefix: mountedAt ?? '/' },
  )
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: findPort(app.server), close: () => app.close() }
}

export const fastify: Framework = {
  name: 'fastify 5',
  start,
  paths: true,
  mounts: true,
  stacks: true,
  appBody: true,
  parsersBefore: {
    formbody: kept,
    'a parser that keeps all bytes': kept,
    'a hook that reads the body': lost,
    'a platform that keeps rawBody': kept,
  },
  parsersAfter: ['formbody', 'a parser that keeps all bytes'],
  address: 'target',
  exceptions: {},
}

/**
 * Opens a WebSocket on a route of @fastify/websocket. Returns the status of the answer, and how
 * often the handler ran.
 */
async function shakeHands(token?: string): Promise<readonly [status: number | undefined, runs: number]> {
  const { options } = makeScenario('plain')
  const app = createFastify({ forceCloseConnections: true })
  let runs = 0
  await app.register(websocket)
  await app.register(twilioWebhook(options))
  app.get('/media', { websocket: true }, (_socket, request) => {
    if (request.twilio?.ok) runs++
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { headers } = await makeHandshake('/media', token === undefined ? {} : { token })
  const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' }
  const status = await new Promise<number | undefined>((resolve, reject) => {
    openRequest(`http://127.0.0.1:${findPort(app.server)}/media`, { headers: { ...headers, ...key } })
      .on('upgrade', (answer, socket) => {
        socket.destroy()
        resolve(answer.statusCode)
      })
      .on('response', (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end()
  })
  await app.close()
  return [status, runs]
}

/**
 * Sends a forged request whose client leaves while a slow hook of the application delays the
 * answer. Returns how often the handler ran.
 */
async function leaveDuringRejection(): Promise<number> {
  const { options } = makeScenario('plain')
  const app = createFastify({ forceCloseConnections: true })
  let runs = 0
  let held = false
  app.addHook('onSend', async (_request, _reply, payload) => {
    held = true
    await new Promise((resolve) => setTimeout(resolve, 60))
    return payload
  })
  await app.register(twilioWebhook(options))
  app.post('/sms', () => {
    runs++
    return 'answered'
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const connection = openConnection(findPort(app.server))
  connection.write(writeRequest(toRaw(await makeRequest({ token: otherToken }))))
  await waitUntil(() => held, 'the rejection')
  connection.socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 120))
  await app.close()
  return runs
}

/** Loads the plugin with wrong options in each form, and returns the errors of `ready()`. */
async function loadWithWrongOptions(): Promise<readonly unknown[]> {
  const wrong = { publicUrl: 'nonsense', authToken: '0123456789abcdef0123456789abcdef' }
  const errors: unknown[] = []
  for (const plugin of [twilioWebhook, twilioWebhook(wrong)]) {
    const app = createFastify()
    app.register(plugin as typeof twilioWebhook, wrong)
    await app.ready().then(
      () => errors.push('no error'),
      (error: unknown) => errors.push(error instanceof TypeError && error.message.includes('"publicUrl"')),
    )
    await app.close()
  }
  return errors
}

/** Opens a WebSocket with `injectWS`, whose requests have no socket. Returns the outcome. */
async function injectHandshake(token?: string): Promise<string> {
  const { options } = makeScenario('plain')
  const app = createFastify()
  await app.register(websocket)
  await app.register(twilioWebhook(options))
  app.get('/media', { websocket: true }, (socket, request) =>
    socket.close(4000, String(readWebhook(request).handshake)),
  )
  await app.ready()
  const { headers } = await makeHandshake('/media', token === undefined ? {} : { token })
  const outcome = await new Promise<string>((resolve) => {
    const onInit = (socket: WebSocket): unknown => socket.on('close', (_code, reason) => resolve(String(reason)))
    app.injectWS('/media', { headers }, { onInit }).catch((error: Error) => resolve(error.message))
  })
  await app.close()
  return outcome
}

/** Sends a genuine form, and genuine JSON, that is larger than Fastify's own limit. */
async function exceedBodyLimit(): Promise<readonly number[]> {
  const app = createFastify({ bodyLimit: 100 })
  await app.register(twilioWebhook(makeScenario('plain').options))
  app.post('/*', async () => 'reached')
  const statuses: number[] = []
  for (const request of [await makeRequest(), await makeJsonRequest([{ text: 'x'.repeat(100) }])]) {
    const { url, headers, body = '' } = request
    statuses.push((await app.inject({ method: 'POST', url, headers, payload: body })).statusCode)
  }
  await app.close()
  return statuses
}

/** Sends a short form to a verifier of the user's that unpacks it into a body above Fastify's limit. */
async function unpackBeyondBodyLimit(): Promise<number> {
  const verifier = {
    async verify({ body }: IncomingRequest) {
      await new Promise((resolve) => (body as PushedBody).listen(() => undefined, resolve))
      return { ok: true, body: new Uint8Array(101), json: () => undefined, async release() {} }
    },
  }
  const app = createFastify({ bodyLimit: 100 })
  await app.register(twilioWebhook({ verifier }))
  app.post('/*', async () => 'reached')
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { statusCode } = await app.inject({ method: 'POST', url: '/sms', headers, payload: 'a=1' })
  await app.close()
  return statusCode
}

type Register = (scope: FastifyInstance) => unknown

// Parsers that an application may have for forms. Each answers with its name.
const ownParsers: Readonly<Record<string, Register>> = {
  none: () => undefined,
  '*': (scope) =>
    scope.addContentTypeParser('*', { parseAs: 'string' }, (request, _body, done) =>
      done(null, sayParser(request, '*')),
    ),
  'a pattern': (scope) =>
    scope.addContentTypeParser(/^application\/x-www/, async (request: FastifyRequest) =>
      sayParser(request, 'a pattern'),
    ),
  'the exact type': (scope) =>
    scope.addContentTypeParser('application/x-www-form-urlencoded', async (request: FastifyRequest) =>
      sayParser(request, 'the exact type'),
    ),
}

function sayParser({ routeOptions }: FastifyRequest, name: string): string {
  return `${name} of ${routeOptions.url}`
}

/**
 * Sends the same form to a path that is not guarded, and a genuine one to a path that is. Returns
 * what their handlers got.
 */
async function parseBeside(
  own: Register,
  place: 'before' | 'after' | 'in a child' | 'without the plugin',
): Promise<readonly string[]> {
  const { options } = makeScenario('plain')
  const app = createFastify()
  if (place !== 'after' && place !== 'in a child') own(app)
  if (place !== 'without the plugin') {
    // Two guards in one scope share the parser.
    await app.register(twilioWebhook({ ...(options as object), paths: '/voice' }))
    await app.register(twilioWebhook({ ...(options as object), paths: '/sms' }))
    await app.register(twilioWebhook({ ...(options as object), paths: '/call' }))
  }
  if (place === 'after') own(app)
  await app.register(async (scope) => {
    if (place === 'in a child') own(scope)
    scope.post('/*', async ({ body, headers }) => JSON.stringify([body ?? null, headers['content-type']]))
  })
  const { url, headers, body = '' } = await makeRequest()
  const bodies: string[] = []
  for (const path of ['/other', url, '/other']) {
    const answer = await app.inject({ method: 'POST', url: path, headers, payload: body })
    bodies.push(answer.statusCode === 200 ? answer.body : String(answer.statusCode))
  }
  await app.close()
  return bodies
}

export const fastifyParserSuite: Suite = defineSuite(
  'a form to a path that is not guarded',
  Object.fromEntries(
    Object.entries(ownParsers).flatMap(([name, own]) =>
      (['before', 'after', 'in a child'] as const).map((place) => [
        `parsed as without the plugin: ${name}, ${place}`,
        async () => {
          const [first, guarded, second] = await parseBeside(own, place)
          const [expected] = await parseBeside(own, 'without the plugin')
          assertEqual([first, second], [expected, expected], 'bodies')
          assertEqual(guarded?.includes('unguarded') || guarded === '415', false, 'a trace on the guarded path')
          if (name === 'none' || name === '*')
            assertEqual(guarded?.includes('"MessageSid"'), true, 'parameters on the guarded path')
        },
      ]),
    ),
  ),
)

export const fastifyLoadSuite: Suite = defineSuite('loading the plugin', {
  'wrong options make ready() reject': async () =>
    assertEqual(await loadWithWrongOptions(), [true, true], 'errors of ready()'),
})

export const fastifyHookSuite: Suite = defineSuite('hooks of Fastify', {
  'a client that leaves during the rejection: no handler runs': async () =>
    assertEqual(await leaveDuringRejection(), 0, 'runs'),
  'bodyLimit applies to forms and JSON': async () => assertEqual(await exceedBodyLimit(), [413, 413], 'statuses'),
  'bodyLimit applies to the body of a given verifier': async () =>
    assertEqual(await unpackBeyondBodyLimit(), 413, 'status'),
})

export const fastifyWebSocketSuite: Suite = defineSuite('@fastify/websocket', {
  'a genuine handshake opens the socket': async () => assertEqual(await shakeHands(), [101, 1], 'status and runs'),
  'a forged handshake is answered 403, and no handler runs': async () =>
    assertEqual(await shakeHands(otherToken), [403, 0], 'status and runs'),
  'injectWS opens a socket with a genuine handshake only': async () =>
    assertEqual(
      [await injectHandshake(), await injectHandshake(otherToken)],
      ['true', 'Unexpected server response: 403'],
      'outcomes',
    ),
})
