import { expressServers } from './express-servers.ts'
import { fastifyServers } from './fastify-servers.ts'
import { koaServers } from './koa-servers.ts'
import { guardOptions, type RoutedServer } from './server.ts'
import type { SocketPlatform, WebApp } from './web-apps.ts'

/** The ports of one application, with its guard and without. */
export interface AppPorts {
  readonly guarded: number
  readonly bare: number
}

/** Servers of frameworks for Node.js, which Bun and Deno run as well. */
export const nodeApps: readonly RoutedServer[] = [...expressServers, ...koaServers, ...fastifyServers]

/** Serves every application twice, and prints the ports for the test. */
export async function serveApps(
  apps: readonly WebApp[],
  platform: SocketPlatform,
  serve: (app: ReturnType<WebApp['make']>) => number | Promise<number>,
): Promise<void> {
  const ports: Record<string, AppPorts> = {}
  for (const { name, make } of apps)
    ports[name] = { guarded: await serve(make(guardOptions, platform)), bare: await serve(make(undefined, platform)) }
  for (const { name, start } of nodeApps)
    ports[name] = { guarded: (await start(guardOptions)).port, bare: (await start(undefined)).port }
  console.log(JSON.stringify(ports))
}
