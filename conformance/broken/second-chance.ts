import type { IncomingRequest } from 'tollgate'
import * as tollgate from 'tollgate'
import { origin, token, withHeaders } from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'
import { encodeForm, joinParams, type Pairs, signText } from '../kit/sign.ts'

type Plain = Omit<IncomingRequest, 'headers' | 'body'> & {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Returns the request to verify instead of a refused one, or `undefined`. */
type SecondChance = (refused: Plain, options: Options) => Plain | undefined | Promise<Plain | undefined>

/**
 * Makes a verifier that gives each refused request a second chance, and so is lenient in one way.
 */
export function makeLenient(forgive: SecondChance): Library {
  return {
    ...tollgate,
    createVerifier(options) {
      const inner = tollgate.createVerifier(options)
      return {
        async verify(request, native) {
          const verdict = await inner.verify(request, native)
          if (verdict.ok || !isPlain(request)) return verdict
          const second = await forgive(request, options)
          return second === undefined ? verdict : inner.verify(second, native)
        },
      }
    },
  }
}

/** Tells if the fault applies to the request. The sound verifier decides about nonsense. */
function isPlain(request: IncomingRequest): request is Plain {
  const { url, headers, body } = request
  if (typeof url !== 'string' || typeof headers !== 'object' || headers === null) return false
  if ((body !== undefined && typeof body !== 'string') || headers instanceof Headers) return false
  return Object.values(headers).every((value) => typeof value === 'string')
}

/** Changes the parameters of a form. Returns `undefined` if there is no form or nothing changes. */
export function withParams(request: Plain, change: (params: Pairs) => Pairs): Plain | undefined {
  if (!request.body || !request.headers['content-type']?.includes('form')) return undefined
  const body = encodeForm(change([...new URLSearchParams(request.body)]))
  return body === request.body ? undefined : { ...request, body }
}

export function withSignature(request: Plain, signature: string): Plain {
  return { ...request, headers: withHeaders(asSigned(request), { 'x-twilio-signature': signature }).headers }
}

export function withoutHeader(request: Plain, name: string): Plain {
  return { ...request, headers: withHeaders(asSigned(request), { [name]: undefined }).headers }
}

function asSigned({ method, url, headers }: Plain): { method: string; url: string; headers: Plain['headers'] } {
  return { method, url, headers }
}

/** Returns the correct signature for the URL and the token that the suites use. */
export function signAsExpected({ url, body = '', headers }: Plain, secret: string = token): Promise<string> {
  const isForm = headers['content-type']?.includes('form') ?? false
  return signText(`${origin}${url}${isForm ? joinParams([...new URLSearchParams(body)]) : ''}`, secret)
}
