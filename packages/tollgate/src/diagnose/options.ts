import { checkNames, pickOptions } from '../checks/options.ts'
import { verifierOptions } from '../schemes/twilio/options.ts'
import type { Params } from '../schemes/twilio/sign/signing-string.ts'
import type { IncomingRequest, VerifierOptions } from '../verify/types.ts'

/** A request to diagnose. */
export type DiagnosableRequest = IncomingRequest & {
  /** The parameters that a framework parsed, if the bytes of the body are lost. */
  readonly params?: Params | undefined
}

/** The options of a diagnosis, beside those of the verifier. */
export interface DiagnoseOptions {
  /**
   * Auth Tokens and SharedKey secrets that may have signed, each with a name that you choose. The
   * diagnosis shows the name, and never the secret. Default: none.
   */
  readonly otherTokens?: Readonly<Record<string, string>> | undefined
  /** Hosts that reach this server, or did in the past, with or without a port. Default: none. */
  readonly otherHosts?: readonly string[] | undefined
  /**
   * URLs that are configured at Twilio, whole, such as `https://example.com/twilio/sms?step=1`. Use
   * it if a proxy may have lost a part of the URL that cannot be guessed. Default: none.
   */
  readonly otherUrls?: readonly string[] | undefined
  /**
   * Path prefixes that a proxy may have stripped or added, such as `/functions/v1`. Default: none.
   */
  readonly prefixes?: readonly string[] | undefined
  /**
   * The maximum number of HMACs with each key, an integer from 1 to 1,000,000. Default 20,000. The
   * search computes fewer for a large request, and for causes that rarely occur together.
   */
  readonly maxTries?: number | undefined
  /** The server verified other requests with this key in the hour before. Default false. */
  readonly keyVerified?: boolean | undefined
  /**
   * The account of the configured Auth Token: a subaccount signs with its own. Default: the variable
   * TWILIO_ACCOUNT_SID of the environment.
   */
  readonly ownAccount?: string | undefined
  /**
   * The framework or platform, such as `'express'` or `'lambda'`: fixes are written for it.
   * Default: none.
   */
  readonly framework?: string | undefined
}

/** The options of a diagnosis. */
export const diagnoseOptions = {
  otherTokens: { type: 'record' },
  otherHosts: { type: 'strings' },
  otherUrls: { type: 'strings' },
  prefixes: { type: 'strings' },
  maxTries: { type: 'integer', least: 1, most: 1_000_000, default: 20_000 },
  keyVerified: { type: 'boolean' },
  ownAccount: { type: 'string' },
  framework: { type: 'string' },
} as const

/** The options of a diagnosis, checked and separated from those of the verifier. */
interface ParsedOptions {
  readonly extra: DiagnoseOptions & { readonly maxTries: number }
  readonly verifierOptions: VerifierOptions
}

/**
 * Separates the options of a diagnosis from those of the verifier.
 * @param options both, as the user gives them
 * @returns both, apart
 * @throws TypeError or RangeError, which names the option, for an option of a wrong type or value
 */
export function parseDiagnoseOptions(options: VerifierOptions & DiagnoseOptions): ParsedOptions {
  checkNames(options, { ...verifierOptions, ...diagnoseOptions }, 'diagnose')
  const own: DiagnoseOptions = options
  const others = Object.entries(options).filter(([name]) => !Object.hasOwn(diagnoseOptions, name))
  return { extra: pickOptions(own, diagnoseOptions), verifierOptions: Object.fromEntries(others) as VerifierOptions }
}
