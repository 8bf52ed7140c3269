import { parseInteger } from '../checks/options.ts'
import type { VerifierOptions } from '../verify/types.ts'
import type { DiagnoseOptions } from './types.ts'

const defaultTries = 20_000

export interface ParsedOptions {
  readonly extra: DiagnoseOptions & { readonly maxTries: number }
  readonly verifierOptions: VerifierOptions
}

/** Takes the options of a diagnosis from those of the verifier. Throws a TypeError or RangeError that names the option. */
export function parseDiagnoseOptions(options: VerifierOptions & DiagnoseOptions): ParsedOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('diagnose needs an object of options')
  const { otherTokens, otherHosts, prefixes, maxTries, framework, ...verifierOptions } = options
  if (otherTokens !== undefined && !isRecordOfTexts(otherTokens))
    throw new TypeError('"otherTokens" must be a record from names of your own to tokens')
  checkTexts(otherHosts, 'otherHosts')
  checkTexts(prefixes, 'prefixes')
  if (framework !== undefined && typeof framework !== 'string')
    throw new TypeError(`"framework" must be a string, got ${typeof framework}`)
  const tries = parseInteger(maxTries, 'maxTries', 1, 1_000_000) ?? defaultTries
  return { extra: { otherTokens, otherHosts, prefixes, framework, maxTries: tries }, verifierOptions }
}

function isRecordOfTexts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((one) => typeof one === 'string')
}

function checkTexts(value: unknown, name: string): void {
  if (value !== undefined && !(Array.isArray(value) && value.every((one) => typeof one === 'string')))
    throw new TypeError(`"${name}" must be a list of strings`)
}
