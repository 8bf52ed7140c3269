import type { Exchange } from '@tollgate/gateway'
import type { VerifierOptions } from 'tollgate'
import { readOptions, type SchemeName, type SchemeOptions } from 'tollgate/internal'
import type { Explained } from '../server/options.ts'

/** The options of `startDev`. Every option has a default. */
export interface DevOptions {
  /**
   * The application to protect: `http://host:port`. Default: a small built-in TwiML application.
   */
  upstream?: string | undefined
  /**
   * How Twilio reaches the gateway, such as a tunnel's URL. Default: the gateway's own address.
   * The Host header selects one of several URLs.
   */
  publicUrl?: string | readonly string[] | undefined
  /**
   * The gateway's address. Default 127.0.0.1:8080, or the next free port if 8080 is in use. Port 0
   * means a free port.
   */
  listen?: { host?: string | undefined; port?: number | undefined } | undefined
  /**
   * The page's port on 127.0.0.1, an integer from 0 to 65,535. Default 4040, or a free port if 4040
   * is in use.
   */
  inspectorPort?: number | undefined
  /**
   * The account's Auth Token, or several during a rotation. Default: none, so the gateway accepts
   * only the throw-away token of this run.
   */
  authToken?: string | readonly string[] | undefined
  /** As in `VerifierOptions`. Default: none. */
  sharedKeys?: VerifierOptions['sharedKeys']
  /** As in `VerifierOptions`. Test webhooks name the first one. Default: every account. */
  allowedAccounts?: VerifierOptions['allowedAccounts']
  /** `'exact'` or `'either'`, as in `VerifierOptions`. Default `'exact'`. */
  trailingSlash?: VerifierOptions['trailingSlash']
  /** With `'observe'` the gateway passes refused requests on too. Default `'enforce'`. */
  mode?: 'enforce' | 'observe' | undefined
  /**
   * Where webhooks of other schemes arrive: the name of the scheme, the path, and the options of
   * its verifier. Default: none, every request is verified as one of Twilio's.
   */
  routes?: readonly OtherRoute[] | undefined
  /**
   * The page signs with the first Auth Token, so that an application which verifies accepts its
   * webhooks. Default `false`: a throw-away token signs, which only the gateway knows. Without
   * `authToken`, `true` is a TypeError.
   */
  signWithRealToken?: boolean | undefined
  /**
   * Called with a new address of the page, when a browser without access asks for the page after
   * every earlier address was used. Print it where only the user sees it. Default: none.
   */
  onNewInspectorUrl?: ((url: string) => void) | undefined
  /**
   * The command that started this run, without its public URL. The page shows how to restart it with
   * another. Default: none.
   */
  command?: string | undefined
  /**
   * Keeps a refused request, when the page shows it and nothing is proven, in a file that only the
   * user can read. The command of the page reads it there. Default `true`.
   */
  keepRefused?: boolean | undefined
  /** Called with the explanation of each refusal of a signed request. Default: none. */
  onExplained?: ((explained: Explained) => void) | undefined
  /** Called after each exchange has ended. Its errors are caught by the gateway. Default: none. */
  onExchange?: ((exchange: Exchange) => void) | undefined
}

type OtherRoute = {
  [Name in Exclude<SchemeName, 'twilio'>]: { readonly scheme: Name; readonly path: string } & Omit<
    SchemeOptions<Name>,
    'onVerdict' | 'diagnose'
  >
}[Exclude<SchemeName, 'twilio'>]

/** The table of `DevOptions`. */
const devOptions = {
  upstream: { type: 'string' },
  publicUrl: { type: 'other' },
  listen: { type: 'other' },
  inspectorPort: { type: 'integer', least: 0, most: 65_535 },
  authToken: { type: 'other' },
  sharedKeys: { type: 'other' },
  allowedAccounts: { type: 'other' },
  trailingSlash: { type: 'choice', choices: ['exact', 'either'], default: 'exact' },
  mode: { type: 'choice', choices: ['enforce', 'observe'], default: 'enforce' },
  routes: { type: 'other' },
  signWithRealToken: { type: 'boolean', default: false },
  onNewInspectorUrl: { type: 'function' },
  command: { type: 'string' },
  keepRefused: { type: 'boolean', default: true },
  onExplained: { type: 'function' },
  onExchange: { type: 'function' },
} as const

const addressOptions = { host: { type: 'string' }, port: { type: 'integer', least: 0, most: 65_535 } } as const

/**
 * Checks the options that the gateway does not check.
 * @throws TypeError or RangeError that names the option
 */
export function checkDevOptions(options: DevOptions): void {
  readOptions(options, devOptions, 'startDev')
  if (options.listen !== undefined) readOptions(options.listen, addressOptions, '"listen"', 'listen.')
  if (options.signWithRealToken && listTokens(options.authToken).length === 0)
    throw new TypeError('"signWithRealToken" needs an "authToken"')
}

export function listTokens(authToken: DevOptions['authToken']): readonly string[] {
  return typeof authToken === 'string' ? [authToken] : (authToken ?? [])
}
