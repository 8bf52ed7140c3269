/** An environment variable; `undefined` too where the runtime has no environment. */
export function readEnvironment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return process?.env?.[name]
}

/** Whether a value is bytes, from whatever realm: `instanceof` fails on a Buffer inside a test runner's sandbox. */
export function isBytes(value: unknown): value is Uint8Array {
  if (!ArrayBuffer.isView(value)) return false
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
}

/**
 * Parses a URL as WHATWG does; `undefined` where it cannot. Not URL.canParse: in Node.js 20 it refuses Latin letters such as
 * `ü` after some thousand calls, when its fast path takes over.
 */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}
