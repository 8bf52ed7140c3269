import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ReplayGuard, Verifier } from 'tollgate'
import { answerOnSocket, canKeepOpen, getAnswerText, lingerOnClose, listAnswerFields } from './answers.ts'
import { listVerdictFields, release } from './exchange.ts'
import type { ForwardAuthOptions, RouteVerdict } from './options.ts'
import type { Peers } from './peers.ts'
import { createBareReport, cutQuery, nameVerdict, type Report } from './report.ts'
import { RequestBody } from './request-body.ts'
import { type RequestHead, readHead } from './request-head.ts'
import { isPlainlyUnder } from './routes.ts'
import { findScheme } from './schemes.ts'
import { commonSettings, followSockets, listenForBroken, readRequests, refuseUnread, stopServer } from './server.ts'

/** The request that a proxy asks about. */
interface Original {
  readonly method: string
  readonly target: string
  readonly host: string
  /** The client's Upgrade header, which the proxy sends with every request. */
  readonly upgrade: string | undefined
}

/** One version of the options of forward-auth, ready to use. */
interface AuthSettings {
  readonly verifier: Verifier<RouteVerdict>
  readonly readOriginal: (req: IncomingMessage, head: RequestHead) => Original | undefined
  readonly maxBodyBytes: number
  readonly replay: ReplayGuard | undefined
  readonly opensWebSocket: (target: string) => boolean
  readonly peers: Peers
}

/**
 * Prepares options that `checkOptions` has checked.
 * @throws TypeError or RangeError like `createVerifier`
 */
export function prepareForwardAuth(options: ForwardAuthOptions, peers: Peers): AuthSettings {
  const {
    scheme,
    listen: _,
    style = 'forwarded',
    pathPrefix = '',
    maxBodyBytes = 1024 * 1024,
    webSocketPaths = [],
    ...rest
  } = options
  const socketPrefixes = webSocketPaths.map((path) => path.replace(/\/$/, ''))
  return {
    verifier: findScheme({ scheme }).create({ ...rest, maxBodyBytes }),
    readOriginal: (req, head) => styles[style](req, head, pathPrefix),
    maxBodyBytes,
    replay: rest.replay,
    opensWebSocket: (target) => socketPrefixes.some((prefix) => isPlainlyUnder(target, prefix)),
    peers,
  }
}

/**
 * Creates the server for proxies that ask about a request before they pass it on. It answers 200
 * with the verdict headers, or refuses.
 */
export function createForwardAuth(context: ForwardAuthContext): ForwardAuth {
  const { isClosing, onEnd } = context
  const inFlight = new Set<ServerResponse>()
  const server = createServer({ ...commonSettings, requestTimeout: context.timeoutMs })
  readRequests(server, (req, res) => {
    inFlight.add(res)
    res.once('close', () => inFlight.delete(res))
    const settings = context.getSettings()
    const head = readHead(req.rawHeaders, req.httpVersion)
    const startedAt = performance.now()
    const isReadable = head.refusal === undefined && !head.hasDisguisedVerdict
    const original = isReadable ? settings.readOriginal(req, head) : undefined
    decide(original, { req, res, head, settings })
      .catch((): Answer => ({ code: 'unverified', status: 500 }))
      .then((answer) => {
        const mayStay = !isClosing() && canKeepOpen(req, head.bodyLength)
        const status = reply({ req, res, answer, mayStay, replay: settings.replay })
        // The proxy disconnected before the verdict, so the delivery failed.
        if (status === 0 && 'ok' in answer) release(answer)
        onEnd({
          // The header from the proxy can contain any text.
          method: (original?.method ?? req.method ?? '').slice(0, 20),
          path: cutQuery(original?.target ?? req.url ?? ''),
          route: 'forward-auth',
          code: 'ok' in answer ? nameVerdict(answer) : answer.code,
          status,
          by: 'forward-auth',
          ms: performance.now() - startedAt,
        })
      })
      .catch(() => res.destroy())
  })
  const common = { route: 'forward-auth', by: 'forward-auth' } as const
  // This listener opens no tunnels. A proxy must send X-Forwarded-Upgrade instead of Upgrade.
  for (const event of ['upgrade', 'connect'])
    server.on(event, ({ method = '' }: IncomingMessage, socket: Socket) => {
      socket.on('error', () => socket.destroy())
      const report = { ...common, method, code: 'original_unknown' }
      refuseUnread(socket, 403, (status) => onEnd(createBareReport(status, report)))
    })
  listenForBroken(server, (socket, status) => {
    if (status === undefined) socket.destroy()
    // Its body is broken. The request itself is reported.
    else if ([...inFlight].some((res) => res.socket === socket)) answerOnSocket(socket, status)
    else refuseUnread(socket, status, (answered) => onEnd(createBareReport(answered, common)))
  })
  const sockets = followSockets(server)
  return { server, stop: (graceMs) => stopServer(server, { sockets, graceMs, isIdle: () => inFlight.size === 0 }) }
}

