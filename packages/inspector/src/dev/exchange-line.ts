import type { Exchange } from '@tollgate/gateway'
import { getScheme, type SeenRequest, showHidden } from 'tollgate/internal'
import { cut } from '../shared/visible-text.ts'

/**
 * Formats an exchange as one line for the terminal: the webhook, the verdict, the answer. A webhook
 * that was proven shows the beginning of its text, for the person at the terminal: do not keep
 * these lines in a log. The line has no query and no other parameter. Invisible characters are shown
 * as code points.
 *
 * @param exchange an exchange from the gateway's `onExchange`
 * @returns the line, without a line break
 */
export function formatExchange({ request, verdict, response, durationMs }: Exchange): string {
  const by = response?.by === 'upstream' ? 'the application' : 'the gateway'
  const took = `${Math.round(durationMs)} ms`
  const answer = response === undefined ? `no answer, ${took}` : `${response.status} by ${by}, ${took}`
  const path = request.target.replace(/\?.*$/s, '')
  const line = `${request.method} ${showHidden(path.length > 100 ? `${path.slice(0, 100)}…` : path)}`
  if (verdict === undefined) return `${line}  refused  ${answer}`
  if (!verdict.ok) return `${line}  refused as ${verdict.code}  ${answer}`
  const scheme = getScheme(verdict.scheme)
  const seen = toSeen(request)
  const webhook = showHidden(scheme.nameKind(seen) ?? 'webhook')
  const text = scheme.quote?.(seen)
  const quoted = text === undefined ? '' : ` "${showHidden(cut(text, 40)).replace(/\s+/g, ' ')}"`
  return `${line}  ${webhook}${quoted}  accepted  ${answer}`
}

function toSeen({ method, target, headers, body }: Exchange['request']): SeenRequest {
  return { method, url: target, target, headers, body: body.length === 0 ? undefined : Buffer.from(body).toString() }
}
