import type { VerifierOptions } from 'tollgate'
import { readOptions } from 'tollgate/options'
import type { Explanation } from '../shared/capture.ts'
import type { Diagnose } from './explain/explain.ts'

/** Why a request was refused, for a terminal. */
export interface Explained extends Explanation {
  /** The command that restarts the run with what is proven. */
  readonly restart?: string | undefined
}

/** The options of `createInspector`. */
export interface InspectorOptions {
  /**
   * The page's port on 127.0.0.1, an integer from 0 to 65,535. Default 4040. 0 means a free port.
   */
  port?: number | undefined
  /**
   * The token of the page, which is in its cookie, and which programs send as
   * `X-Tollgate-Inspector-Token`: 16 to 200 letters, digits, `-` and `_`. Default: random, 192 bits.
   */
  token?: string | undefined
  /**
   * Called with a new address of the page, when a browser without access asks for the page after
   * every earlier address was used. Print it where only the user sees it. Default: none.
   */
  onNewUrl?: ((url: string) => void) | undefined
  /**
   * The path of an SQLite file that keeps the captures. Default: memory, until the process ends.
   */
  store?: string | undefined
  /**
   * The maximum number of captures, an integer from 1 to 1,000,000. The oldest are deleted first.
   * Default 1,000 in memory, 10,000 in a file.
   */
  maxCaptures?: number | undefined
  /**
   * The maximum size of all captures in bytes, an integer from 1. The oldest are deleted first.
   * Default 64 MiB in memory, 512 MiB in a file.
   */
  maxBytes?: number | undefined
  /** How Twilio reaches the gateway. Test webhooks are signed for the first URL. */
  publicUrl: string | readonly string[]
  /**
   * The gateway's address. The page sends its requests there. Default: none, the page cannot send.
   */
  gatewayUrl?: string | undefined
  /** The name of the application behind the gateway. The page only shows it. Default: none. */
  upstream?: string | undefined
  /**
   * The gateway's mode, `'enforce'` or `'observe'`. The page only shows it. Default `'enforce'`.
   */
  mode?: 'enforce' | 'observe' | undefined
  /**
   * The token that signs requests from the page, at least 16 characters. The gateway must accept it
   * in addition to the real token.
   */
  throwAwayToken: string
  /**
   * The index of the throw-away token among the gateway's Auth Tokens, an integer from 0. Default:
   * none.
   */
  throwAwayIndex?: number | undefined
  /**
   * Signs edited requests if the user chooses it. Default: none, only the throw-away token signs.
   */
  realToken?: string | undefined
  /** The account in test webhooks: `AC` and 32 hex digits. Default: an invented account. */
  accountSid?: string | undefined
  /** More texts that must never reach the page. Both tokens are always included. Default: none. */
  secrets?: readonly string[] | undefined
  /**
   * The verifier's options for imported requests. Default: none, imported requests have no verdict.
   */
  verifierOptions?: VerifierOptions | undefined
  /**
   * The same for imported requests of other schemes: the options by the name of the scheme.
   * Default: none.
   */
  schemes?: Readonly<Record<string, object>> | undefined
  /**
   * The command that started this run, without its public URL. If another public URL would mend a
   * rejection, the page shows the command with it. Default: none, the page shows the option.
   */
  command?: string | undefined
  /**
   * Keeps a refused request, when the page shows it and nothing is proven, in a file that only the
   * user can read. The command of the page reads it there. No file is written in production.
   * Default `true`.
   */
  keepRefused?: boolean | undefined
  /**
   * Called with the explanation of each refusal of a signed request, which is then searched at once
   * and not when the page opens it. Default: none.
   */
  onExplained?: ((explained: Explained) => void) | undefined
  /** Explains rejections of Twilio's requests. Default: `diagnose` of tollgate/diagnose. */
  diagnose?: Diagnose | undefined
}

/** The table of `InspectorOptions`. */
const inspectorOptions = {
  port: { type: 'integer', least: 0, most: 65_535, default: 4040 },
  token: { type: 'other' },
  onNewUrl: { type: 'function' },
  store: { type: 'string' },
  maxCaptures: { type: 'integer', least: 1, most: 1_000_000 },
  maxBytes: { type: 'integer', least: 1 },
  publicUrl: { type: 'other', required: true },
  gatewayUrl: { type: 'string' },
  upstream: { type: 'string' },
  mode: { type: 'choice', choices: ['enforce', 'observe'], default: 'enforce' },
  throwAwayToken: { type: 'other', required: true },
  throwAwayIndex: { type: 'integer', least: 0 },
  realToken: { type: 'string' },
  accountSid: { type: 'other' },
  secrets: { type: 'strings' },
  verifierOptions: { type: 'other' },
  schemes: { type: 'other' },
  command: { type: 'string' },
  keepRefused: { type: 'boolean', default: true },
  onExplained: { type: 'function' },
  diagnose: { type: 'function' },
} as const

/** @throws TypeError or RangeError that names the option */
export function checkInspectorOptions(options: InspectorOptions): void {
  readOptions(options, inspectorOptions, 'createInspector')
  if (options.token !== undefined && !/^[\w-]{16,200}$/.test(options.token))
    throw new TypeError('"token" must be 16 to 200 letters, digits, "-" and "_"')
  if (typeof options.throwAwayToken !== 'string' || options.throwAwayToken.length < 16)
    throw new TypeError('"throwAwayToken" must be a string of at least 16 characters')
  if (options.accountSid !== undefined && !/^AC[0-9a-f]{32}$/.test(options.accountSid))
    throw new TypeError('"accountSid" must be AC followed by 32 hex digits')
  const urls = typeof options.publicUrl === 'string' ? [options.publicUrl] : options.publicUrl
  if (!Array.isArray(urls) || urls.length === 0 || !urls.every((url) => /^https?:\/\/[^/?#]/i.test(String(url))))
    throw new TypeError('"publicUrl" must be one or more absolute http or https URLs')
}
