import { refusalHolder } from '../checks/log.ts'
import { verdictListener } from '../checks/runtime.ts'
import type { AnyVerdict } from '../verdict.ts'
import type { IncomingRequest } from '../verify/types.ts'
import type { SignedRequest } from './sign-request.ts'

/** A request that a test server sent. */
interface Sent {
  /** The URL that was signed, without its query. */
  readonly signedUrl: string
  /** The header with the signature. Default: the request has none. */
  readonly signature: string | undefined
  verdict: AnyVerdict | undefined
  /** True if the test expects a refusal. */
  isExpected: boolean
  /** Print what the log has about the refusal. */
  readonly lines: (() => void)[]
}

/** Requests whose response has not arrived. */
const pending = new Set<Sent>()
const checked = new WeakMap<object, Sent>()
const headers = ['x-twilio-signature', 'x-twilio-email-event-webhook-signature']

// A registered symbol, because the matchers and the test server may be of two copies of the
// package: ESM and CommonJS.
const recorded = Symbol.for('tollgate.testing.verdict')

/** A response of a test server. */
type Recorded = { readonly [recorded]?: Sent }

// A test may replace the timers later.
const { setTimeout } = globalThis

let isListening = false

/** Listens to the verdicts of all verifiers in this process, so that a test needs no option. */
function listen(): void {
  if (isListening) return
  isListening = true
  const global = globalThis as {
    [verdictListener]?: (verdict: AnyVerdict, request: IncomingRequest) => void
    [refusalHolder]?: (rejection: object, print: () => void) => void
  }
  const { [verdictListener]: other, [refusalHolder]: holder } = global
  global[verdictListener] = (verdict, request) => {
    other?.(verdict, request)
    const signature = readSignature(request.headers)
    const sent = [...pending].find((one) => one.signature === signature)
    if (sent === undefined) return
    sent.verdict = verdict
    checked.set(verdict, sent)
  }
  global[refusalHolder] = (rejection, print) => {
    const sent = checked.get(rejection)
    if (sent === undefined) return holder === undefined ? print() : holder(rejection, print)
    sent.lines.push(print)
    if (!pending.has(sent)) printLater(sent)
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
export async function recordVerdict(
  { url, headers, isForged }: Pick<SignedRequest, 'url' | 'headers'> & { readonly isForged: boolean },
  send: () => Promise<Response>,
): Promise<Response> {
  listen()
  const sent: Sent = {
    signedUrl: url.replace(/\?.*$/s, ''),
    signature: readSignature(headers),
    verdict: undefined,
    isExpected: isForged,
    lines: [],
  }
  pending.add(sent)
  try {
    const response = await send()
    // An application may give one Response to several requests.
    return Object.defineProperty(response, recorded, { value: sent, configurable: true })
  } finally {
    pending.delete(sent)
    printLater(sent)
  }
}

/**
 * Prints the lines of a refusal, unless the test expects it: the matcher says so before anything
 * else runs, if the test calls it after the response.
 */
function printLater(sent: Sent): void {
  setTimeout(() => {
    for (const print of sent.lines.splice(0)) if (!sent.isExpected) print()
  }, 0)
}

/** Returns the record of a test server's response, `undefined` for any other value. */
export function readRecorded(value: object): Sent | undefined {
  return (value as Recorded)[recorded]
}
