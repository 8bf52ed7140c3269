import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { SignedRequest, SignedSendGridRequest } from 'tollgate/testing'

/** Starts a server for one request, and sends it the signed request, with the Host of its URL. */
export async function deliver(
  listener: RequestListener,
  signed: SignedRequest | SignedSendGridRequest,
): Promise<Response> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { host, pathname, search } = new URL(signed.url)
  const { method, body } = signed
  try {
    const headers = { ...signed.headers, host }
    const outgoing = request({ host: '127.0.0.1', port, path: pathname + search, method, headers, agent: false })
    outgoing.end(body)
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    const content = await text(answer)
    const status = answer.statusCode ?? 0
    return new Response(content === '' ? null : content, { status, headers: answer.headers as Record<string, string> })
  } finally {
    server.close()
  }
}
