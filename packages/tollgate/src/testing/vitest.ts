import { expect } from 'vitest'
import type { RejectionCode } from '../verdict.ts'
import { matchers } from './matchers.ts'

declare module 'vitest' {
  // The names of the parameters are Vitest's, for declarations merge only where they agree.
  // biome-ignore lint/suspicious/noExplicitAny: as Vitest declares it
  interface Matchers<T = any> {
    /** The verdict says that Twilio signed the request. */
    toBeAccepted(): void
    /** The verdict is a refusal with that code. */
    toBeRefusedWith(code: RejectionCode): void
  }
}

expect.extend(matchers)
