import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createVerifier, type Verdict, type Verifier, type VerifierOptions } from 'tollgate'
import { canKeepOpen, lingerOnClose, listAnswerFields, textOf } from './answers.ts'
import { listVerdictFields } from './exchange.ts'
import type { ForwardAuthOptions } from './options.ts'
import type { Peers } from './peers.ts'
import { cutQuery, nameVerdict, type Report } from './report.ts'
import { RequestBody } from './request-body.ts'
import { type RequestHead, readHead } from './request-head.ts'
import { isPlainlyUnder } from './routes.ts'
import { commonSettings, readRequests } from './server.ts'
import { followSockets, stopServer } from './stop.ts'

/** A request as a proxy tells it, before it lets it through. */
interface Original {
  readonly method: string
  readonly target: string
  readonly host: string
  /** What the client asks to upgrade to. The proxy passes it on for every request, whatever it does with it. */
  readonly upgrade: string | undefined
}

/**
 * Answers proxies that ask before they let a request through: 200 with the headers about the verdict, or the refusal. Throws as
 * `createVerifier` does.
 */
export function createForwardAuth(options: ForwardAuthOptions, context: ForwardAuthContext): ForwardAuth {
  const { peers, timeoutMs, isClosing, onEnd } = context
  const {
    listen: _,
    style = 'forwarded',
    pathPrefix = '',
    maxBodyBytes = 1024 * 1024,
    webSocketPaths = [],
    ...rest
  } = options
  const verifierOptions: VerifierOptions = { ...rest, maxBodyBytes }
  const verifier = createVerifier(verifierOptions)
  const readOriginal = styles[style]
  const socketPrefixes = webSocketPaths.map((path) => path.replace(/\/$/, ''))
  const opensSocket = (target: string): boolean => socketPrefixes.some((prefix) => isPlainlyUnder(target, prefix))
  let inFlight = 0
  const server = createServer({ ...commonSettings, requestTimeout: timeoutMs })
  readRequests(server, (req, res) => {
    inFlight++
    res.once('close', () => inFlight--)
    const head = readHead(req.rawHeaders, req.httpVersion)
    const startedAt = performance.now()
    const isReadable = head.refusal === undefined && !head.hasDisguisedVerdict
    const original = isReadable ? readOriginal(req, head, pathPrefix) : undefined
    decide(verifier, original, { req, res, head, maxBodyBytes, peers, opensSocket })
      .catch((): Answer => ({ code: 'unverified', status: 500 }))
      .then((answer) => {
        const status = reply(req, res, answer, !isClosing() && canKeepOpen(req, head.bodyLength))
        // The proxy did not wait for the verdict, so that the delivery failed.
        if (status === 0 && 'ok' in answer && answer.ok) answer.release().catch(() => undefined)
        onEnd({
          // What a proxy passes on may be any text.
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
  // A proxy that passes Upgrade on wants a tunnel from us, which there is none of: the docs show X-Forwarded-Upgrade.
  server.on('upgrade', (_req, socket) => socket.destroy())
  const sockets = followSockets(server)
  return { server, stop: (graceMs) => stopServer(server, { sockets, graceMs, isIdle: () => inFlight === 0 }) }
}

export interface ForwardAuth {
  readonly server: Server
  stop(graceMs: number): Promise<void>
}

/** The gateway, as far as forward-auth needs it. */
export interface ForwardAuthContext {
  readonly peers: Peers
  readonly timeoutMs: number
  isClosing(): boolean
  onEnd(report: Report): void
}

/** A verdict, or why no verifier decides. */
type Answer = Verdict | { readonly code: 'not_told' | 'body_missing' | 'unverified'; readonly status: 403 | 417 | 500 }

const bodyMissing: Answer = { code: 'body_missing', status: 403 }

interface Asked {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly head: RequestHead
  readonly maxBodyBytes: number
  readonly peers: Peers
  readonly opensSocket: (target: string) => boolean
}

async function decide(verifier: Verifier, original: Original | undefined, asked: Asked): Promise<Answer> {
  const { req, res, head, maxBodyBytes, peers, opensSocket } = asked
  if (original === undefined) return { code: 'not_told', status: head.refusal === 417 ? 417 : 403 }
  const { bodyLength, expectsContinue } = head
  const hasBody = bodyLength !== 0
  // A proxy that keeps the body to itself would let any body through behind the signature of the URL alone.
  if (original.method === 'POST' && !hasBody) return bodyMissing
  const requestBody = hasBody
    ? new RequestBody(req, res, { maxBytes: maxBodyBytes, bodyLength, expectsContinue, peers })
    : undefined
  res.once('close', () => requestBody?.stop())
  const handshake = original.upgrade !== undefined && opensSocket(original.target)
  const upgrade = handshake ? { connection: 'upgrade', upgrade: original.upgrade } : {}
  const verdict = await verifier.verify({
    method: original.method,
    url: original.target,
    headers: { ...head.verified, connection: undefined, upgrade: undefined, ...upgrade, host: original.host },
    body: requestBody,
    handshake,
  })
  requestBody?.stop()
  // Chunks may have held nothing.
  if (verdict.ok && original.method === 'POST' && verdict.body.length === 0) return bodyMissing
  return verdict
}

/** Gives the status that is answered, 0 where the proxy has gone. */
function reply(req: IncomingMessage, res: ServerResponse, answer: Answer, mayStay: boolean): number {
  if (res.headersSent) return res.statusCode
  if (res.destroyed) return 0
  const verdict = 'ok' in answer && answer.ok ? answer : undefined
  const status = 'status' in answer ? answer.status : 200
  if (!mayStay && !req.complete) lingerOnClose(req)
  const fields = listAnswerFields(status, !mayStay)
  if (verdict !== undefined) fields.push(...listVerdictFields(verdict))
  res.writeHead(status, fields).end(textOf(status))
  return status
}

type ReadOriginal = (req: IncomingMessage, head: RequestHead, pathPrefix: string) => Original | undefined

/** How proxies tell the request that they ask about. `undefined`: not to be told for certain. */
const styles: Readonly<Record<NonNullable<ForwardAuthOptions['style']>, ReadOriginal>> = {
  /** Traefik, Caddy, and nginx and HAProxy as the docs configure them. */
  forwarded(req) {
    const method = readOne(req, 'x-forwarded-method')
    const target = readOne(req, 'x-forwarded-uri')
    const host = readOne(req, 'x-forwarded-host')
    if (method === undefined || host === undefined || target?.startsWith('/') !== true) return undefined
    return { method, target, host, upgrade: readUpgrade(req) }
  },
  /** Envoy's ext_authz over HTTP: the request itself, below a prefix. */
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

/** `undefined` where it is missing or repeated. */
function readOne(req: IncomingMessage, name: string): string | undefined {
  const values = req.headersDistinct[name]
  return values?.length === 1 ? values[0] : undefined
}
