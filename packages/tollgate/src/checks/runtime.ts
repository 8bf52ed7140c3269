/** Reads an environment variable. `undefined` also if the runtime has no environment. */
export function readEnvironment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return process?.env?.[name]
}

/**
 * True for bytes from any realm: `instanceof` fails for a Buffer inside the sandbox of a test
 * runner.
 */
export function isBytes(value: unknown): value is Uint8Array {
  if (!ArrayBuffer.isView(value)) return false
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
}

/**
 * Parses a URL by the WHATWG rules. `undefined` if it cannot be parsed. URL.canParse is not used:
 * on Node.js 20 it refuses letters such as `ü` after some thousand calls, in its fast path.
 */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

/**
 * Leaves this package's lines out of the stack of an error about options: its files have no names
 * that a user knows. Other runtimes write stacks in another way, and theirs stays as it is.
 * @param _mark See `createVerifierOf`.
 * @returns the error
 */
export function hideOwnFrames(error: unknown, _mark: string): unknown {
  if (error instanceof Error && typeof error.stack === 'string')
    error.stack = error.stack.replace(/^ {4}at .*[\\/](node_modules|packages)[\\/]tollgate[\\/]dist[\\/].*\n/gm, '')
  return error
}

/**
 * The property of the global object with a listener of `tollgate/testing`. The verifier under test
 * may be of another copy of the package than the test.
 */
export const verdictListener: unique symbol = Symbol.for('tollgate.testing.listener')
