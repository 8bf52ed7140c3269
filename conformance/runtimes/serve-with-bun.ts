import { findProvider, versionOf } from './here.ts'
import type { Staged } from './stage.ts'

interface Options {
  readonly hostname: string
  readonly port: number
  readonly development: boolean
  readonly fetch: (request: Request, server: unknown) => Response | Promise<Response>
  /** The listeners of WebSockets. */
  readonly websocket?: object
}
declare const Bun: { serve(options: Options): { readonly port: number } }

/** Serves on a free port, and returns the port. */
export function serveWithBun(fetch: Options['fetch'], websocket?: object): number {
  const to = { hostname: '127.0.0.1', port: 0, development: false }
  return Bun.serve({ ...to, fetch, ...(websocket && { websocket }) }).port
}

/** Serves the application, takes orders, and prints the ports for the test. */
export async function playWithBun({ answer, takeOrder }: Staged): Promise<void> {
  await announce({ port: serveWithBun(answer), orders: serveWithBun(takeOrder) })
}

export async function announce(ports: { readonly port: number; readonly orders: number }): Promise<void> {
  console.log(JSON.stringify({ ...ports, version: versionOf(), provider: findProvider() }))
}
