import type { Exchange } from '@tollgate/gateway'
import type { VerifierOptions } from 'tollgate'
import { checkInteger } from '../server/options.ts'

export interface DevOptions {
  /** The application to protect: `http://host:port`. Default: a small TwiML application that is built in. */
  upstream?: string | undefined
  /** How Twilio reaches the gateway, such as a tunnel's URL. Default: the gateway's own address. */
  publicUrl?: string | readonly string[] | undefined
  /** Where the gateway listens. Default 127.0.0.1:8080; port 0 takes a free one. */
  listen?: { host?: string | undefined; port?: number | undefined } | undefined
  /** The page's port. Default: 4040, or a free one when that is taken. */
  inspectorPort?: number | undefined
  /** An SQLite file that keeps the captures. Default: memory. */
  store?: string | undefined
  /** The account's Auth Token, or several. Default: none, and only the throw-away token of this run is accepted. */
  authToken?: string | readonly string[] | undefined
  sharedKeys?: VerifierOptions['sharedKeys']
  accountSid?: VerifierOptions['accountSid']
  trailingSlash?: VerifierOptions['trailingSlash']
  /** Default `'enforce'`. */
  mode?: 'enforce' | 'observe' | undefined
  /** Allows the page to sign edited requests with the first Auth Token. Default `false`: the throw-away token signs. */
  signWithRealToken?: boolean | undefined
  /** Told of each exchange after it ended, for a line in the terminal. */
  onExchange?: ((exchange: Exchange) => void) | undefined
}

const known: Record<keyof DevOptions, true> = {
  upstream: true,
  publicUrl: true,
  listen: true,
  inspectorPort: true,
  store: true,
  authToken: true,
  sharedKeys: true,
  accountSid: true,
  trailingSlash: true,
  mode: true,
  signWithRealToken: true,
  onExchange: true,
}

/** Throws a TypeError or RangeError that names the option. The gateway checks those that it gets. */
export function checkDevOptions(options: DevOptions): void {
  for (const name of Object.keys(options))
    if (!Object.hasOwn(known, name)) throw new TypeError(`Unknown option "${name}" of startDev`)
  checkInteger('listen.port', options.listen?.port, 0, 65_535)
  checkInteger('inspectorPort', options.inspectorPort, 0, 65_535)
  if (options.signWithRealToken && listTokens(options.authToken).length === 0)
    throw new TypeError('"signWithRealToken" needs an "authToken"')
}

export function listTokens(authToken: DevOptions['authToken']): readonly string[] {
  return typeof authToken === 'string' ? [authToken] : (authToken ?? [])
}
