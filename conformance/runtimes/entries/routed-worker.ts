import crossws from 'crossws/adapters/cloudflare'
import { H3 } from 'h3'
import { guardOptions } from '../../routed/server.ts'
import { type SocketPlatform, type WebApp, webApps } from '../../routed/web-apps.ts'

declare class WebSocketPair {
  readonly 0: WebSocket
  readonly 1: WebSocket & { accept(): void }
}

function open(text: string): Response {
  const { 0: client, 1: socket } = new WebSocketPair()
  socket.accept()
  socket.send(text)
  return new Response(null, { status: 101, webSocket: client } as ResponseInit)
}

const platform: SocketPlatform = {
  // Hono's own function for Workers has no event for a socket that opens.
  openSocket: (read) => async (c, next) => (c.req.header('upgrade') === 'websocket' ? open(read(c)) : next()),
  upgrade: (_request, text) => open(text),
}

type Fetch = (request: Request, ...platform: readonly never[]) => Response | Promise<Response>

/**
 * Lets crossws open the sockets of h3. It asks the application first, as its plugins for servers
 * do.
 */
function addSockets(app: H3): { readonly fetch: Fetch } {
  const sockets = crossws({
    async resolve(request) {
      const answer: Response & { crossws?: object } = await app.fetch(request as Request)
      return answer.crossws ?? { upgrade: () => answer }
    },
  })
  const fetch = (request: Request, env: never, context: never): Response | Promise<Response> =>
    request.headers.get('upgrade') === 'websocket'
      ? (sockets.handleUpgrade(request as never, env, context) as Promise<never>)
      : app.fetch(request)
  return { fetch }
}

function make(app: WebApp, options: Parameters<WebApp['make']>[0]): { readonly fetch: Fetch } {
  const made = app.make(options, platform)
  return made instanceof H3 ? addSockets(made) : made
}

/** The applications that workerd can run, each with its guard and without. */
export const apps = Object.fromEntries(
  webApps.map((app) => [app.name, { guarded: make(app, guardOptions), bare: make(app, undefined) }] as const),
)
