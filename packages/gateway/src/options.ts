import type { VerifierOptions } from 'tollgate'
import type { SchemeName, SchemeOptions, SchemeVerdict } from 'tollgate/internal'

/** The options of `createGateway`. */
export interface GatewayOptions {
  /**
   * The address for Twilio's requests, in plain HTTP: TLS ends at the proxy in front. Default
   * 127.0.0.1:8080. Port 0 is any free port.
   */
  readonly listen?: AddressOptions | undefined
  /**
   * The address for `/healthz`, `/readyz` and `/metrics`. Default `false`: they are not served.
   * `{}` is a free port of 127.0.0.1.
   */
  readonly admin?: AddressOptions | false | undefined
  /** An endpoint for proxies that ask about a request before they pass it on. Default: none. */
  readonly forwardAuth?: ForwardAuthOptions | undefined
  /**
   * The routes. At least one, unless `forwardAuth` is set. If several match, a route with a host
   * wins over one without, then the longest path wins.
   */
  readonly routes: readonly Route[]
  /**
   * The time limit of a request, from its head to the last byte of its answer, in milliseconds. An
   * integer from 1 to 600,000. After it the gateway answers 408 if the body has not arrived, and
   * 504 if the upstream has not answered. Default 14,000, because Twilio gives up after 15 seconds.
   * https://www.twilio.com/docs/usage/webhooks/webhooks-faq
   */
  readonly timeoutMs?: number | undefined
  /** Limits for bodies. Default: those of each. */
  readonly limits?: LimitOptions | undefined
  /**
   * `'info'` writes one JSON line per request to standard output, without query, headers and
   * bodies. Requests that do not verify are sampled: 100 lines at once, then one per second. A line
   * that cannot be written is dropped and counted. `'silent'` writes nothing. Default: no line per
   * request.
   */
  readonly log?: 'silent' | 'info' | RequestLogger | undefined
  /**
   * `true` explains refusals on standard error, as `diagnose` of an adapter does, unless `log` is
   * `'silent'`. Default `true`, unless NODE_ENV is `production`.
   */
  readonly diagnose?: boolean | undefined
  /**
   * Called after each exchange. Errors in it are ignored. Bodies are captured only if it is set.
   * Default: none.
   */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined
  /** The bytes of each body that an exchange keeps. An integer from 0. Default 1,048,576. */
  readonly captureBytes?: number | undefined
}

/** Receives the lines of the log, by level. A logger of pino is one. */
export interface RequestLogger {
  /**
   * Gets the line of a request that ended well, or was refused because it did not verify.
   * @param fields Facts for machines: times, statuses, the code. No secret and no content.
   * @param message The same in a few words, for people.
   */
  info(fields: object, message: string): void
  /**
   * Gets the line of a refusal or failure that operators should know of.
   * @param fields As in `info`.
   * @param message As in `info`.
   */
  warn(fields: object, message: string): void
  /**
   * Gets the line of a request that the gateway or the upstream answered with a 5xx.
   * @param fields As in `info`.
   * @param message As in `info`.
   */
  error(fields: object, message: string): void
}

/** An address to listen on. */
export interface AddressOptions {
  /** The host or the address. Default 127.0.0.1. */
  readonly host?: string | undefined
  /** The port, an integer from 0 to 65,535. 0 is any free port. Default: that of the listener. */
  readonly port?: number | undefined
  /**
   * The file descriptor of an inherited TCP socket that listens, instead of `host` and `port`. An
   * integer from 3 to 1,024. The kernel keeps its connections during a restart. Default: none.
   */
  readonly fd?: number | undefined
}

/**
 * Limits for the bodies that are read at the same time. A body is read only if the request has a
 * well-formed signature. A body beyond these limits waits until others have been read.
 */
export interface LimitOptions {
  /**
   * The bytes that the bodies of all peers announce in total, with 80 KiB more for each body. A
   * quarter is for the buffers of waiting bodies. An integer from 1. Default 67,108,864.
   */
  readonly bodyBytes?: number | undefined
  /**
   * How many bodies of one peer are read at the same time. An integer from 1 to 100,000. Default
   * 64.
   */
  readonly bodiesPerPeer?: number | undefined
  /**
   * The bytes that these bodies announce in total. An integer from 1. Default 16,777,216. A single
   * larger body is read alone.
   */
  readonly bytesPerPeer?: number | undefined
  /**
   * Peers without the limits for each peer, such as load balancers: addresses, CIDR ranges or
   * `'loopback'`. Default `['loopback']`.
   */
  readonly trustedPeers?: readonly string[] | undefined
}

/**
 * The forward-auth endpoint. It has the options of a route of its scheme, without an upstream. It
 * has no observe mode: to observe, do not let the proxy ask.
 */
export type ForwardAuthOptions = AuthEndpoint &
  (Omit<TwilioRoute, keyof UpstreamOptions | 'mode' | 'webSocket'> | OptionsOfOthers)

