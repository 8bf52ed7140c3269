import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SignedRequest } from 'tollgate/testing'

/** Starts a server for one request, and sends it the signed request. */
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
