import * as tollgate from 'tollgate'
import * as sendgrid from 'tollgate/sendgrid'
import { attackSuites } from '../attacks/suite.ts'
import { sendgridSuites } from '../sendgrid/suite.ts'
import { vectorsSuites } from '../vectors/suite.ts'
import { verifierSuites } from '../verifier/suite.ts'
import { runReported, type SuiteReports } from './run-reported.ts'

/** Runs the suites that need no server, in the runtime that loads this. */
export async function runPortable(): Promise<SuiteReports> {
  return {
    vectors: await runReported(vectorsSuites(tollgate)),
    verifier: await runReported(verifierSuites(tollgate)),
    sendgrid: await runReported(sendgridSuites(sendgrid)),
    attacks: await runReported(attackSuites(tollgate)),
  }
}
