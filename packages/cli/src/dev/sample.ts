import type { Exchange } from '@tollgate/gateway'
import { schemes } from 'tollgate/internal'
import { webhookKinds } from 'tollgate/testing'
import type { Args } from '../args.ts'
import { UsageError } from '../exit.ts'

interface Sample {
  readonly kind: string
  readonly path: string
}

/** The kind that a path takes, by the words in its name. The first row that matches counts. */
const kindsByPath: readonly (readonly [name: RegExp, kind: string])[] = [
  [/(voice|call)\W?(status|callback)/i, 'call.status'],
  [/recording/i, 'recording.status'],
  [/status|callback|deliver/i, 'message.status'],
  [/gather|digits|menu/i, 'gather.dtmf'],
  [/voice|call|ivr|phone/i, 'call.inbound'],
  [/whats/i, 'whatsapp.inbound'],
  [/events?$/i, 'events.batch'],
  [/./, 'message.inbound'],
]

/**
 * Returns what the first webhook is.
 * @throws UsageError if --to is no path
 */
export function readFirst(args: Args): Sample {
  const path = args.text('to') ?? '/sms'
  if (!path.startsWith('/')) throw new UsageError('--to needs the path of your webhook, such as /sms.')
  const kind = kindsByPath.find(([name]) => name.test(path))?.[1] ?? 'message.inbound'
  return { kind, path }
}

/** Returns the kind and the path of an accepted webhook, if it can be sent again. */
export function findSample({ request, verdict }: Exchange): Sample | undefined {
  if (verdict?.ok !== true || verdict.scheme !== schemes[0].name) return undefined
  const { method, target, headers, body } = request
  const text = body.length === 0 ? undefined : Buffer.from(body).toString()
  const kind = schemes[0].nameKind({ method, url: target, target, headers, body: text })
  return webhookKinds.some((one) => one === kind) && kind !== undefined ? { kind, path: target } : undefined
}
