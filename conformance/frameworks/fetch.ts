import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { twilioWebhook } from 'tollgate/fetch'
import type { Framework } from '../adapter/framework.ts'
import { listen } from './listen.ts'

export const fetch: Framework = {
  name: 'fetch',
  start({ options, handle }) {
    const handler = twilioWebhook(options, async (webhook, _request: Request, _info: Info) => {
      const { status, headers, body } = await handle(webhook)
      return new Response(body || null, { status, headers })
    })
    return listen(async (req, res) => {
      const request = toRequest(req)
      if (request === undefined) return res.writeHead(400).end()
      // The platform answers if a handler throws.
      const answer = await handler(request, { remoteAddr: { hostname: req.socket.remoteAddress ?? '' } }).catch(
        () => new Response('Internal Server Error', { status: 500 }),
      )
      if (!req.complete) res.setHeader('connection', 'close')
      return res.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
    })
  },
  webSocket: true,
  address: 'url',
  exceptions: {
    'a GET with a body': 'the platform drops the body of a GET, because a web Request cannot have it',
    'a client that leaves before the answer: released once': 'a fetch handler cannot see that the client left',
  },
}

interface Info {
  readonly remoteAddr: { readonly hostname: string }
}

/**
 * Makes a Request as fetch platforms do, with the Host header in its URL and header fields joined.
 * Returns `undefined` if they would answer 400.
 */
function toRequest(req: IncomingMessage): Request | undefined {
  const headers = new Headers()
  for (let at = 0; at < req.rawHeaders.length; at += 2)
    headers.append(req.rawHeaders[at] ?? '', req.rawHeaders[at + 1] ?? '')
  const target = req.url ?? '/'
  if (!isCanonicalHost(req.headers.host ?? '')) return undefined
  const hasBody = !/^(GET|HEAD)$/.test(req.method ?? '')
  try {
    return new Request(target.startsWith('/') ? `http://${req.headers.host}${target}` : target, {
      method: req.method ?? 'GET',
      headers,
      ...(hasBody && { body: Readable.toWeb(req) as ReadableStream<Uint8Array>, duplex: 'half' }),
    })
  } catch {
    return undefined
  }
}

function isCanonicalHost(host: string): boolean {
  return URL.canParse(`http://${host}`) && new URL(`http://${host}`).host === host.toLowerCase()
}
