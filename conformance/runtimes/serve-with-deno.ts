import { findProvider, versionOf } from './here.ts'
import type { Staged } from './stage.ts'

type Handler = (request: Request, info: unknown) => Response | Promise<Response>
interface Options {
  readonly hostname: string
  readonly port: number
  readonly onListen: () => void
}
declare const Deno: { serve(options: Options, handler: Handler): { readonly addr: { readonly port: number } } }

/** Serves on a free port, and returns the port. */
export function serveWithDeno(handler: Handler): number {
  return Deno.serve({ hostname: '127.0.0.1', port: 0, onListen: () => undefined }, handler).addr.port
}

/** Serves the application, takes orders, and prints the ports for the test. */
export async function playWithDeno({ answer, takeOrder }: Staged): Promise<void> {
  const ports = { port: serveWithDeno(answer), orders: serveWithDeno(takeOrder) }
  console.log(JSON.stringify({ ...ports, version: versionOf(), provider: findProvider() }))
}
