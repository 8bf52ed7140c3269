import type { VerifierOptions } from 'tollgate'
import type { Diagnose } from './explainer.ts'

/** Everything about an inspector but what it shows. */
export interface InspectorOptions {
  /** The page's port on 127.0.0.1. Default 4040; 0 takes a free one. */
  port?: number | undefined
  /** The token in the page's URL: at least 16 characters out of letters, digits, `-` and `_`. Default: random, 192 bits. */
  token?: string | undefined
  /** An SQLite file that keeps the captures. Default: they are kept in memory and end with the process. */
  store?: string | undefined
  /** The most captures; beyond it the oldest go. Default 1,000 in memory, 10,000 in a file. */
  maxCaptures?: number | undefined
  /** The most bytes of captures. Default 64 MiB in memory, 512 MiB in a file. */
  maxBytes?: number | undefined
  /** How Twilio reaches the gateway: test webhooks are signed for the first one. */
  publicUrl: string | readonly string[]
  /** Where the gateway listens, which is where requests from the page go. Default: none, the page shows but does not send. */
  gatewayUrl?: string | undefined
  /** What is behind the gateway, for the page to say. */
  upstream?: string | undefined
  mode?: 'enforce' | 'observe' | undefined
  /** Signs what is sent from the page. The gateway must accept it beside the real token. */
  throwAwayToken: string
  /** Which of the gateway's Auth Tokens the throw-away token is. Default: none. */
  throwAwayIndex?: number | undefined
  /** Signs edited requests where the page's user asks for it. Default: none, only the throw-away token signs. */
  realToken?: string | undefined
  /** The account that test webhooks name. Default: an invented one. */
  accountSid?: string | undefined
  /** Further texts that must never reach the page. Both tokens are among them already. */
  secrets?: readonly string[] | undefined
  /** How imported requests are verified. Default: they have no verdict. */
  verifierOptions?: VerifierOptions | undefined
  /** Explains refusals. Default: `diagnose` of tollgate/diagnose. */
  diagnose?: Diagnose | undefined
}

const known: Record<keyof InspectorOptions, true> = {
  port: true,
  token: true,
  store: true,
  maxCaptures: true,
  maxBytes: true,
  publicUrl: true,
  gatewayUrl: true,
  upstream: true,
  mode: true,
  throwAwayToken: true,
  throwAwayIndex: true,
  realToken: true,
  accountSid: true,
  secrets: true,
  verifierOptions: true,
  diagnose: true,
}

/** Throws a TypeError or RangeError that names the option. */
export function checkInspectorOptions(options: InspectorOptions): void {
  for (const name of Object.keys(options))
    if (!Object.hasOwn(known, name)) throw new TypeError(`Unknown option "${name}" of createInspector`)
  checkInteger('port', options.port, 0, 65_535)
  checkInteger('maxCaptures', options.maxCaptures, 1, 1_000_000)
  checkInteger('maxBytes', options.maxBytes, 1, Number.MAX_SAFE_INTEGER)
  if (options.token !== undefined && !/^[\w-]{16,200}$/.test(options.token))
    throw new TypeError('"token" must be at least 16 letters, digits, "-" and "_"')
  if (typeof options.throwAwayToken !== 'string' || options.throwAwayToken.length < 16)
    throw new TypeError('"throwAwayToken" must be a string of at least 16 characters')
  if (options.accountSid !== undefined && !/^AC[0-9a-f]{32}$/.test(options.accountSid))
    throw new TypeError('"accountSid" must be AC and 32 hex digits')
  const urls = typeof options.publicUrl === 'string' ? [options.publicUrl] : options.publicUrl
  if (!Array.isArray(urls) || urls.length === 0 || !urls.every((url) => /^https?:\/\/[^/?#]/i.test(String(url))))
    throw new TypeError('"publicUrl" must be an absolute http or https URL, or several')
}

/** Throws a TypeError or RangeError that names the option. */
export function checkInteger(name: string, value: unknown, least: number, most: number): void {
  if (value === undefined) return
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new TypeError(`"${name}" must be an integer`)
  if (value < least || value > most) throw new RangeError(`"${name}" must be from ${least} to ${most}`)
}
