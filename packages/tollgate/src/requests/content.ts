type Decode = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array
type Zlib = { readonly [name in 'unzipSync' | 'brotliDecompressSync']: Decode }

const decoders: Readonly<Record<string, keyof Zlib>> = {
  gzip: 'unzipSync',
  'x-gzip': 'unzipSync',
  deflate: 'unzipSync',
  br: 'brotliDecompressSync',
}

/**
 * Decodes the compressed body of an answer, to show it. A malformed body, and one that becomes
 * larger than `maxBytes`, stays as it is. So does every body in a runtime without `node:zlib`.
 *
 * @param body the bytes, as they arrived
 * @param encoding the value of Content-Encoding
 * @param maxBytes the largest result
 */
export function decodeContent(body: Uint8Array, encoding: string | undefined, maxBytes: number): Uint8Array {
  const name = encoding?.toLowerCase() ?? ''
  const decoder = Object.hasOwn(decoders, name) ? decoders[name] : undefined
  const { process } = globalThis as { process?: { getBuiltinModule?: (module: string) => Zlib } }
  const zlib = process?.getBuiltinModule?.('node:zlib')
  if (decoder === undefined || zlib === undefined) return body
  try {
    return zlib[decoder](body, { maxOutputLength: maxBytes })
  } catch {
    return body
  }
}
