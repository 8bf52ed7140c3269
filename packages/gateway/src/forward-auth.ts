import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerRequest } from './answers.ts'
import type { AuthSettings, Original } from './auth-settings.ts'
import type { ClientSockets } from './client-sockets.ts'
import type { RequestCode } from './codes.ts'
import { listVerdictFields, release } from './exchange.ts'
import { isPlainConnection, listValues } from './fields.ts'
import type { RouteVerdict } from './options.ts'
import { followAnswer, isServed } from './pending-answers.ts'
import { cutQuery, nameVerdict, type Report } from './report.ts'
import { RequestBody } from './request-body.ts'
import { type RequestHead, readHead } from './request-head.ts'
import type { LoggedRequest } from './request-log.ts'
import { createRequestServer, refuseTunnel } from './server.ts'

/**
 * Creates the server for proxies that ask about a request before they pass it on. It answers 200
 * with the verdict headers, or refuses.
 */
export function createForwardAuth({ getSettings, isClosing, onEnd, clients }: ForwardAuthContext) {
  let inFlight = 0
  const common = { route: 'forward-auth', by: 'forward-auth' } as const
  const { server, stop } = createRequestServer({}, onRequest, (report) => onEnd({ ...report, ...common }), clients)
  // This listener opens no tunnels. A proxy must send X-Forwarded-Upgrade instead of Upgrade.
  for (const event of ['upgrade', 'connect'])
    server.on(event, ({ method = '', socket }: IncomingMessage) =>
      refuseTunnel(socket, onEnd, { ...common, method, code: 'original_unknown' }),
    )

  function onRequest(req: IncomingMessage, res: ServerResponse): void {
    // A request keeps the settings with which it began. A reload never removes them.
    const settings = getSettings() as AuthSettings
    const head = readHead(req.rawHeaders, req.httpVersion)
    const startedAt = performance.now()
    // The proxy may pass a verdict of the client's on, or remove ours because `Connection` names
    // it.
    const isPlain =
      !head.hasVerdict &&
      !head.nominates &&
      listValues(req.rawHeaders, 'x-forwarded-connection').every(isPlainConnection)
    const isReadable = head.refusal === undefined && isPlain
    const original = isReadable ? settings.readOriginal(req, head) : undefined
    const body =
      head.bodyLength === 0
        ? undefined
        : new RequestBody(res, { head, maxBytes: settings.maxBodyBytes, peers: settings.peers })
    let sent: RouteVerdict | undefined
    inFlight++
    followAnswer({
      res,
      onClose() {
        inFlight--
        body?.stop()
        if (!isServed(res)) release(sent)
      },
      onBroken(status) {
        body?.stop()
        answerRequest(res, status, false, head.bodyLength)
      },
    })
    decide(req, original, head, settings, body)
      .catch((): AuthAnswer => ({ code: 'unverified', status: 500 }))
      .then((answer) => {
        const { verdict } = answer
        const { verifier } = settings
        if (res.headersSent || req.socket.destroyed) release(verdict)
        else {
          sent = verdict
          const fields = verdict?.ok ? listVerdictFields(verdict) : []
          answerRequest(res, answer.status, !isClosing(), head.bodyLength, fields)
        }
        const target = original?.target ?? req.url ?? ''
        onEnd(
          {
            // The header from the proxy can contain any text.
            method: (original?.method ?? req.method ?? '').slice(0, 20),
            path: cutQuery(target),
            ...common,
            code: answer.code,
            status: res.headersSent ? res.statusCode : 0,
            ms: performance.now() - startedAt,
          },
          { target, rawFields: req.rawHeaders, body: body?.received, verdict, verifier, host: original?.host },
        )
      })
      .catch(() => res.destroy())
  }

  return {
    server,
    /** Sets the time limit of requests that begin from now on. */
    limitTime(timeoutMs: number): void {
      server.requestTimeout = timeoutMs
      // A proxy that does not read its answers would keep them in memory.
      server.timeout = 2 * timeoutMs
    },
    countInFlight: () => inFlight,
    /** Stops it gracefully within `graceMs` milliseconds. */
    stop: (graceMs: number, isInherited: boolean) => stop({ graceMs, isInherited, isIdle: () => inFlight === 0 }),
  }
}

/** The part of the gateway that forward-auth uses. */
interface ForwardAuthContext {
  /** Returns the settings of requests that begin now. */
  getSettings(): AuthSettings | undefined
  isClosing(): boolean
  readonly clients: ClientSockets
  onEnd(report: Report, request?: LoggedRequest): void
}

/** The answer to the proxy. Without a verdict, the code is the reason why no verifier decided. */
interface AuthAnswer {
  readonly code: RequestCode
  readonly status: number
  readonly verdict?: RouteVerdict
}

const bodyMissing: AuthAnswer = { code: 'body_missing', status: 403 }

/** The methods of Twilio that have a body. The option `methods` allows PUT. */
const methodsWithBody: ReadonlySet<string> = new Set(['POST', 'PUT'])

async function decide(
  req: IncomingMessage,
  original: Original | undefined,
  head: RequestHead,
  { verifier, opensWebSocket }: AuthSettings,
  body: RequestBody | undefined,
): Promise<AuthAnswer> {
  if (original === undefined) return { code: 'original_unknown', status: head.refusal === 417 ? 417 : 403 }
  // Each server may read another value of the client's header.
  const upgrade = listValues(req.rawHeaders, 'x-forwarded-upgrade').join() || undefined
  const handshake = upgrade?.toLowerCase() === 'websocket' && opensWebSocket(original.target)
  // If the application agreed to another protocol, such as h2c, the proxy would open a tunnel. It
  // would never ask about the requests inside.
  if (upgrade !== undefined && !handshake) return { code: 'upgrade_refused', status: 403 }
  // If the proxy does not send the body, the signature of the URL alone would accept any body.
  const needsBody = methodsWithBody.has(original.method)
  if (needsBody && body === undefined) return bodyMissing
  const verdict = await verifier.verify({
    method: original.method,
    url: original.target,
    headers: { ...head.verified, connection: handshake ? 'upgrade' : undefined, upgrade, host: original.host },
    body,
    handshake,
  })
  body?.stop()
  // A chunked body can be empty.
  if (verdict.ok && needsBody && verdict.body.length === 0) {
    release(verdict)
    return bodyMissing
  }
  return { code: nameVerdict(verdict), status: 'status' in verdict ? verdict.status : 200, verdict }
}
