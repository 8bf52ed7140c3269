export { diagnose, evenInProduction } from './diagnose.ts'
export type { Cause, CauseId, DiagnosableRequest, DiagnoseOptions, Diagnosis, SigningPart } from './types.ts'
