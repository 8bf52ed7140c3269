import type { Exchange } from '@tollgate/gateway'
import { decodeContent, findHeader } from 'tollgate/internal'
import type { Capture, CapturedResponse } from '../shared/capture.ts'
import { dropUserinfo } from '../shared/url-parts.ts'
import { captureBody } from './body-text.ts'
import { describeVerdict } from './describe-verdict.ts'
import { schemeOf } from './schemes.ts'

/** Facts about an exchange that the inspector knows but the gateway does not. */
interface CaptureNotes {
  readonly origin: Capture['origin']
  readonly signedWith?: Capture['signedWith']
  readonly throwAwayIndex?: number | undefined
  /** For routes without a public URL, because their scheme signs none. */
  readonly publicUrl?: string | readonly string[] | undefined
}

/** Converts an exchange to a capture, with bodies as text and a verdict without keys. */
export function captureExchange(exchange: Exchange, notes: CaptureNotes): Capture {
  const { request, verdict, response, route } = exchange
  const scheme = schemeOf({ scheme: route?.scheme })
  const publicUrl = route && (route.publicUrl ?? notes.publicUrl)
  const captured = {
    method: request.method,
    target: request.target,
    headers: request.headers.map(([name, value]) => [name, value] as const),
    ...captureBody(request.body, request.bodyTruncated),
  }
  const url = joinPublicUrl(publicUrl, captured.target, findHeader(captured.headers, 'host'))
  return {
    id: exchange.id,
    time: Math.round(exchange.startedAt),
    durationMs: Math.round(exchange.durationMs * 10) / 10,
    origin: notes.origin,
    scheme: scheme.name,
    ...captured,
    url,
    remoteAddress: request.remoteAddress,
    kind: scheme.nameKind({ ...captured, url }),
    verdict: verdict && describeVerdict(verdict, notes.throwAwayIndex),
    response: response && captureResponse(response),
    signedWith: notes.signedWith,
  }
}

function captureResponse(response: NonNullable<Exchange['response']>): CapturedResponse {
  const { status, headers, bodyTruncated, by } = response
  const pairs = headers.map(([name, value]) => [name, value] as const)
  // Tunnels ask for compressed answers.
  const body = decodeContent(response.body, findHeader(pairs, 'content-encoding'), maxDecoded)
  return { status, headers: pairs, by, ...captureBody(body, bodyTruncated) }
}

const maxDecoded = 1_048_576

/** Joins a target to the public URL whose host matches the request, or else to the first one. */
export function joinPublicUrl(
  publicUrl: string | readonly string[] | undefined,
  target: string,
  host: string | undefined,
): string {
  const urls = typeof publicUrl === 'string' ? [publicUrl] : (publicUrl ?? [])
  const base = urls.find((url) => host !== undefined && hostOf(url) === host.toLowerCase()) ?? urls[0]
  if (base === undefined) return target
  return dropUserinfo(base.replace(/[?#].*$/, '').replace(/\/$/, '')) + target
}

function hostOf(url: string): string | undefined {
  return /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(url)?.[1]?.toLowerCase()
}
