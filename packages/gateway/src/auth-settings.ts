import type { IncomingMessage } from 'node:http'
import { verifierOptions } from 'tollgate/internal'
import { findDiagnoser } from './diagnoser.ts'
import { listValues } from './fields.ts'
import type { ForwardAuthOptions, GatewayOptions } from './options.ts'
import type { Peers } from './peers.ts'
import type { RequestHead } from './request-head.ts'
import { isHost, isPlainlyUnder, namePlaceInErrors } from './routes.ts'
import { findScheme } from './schemes.ts'

/** The request that a proxy asks about. */
export interface Original {
  readonly method: string
  readonly target: string
  readonly host: string
}

/** One version of the options of forward-auth, ready to use. */
export type AuthSettings = ReturnType<typeof prepareForwardAuth>

/**
 * Prepares options that `checkOptions` has checked.
 * @throws TypeError or RangeError like `createVerifier`
 */
export function prepareForwardAuth(options: ForwardAuthOptions, of: GatewayOptions, peers: Peers) {
  const {
    scheme,
    listen: _,
    style = 'forwarded',
    pathPrefix = '',
    maxBodyBytes = verifierOptions.maxBodyBytes.default,
    webSocketPaths = [],
    ...rest
  } = options
  const createOf = ({ create, loadDiagnoser }: ReturnType<typeof findScheme>) =>
    create({ ...rest, maxBodyBytes, ...findDiagnoser(of, loadDiagnoser) })
  const socketPrefixes = webSocketPaths.map((path) => path.replace(/\/$/, ''))
  return {
    verifier: namePlaceInErrors(['forwardAuth'], () => createOf(findScheme({ scheme }))),
    readOriginal: (req: IncomingMessage, head: RequestHead) => styles[style](req, head, pathPrefix),
    maxBodyBytes,
    opensWebSocket: (target: string) => socketPrefixes.some((prefix) => isPlainlyUnder(target, prefix)),
    peers,
  }
}

type ReadOriginal = (req: IncomingMessage, head: RequestHead, pathPrefix: string) => Original | undefined

/** Reads the original request in each style. Returns `undefined` if it is missing or ambiguous. */
const styles: Readonly<Record<NonNullable<ForwardAuthOptions['style']>, ReadOriginal>> = {
  /** For Traefik and HAProxy as the docs configure them. */
  forwarded(req) {
    const method = readOne(req, 'x-forwarded-method')
    const target = readOne(req, 'x-forwarded-uri')
    const host = readOne(req, 'x-forwarded-host')
    if (method === undefined || host === undefined || !isHost(host) || target?.startsWith('/') !== true)
      return undefined
    return { method, target, host }
  },
  /** For Envoy's ext_authz over HTTP. Envoy sends the request itself, with a path prefix. */
  envoy(req, head, pathPrefix) {
    if ((readOne(req, 'x-envoy-auth-partial-body') ?? 'false') !== 'false') return undefined
    const url = req.url ?? ''
    if (!url.startsWith(`${pathPrefix}/`)) return undefined
    return { method: req.method ?? '', target: url.slice(pathPrefix.length), host: head.host }
  },
}

/** Returns `undefined` if the header is missing or repeated. */
function readOne(req: IncomingMessage, name: string): string | undefined {
  const values = listValues(req.rawHeaders, name)
  return values.length === 1 ? values[0] : undefined
}
