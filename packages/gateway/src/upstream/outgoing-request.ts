import type { RequestHead } from '../request-head.ts'
import type { OutgoingRequest } from './connection.ts'

// Some servers answer 411 to these without a length.
const expectBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/**
 * A request for the upstream. `undefined` where its body is not as long as it announces: whatever the reason, what follows would be
 * taken for another request.
 * @param method, target as Node.js parsed them: like all fields, they can hold no line break
 * @param more names and values, alternating
 */
export function formatRequest(
  method: string,
  target: string,
  head: RequestHead,
  more: readonly string[],
  body: Uint8Array,
): OutgoingRequest | undefined {
  const { forwarded, bodyLength } = head
  if (bodyLength !== undefined && bodyLength !== body.length) return undefined
  let text = `${method} ${target} HTTP/1.1\r\n`
  for (let index = 0; index < forwarded.length; index += 2) text += `${forwarded[index]}: ${forwarded[index + 1]}\r\n`
  for (let index = 0; index < more.length; index += 2) text += `${more[index]}: ${more[index + 1]}\r\n`
  const isAnnounced = head.verified['content-length'] !== undefined
  if (!isAnnounced && (body.length > 0 || expectBody.has(method))) text += `Content-Length: ${body.length}\r\n`
  return { head: `${text}Connection: keep-alive\r\n\r\n`, body, isHead: method === 'HEAD' }
}
