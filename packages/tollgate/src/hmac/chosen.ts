import { createHmac as createNativeHmac, hashBytes as hashNatively } from './node.ts'

/**
 * As in the provider of this runtime: `node.ts`, until an entry point for another runtime brings
 * `pure.ts`.
 */
export let createHmac: typeof createNativeHmac = createNativeHmac

/** As in the provider of this runtime. */
export let hashBytes: typeof hashNatively = hashNatively

/** Replaces the provider, before anything makes a key. */
export function useProvider(other: { createHmac: typeof createNativeHmac; hashBytes: typeof hashNatively }): void {
  createHmac = other.createHmac
  hashBytes = other.hashBytes
}
