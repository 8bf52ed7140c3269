import type { Scheme } from './scheme.ts'
import { sendgrid } from './sendgrid/row.ts'
import { twilio } from './twilio/row.ts'

export { escapeHidden, showHidden } from '../checks/visible-text.ts'
export { logRefusal } from '../verify/refusal-log.ts'
export type {
  DiagnoseHints,
  Scheme,
  SchemeDiagnosis,
  SchemeSignedRequest,
  SchemeSignInput,
  SeenRequest,
  SignedPart,
} from './scheme.ts'

type Rows = readonly [typeof twilio, typeof sendgrid]

/**
 * Every scheme that Tollgate verifies. The gateway, the inspector, the command line and
 * `tollgate/testing` read this list. The first is the default.
 */
export const schemes: Rows = [twilio, sendgrid]

/** The row of one scheme. */
type Row = Rows[number]

/** The name of a scheme. */
export type SchemeName = Row['name']

/** The verdict of any scheme's verifier. Its `scheme` tells them apart. */
export type SchemeVerdict = Awaited<ReturnType<ReturnType<Row['createVerifier']>['verify']>>

/** The options of a scheme's verifier. */
export type SchemeOptions<Name extends SchemeName = SchemeName> = Parameters<
  Extract<Row, { readonly name: Name }>['createVerifier']
>[0]

/** A row whose options and verdicts may be those of any scheme. */
export type AnyScheme = Scheme<never>

/**
 * Returns a scheme by its name.
 * @param name `'twilio'` or `'sendgrid'`, as in the `scheme` of a verdict.
 * @throws TypeError if there is none.
 */
export function getScheme(name: string): AnyScheme {
  const scheme = schemes.find((row) => row.name === name)
  if (scheme === undefined) throw new TypeError(`"scheme" must be one of: ${schemes.map((row) => row.name).join(', ')}`)
  return scheme
}

/**
 * Finds the scheme of a recorded request, which no verifier has seen: the one whose signature it
 * has, or else the one of whose headers it has another. Only its verifier proves anything.
 * @param headers The names and values of the request, in any letter case.
 * @returns the scheme. Default: the first.
 */
export function guessScheme(headers: readonly (readonly [name: string, value: string])[]): AnyScheme {
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const isIn = (name: string): boolean => names.has(name.toLowerCase())
  const all: readonly AnyScheme[] = schemes
  return all.find((row) => isIn(row.headers[0])) ?? all.find((row) => row.headers.some(isIn)) ?? schemes[0]
}
