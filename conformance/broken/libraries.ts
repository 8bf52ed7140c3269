import type { IncomingRequest, Verifier } from 'tollgate'
import * as tollgate from 'tollgate'
import type { Library, Options } from '../kit/library.ts'

/** A verifier with one deliberate fault, and the cases (the start of their names) that have to notice. */
export interface BrokenLibrary {
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

const asGet = (request: IncomingRequest): IncomingRequest => ({ ...request, method: 'GET', body: '' })

export const brokenLibraries: readonly BrokenLibrary[] = [
  {
    fault: 'skips bodySHA256',
    library: breakVerifier(async (inner, request, native) => {
      const verdict = await inner.verify(request, native)
      const skipped = !verdict.ok && /^body_(hash_mismatch|unsigned)$/.test(verdict.code)
      return skipped ? inner.verify(asGet(request), native) : verdict
    }),
    noticedBy: [
      'libraries: raw body: each byte of a body',
      'B2 a URL-only signature',
      'B3 JSON without bodySHA256',
      'B4 ',
    ],
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
    fault: 'takes any method for a POST',
    library: breakVerifier((inner, request, native) =>
      inner.verify(
        /^(PUT|PATCH|DELETE|OPTIONS|HEAD)$/.test(request.method) ? { ...request, method: 'POST' } : request,
        native,
      ),
    ),
    noticedBy: ['the method DELETE is refused', 'sms-inbound: the method', 'B1 '],
  },
]
