import type { Exchange } from '@tollgate/gateway'
import type { AnyAccepted } from 'tollgate'
import { showHidden } from 'tollgate/requests'
import { getScheme, type SeenRequest } from 'tollgate/schemes'

/**
 * Formats an exchange as one line for the terminal, with the verdict first and the status of the
 * answer last. The line has no query, no parameters and no message text. Invisible characters are
 * shown as code points.
 *
 * @param exchange an exchange from the gateway's `onExchange`
 * @returns the line, without a line break
 */
export function formatExchange({ request, verdict, response }: Exchange): string {
  const answer = response?.status ?? 'no answer'
  const path = request.target.replace(/\?.*$/s, '')
  const line = `${request.method} ${showHidden(path.length > 100 ? `${path.slice(0, 100)}…` : path)}`
  if (verdict === undefined) return `refused   ${line}  by the gateway  ${answer}`
  if (!verdict.ok) return `refused   ${line}  ${verdict.code}  ${answer}`
  const { scheme, covers, matched }: AnyAccepted = verdict
  const { kind, id, name, index } = matched.key
  const webhook = showHidden(getScheme(scheme).nameKind(toSeen(request)) ?? 'webhook')
  return `accepted  ${line}  ${webhook}  covers ${covers}  matched ${kind} ${id ?? name ?? index}  ${answer}`
}

function toSeen({ method, target, headers, body }: Exchange['request']): SeenRequest {
  return { method, url: target, target, headers, body: body.length === 0 ? undefined : Buffer.from(body).toString() }
}
