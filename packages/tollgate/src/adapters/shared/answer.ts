import { refusePromise } from '../../checks/options.ts'
import type { Rejected, VerifierOptions } from '../../index.ts'

/** A complete answer that every runtime can send. */
export interface FullAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

// All 403 answers have the same text, so that the sender learns nothing from it.
const texts: Readonly<Record<number, string>> = {
  403: 'Twilio Request Validation Failed.',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** Returns the default answer for a status. */
export function toAnswer(status: number): FullAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: texts[status] ?? '' }
}

/**
 * Chooses the answer to a refused request: the one of `onRejected`, or the default.
 * @param native The framework's own request, for `onRejected`.
 * @throws TypeError for an answer that some runtime cannot send. There it would end the process or
 *   leave the client waiting.
 */
export function chooseAnswer(
  rejection: Rejected,
  onRejected: VerifierOptions['onRejected'],
  native: unknown,
): FullAnswer {
  const answer: unknown = onRejected?.(rejection, native)
  if (answer === undefined) return toAnswer(rejection.status)
  refusePromise(answer, '"onRejected"')
  // Each property is read once, because a getter could give another value the next time.
  const { status, headers, body = '' }: Given = Object(answer)
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 599)
    throw new TypeError('"onRejected" must give a status from 400 to 599: a refused request must not look accepted')
  if (typeof body !== 'string') throw new TypeError(`"onRejected" must give a text as body, got ${typeof body}`)
  return { status, headers: checkHeaders(headers), body }
}

interface Given {
  readonly status?: unknown
  readonly headers?: unknown
  readonly body?: unknown
}

// RFC 9110 sections 5.1 and 5.5. The RFC calls bytes above 0x7f obsolete, but every runtime sends
// them.
const fieldName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

// The server sets these, because it frames the message and manages the connection (RFC 9110 section
// 7.6.1).
const ownedByServer = /^(connection|content-length|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i

function checkHeaders(headers: unknown): Record<string, string> {
  const fields = Object.entries(Object(headers) as Readonly<Record<string, unknown>>)
  for (const [name, value] of fields) {
    if (!fieldName.test(name)) throw new TypeError('"onRejected" gave a header whose name no header can have')
    if (typeof value !== 'string' || !fieldValue.test(value))
      throw new TypeError(
        `"onRejected" gave a value that cannot be sent in the header "${name}": only text of Latin-1 without control characters can`,
      )
  }
  return Object.fromEntries(fields.filter(([name]) => !ownedByServer.test(name))) as Record<string, string>
}
