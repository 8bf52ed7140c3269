import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import type * as functions from '@azure/functions'
import { twilioWebhook } from 'tollgate/azure'
import type { Framework } from '../adapter/framework.ts'
import { listen } from './listen.ts'

// The module exports its names in a way that `import` cannot find.
const { HttpRequest }: typeof functions = createRequire(import.meta.url)('@azure/functions')

const wholeBody = 'the host reads the whole body before the function runs'
const noPeer = 'the front end sends forwarding headers but no address, so fromRequest trusts no proxy'

const everywhere = {
  'a GET with a body': 'an HttpRequest cannot have the body of a GET, so Azure drops it',
  'a client that leaves before the answer: released once': 'a function cannot see that the client left',
  'fromRequest without a proxy': noPeer,
  'a trusted proxy': noPeer,
  'Forwarded from a trusted proxy': noPeer,
  'a proxy that is not trusted': noPeer,
  'A2 a prefix from a trusted proxy': noPeer,
}

type Host = (req: IncomingMessage) => functions.HttpRequest | Promise<functions.HttpRequest>

function makeFramework(name: string, makeRequest: Host, exceptions: Framework['exceptions']): Framework {
  return {
    name,
    start({ options, handle }) {
      return listenAsAzure(
        twilioWebhook(options, (webhook) => handle(webhook)),
        makeRequest,
      )
    },
    exceptions,
  }
}

/** Serves a function as the host of Azure Functions does. */
function listenAsAzure(handler: functions.HttpHandler, makeRequest: Host = makeFromBytes): ReturnType<typeof listen> {
  return listen(async (req, res) => {
    const request = await Promise.resolve(req)
      .then(makeRequest)
      .catch(() => undefined)
    if (request === undefined) return res.writeHead(400).end()
    try {
      // The adapter reads nothing from the context and only passes it on.
      const { status, headers, body } = { ...(await handler(request, {} as functions.InvocationContext)) }
      if (!req.complete) res.setHeader('connection', 'close')
      return res.writeHead(status ?? 200, headers as Record<string, string>).end(body)
    } catch {
      return res.writeHead(500).end()
    }
  })
}

/** Makes a request as the host sends it by gRPC: with its body as bytes. */
async function makeFromBytes(req: IncomingMessage): Promise<functions.HttpRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  const body = chunks.length > 0 ? { body: { bytes: Buffer.concat(chunks) } } : {}
  return new HttpRequest({ method: req.method ?? '', url: makeUrl(req), headers: joinHeaders(req), ...body })
}

/**
 * Makes a request as with `app.setup({ enableHttpStream: true })`: from a web Request, with its
 * body as a stream.
 */
function makeFromStream(req: IncomingMessage): functions.HttpRequest {
  const hasBody = !/^(GET|HEAD)$/.test(req.method ?? '')
  const nativeRequest = new Request(makeUrl(req), {
    method: req.method ?? '',
    headers: joinHeaders(req),
    ...(hasBody && { body: Readable.toWeb(req) as ReadableStream<Uint8Array>, duplex: 'half' }),
  })
  return new HttpRequest({ nativeRequest, params: {} } as functions.HttpRequestInit)
}

function makeUrl(req: IncomingMessage): string {
  const target = req.url ?? '/'
  // Kestrel answers 400 to a Host that has more than a host and a port.
  if (!/^[\w.-]+(:\d{1,5})?$/.test(req.headers.host ?? '')) throw new Error('Bad Request')
  return target.startsWith('/') ? `https://${req.headers.host}${target}` : target
}

/** Joins repeated headers as ASP.NET does, and adds those of the front end of App Service. */
function joinHeaders(req: IncomingMessage): Record<string, string> {
  const headers = new Headers()
  for (let at = 0; at < req.rawHeaders.length; at += 2)
    headers.append(req.rawHeaders[at] ?? '', req.rawHeaders[at + 1] ?? '')
  headers.append('x-forwarded-for', `${req.socket.remoteAddress}:${req.socket.remotePort}`)
  headers.set('x-forwarded-proto', 'https')
  return Object.fromEntries(headers)
}

export const azure: readonly Framework[] = [
  makeFramework('azure', makeFromBytes, {
    ...everywhere,
    'chunks over the limit, before the rest is sent': wholeBody,
    'a declared length over the limit, before the body is sent': wholeBody,
    'an upload that is aborted': wholeBody,
  }),
  makeFramework('azure, with HTTP streams', makeFromStream, everywhere),
]
