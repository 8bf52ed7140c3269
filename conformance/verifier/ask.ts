import type { IncomingRequest, Verdict } from 'tollgate'
import { origin, type Signed, token } from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'

/** Asks a verifier with these options, or the usual ones where they do not say otherwise. */
export function ask(library: Library, request: Signed | IncomingRequest, options: Options = {}): Promise<Verdict> {
  return library.createVerifier(withDefaults(options)).verify(request)
}

export function withDefaults(options: Options): Options {
  const keyed = options.authToken !== undefined || options.sharedKeys !== undefined
  const placed = options.publicUrl !== undefined || options.signedUrl !== undefined
  return { ...options, ...(!placed && { publicUrl: origin }), ...(!keyed && { authToken: token }) }
}

/** A body that fails the test when it is read. */
export function makeUntouchableBody(): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      throw new Error('the body was touched')
    },
  }
}

/** The body in chunks, and how many of them were asked for. */
export function makeStream(
  chunks: readonly Uint8Array[],
): AsyncIterable<Uint8Array> & { readonly asked: () => number } {
  let asked = 0
  return {
    asked: () => asked,
    async *[Symbol.asyncIterator]() {
      for (const chunk of chunks) {
        asked++
        yield chunk
      }
    },
  }
}
