import type { IncomingRequest, Verdict } from 'tollgate'
import { origin, type Signed, token } from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'

/** Verifies a request with these options on top of the default ones. */
export function ask(library: Library, request: Signed | IncomingRequest, options: Options = {}): Promise<Verdict> {
  return library.createVerifier(withDefaults(options)).verify(request)
}

export function withDefaults(options: Options): Options {
  const keyed = options.authToken !== undefined || options.sharedKeys !== undefined
  const placed = options.publicUrl !== undefined || options.signedUrl !== undefined
  return { ...options, ...(!placed && { publicUrl: origin }), ...(!keyed && { authToken: token }) }
}

/** Makes a body that fails the test if it is read. */
export function makeUntouchableBody(): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      throw new Error('the body was read')
    },
  }
}

/** Returns the body as a stream of chunks, and counts the chunks that were read. */
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
