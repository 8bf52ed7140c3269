import type { IncomingRequest, Verifier } from 'tollgate'
import * as tollgate from 'tollgate'
import type { Library, Options } from '../kit/library.ts'
import { signText } from '../kit/sign.ts'
import { makeLenient, signAsExpected, withoutHeader, withParams, withSignature } from './second-chance.ts'

/**
 * A verifier with one deliberate fault, and how the names of the cases start that must notice it.
 */
interface BrokenLibrary {
  readonly fault: string
  readonly library: Library
  readonly noticedBy: readonly string[]
}

function breakVerifier(
  verify: (inner: Verifier, request: IncomingRequest, native: unknown) => ReturnType<Verifier['verify']>,
): Library {
  return {
    ...tollgate,
    createVerifier(options) {
      const inner = tollgate.createVerifier(options)
      return { verify: (request, native) => verify(inner, request, native) }
    },
  }
}

function breakOptions(change: (options: Options) => Options): Library {
  return { ...tollgate, createVerifier: (options) => tollgate.createVerifier(change(options)) }
}

export const brokenLibraries: readonly BrokenLibrary[] = [
  {
    fault: 'leaves bodySHA256 unchecked',
    library: makeLenient(async (request, { publicUrl, authToken }) => {
      if (typeof publicUrl !== 'string' || typeof authToken !== 'string') return undefined
      const given = request.headers['x-twilio-signature']
      if (given !== (await signText(publicUrl + request.url, authToken))) return undefined
      // Only the URL counts, as if it were signed without a hash.
      const url = request.url.replaceAll('bodySHA256', 'unchecked')
      return withSignature({ ...request, method: 'GET', body: '', url }, await signText(publicUrl + url, authToken))
    }),
    noticedBy: [
      'libraries: raw body: each byte of a body',
      'B2 a URL-only signature',
      'B3 JSON without bodySHA256',
      'B4 a missing body',
      'B4 a captured JSON event',
    ],
  },
  {
    fault: 'ignores the account in a query if only the URL is signed',
    library: makeLenient((request, { authToken }) => {
      const url = request.url.replace(/AccountSid|account_sid/gi, 'x')
      if (url === request.url || request.body || !isRecord(authToken)) return undefined
      return resignForAny({ ...request, url }, request, Object.values(authToken))
    }),
    noticedBy: ['C6 the query names the account'],
  },
  {
    fault: 'keeps equal pairs',
    library: breakVerifier(async (inner, request, native) => {
      const verdict = await inner.verify(request, native)
      if (!('params' in verdict) || typeof request.body !== 'string') return verdict
      const pairs = [...new URLSearchParams(request.body)]
      const { params } = verdict
      const kept = {
        ...params,
        getAll: (name: string) => pairs.filter((pair) => pair[0] === name).map((pair) => pair[1]),
      }
      return { ...verdict, params: Object.setPrototypeOf(kept, Object.getPrototypeOf(params)) }
    }),
    noticedBy: ['B5 a repeated equal pair'],
  },
  {
    fault: 'trusts the Host header',
    library: breakOptions(({ publicUrl: _publicUrl, ...options }) => ({
      ...options,
      signedUrl: ({ headers, url }) => `https://${(headers as Record<string, string>).host}${url}`,
    })),
    noticedBy: ['A1 ', 'A3 Host: "evil.example', 'several public URLs: the one of the Host'],
  },
  {
    fault: 'treats every method as POST',
    library: breakVerifier((inner, request, native) =>
      inner.verify(
        /^(PUT|PATCH|DELETE|OPTIONS|HEAD)$/.test(request.method) ? { ...request, method: 'POST' } : request,
        native,
      ),
    ),
    noticedBy: ['the method DELETE is refused', 'sms-inbound: the method', 'B1 '],
  },
  {
    fault: 'compares only the start of a signature',
    library: makeLenient(async (request) => {
      const given = request.headers['x-twilio-signature'] ?? ''
      const expected = await signAsExpected(request)
      return given.length >= 8 && expected.startsWith(given.slice(0, 8)) ? withSignature(request, expected) : undefined
    }),
    noticedBy: ['C2 '],
  },
  {
    fault: 'compares only the first 26 of the 28 characters of a signature',
    library: compareFirst(26),
    noticedBy: ['C3 a signature with one other bit'],
  },
  {
    fault: 'compares all characters of a signature but the last',
    library: compareFirst(27),
    noticedBy: ['C2 malformed signatures'],
  },
  {
    fault: 'accepts an empty key',
    library: makeLenient(async (request) => {
      const signedSo = request.headers['x-twilio-signature'] === (await signAsExpected(request, ''))
      return signedSo ? withSignature(request, await signAsExpected(request)) : undefined
    }),
    noticedBy: ['C1 a signature made with the empty key'],
  },
  {
    fault: 'signs only the first value of a name',
    library: makeLenient((request) =>
      withParams(request, (params) =>
        params.filter(([name], index) => params.findIndex(([other]) => other === name) === index),
      ),
    ),
    noticedBy: ['sms-inbound: each name repeated with another value', 'B5 '],
  },
  {
    fault: 'trims values',
    library: makeLenient((request) =>
      withParams(request, (params) => params.map(([name, value]) => [name, value.trim()])),
    ),
    noticedBy: ['sms-inbound: white space around each value'],
  },
  {
    fault: 'normalises the URL',
    library: makeLenient((request) => {
      const { pathname, search } = new URL(request.url, 'https://a.example')
      const query = new URLSearchParams(search)
      query.sort()
      const url = pathname + (search === '' ? '' : `?${query}`)
      return url === request.url ? undefined : { ...request, url }
    }),
    noticedBy: ['no other encoding of the query is tried'],
  },
  {
    fault: 'lets the header choose the algorithm of a SharedKey',
    library: makeLenient((request, { sharedKeys }) => {
      const settings = 'x-twilio-webhooks-signature-settings'
      const [, id = '', algorithm] = /^key=([^,]+),algorithm=(\w+)$/.exec(request.headers[settings] ?? '') ?? []
      if (algorithm !== 'HMAC_SHA1' || typeof sharedKeys !== 'object') return undefined
      const key = new Map(Object.entries(sharedKeys)).get(id)
      return typeof key === 'string' ? resign(request, key) : undefined
    }),
    noticedBy: ['C4 the algorithm is bound to the key'],
  },
  {
    fault: "falls back to another account's token",
    library: {
      ...tollgate,
      createVerifier(options) {
        const inner = tollgate.createVerifier(options)
        const [first] = isRecord(options.authToken) ? Object.values(options.authToken) : []
        if (first === undefined) return inner
        const fallback = tollgate.createVerifier({ ...options, authToken: first })
        return {
          async verify(request, native) {
            const verdict = await inner.verify(request, native)
            return !verdict.ok && verdict.code === 'key_unknown' ? fallback.verify(request, native) : verdict
          },
        }
      },
    },
    noticedBy: ["an account without a token does not use another account's", 'C6 the key must belong to the account'],
  },
  {
    fault: 'decodes base64 leniently',
    library: makeLenient((request) => {
      const given = request.headers['x-twilio-signature'] ?? ''
      const cleaned = given
        .replaceAll('-', '+')
        .replaceAll('_', '/')
        .replace(/[^\w+/]/g, '')
      const bytes = Uint8Array.from(Buffer.from(cleaned, 'base64'))
      const canonical = btoa(String.fromCharCode(...bytes))
      return bytes.length === 20 && canonical !== given ? withSignature(request, canonical) : undefined
    }),
    noticedBy: ['C2 '],
  },
  {
    fault: 'treats every content type as a form',
    library: makeLenient((request) => {
      if (!request.body || request.method !== 'POST') return undefined
      const headers = { ...request.headers, 'content-type': 'application/x-www-form-urlencoded' }
      return headers['content-type'] === request.headers['content-type'] ? undefined : { ...request, headers }
    }),
    noticedBy: ['sms-inbound: the content type'],
  },
  {
    fault: 'decodes invalid UTF-8',
    library: makeLenient((request) => withParams(request, (params) => params)),
    noticedBy: ['invalid percent-encoding and invalid UTF-8', 'B9 '],
  },
]

