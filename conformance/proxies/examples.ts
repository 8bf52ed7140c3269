import type { VerifierOptions } from 'tollgate'

/** Loads the exports of an example, which is JavaScript. */
export async function loadExample<T>(path: string): Promise<T> {
  return import(new URL(`../../examples/${path}`, import.meta.url).href)
}

/** The options in `docs/behind-a-proxy.md`, with the tests' token. */
interface ProxyOptions {
  readonly oneHost: VerifierOptions
  readonly prefixStripped: VerifierOptions
  readonly otherPort: VerifierOptions
  readonly severalHosts: VerifierOptions
  readonly manyHosts: VerifierOptions
  readonly rfc7239: VerifierOptions
  readonly slashAdded: VerifierOptions
  readonly ownRule: VerifierOptions
}

export const shown = await loadExample<ProxyOptions>('proxies/options.mjs')
