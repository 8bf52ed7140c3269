import type * as web from './web.ts'

declare function require(file: './node.ts' | './web.ts'): typeof web

interface Runtime {
  readonly process?: { readonly getBuiltinModule?: (name: string) => { readonly createVerify?: unknown } | undefined }
}

// The provider of the CommonJS copy, which is chosen as in `hmac/required.ts`.
const { process } = globalThis as Runtime
const isNative = process?.getBuiltinModule?.('node:crypto')?.createVerify !== undefined
const provider = isNative ? require('./node.ts') : require('./web.ts')

/** As in the provider that was chosen. */
export const createSignatureChecker: typeof web.createSignatureChecker = provider.createSignatureChecker
