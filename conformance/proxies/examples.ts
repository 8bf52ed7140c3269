import type { VerifierOptions } from 'tollgate'

/** The exports of an example, which is JavaScript as its readers write it. */
export async function loadExample<T>(path: string): Promise<T> {
  return import(new URL(`../../examples/${path}`, import.meta.url).href)
}

/** The options that `docs/behind-a-proxy.md` shows, with the tests' token where they are used. */
export interface ProxyOptions {
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
