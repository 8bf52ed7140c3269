import { readSetUps, type SetUp, toOptions, toRequest } from '../../../conformance/diagnosis/set-up.ts'
import { type DiagnosableRequest, type DiagnoseOptions, type Diagnosis, diagnose } from '../src/diagnose/index.ts'
import { fromRequest, type VerifierOptions } from '../src/index.ts'

/** Broken set-ups of the corpus that the suites of the package use as well. */
export const setUps: readonly SetUp[] = readSetUps('made').filter(({ answer }) => answer !== 'genuine')

/** Reads the options of a set-up as this library takes them. */
export function readOptions({ options, hints }: SetUp): VerifierOptions & DiagnoseOptions {
  return { ...toOptions(options as never, fromRequest as never), ...hints } as VerifierOptions & DiagnoseOptions
}

export function readRequest({ request }: SetUp): DiagnosableRequest {
  return toRequest(request) as DiagnosableRequest
}

export function diagnoseSetUp(setUp: SetUp): Promise<Diagnosis> {
  return diagnose(readRequest(setUp), readOptions(setUp))
}