/** The options of forward-auth that routes do not have. */
export interface AuthEndpoint {
  /** The address for the proxy. No other client should reach it. Default 127.0.0.1:8081. */
  readonly listen?: AddressOptions | undefined
  /**
   * How the proxy describes the original request. `'forwarded'`: in X-Forwarded-Method, -Host and
   * -Uri (Traefik, HAProxy). `'envoy'`: with the request itself, like ext_authz.
   * Default `'forwarded'`.
   */
  readonly style?: 'forwarded' | 'envoy' | undefined
  /** The `path_prefix` of Envoy's configuration. Default: none. */
  readonly pathPrefix?: string | undefined
  /**
   * The path prefixes where the application opens WebSockets, matched as in a route. On these paths
   * a request with `X-Forwarded-Upgrade: websocket` is verified as a handshake. On other paths, and
   * with another protocol, it is refused. Default: none.
   */
  readonly webSocketPaths?: readonly string[] | undefined
}

/** Options of verifiers that routes do not have: the gateway sets them, or has an option for it. */
export const notInRoutes = ['signedUrl', 'checkParams', 'diagnose', 'onVerdict', 'onRejected'] as const

/** A route to an upstream, with the options of its verifier. */
export type Route = TwilioRoute | (UpstreamOptions & OptionsOfOthers)

interface UpstreamOptions {
  /**
   * The Host header to match, in any letter case. Without a port it matches every port. Default:
   * any host.
   */
  readonly host?: string | undefined
  /**
   * A prefix of whole path segments: `/sms` matches `/sms` and `/sms/status`, but not `/smssender`.
   */
  readonly path: string
  /** `http(s)://host:port` without a path. The request's target is sent unchanged. */
  readonly upstream: string
}

/** These, and the public URL, which a route must have. */
type NotInRoutes = (typeof notInRoutes)[number] | 'publicUrl'

/**
 * A route for what Twilio signs. Its options are those of `VerifierOptions`, if nothing else is
 * said.
 */
export interface TwilioRoute extends UpstreamOptions, Omit<VerifierOptions, NotInRoutes> {
  readonly scheme?: DefaultScheme | undefined
  /** As in `VerifierOptions`. */
  readonly publicUrl: string | readonly string[]
  /**
   * `true` if the upstream opens WebSockets on this route. An upgrade is then verified as a
   * handshake and tunnelled. Default `false`: upgrades are refused. An upstream without WebSockets
   * answers a handshake like any other GET, and `sharedKeysOnly` and the replay guard do not apply
   * to handshakes.
   */
  readonly webSocket?: boolean | undefined
}

type DefaultScheme = 'twilio'

/**
 * The options of a route of any other scheme: those of its verifier. A scheme that signs neither
 * method nor URL needs a key of its own for each route.
 */
type OptionsOfOthers = {
  [Name in Exclude<SchemeName, DefaultScheme>]: { readonly scheme: Name } & Omit<SchemeOptions<Name>, NotInRoutes>
}[Exclude<SchemeName, DefaultScheme>]

/** The verdict of a route's verifier. */
export type RouteVerdict = SchemeVerdict

/** Header fields in their order and spelling. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** A request, its verdict and its answer, as `onExchange` gets them. */
export interface Exchange {
  /** A random UUID. */
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
  /** `undefined` if the request was refused before a verifier saw it. */
  readonly verdict: RouteVerdict | undefined
  readonly route:
    | {
        readonly path: string
        readonly scheme: SchemeName
        readonly publicUrl?: TwilioRoute['publicUrl'] | undefined
      }
    | undefined
  /**
   * The options of the scheme's verifier, for a diagnosis in the same process. Contains secrets:
   * never show or store it.
   */
  readonly verifierOptions: SchemeOptions | undefined
  /** `undefined` if the client disconnected before the answer. */
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

/** The table of `GatewayOptions`. */
export const gatewayOptions = {
  listen: { type: 'other' },
  admin: { type: 'other' },
  forwardAuth: { type: 'other' },
  routes: { type: 'other', required: true },
  timeoutMs: { type: 'integer', least: 1, most: 600_000, default: 14_000 },
  limits: { type: 'other' },
  log: { type: 'other' },
  diagnose: { type: 'boolean' },
  onExchange: { type: 'function' },
  captureBytes: { type: 'integer', least: 0, default: 1_048_576 },
} as const

/** The table of `LimitOptions`. */
export const limitOptions = {
  bodyBytes: { type: 'integer', least: 1, default: 67_108_864 },
  bodiesPerPeer: { type: 'integer', least: 1, most: 100_000, default: 64 },
  bytesPerPeer: { type: 'integer', least: 1, default: 16_777_216 },
  trustedPeers: { type: 'strings' },
} as const

/** The table of `AuthEndpoint`. */
export const authEndpointOptions = {
  listen: { type: 'other' },
  style: { type: 'choice', choices: ['forwarded', 'envoy'], default: 'forwarded' },
  pathPrefix: { type: 'string' },
  webSocketPaths: { type: 'strings' },
} as const

/** The table of `AddressOptions`. */
export const addressOptions = {
  host: { type: 'string' },
  port: { type: 'integer', least: 0, most: 65_535 },
  fd: { type: 'integer', least: 3, most: 1024 },
} as const
