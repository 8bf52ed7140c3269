import type { Logger } from 'pino'
import type { ReplayGuard, Verdict, VerifierOptions } from 'tollgate'

export interface GatewayOptions {
  /** Where Twilio's requests arrive. Default 127.0.0.1:8080 without TLS; port 0 is any free one. */
  readonly listen?: ListenOptions | undefined
  /** Where `/healthz`, `/readyz` and `/metrics` are served. Default `false`: nowhere. With `{}`, on a free port of 127.0.0.1. */
  readonly admin?: AddressOptions | false | undefined
  /** For proxies that ask before they let a request through. Default: none. */
  readonly forwardAuth?: ForwardAuthOptions | undefined
  /** At least one, unless there is `forwardAuth`. Of those that match, one with a host comes first, then the longest path. */
  readonly routes: readonly Route[]
  /**
   * How long a request may take from its head to the last byte of its answer, in milliseconds, 1 to 600,000. Beyond it 408 while its
   * body arrives, 504 while the upstream is silent. Default 14,000, for Twilio gives up at 15 s:
   * https://www.twilio.com/docs/usage/webhooks/webhooks-faq
   */
  readonly timeoutMs?: number | undefined
  /** What one peer may keep us busy with. */
  readonly limits?: LimitOptions | undefined
  /** `'info'`: one JSON line per request on standard output, without query, headers and bodies. Default `'silent'`. */
  readonly log?: 'silent' | 'info' | Logger | undefined
  /** Sees each exchange after it ended; an exception in it changes nothing. Bodies are captured only when it is given. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined
  /** How much of each body an exchange keeps, in bytes. An integer from 0. Default 1,048,576. */
  readonly captureBytes?: number | undefined
}

export interface AddressOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** 0 to 65,535; 0 is any free one. */
  readonly port?: number | undefined
}

export interface ListenOptions extends AddressOptions {
  /** PEM files. Read again at each `reload`. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined
}

/** Bodies are read only behind a well-formed signature; beyond these limits they wait for those before them. */
export interface LimitOptions {
  /** How many bodies of one peer are read at the same time, 1 to 100,000. Default 64. */
  readonly bodiesPerPeer?: number | undefined
  /** How many bytes they may announce together, from 1. Default 16,777,216. A larger single body is read alone. */
  readonly bytesPerPeer?: number | undefined
  /** Peers without these limits, such as load balancers: addresses, CIDR ranges, `'loopback'`. Default `['loopback']`. */
  readonly trustedPeers?: readonly string[] | undefined
}

/** Its options are those of a route, without an upstream. It enforces always: to observe, let the proxy not ask. */
export interface ForwardAuthOptions extends Omit<Route, 'host' | 'path' | 'upstream' | 'mode' | 'webSocket'> {
  /** Reachable by the proxy alone: whoever reaches it can ask. Default 127.0.0.1:8081. */
  readonly listen?: AddressOptions | undefined
  /**
   * How the proxy tells the original request: `'forwarded'` by X-Forwarded-Method, -Host and -Uri (Traefik, Caddy, nginx, HAProxy),
   * `'envoy'` as ext_authz does, by the request itself. Default `'forwarded'`.
   */
  readonly style?: 'forwarded' | 'envoy' | undefined
  /** The `path_prefix` of Envoy's configuration. Default none. */
  readonly pathPrefix?: string | undefined
  /**
   * Where the application opens WebSockets: path prefixes, as in a route. There X-Forwarded-Upgrade makes a handshake; elsewhere it
   * means nothing. Default none.
   */
  readonly webSocketPaths?: readonly string[] | undefined
}

export interface Route {
  /** The Host header to match, in any letter case; without a port, any port. Default: any host. */
  readonly host?: string | undefined
  /** A path prefix, on segment borders: `/sms` matches `/sms` and `/sms/status`, not `/smssender`. */
  readonly path: string
  /** `http(s)://host:port`, without a path: the request's own target is sent as it came. */
  readonly upstream: string
  readonly publicUrl: string | readonly string[]
  readonly authToken?: VerifierOptions['authToken']
  readonly sharedKeys?: VerifierOptions['sharedKeys']
  readonly sharedKeysOnly?: boolean | undefined
  readonly accountSid?: VerifierOptions['accountSid']
  readonly trailingSlash?: VerifierOptions['trailingSlash']
  readonly mode?: 'enforce' | 'observe' | undefined
  /**
   * The upstream opens WebSockets at these paths: an upgrade is verified as a handshake and tunnelled. Default false: upgrades are
   * refused, since an upstream that opens no sockets answers a handshake like any other GET, and `sharedKeysOnly` and the replay guard
   * do not apply to handshakes.
   */
  readonly webSocket?: boolean | undefined
  readonly replay?: ReplayGuard | undefined
  readonly maxBodyBytes?: number | undefined
}

export type HeaderList = readonly (readonly [name: string, value: string])[]

export interface Exchange {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly durationMs: number
  readonly request: {
    readonly method: string
    readonly target: string
    readonly headers: HeaderList
    readonly body: Uint8Array
    readonly bodyTruncated: boolean
    readonly remoteAddress: string | undefined
  }
  /** `undefined`: refused before a verifier saw it. */
  readonly verdict: Verdict | undefined
  readonly route: Pick<Route, 'publicUrl' | 'path'> | undefined
  /** For a diagnosis in the same process. Holds secrets, never to be shown. */
  readonly verifierOptions: VerifierOptions | undefined
  /** `undefined`: the client left before there was an answer. */
  readonly response:
    | {
        readonly status: number
        readonly headers: HeaderList
        readonly body: Uint8Array
        readonly bodyTruncated: boolean
        readonly by: 'upstream' | 'gateway'
      }
    | undefined
}
