import { createHmac } from 'node:crypto'
import * as older from 'twilio-6.2/lib/webhooks/webhooks.js'

/**
 * The module of the `twilio` package that `tollgate/compat` replaces. Default: the version that the
 * repository installs. tools/test/heavy/newest-twilio.test.ts sets the variable to the newest.
 */
export const original: typeof import('twilio/lib/webhooks/webhooks.js') = await import(
  process.env.TOLLGATE_TEST_TWILIO ?? 'twilio/lib/webhooks/webhooks.js'
)

/** The same module of a version that knows no SharedKeys. */
export { older }

export const authToken = '0123456789abcdef0123456789abcdef'

/** Computes a signature without any code of ours. */
export function hmac(text: string, key: string = authToken, hash: 'sha1' | 'sha256' = 'sha1'): string {
  return createHmac(hash, key).update(text, 'utf8').digest('base64')
}

export function joinForm(url: string, params: Readonly<Record<string, string | readonly string[]>> = {}): string {
  const fields = Object.keys(params).sort()
  return url + fields.flatMap((name) => [...new Set([params[name] ?? ''].flat())].sort().map((v) => name + v)).join('')
}

export function signForm(url: string, params: Readonly<Record<string, string | readonly string[]>> = {}): string {
  return hmac(joinForm(url, params))
}

/** A request of the shape of Express's, with the parts that the tests vary. */
export function fakeRequest(given: {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly originalUrl?: string
  readonly protocol?: string
  readonly body?: unknown
  readonly rawBody?: unknown
}) {
  const headers: Record<string, string> = { host: 'example.com', ...given.headers }
  return {
    method: 'POST',
    protocol: 'https',
    originalUrl: '/sms',
    body: undefined as unknown,
    ...given,
    headers,
    header: (name: string): string | undefined => headers[name.toLowerCase()],
  }
}

export const formType = { 'content-type': 'application/x-www-form-urlencoded' }
export const jsonType = { 'content-type': 'application/json' }

/** The result of a call, or the name of its error. */
export function outcome(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error instanceof Error ? error.name : 'no error'
  }
}