/** Compares only the first characters of a signature of the right length. */
function compareFirst(characters: number): Library {
  return makeLenient(async (request) => {
    const given = request.headers['x-twilio-signature'] ?? ''
    const expected = await signAsExpected(request)
    const isNear = given.length === expected.length && given.startsWith(expected.slice(0, characters))
    return isNear ? withSignature(request, expected) : undefined
  })
}

function isRecord(authToken: Options['authToken']): authToken is Readonly<Record<string, string | readonly string[]>> {
  return typeof authToken === 'object' && !Array.isArray(authToken)
}

/** Signs the altered request with the key that signed the original, if it is one of `keys`. */
async function resignForAny(
  altered: Parameters<typeof signAsExpected>[0],
  original: typeof altered,
  keys: readonly unknown[],
): Promise<typeof altered | undefined> {
  for (const key of keys)
    if (typeof key === 'string' && original.headers['x-twilio-signature'] === (await signAsExpected(original, key)))
      return withSignature(altered, await signAsExpected(altered, key))
  return undefined
}

/** Signs the request again as the Auth Token would, if the key signed it with SHA-1. */
async function resign(request: Parameters<typeof signAsExpected>[0], key: string): Promise<typeof request | undefined> {
  const settings = 'x-twilio-webhooks-signature-settings'
  if (request.headers['x-twilio-signature'] !== (await signAsExpected(request, key))) return undefined
  return withSignature(withoutHeader(request, settings), await signAsExpected(request))
}
