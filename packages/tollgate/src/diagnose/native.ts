import type { Place } from './causes/row.ts'
import { type NativeEvidence, toHost } from './evidence.ts'

/** What the request object of a framework shows. */
export interface NativeSigns extends NativeEvidence {
  readonly framework: Place | undefined
  /** Parts of the path that the framework removed. */
  readonly prefixes: readonly string[]
}

/**
 * The properties that only the request objects of one framework have. Nest uses those of its
 * platform.
 */
const marks: readonly (readonly [framework: Place, names: readonly string[]])[] = [
  ['fastify', ['raw', 'routeOptions']],
  ['koa', ['originalUrl', 'app', 'respond']],
  ['koa', ['originalUrl', 'app', 'cookies', 'state']],
  ['hono', ['req', 'env', 'var']],
  ['express', ['originalUrl', 'app', 'baseUrl']],
  ['next', ['nextUrl']],
  ['lambda', ['requestContext', 'headers']],
  ['azure', ['params', 'user', 'query', 'formData']],
]

/** Guesses the framework of a request object, for the wording of a fix, and what it stripped. */
export function readNative(native: unknown): NativeSigns {
  if (typeof native !== 'object' || native === null)
    return { framework: undefined, prefixes: [], hosts: [], targets: [] }
  const framework = marks.find(([, names]) => names.every((name) => name in native))?.[0]
  const { baseUrl, mountPath, nextUrl }: { baseUrl?: unknown; mountPath?: unknown; nextUrl?: unknown } = native
  const stripped = [baseUrl, mountPath, Object(nextUrl).basePath]
  const { path, http, domainName } = Object(Object(native).requestContext)
  const paths = [
    [path, 'requestContext.path'],
    [Object(http).path, 'requestContext.http.path'],
  ] as const
  return {
    framework,
    isAuthorizer: 'methodArn' in native || 'routeArn' in native,
    prefixes: stripped.filter((one) => typeof one === 'string' && /^\/./.test(one)) as string[],
    hosts: typeof domainName === 'string' ? toHost(domainName, 'requestContext.domainName') : [],
    targets: paths.flatMap(([one, from]) =>
      typeof one === 'string' && /^\/[^?#\s]{0,2000}$/.test(one) ? [{ value: { path: one, query: '' }, from }] : [],
    ),
  }
}
