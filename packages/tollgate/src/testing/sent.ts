import { verdictListener } from '../checks/runtime.ts'
import type { AnyVerdict } from '../verdict.ts'
import type { IncomingRequest } from '../verify/types.ts'

/** A request of a test server whose response has not arrived. */
interface Sent {
  /** The header with the signature. Default: the request has none. */
  readonly signature: string | undefined
  verdict: AnyVerdict | undefined
}

const pending = new Set<Sent>()
const headers = ['x-twilio-signature', 'x-twilio-email-event-webhook-signature']

// A registered symbol, because the matchers and the test server may be of two copies of the
// package: ESM and CommonJS.
const recorded = Symbol.for('tollgate.testing.verdict')

/** A response of a test server. */
type Recorded = { readonly [recorded]?: { readonly verdict: AnyVerdict | undefined } }

let isListening = false

/** Listens to the verdicts of all verifiers in this process, so that a test needs no option. */
function listen(): void {
  if (isListening) return
  isListening = true
  const global = globalThis as { [verdictListener]?: (verdict: AnyVerdict, request: IncomingRequest) => void }
  const other = global[verdictListener]
  global[verdictListener] = (verdict, request) => {
    other?.(verdict, request)
    const signature = readSignature(request.headers)
    const sent = [...pending].find((one) => one.signature === signature)
    if (sent !== undefined) sent.verdict = verdict
  }
}

function readSignature(source: IncomingRequest['headers']): string | undefined {
  const fields = typeof source.get === 'function' ? [...(source as Headers)] : Object.entries(source)
  const found = fields.find(([name]) => headers.includes(name.toLowerCase()))?.[1]
  return found === undefined ? undefined : String(found)
}

/**
 * Sends a request, and remembers with its response which verdict a verifier gave. The verdict is
 * not in the response itself: the sender of a webhook must not see it.
 */
export async function recordVerdict(request: IncomingRequest, send: () => Promise<Response>): Promise<Response> {
  listen()
  const sent: Sent = { signature: readSignature(request.headers), verdict: undefined }
  pending.add(sent)
  try {
    const response = await send()
    const value = { verdict: sent.verdict }
    // An application may give one Response to several requests.
    return Object.defineProperty(response, recorded, { value, configurable: true })
  } finally {
    pending.delete(sent)
  }
}

/** Returns the verdict of a test server's response, `undefined` for any other value. */
export function readRecorded(value: object): { readonly verdict: AnyVerdict | undefined } | undefined {
  return (value as Recorded)[recorded]
}
