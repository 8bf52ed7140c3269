import type { Exchange } from '@tollgate/gateway'
import { kindOf } from 'tollgate/params'
import { showHidden } from '../shared/visible-text.ts'

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
  const { key } = verdict.matched
  const [kind = 'webhook', covers] =
    'covers' in verdict ? [kindOf(verdict.params), verdict.covers] : ['sendgrid', 'timestamp-and-body']
  const name = 'id' in key ? key.id : 'name' in key ? key.name : key.index
  return `accepted  ${line}  ${kind}  covers ${covers}  matched ${key.kind} ${name}  ${answer}`
}
