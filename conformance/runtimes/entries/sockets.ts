import { twilioWebhook } from 'tollgate/fetch'
import { origin, token } from '../../kit/draft.ts'

const { Bun, Deno } = globalThis as unknown as { readonly Bun?: BunRuntime; readonly Deno?: DenoRuntime }

interface BunRuntime {
  serve(options: object): { readonly port: number }
}

interface BunServer {
  upgrade(request: Request): boolean
}

interface DenoRuntime {
  serve(options: object, handler: (request: Request) => Promise<Response>): { readonly addr: { readonly port: number } }
  upgradeWebSocket(request: Request): { readonly socket: WebSocket; readonly response: Response }
}

const options = { publicUrl: origin, authToken: token, webSocket: true }

/**
 * Opens a WebSocket for every request that verifies, in the way of each runtime, and sends the
 * webhook's URL as a greeting.
 */
function serve(): number {
  const to = { hostname: '127.0.0.1', port: 0 }
  if (Bun !== undefined) {
    const websocket = {
      open: (socket: { send(text: string): void }) => socket.send('open'),
      message: () => undefined,
    }
    const fetch = twilioWebhook<'enforce', BunServer, [BunServer]>(options, (_webhook, request, server) =>
      // Bun expects no answer to an upgrade.
      server.upgrade(request) ? (undefined as unknown as Response) : new Response(null, { status: 400 }),
    )
    return Bun.serve({ ...to, development: false, fetch, websocket }).port
  }
  if (Deno === undefined) throw new Error('This is neither Bun nor Deno.')
  const handler = twilioWebhook(options, (_webhook, request) => {
    const { socket, response } = Deno.upgradeWebSocket(request)
    socket.onopen = () => socket.send('open')
    return response
  })
  return Deno.serve({ ...to, onListen: () => undefined }, handler).addr.port
}

console.log(JSON.stringify({ port: serve() }))
