import { fromRequest, type VerifierOptions } from 'tollgate'
import type { DiagnoseOptions } from 'tollgate/diagnose'
import type { SetUp } from './setup.ts'

/** Returns the options of a set-up: those of the verifier, and those of the diagnosis. */
export function readOptions({ options }: SetUp): {
  readonly verifier: VerifierOptions
  readonly more: DiagnoseOptions
} {
  const { fromRequest: built, otherTokens, otherHosts, prefixes, ...rest } = options
  const publicUrl = built && { publicUrl: fromRequest(built as unknown as Parameters<typeof fromRequest>[0]) }
  return { verifier: { ...rest, ...publicUrl }, more: { otherTokens, otherHosts, prefixes } }
}
