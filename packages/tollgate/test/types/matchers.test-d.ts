import { expect as jestExpect } from '@jest/globals'
import { expect } from 'vitest'
import type { Verdict } from '../../src/index.ts'
import '../../src/testing/jest.ts'
import '../../src/testing/vitest.ts'

declare const verdict: Verdict

expect(verdict).toBeAccepted()
expect(verdict).not.toBeAccepted()
expect(verdict).toBeRefusedWith('signature_mismatch')
// @ts-expect-error no such code
expect(verdict).toBeRefusedWith('signature_wrong')
// @ts-expect-error a code is needed
expect(verdict).toBeRefusedWith()

jestExpect(verdict).toBeAccepted()
jestExpect(verdict).not.toBeRefusedWith('replayed')
jestExpect(Promise.resolve(verdict)).resolves.toBeAccepted()
// @ts-expect-error no such code
jestExpect(verdict).toBeRefusedWith('signature_wrong')
