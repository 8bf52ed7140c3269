import type { IncomingRequest } from 'tollgate'
import * as tollgate from 'tollgate'
import { origin, token, withHeaders } from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'
import { encodeForm, joinParams, type Pairs, signText } from '../kit/sign.ts'

export type Plain = Omit<IncomingRequest, 'headers' | 'body'> & {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Another request to judge in place of a refused one, or `undefined`. */
export type SecondChance = (refused: Plain, options: Options) => Plain | undefined | Promise<Plain | undefined>

/** A verifier that is sound until it has refused something, and then is lenient in one way. */
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

/** What a fault can be played on; nonsense is left to the sound verifier. */
function isPlain(request: IncomingRequest): request is Plain {
  const { url, headers, body } = request
  if (typeof url !== 'string' || typeof headers !== 'object' || headers === null) return false
  if ((body !== undefined && typeof body !== 'string') || headers instanceof Headers) return false
  return Object.values(headers).every((value) => typeof value === 'string')
}

/** The same form with other parameters, or `undefined` where there is no form or nothing changes. */
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

/** What the signature should have been, where the suites' own URL and token are in use. */
export function signAsExpected({ url, body = '', headers }: Plain, secret: string = token): Promise<string> {
  const isForm = headers['content-type']?.includes('form') ?? false
  return signText(`${origin}${url}${isForm ? joinParams([...new URLSearchParams(body)]) : ''}`, secret)
}
