import { expect } from 'vitest'
import type { RejectionCode } from '../verdict.ts'
import { matchers } from './matchers.ts'

declare module 'vitest' {
  // The type parameters must have Vitest's names, or the declarations do not merge.
  // biome-ignore lint/suspicious/noExplicitAny: as Vitest declares it
  interface Matchers<T = any> {
    /** Passes if the verdict says that Twilio signed the request. */
    toBeAccepted(): void
    /** Passes if the verdict is a rejection with that code. */
    toBeRefusedWith(code: RejectionCode): void
  }
}

expect.extend(matchers)
