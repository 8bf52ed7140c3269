import { Elysia } from 'elysia'
import { addRoutes } from './elysia-app.ts'
import { makeFetchApp } from './fetch-app.ts'
import { type H3Place, h3Places, makeH3App } from './h3-app.ts'
import { type HonoPlace, honoPlaces, makeHonoApp } from './hono-app.ts'
import type { GuardOptions, RoutedServer } from './server.ts'

type Fetch = (request: Request, ...platform: readonly never[]) => Response | Promise<Response>

/** An application that any runtime can serve. */
export interface WebApp extends Pick<RoutedServer, 'name' | 'guards'> {
  make(options: GuardOptions | undefined): { readonly fetch: Fetch }
}

const honoApps = (Object.keys(honoPlaces) as HonoPlace[]).map(
  (place): WebApp => ({
    name: `hono 4, ${place}`,
    guards: honoPlaces[place],
    make: (options) => makeHonoApp(place, options) as { readonly fetch: Fetch },
  }),
)

const h3Apps = (Object.keys(h3Places) as H3Place[]).map(
  (place): WebApp => ({
    name: `h3 2, ${place}`,
    guards: h3Places[place],
    make: (options) => makeH3App(place, options),
  }),
)

const fetchApp: WebApp = {
  name: 'fetch',
  guards: 'all',
  make: (options) => ({ fetch: makeFetchApp(options) as Fetch }),
}

/** Elysia, which compiles its routes unless the platform forbids it. */
function makeElysiaApp(aot: boolean): WebApp {
  return {
    name: aot ? 'elysia 1.4' : 'elysia 1.4, not compiled',
    guards: 'all',
    make: (options) => addRoutes(new Elysia({ aot }), options) as unknown as { readonly fetch: Fetch },
  }
}

export const webApps: readonly WebApp[] = [fetchApp, ...honoApps, ...h3Apps, makeElysiaApp(true), makeElysiaApp(false)]