/** The forward-auth server. */
interface ForwardAuth {
  readonly server: Server
  /** Stops it gracefully within `graceMs` milliseconds. */
  stop(graceMs: number): Promise<void>
}

/** The part of the gateway that forward-auth uses. */
interface ForwardAuthContext {
  /** Returns the current settings. A request keeps those with which it began. */
  getSettings(): AuthSettings
  readonly timeoutMs: number
  isClosing(): boolean
  onEnd(report: Report): void
}

/** A verdict, or the reason why no verifier decided. */
type Answer =
  | RouteVerdict
  | { readonly code: 'original_unknown' | 'body_missing' | 'unverified'; readonly status: 403 | 417 | 500 }

const bodyMissing: Answer = { code: 'body_missing', status: 403 }

/** The methods of Twilio that have a body. The option `methods` allows PUT. */
const methodsWithBody: ReadonlySet<string> = new Set(['POST', 'PUT'])

interface AuthRequest {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly head: RequestHead
  readonly settings: AuthSettings
}

async function decide(original: Original | undefined, auth: AuthRequest): Promise<Answer> {
  const { req, res, head, settings } = auth
  const { verifier, maxBodyBytes, peers, opensWebSocket } = settings
  if (original === undefined) return { code: 'original_unknown', status: head.refusal === 417 ? 417 : 403 }
  const { bodyLength, expectsContinue } = head
  const hasBody = bodyLength !== 0
  // If the proxy does not send the body, the signature of the URL alone would accept any body.
  const needsBody = methodsWithBody.has(original.method)
  if (needsBody && !hasBody) return bodyMissing
  const requestBody = hasBody
    ? new RequestBody(req, res, { maxBytes: maxBodyBytes, bodyLength, expectsContinue, peers })
    : undefined
  res.once('close', () => requestBody?.stop())
  const handshake = original.upgrade !== undefined && opensWebSocket(original.target)
  const upgrade = handshake ? { connection: 'upgrade', upgrade: original.upgrade } : {}
  const verdict = await verifier.verify({
    method: original.method,
    url: original.target,
    headers: { ...head.verified, connection: undefined, upgrade: undefined, ...upgrade, host: original.host },
    body: requestBody,
    handshake,
  })
  requestBody?.stop()
  // A chunked body can be empty.
  if (verdict.ok && needsBody && verdict.body.length === 0) {
    release(verdict)
    return bodyMissing
  }
  return verdict
}

interface Reply extends Pick<AuthRequest, 'req' | 'res'>, Pick<AuthSettings, 'replay'> {
  readonly answer: Answer
  readonly mayStay: boolean
}

/** Answers the proxy. Returns the status, or 0 if the proxy has disconnected. */
function reply({ req, res, answer, mayStay, replay }: Reply): number {
  if (res.headersSent) return res.statusCode
  if (res.destroyed) return 0
  const verdict = 'ok' in answer && answer.ok ? answer : undefined
  const status = 'status' in answer ? answer.status : 200
  if (!mayStay && !req.complete) lingerOnClose(req)
  const fields = listAnswerFields(status, !mayStay)
  if (verdict !== undefined) fields.push(...listVerdictFields(verdict, replay))
  res.writeHead(status, fields).end(getAnswerText(status))
  return status
}

type ReadOriginal = (req: IncomingMessage, head: RequestHead, pathPrefix: string) => Original | undefined

/** Reads the original request in each style. Returns `undefined` if it is missing or ambiguous. */
const styles: Readonly<Record<NonNullable<ForwardAuthOptions['style']>, ReadOriginal>> = {
  /** For Traefik and Caddy, and for nginx and HAProxy as the docs configure them. */
  forwarded(req) {
    const method = readOne(req, 'x-forwarded-method')
    const target = readOne(req, 'x-forwarded-uri')
    const host = readOne(req, 'x-forwarded-host')
    if (method === undefined || host === undefined || target?.startsWith('/') !== true) return undefined
    return { method, target, host, upgrade: readUpgrade(req) }
  },
  /** For Envoy's ext_authz over HTTP. Envoy sends the request itself, with a path prefix. */
  envoy(req, head, pathPrefix) {
    if ((readOne(req, 'x-envoy-auth-partial-body') ?? 'false') !== 'false') return undefined
    const url = req.url ?? ''
    if (!url.startsWith(`${pathPrefix}/`)) return undefined
    return {
      method: req.method ?? '',
      target: url.slice(pathPrefix.length),
      host: head.host,
      upgrade: readUpgrade(req),
    }
  },
}

function readUpgrade(req: IncomingMessage): string | undefined {
  const upgrade = readOne(req, 'x-forwarded-upgrade')
  return upgrade === '' ? undefined : upgrade
}

/** Returns `undefined` if the header is missing or repeated. */
function readOne(req: IncomingMessage, name: string): string | undefined {
  const values = req.headersDistinct[name]
  return values?.length === 1 ? values[0] : undefined
}
