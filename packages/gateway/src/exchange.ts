import type { IncomingMessage } from 'node:http'
import type { Span } from '@opentelemetry/api'
import type { AnyAccepted } from 'tollgate'
import type { ConfigSnapshot } from './config-snapshot.ts'
import type { HeaderList, RouteVerdict } from './options.ts'
import type { RequestHead } from './request-head.ts'
import type { OpenRoute } from './routes.ts'

/** The state of an exchange. Logs, metrics, traces and `onExchange` read it. */
export class ExchangeState {
  readonly req: IncomingMessage
  readonly config: ConfigSnapshot
  readonly startedAt = performance.now()
  /** When the request was first sent to the upstream, if it was. */
  forwardedAt: number | undefined
  /** When the head of the upstream's answer arrived, if it did. */
  answeredAt: number | undefined
  route: OpenRoute | undefined
  verdict: RouteVerdict | undefined
  /** The status of the answer. 0 if the client disconnected before it. */
  status = 0
  answeredBy: 'upstream' | 'gateway' = 'gateway'
  /** Why the upstream's answer is missing or incomplete: an error code, or words of the gateway. */
  failure: string | undefined
  /** The span of a forwarded request, and the fields with which the upstream's are its children. */
  trace: { readonly span: Span; replaceFields(fields: readonly string[]): readonly string[] } | undefined
  /** The header fields of the answer. */
  responseFields: readonly string[] = []
  /** The body of the request as the verifier read it. */
  requestBody: Uint8Array | undefined
  responseBody: Capture | undefined

  constructor(req: IncomingMessage, config: ConfigSnapshot) {
    this.req = req
    this.config = config
  }

  /** Notes the answer of the upstream that the client gets. */
  takeAnswer(status: number, fields: readonly string[]): void {
    this.status = status
    this.answeredBy = 'upstream'
    this.answeredAt ??= performance.now()
    this.responseFields = fields
  }

  get method(): string {
    return this.req.method ?? ''
  }

  get target(): string {
    return this.req.url ?? ''
  }
}

/** The part of the gateway that an exchange uses. */
export interface ExchangeContext {
  readonly config: ConfigSnapshot
  isClosing(): boolean
  /** Starts the span of a request that is forwarded. Set if each request is a span. */
  readonly startTrace: ((exchange: ExchangeState) => ExchangeState['trace']) | undefined
  /** Called when the answer was sent, or when the client left. A tunnel may be open. */
  onEnd(exchange: ExchangeState): void
}

/** Returns the route of a request, or the status to answer if no verifier should see it. */
export function chooseRoute(config: ConfigSnapshot, head: RequestHead, target: string) {
  // Only the origin-form is accepted. Another server could read an absolute target, "*" or a
  // fragment as another target.
  if (!target.startsWith('/') || target.includes('#')) return 400
  if (head.refusal !== undefined) return head.refusal
  // The mark is random. A client that learns it can only harm its own requests.
  if (head.hops.includes(config.hop)) return 508
  const route = config.find(head.host, target)
  if (route === 'ambiguous') return 400
  return route ?? 404
}

/** Returns the header fields that inform the upstream of the verdict. */
export function listVerdictFields(verdict: RouteVerdict): string[] {
  if (!verdict.ok) return ['tollgate-verified', 'none', 'tollgate-account-sid', '']
  const { covers, accountSid = '', stale, delivery }: AnyAccepted = verdict
  const fields = ['tollgate-verified', covers, 'tollgate-account-sid', accountSid]
  if (stale !== undefined) fields.push('tollgate-stale', String(stale))
  if (delivery !== undefined) fields.push('tollgate-delivery', delivery)
  return fields
}

/**
 * Returns the fields of a forwarded request. By the last one, this gateway and those before it
 * recognise a request that comes back.
 */
export function listForwardedFields(
  { config, trace }: Pick<ExchangeState, 'config' | 'trace'>,
  { fields, hops }: RequestHead,
  verdict: RouteVerdict,
): string[] {
  const given = trace?.replaceFields(fields) ?? fields
  return [...given, ...listVerdictFields(verdict), 'tollgate-hop', hops === '' ? config.hop : `${hops}, ${config.hop}`]
}

/** Releases the delivery of an accepted request. */
export function release(verdict: RouteVerdict | undefined): void {
  if (verdict?.ok) verdict.release().catch(() => undefined)
}

/**
 * Reports how the exchange of an accepted request ended. Its delivery failed, and Twilio can send
 * it again, after 401 (Twilio repeats the request with credentials), 5xx, or without a whole
 * answer. The library's adapters have the same rule (`settle`), which is not public:
 * `test/release-rule.test.ts` compares the two.
 * @param status of the answer. `undefined` if the client did not get it whole.
 */
export function settle(verdict: RouteVerdict, status: number | undefined): void {
  if (status === undefined || status === 401 || status >= 500) release(verdict)
  else if (verdict.ok) verdict.confirm().catch(() => undefined)
}

/** Keeps the first `limit` bytes of a body. */
export class Capture {
  readonly #chunks: Uint8Array[] = []
  #room: number
  truncated = false

  constructor(limit: number) {
    this.#room = limit
  }

  add(chunk: Uint8Array): void {
    // Copied, because connections reuse their buffers.
    const kept = Uint8Array.prototype.slice.call(chunk, 0, this.#room)
    if (kept.length < chunk.length) this.truncated = true
    if (kept.length > 0) this.#chunks.push(kept)
    this.#room -= kept.length
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }
}

/** Converts a flat list of header fields to a list of pairs. */
export function toHeaderList(flat: readonly string[]): HeaderList {
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[2 * index] as string,
    flat[2 * index + 1] as string,
  ])
}
