import { expect } from '@jest/globals'
import type { RejectionCode } from '../verdict.ts'
import { matchers } from './matchers.ts'

interface TollgateMatchers<R> {
  /** Passes if the verdict says that Twilio signed the request. */
  toBeAccepted(): R
  /** Passes if the verdict is a rejection with that code. */
  toBeRefusedWith(code: RejectionCode): R
}

// `expect` as '@jest/globals' exports it.
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends TollgateMatchers<R> {}
}

// The global `expect` as '@types/jest' declares it.
declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: declarations merge only where their parameters agree
    interface Matchers<R, T = {}> extends TollgateMatchers<R> {}
  }
}

expect.extend(matchers)
