import { once } from 'node:events'
import { createServer, ServerResponse } from 'node:http'
import express5 from 'express'
import express4 from 'express4'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { captureRawBody, twilioWebhook } from 'tollgate/express'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { send, toRaw } from '../adapter/socket.ts'
import { listen, serve as serveServer } from '../frameworks/listen.ts'
import { makeHandshake, makeJsonRequest, makeRequest, origin, otherToken, sms, token } from '../kit/draft.ts'

const options = { publicUrl: origin, authToken: token }

async function serve(app: express5.Express): Promise<number> {
  app.set('env', 'test')
  const { port, close } = await listen(app)
  onTestFinished(close)
  return port
}

const describeEach = describe.each([
  ['express 4', express4],
  ['express 5', express5],
])

describeEach('%s', (_name, express) => {
  test('req.body has the verified parameters if nothing had read the body', async () => {
    const app = express()
    app.post('/sms', twilioWebhook(options), (req, res) => void res.json([req.body, req.twilio?.ok]))
    const port = await serve(app)
    expect(JSON.parse((await send(port, toRaw(await makeRequest()))).body)).toEqual([Object.fromEntries(sms), true])
  })

  test("a documented limit: after captureRawBody, req.body has the parser's result, not the verified parameters", async () => {
    const app = express()
    app.use(express.urlencoded({ extended: true, verify: captureRawBody }), twilioWebhook(options))
    app.use((req, res) => void res.json([req.body, [...(req.twilio?.params ?? [])]]))
    const port = await serve(app)
    const request = await makeRequest({ params: [['a[b]', '1']] })
    expect(JSON.parse((await send(port, toRaw(request))).body)).toEqual([{ a: { b: '1' } }, [['a[b]', '1']]])
    // Twilio signs an equal pair once, so an attacker can repeat it. The parser makes a list of it.
    const { body = '' } = await makeRequest()
    const [repeated] = JSON.parse((await send(port, toRaw({ ...(await makeRequest()), body: `${body}&${body}` }))).body)
    expect(repeated).toEqual(Object.fromEntries(sms.map(([name, value]) => [name, [value, value]])))
  })

  test('a socket of express-ws is closed, with a line that says why', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    onTestFinished(() => log.mockRestore())
    const guard = twilioWebhook(options) as (...args: unknown[]) => unknown
    const handler = vi.fn()
    const onError = vi.fn()
    const app = express()
    // express-ws calls the handlers of `app.ws` like this. It drops the promise, and leaves the
    // socket open after an error.
    const wrap =
      (handle: (...args: unknown[]) => unknown): express5.RequestHandler =>
      (req, _res, next) =>
        void handle(Reflect.get(req, 'ws'), req, next)
    app.get('/media', wrap(guard), wrap(handler))
    app.use(((error, _req, _res, _next) => onError(error)) as express5.ErrorRequestHandler)
    const server = createServer()
    new WebSocketServer({ server }).on('connection', (ws, req) =>
      app(Object.assign(req, { ws }), new ServerResponse(req)),
    )
    const { port, close } = await serveServer(server)
    onTestFinished(close)
    for (const token of [otherToken, undefined]) {
      const { headers } = await makeHandshake('/media', token === undefined ? {} : { token })
      const [code] = await once(new WebSocket(`ws://127.0.0.1:${port}/media`, { headers }), 'close')
      expect(code).toBe(1011)
    }
    expect(handler).not.toHaveBeenCalled()
    expect(onError.mock.calls.map(([error]) => error.name)).toEqual(['TypeError', 'TypeError'])
    expect(log.mock.calls).toEqual(Array(2).fill([expect.stringContaining('createVerifyClient of tollgate/ws')]))
  })

  test('without Express, an error says what to import', async () => {
    const guard = twilioWebhook(options)
    const onError = vi.fn()
    const server = createServer((req, res) => {
      void guard(req as never, res as never, (error) => onError(error)).then(() => res.writeHead(500).end())
    })
    const { port, close } = await serveServer(server)
    onTestFinished(close)
    expect((await send(port, toRaw(await makeRequest()))).status).toBe(500)
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining('tollgate/node') }))
  })

  test('a request that earlier middleware paused is read', async () => {
    const app = express()
    app.use((req, _res, next) => {
      req.pause()
      setTimeout(next, 5)
    })
    app.post('/sms', twilioWebhook(options), (req, res) => void res.json(req.body))
    const port = await serve(app)
    const request = await makeRequest()
    expect((await send(port, toRaw(request))).status).toBe(200)
    expect((await send(port, toRaw({ ...request, body: 'Body=forged' }))).status).toBe(403)
  })

  test('http-proxy-middleware after the guard sends the verified bytes, as the documentation says', async () => {
    const received: string[] = []
    const upstream = await listen(async (req, res) => {
      received.push(Buffer.concat(await req.toArray()).toString())
      res.end()
    })
    onTestFinished(upstream.close)
    const app = express()
    const target = `http://127.0.0.1:${upstream.port}`
    const forward = createProxyMiddleware<express5.Request>({
      target,
      on: { proxyReq: (out, req) => void out.end(req.twilio?.body) },
    })
    app.use(twilioWebhook(options), forward)
    const port = await serve(app)
    const [form, json] = [await makeRequest(), await makeJsonRequest([{ id: 'é' }])]
    expect((await send(port, toRaw(form))).status).toBe(200)
    expect((await send(port, toRaw(json))).status).toBe(200)
    expect((await send(port, toRaw({ ...form, body: 'Body=forged' }))).status).toBe(403)
    expect(received).toEqual([form.body, json.body])
  })

  // The package method-override does the same.
  const override: express5.RequestHandler = (req, _res, next) => {
    req.method = req.get('x-http-method-override') ?? req.method
    next()
  }
  const overridden = async () => {
    const request = await makeRequest()
    return toRaw({ ...request, headers: { ...request.headers, 'x-http-method-override': 'DELETE' } })
  }

  test('a documented limit: a method override after the guard turns a verified POST into a DELETE', async () => {
    const app = express()
    app.use(twilioWebhook(options), override)
    app.delete('/sms', (req, res) => void res.send(String(req.twilio?.ok)))
    expect(await send(await serve(app), await overridden())).toMatchObject({ status: 200, body: 'true' })
  })

  test('a method override before the guard is refused', async () => {
    const app = express()
    app.use(override, twilioWebhook(options))
    app.delete('/sms', (_req, res) => void res.send('ran'))
    expect((await send(await serve(app), await overridden())).status).toBe(403)
  })

  test('a body that a parser has consumed: 500, no handler, one line in the log', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const handler = vi.fn()
    const app = express()
    app.use(express.urlencoded({ extended: false }), twilioWebhook(options), handler)
    const port = await serve(app)
    for (let round = 0; round < 2; round++) expect((await send(port, toRaw(await makeRequest()))).status).toBe(500)
    expect(handler).not.toHaveBeenCalled()
    expect(log.mock.calls).toEqual([[expect.stringContaining('captureRawBody')]])
    log.mockRestore()
  })

  test('an error of the handler form reaches the error middleware once', async () => {
    const seen = vi.fn()
    const app = express()
    app.use(twilioWebhook(options, () => Promise.reject(new Error('mine'))))
    app.use((error: Error, _req: express5.Request, res: express5.Response, _next: express5.NextFunction) => {
      seen(error.message)
      res.status(500).end()
    })
    const port = await serve(app)
    expect((await send(port, toRaw(await makeRequest()))).status).toBe(500)
    expect(seen.mock.calls).toEqual([['mine']])
  })

  test('an answer that was sent while a key was looked up stays the answer', async () => {
    const onError = vi.fn()
    const app = express()
    app.use((_req, res, next) => {
      res.status(504).write('late')
      next()
      setTimeout(() => res.end(', and over'), 50)
    })
    app.use(twilioWebhook({ ...options, authToken: async () => otherToken }))
    app.use((error: Error, _req: express5.Request, _res: express5.Response, next: express5.NextFunction) => {
      onError(error)
      next(error)
    })
    const port = await serve(app)
    expect(await send(port, toRaw(await makeRequest()))).toMatchObject({ status: 504 })
    expect(onError).not.toHaveBeenCalled()
  })

  test('the handler form may call next', async () => {
    const app = express()
    app.use(
      twilioWebhook(options, (_webhook, _req, _res, next) => next()),
      (_req, res) => void res.send('next'),
    )
    const port = await serve(app)
    expect((await send(port, toRaw(await makeRequest()))).body).toBe('next')
  })

  test('nested routers guard only their own requests', async () => {
    const inner = express.Router()
    inner.use(twilioWebhook(options))
    inner.post('/sms', (req, res) => void res.json(req.twilio?.ok))
    const outer = express.Router()
    outer.use('/hooks', inner)
    const app = express()
    app.use('/api', outer)
    app.get('/health', (_req, res) => void res.send('up'))
    const port = await serve(app)
    expect((await send(port, toRaw(await makeRequest({ path: '/api/hooks/sms?x=1' })))).body).toBe('true')
    expect((await send(port, toRaw(await makeRequest({ path: '/api/hooks/sms', signed: 'x' })))).status).toBe(403)
    expect((await send(port, { method: 'GET', target: '/health', headers: [['host', 'x']] })).body).toBe('up')
  })

  test('one guard on two routes, and a JSON body after express.json', async () => {
    const guard = twilioWebhook(options)
    const app = express()
    app.post('/sms', guard, (_req, res) => void res.send('sms'))
    app.post('/events', guard, express.json(), (req, res) => void res.json(req.body))
    const port = await serve(app)
    expect((await send(port, toRaw(await makeRequest()))).body).toBe('sms')
    expect((await send(port, toRaw(await makeJsonRequest([{ id: 1 }], { path: '/events' })))).body).toBe('[{"id":1}]')
  })
})
