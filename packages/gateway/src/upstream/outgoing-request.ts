import { formatFields } from '../fields.ts'
import type { RequestHead } from '../request-head.ts'
import type { OutgoingRequest } from './connection.ts'

// Some servers answer 411 to these without a length.
const expectBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/**
 * A request for the upstream. `undefined` where its body is not as long as it announces: whatever the reason, what follows would be
 * taken for another request.
 * @param method, target as Node.js parsed them: like all fields, they can hold no line break
 * @param more header fields
 */
export function formatRequest(
  method: string,
  target: string,
  head: RequestHead,
  more: readonly string[],
  body: Uint8Array,
): OutgoingRequest | undefined {
  const { bodyLength, fields } = head
  if (bodyLength !== undefined && bodyLength !== body.length) return undefined
  const isAnnounced = head.verified['content-length'] !== undefined
  const length = !isAnnounced && (body.length > 0 || expectBody.has(method)) ? `Content-Length: ${body.length}\r\n` : ''
  const text = `${method} ${target} HTTP/1.1\r\n${formatFields(fields)}${formatFields(more)}${length}Connection: keep-alive\r\n\r\n`
  return { head: text, body, isHead: method === 'HEAD' }
}
