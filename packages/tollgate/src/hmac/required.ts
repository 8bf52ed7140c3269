import type * as pure from './pure.ts'

declare function require(file: './node.ts' | './pure.ts'): typeof pure

interface Runtime {
  readonly process?: { readonly getBuiltinModule?: (name: string) => { readonly hash?: unknown } | undefined }
}

// The provider of the CommonJS copy. Tools that do not read `imports` load this copy, so it chooses
// when it is loaded. It asks the process for `node:crypto`: after `require('crypto')`, bundlers for
// browsers would look for that module. It loads only what it chose.
const { process } = globalThis as Runtime
const isNative = process?.getBuiltinModule?.('node:crypto')?.hash !== undefined
const provider = isNative ? require('./node.ts') : require('./pure.ts')

/** As in the provider that was chosen. */
export const createHmac: typeof pure.createHmac = provider.createHmac

/** As in the provider that was chosen. */
export const hashBytes: typeof pure.hashBytes = provider.hashBytes
