type TextClasses = Pick<typeof globalThis, 'TextDecoder' | 'TextEncoder'>

/**
 * Finds the classes for text when they are first used, since a test may add them after this module
 * was loaded. The jsdom environment of Jest has none, but Node.js below it has them in `node:util`.
 */
function findTextClasses(): TextClasses {
  const { TextDecoder, process } = globalThis as Partial<TextClasses> & {
    process?: { getBuiltinModule?: (name: string) => TextClasses }
  }
  return (TextDecoder === undefined && process?.getBuiltinModule?.('node:util')) || globalThis
}

let encoder: TextEncoder | undefined
let strictDecoder: TextDecoder | undefined
let lenientDecoder: TextDecoder | undefined

/** Encodes a text as UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  encoder ??= new (findTextClasses().TextEncoder)()
  return encoder.encode(text)
}

/** Decodes bytes as UTF-8. `undefined` if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  // A byte order mark is an ordinary character here: if Twilio sent it, Twilio signed it.
  strictDecoder ??= new (findTextClasses().TextDecoder)('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return strictDecoder.decode(bytes)
  } catch {
    // They are not UTF-8.
  }
  return undefined
}

/** Decodes bytes as UTF-8, with U+FFFD for what is not UTF-8. */
export function decodeLeniently(bytes: Uint8Array): string {
  lenientDecoder ??= new (findTextClasses().TextDecoder)('utf-8', { ignoreBOM: true })
  return lenientDecoder.decode(bytes)
}

/**
 * Parses bytes as JSON. `undefined`, which no JSON gives, if they are not one JSON text in UTF-8.
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  try {
    // Stryker disable next-line StringLiteral: neither text is JSON
    return JSON.parse(decodeUtf8(bytes) ?? '')
  } catch {
    // They are not JSON.
  }
  return undefined
}
