import express, { type RequestHandler } from 'express'
import { createProxyMiddleware, fixRequestBody, type Options } from 'http-proxy-middleware'
import serverless from 'serverless-http'
import type { SeenRequest } from '../setup.ts'
import { type Sent, targetOf } from '../webhooks.ts'
import { deliver, readAll, readSeen, withServer } from './capture.ts'
import { named, type RealRow } from './row.ts'

const proxyMiddleware = named('http-proxy-middleware')
const serverlessHttp = named('serverless-http')

/** Returns the request that a server sees after a Node.js proxy. */
function seeBehindProxy(options: Options, before: readonly RequestHandler[] = []) {
  return async (sent: Sent): Promise<SeenRequest> => {
    let seen: SeenRequest | undefined
    await withServer(
      async (req, res) => {
        seen = await readSeen(req)
        res.end()
      },
      async (appPort) => {
        const proxy = express().use(...before, (_req, _res, next) => next())
        proxy.use(createProxyMiddleware({ ...options, target: `http://127.0.0.1:${appPort}` }))
        await withServer(proxy, (port) => deliver(sent, port))
      },
    )
    if (seen === undefined) throw new Error('The proxy did not reach the server.')
    return seen
  }
}

/**
 * Returns the request that a listener sees if serverless-http passes an API Gateway event to it.
 */
function seeOnLambda(basePath?: string) {
  return async (sent: Sent): Promise<SeenRequest> => {
    let seen: SeenRequest | undefined
    const app = serverless(
      express().use(async (req, res) => {
        // Its request is no stream of a socket: the body is there as it came.
        const bytes = (req as { readonly body?: unknown }).body
        const body = bytes instanceof Uint8Array ? bytes : await readAll(req)
        seen = { method: req.method, url: req.originalUrl, headers: { ...req.headers }, body: new Uint8Array(body) }
        res.end()
      }),
      basePath === undefined ? {} : { basePath },
    )
    await app(makeRestEvent(sent), {})
    if (seen === undefined) throw new Error('serverless-http did not reach the listener.')
    return seen
  }
}

/** The event of a REST API, which has the query decoded and by name. */
function makeRestEvent(sent: Sent): object {
  const [path = '', query = ''] = targetOf(sent.url).split('?')
  const pairs = [...new URLSearchParams(query)]
  const lists = Object.fromEntries(
    pairs.map(([name]) => [name, pairs.filter((pair) => pair[0] === name).map(([, v]) => v)]),
  )
  return {
    version: '1.0',
    httpMethod: sent.method,
    path,
    headers: { ...sent.headers },
    queryStringParameters: Object.fromEntries(pairs),
    multiValueQueryStringParameters: lists,
    requestContext: { path, identity: { sourceIp: '203.0.113.7' } },
    body: sent.body ?? null,
    isBase64Encoded: false,
  }
}

const fromHost = 'https://app.example.com'

export const relayRows: readonly RealRow[] = [
  {
    name: 'pathRewrite strips a prefix',
    origin: proxyMiddleware,
    webhook: 'sms-inbound',
    wish: { url: `${fromHost}/api/sms` },
    see: seeBehindProxy({ pathRewrite: { '^/api': '' } }),
    expected: ['path_prefix'],
  },
  {
    name: 'pathRewrite adds a prefix',
    origin: proxyMiddleware,
    webhook: 'voice-amd-async',
    wish: { url: `${fromHost}/amd` },
    see: seeBehindProxy({ pathRewrite: { '^/': '/internal/' } }),
    expected: ['path_prefix'],
  },
  {
    name: 'pathRewrite strips a prefix, and http',
    origin: proxyMiddleware,
    webhook: 'conversations-onDeliveryUpdated',
    wish: { url: `${fromHost}/webhooks/delivery` },
    options: { signedUrl: ({ url }) => `http://app.example.com${url}` },
    see: seeBehindProxy({ pathRewrite: { '^/webhooks': '' }, xfwd: true }),
    expected: ['path_prefix', 'scheme'],
  },
  {
    name: 'express.json and fixRequestBody',
    origin: proxyMiddleware,
    webhook: 'studio-http-request-json',
    see: seeBehindProxy({ on: { proxyReq: fixRequestBody } }, [express.json()]),
    expected: ['body_reserialized'],
  },
  {
    name: 'express.json and fixRequestBody, a prefix stripped',
    origin: proxyMiddleware,
    webhook: 'studio-http-request-json',
    wish: { url: `${fromHost}/api/studio?flow=ivr` },
    see: seeBehindProxy({ pathRewrite: { '^/api': '' }, on: { proxyReq: fixRequestBody } }, [express.json()]),
    expected: ['body_reserialized', 'path_prefix'],
  },
  {
    name: 'serverless-http re-encodes the query',
    origin: serverlessHttp,
    webhook: 'sms-inbound',
    wish: { url: `${fromHost}/twilio/sms?note=two+words&to=ana@example.com` },
    see: seeOnLambda(),
    expected: ['query_encoding'],
  },
  {
    name: 'serverless-http re-encodes the query of a GET',
    origin: serverlessHttp,
    webhook: 'voice-inbound-get',
    see: seeOnLambda(),
    expected: ['query_encoding'],
  },
  {
    name: 'serverless-http strips a base path',
    origin: serverlessHttp,
    webhook: 'voice-gather-dtmf',
    wish: { url: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod/gather?step=2' },
    options: { publicUrl: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com' },
    see: seeOnLambda('/prod'),
    expected: ['path_prefix'],
  },
  {
    name: 'serverless-http strips a base path, and http',
    origin: serverlessHttp,
    webhook: 'event-streams-test',
    wish: { url: 'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod/events' },
    options: { publicUrl: 'http://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com' },
    see: seeOnLambda('/prod'),
    expected: ['path_prefix', 'scheme'],
  },
]
