import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SignedRequest } from 'tollgate/testing'

/** Delivers to a local server, for the time of one request, what was signed for the public URL. */
export async function deliver(listener: RequestListener, signed: SignedRequest): Promise<Response> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { pathname, search } = new URL(signed.url)
  const { method, headers, body = null } = signed
  try {
    return await fetch(`http://127.0.0.1:${port}${pathname}${search}`, { method, headers, body })
  } finally {
    server.close()
  }
}
