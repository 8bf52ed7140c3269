/**
 * The routes of every application here. The name of a route is its path. All parameters at one
 * place have one name, because the router of Elysia needs that.
 */
export const rootRoutes = [
  '/',
  '/sms',
  '/twilio/sms',
  '/billing/paid',
  '/voice/sms',
  '/admin',
  '/:a/sms',
  '/:a/:b/:c',
  '/:a/*',
] as const

/** The routes of the part of the application that is mounted at `/api`. */
export const mountedRoutes = ['/voice', '/sms', '/:a/sms', '/*'] as const

/** The paths that a guard at the root protects, for `places`. */
export const rootPaths = ['/billing', '/admin', '/api/voice']
/** The places of the guard, with the routes that it protects there. */
export const places = {
  'the whole app': 'all',
  'each route': 'all',
  'paths at the root': ['/billing/paid', '/admin', '/api/voice'],
  'paths in the mounted part': ['/api/voice'],
  'paths below the mount': ['/api/voice'],
} as const satisfies Readonly<Record<string, 'all' | readonly string[]>>
export type Place = keyof typeof places

/** Plain paths, and the route that each one must run. They are also the paths to attack. */
export const plainPaths: Readonly<Record<string, string>> = {
  '/': '/',
  '/sms': '/sms',
  '/twilio/sms': '/twilio/sms',
  '/billing/paid': '/billing/paid',
  '/voice/sms': '/voice/sms',
  '/admin': '/admin',
  '/acme/sms': '/:a/sms',
  '/x/y/z': '/:a/:b/:c',
  '/x/y': '/:a/*',
  '/api/voice': '/api/voice',
  '/api/sms': '/api/sms',
  '/api/acme/sms': '/api/:a/sms',
  '/api/other': '/api/*',
}

/**
 * What a handler answers: which route ran, and each address of the request that it can read there.
 * Below a mount that strips its prefix, the handler adds the prefix.
 */
export interface Ran {
  readonly route: string
  readonly params: Readonly<Record<string, unknown>>
  /** URLs, or paths with the query, by the name of the property. */
  readonly urls: Readonly<Record<string, string>>
  /** Paths without the query. The framework may have decoded them. */
  readonly paths?: Readonly<Record<string, string>>
  /** Queries without the question mark. */
  readonly queries?: Readonly<Record<string, string>>
  /** Queries as the framework parsed them. */
  readonly parsed?: Readonly<Record<string, unknown>>
}

/** Finds the route of a path, for applications without a router. */
export function findRoute(path: string): { readonly route: string; readonly params: Ran['params'] } | undefined {
  for (const route of [...mountedRoutes.map((one) => `/api${one}`), ...rootRoutes]) {
    const pattern = route.replace(/:(\w)/g, '(?<$1>[^/]+)').replace('*', '(?<rest>.*)')
    const match = new RegExp(`^${pattern}$`).exec(path)
    if (match) return { route, params: { ...match.groups } }
  }
  return undefined
}
