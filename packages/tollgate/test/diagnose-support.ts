import { listMadeSetUps } from '../../../conformance/diagnosis/made/index.ts'
import type { SetUp } from '../../../conformance/diagnosis/setup.ts'
import { type DiagnosableRequest, type DiagnoseOptions, type Diagnosis, diagnose } from '../src/diagnose/index.ts'
import { fromRequest, type VerifierOptions } from '../src/index.ts'

/** The corpus of broken set-ups that the suites of the package use as well. */
export const setUps: readonly SetUp[] = await listMadeSetUps()

/** Reads the options of a set-up as this library takes them. */
export function readOptions({ options }: SetUp): VerifierOptions & DiagnoseOptions {
  const { fromRequest: built, ...rest } = options
  return { ...rest, ...(built && { publicUrl: fromRequest(built as unknown as Parameters<typeof fromRequest>[0]) }) }
}

/** A set-up's request. A parser's parameters may have types that the library does not allow. */
export function readRequest({ request }: SetUp): DiagnosableRequest {
  return request as unknown as DiagnosableRequest
}

export function diagnoseSetUp(setUp: SetUp): Promise<Diagnosis> {
  return diagnose(readRequest(setUp), readOptions(setUp))
}
