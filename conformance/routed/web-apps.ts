import { Elysia } from 'elysia'
import { addRoutes, plainPathsOnBun } from './elysia-app.ts'
import { makeFetchApp } from './fetch-app.ts'
import { makeH3App } from './h3-app.ts'
import { honoPlaces, makeHonoApp, type OpenSocket } from './hono-app.ts'
import { places } from './routes.ts'
import type { GuardOptions, RoutedServer } from './server.ts'

type Fetch = (request: Request, ...platform: readonly never[]) => Response | Promise<Response>

/**
 * How the applications open WebSockets on one runtime. `serve` has the plugin of crossws for h3.
 */
export interface SocketPlatform {
  readonly openSocket: OpenSocket
  /** Opens one in a fetch handler, and sends a text. `undefined`: the runtime does not. */
  upgrade(request: Request, text: string, platform: readonly unknown[]): Response | undefined
}

/** An application that any runtime can serve. */
export interface WebApp extends Pick<RoutedServer, 'name' | 'guards' | 'webSockets' | 'plain'> {
  /** Only those with `webSockets` use the platform. */
  make(options: GuardOptions | undefined, platform: SocketPlatform): { readonly fetch: Fetch }
}

const listPlaces = <P extends string>(of: Readonly<Record<P, unknown>>): readonly P[] => Object.keys(of) as P[]

const nameOf = (name: string, webSockets: boolean): string => (webSockets ? `${name}, WebSockets` : name)
const markOf = (webSockets: boolean): Pick<WebApp, 'webSockets'> => (webSockets ? { webSockets } : {})

// Below `app.mount()` Hono has another Request than the server, which cannot be upgraded.
const listHono = (webSockets: boolean): readonly WebApp[] =>
  listPlaces(honoPlaces)
    .filter((place) => !webSockets || place !== 'app.mount()')
    .map((place) => ({
      name: `${nameOf('hono 4', webSockets)}, ${place}`,
      guards: honoPlaces[place],
      ...markOf(webSockets),
      make: (options, { openSocket }) =>
        makeHonoApp(place, options, webSockets ? { openSocket } : {}) as { readonly fetch: Fetch },
    }))

const listH3 = (webSockets: boolean): readonly WebApp[] =>
  listPlaces(places).map((place) => ({
    name: `${nameOf('h3 2', webSockets)}, ${place}`,
    guards: places[place],
    ...markOf(webSockets),
    make: (options) => makeH3App(place, options, webSockets),
  }))

const makeFetch = (webSockets: boolean): WebApp => ({
  name: nameOf('fetch', webSockets),
  guards: 'all',
  ...markOf(webSockets),
  make: (options, { upgrade }) => ({ fetch: makeFetchApp(options, webSockets ? upgrade : undefined) as Fetch }),
})

/**
 * Elysia, which compiles its routes unless the platform forbids it. Compiled, it opens WebSockets
 * on Bun.
 */
function makeElysiaApp(
  name: string,
  config: { readonly aot?: boolean; readonly systemRouter?: boolean },
  variant: Parameters<typeof addRoutes>[2] = {},
): WebApp {
  return {
    name,
    guards: 'all',
    ...markOf(variant.webSocket === true),
    ...(variant.onBun && { plain: plainPathsOnBun }),
    make: (options) => addRoutes(new Elysia(config), options, variant) as unknown as { readonly fetch: Fetch },
  }
}

const portable = (webSockets: boolean): readonly WebApp[] => [
  makeFetch(webSockets),
  ...listHono(webSockets),
  ...listH3(webSockets),
]

/** Those that run everywhere. */
export const webApps: readonly WebApp[] = [
  ...portable(false),
  makeElysiaApp('elysia 1.4, not compiled', { aot: false }),
  ...portable(true),
]

/** Those for Deno, which may compile code. */
export const denoApps: readonly WebApp[] = [...webApps, makeElysiaApp('elysia 1.4', {})]

/** Those for Bun. Without Bun's router, Elysia has the same routes as elsewhere. */
export const bunApps: readonly WebApp[] = [
  ...webApps,
  makeElysiaApp('elysia 1.4', {}, { onBun: true }),
  makeElysiaApp('elysia 1.4, systemRouter: false', { systemRouter: false }),
  makeElysiaApp('elysia 1.4, WebSockets', { systemRouter: false }, { webSocket: true }),
]
