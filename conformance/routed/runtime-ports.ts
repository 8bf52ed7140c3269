import { guardOptions } from './server.ts'
import { type WebApp, webApps } from './web-apps.ts'

/** The ports of one application, with its guard and without. */
export interface AppPorts {
  readonly guarded: number
  readonly bare: number
}

/** Serves every application twice, and prints the ports for the test. */
export async function serveApps(serve: (app: ReturnType<WebApp['make']>) => number | Promise<number>): Promise<void> {
  const ports: Record<string, AppPorts> = {}
  for (const { name, make } of webApps)
    ports[name] = { guarded: await serve(make(guardOptions)), bare: await serve(make(undefined)) }
  console.log(JSON.stringify(ports))
}
