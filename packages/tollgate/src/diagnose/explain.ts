import type { Rejected } from '../verdict.ts'
import { readHeaders, readSingle } from '../verify/head.ts'
import type { IncomingRequest, Refused, VerifierOptions } from '../verify/types.ts'
import { guessFramework } from './guess-framework.ts'
import { isSignature } from './signature-header.ts'
import type { Diagnosis } from './types.ts'

type Run = (
  request: IncomingRequest,
  options: VerifierOptions,
  rejection: Rejected,
  framework: string | undefined,
) => Promise<Diagnosis>

const mostCauses = 4

/** How many refusals are explained at once, and after how many milliseconds one more is. */
const burst = 3
const refillMs = 5000

/**
 * A token bucket: time refills it, and nothing else does. Of those that it admits, as many wait for one another as it holds.
 */
class Share {
  private readonly now: () => number
  private left = burst
  private filled: number
  waiting = 0

  constructor(now: () => number) {
    this.now = now
    this.filled = now()
  }

  admits(): boolean {
    const now = this.now()
    this.left = Math.min(burst, this.left + Math.max(0, now - this.filled) / refillMs)
    this.filled = now
    if (this.left < 1 || this.waiting === burst) return false
    this.left--
    return true
  }
}

/**
 * Makes what writes the reasons of refusals to standard error. A flood of forged requests must not fill the log, or take the
 * CPU: explanations are limited in rate, and given one after the other. Requests without a well-formed signature, such as those
 * of scanners, have a share of their own, so that they leave the other to requests that Twilio may have sent.
 * @param now a clock, in milliseconds
 */
export function createExplainer(now: () => number): (refused: Refused, run: Run) => Promise<void> {
  const signed = new Share(now)
  const unsigned = new Share(now)
  let leftOut = 0
  let last: Promise<void> = Promise.resolve()

  async function explain({ request, options, rejection, native }: Refused, run: Run): Promise<void> {
    if (leftOut > 0) write([`${leftOut} more refusal${leftOut === 1 ? ' was' : 's were'} not explained`])
    leftOut = 0
    write(describe(request, rejection, await run(request, options, rejection, guessFramework(native))))
  }

  return async (refused, run) => {
    const share = isSigned(refused.request) ? signed : unsigned
    if (!share.admits()) {
      leftOut++
      return
    }
    share.waiting++
    const done = last.then(() => explain(refused, run))
    last = done.catch(() => undefined).then(() => void share.waiting--)
    await done
  }
}

function isSigned({ headers }: IncomingRequest): boolean {
  const signature = readSingle(readHeaders(headers), 'x-twilio-signature')
  return typeof signature === 'string' && isSignature(signature)
}

/** At most eight lines, the last with the fix. */
function describe(request: IncomingRequest, rejection: Rejected, diagnosis: Diagnosis): string[] {
  const { proven, suspected } = diagnosis
  const target = `${request.url}`
    .replace(/[?#].*$/s, '')
    .replace(/[^\x21-\x7e]/g, '?')
    .slice(0, 200)
  const causes = proven?.causes ?? suspected
  const method = `${request.method}`.replace(/[^\x21-\x7e]/g, '?').slice(0, 10)
  const lines = [`${method} ${target} was refused: ${rejection.code}`]
  if (proven !== undefined) lines.push(`  Twilio signed ${oneLine(proven.signedUrl)}`)
  else if (causes.length === 0) lines.push(`  ${oneLine(rejection.message)}`)
  else lines.push(`  Nothing is proven after ${diagnosis.tried} tries. Suspected, likeliest first:`)
  for (const { id, detail } of causes.slice(0, mostCauses)) lines.push(`  ${id}: ${oneLine(detail)}`)
  const fixes = (proven === undefined ? causes.slice(0, 1) : causes).map(({ fix }) => fix)
  if (fixes.length > 0) lines.push(`  Fix: ${oneLine([...new Set(fixes)].join(' '))}`)
  return lines
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a request must not write lines or colours of its own
const control = /[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g

function oneLine(text: string): string {
  const line = text.replace(control, ' ')
  return line.length > 400 ? `${line.slice(0, 399)}…` : line
}

function write(lines: readonly string[]): void {
  // biome-ignore lint/suspicious/noConsole: explaining refusals is what this was asked for
  console.error(`tollgate: ${lines.join('\n')}`)
}
