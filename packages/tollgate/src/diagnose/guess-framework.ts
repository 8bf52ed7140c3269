import type { Place } from './causes/cause-row.ts'

/** What each framework's request has, and no other's. Nest's is that of the platform below it. */
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

/** The framework whose request this is, by what it has: only the words of a fix hang on it. */
export function guessFramework(native: unknown): Place | undefined {
  if (typeof native !== 'object' || native === null) return undefined
  return marks.find(([, names]) => names.every((name) => name in native))?.[0]
}
