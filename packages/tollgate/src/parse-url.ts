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
