import type { Rejected } from '../verdict.ts'
import { readHeaders, readSingle } from '../verify/head.ts'
import type { IncomingRequest, Refused, VerifierOptions } from '../verify/types.ts'
import type { Place } from './causes/row.ts'
import { isSignature } from './evidence.ts'
import type { Diagnosis } from './report.ts'

type Run = (
  request: IncomingRequest,
  options: VerifierOptions,
  rejection: Rejected,
  framework: string | undefined,
) => Promise<Diagnosis>

/** The explanation of one refusal names at most this many causes. */
const mostCauses = 4

/** How many refusals are explained at once, and the milliseconds after which one more is. */
const burst = 3
const refillMs = 5000

/** A token bucket that only time refills. As many explanations may wait as it holds. */
class Bucket {
  private readonly now: () => number
  private left = burst
  private filled: number
  waiting = 0

  constructor(now: () => number) {
    this.now = now
    this.filled = now()
  }

  take(): boolean {
    const now = this.now()
    this.left = Math.min(burst, this.left + Math.max(0, now - this.filled) / refillMs)
    this.filled = now
    if (this.left < 1 || this.waiting === burst) return false
    this.left--
    return true
  }
}

/**
 * Creates the function that writes the reasons of refusals to standard error. A flood of forged
 * requests must not fill the log or take the CPU: the rate of explanations is limited, and one
 * diagnosis runs at a time. Requests without a well-formed signature, such as those of scanners,
 * have a limit of their own, so that they cannot use up the explanations of refused webhooks.
 * @param now a clock, in milliseconds
 * @returns a function that explains one refusal, or counts it if the limit is reached
 */
export function createExplainer(now: () => number): (refused: Refused, run: Run) => Promise<void> {
  const signed = new Bucket(now)
  const unsigned = new Bucket(now)
  let unexplained = 0
  let last: Promise<void> = Promise.resolve()

  async function explain({ request, options, rejection, native }: Refused, run: Run): Promise<void> {
    if (unexplained > 0) write([`${unexplained} more refusal${unexplained === 1 ? ' was' : 's were'} not explained`])
    unexplained = 0
    write(describe(request, rejection, await run(request, options, rejection, guessFramework(native))))
  }

  return async (refused, run) => {
    const bucket = isSigned(refused.request) ? signed : unsigned
    if (!bucket.take()) {
      unexplained++
      return
    }
    bucket.waiting++
    const done = last.then(() => explain(refused, run))
    last = done.catch(() => undefined).then(() => void bucket.waiting--)
    await done
  }
}

function isSigned({ headers }: IncomingRequest): boolean {
  const signature = readSingle(readHeaders(headers), 'x-twilio-signature')
  return typeof signature === 'string' && isSignature(signature)
}

/**
 * The properties that only the request objects of one framework have. Nest uses those of its
 * platform.
 */
const marks: readonly (readonly [framework: Place, names: readonly string[]])[] = [
  ['fastify', ['raw', 'routeOptions']],
  ['koa', ['originalUrl', 'app', 'respond']],
  ['koa', ['originalUrl', 'app', 'cookies', 'state']],
  ['hono', ['req', 'env', 'var']],
  ['express', ['originalUrl', 'app', 'baseUrl']],
  ['next', ['nextUrl']],
  ['lambda', ['requestContext', 'headers']],
  ['azure', ['params', 'user', 'query', 'formData']],
]

/** Guesses the framework of a request object. Only the wording of a fix depends on it. */
function guessFramework(native: unknown): Place | undefined {
  if (typeof native !== 'object' || native === null) return undefined
  return marks.find(([, names]) => names.every((name) => name in native))?.[0]
}

/** Writes at most eight lines. The last has the fix. */
function describe(request: IncomingRequest, rejection: Rejected, diagnosis: Diagnosis): string[] {
  const { proven, suspected } = diagnosis
  const target = `${request.url}`
    .replace(/[?#].*$/s, '')
    .replace(/[^\x21-\x7e]/g, '?')
    .slice(0, 200)
  const causes = proven?.causes ?? suspected
  const method = `${request.method}`.replace(/[^\x21-\x7e]/g, '?').slice(0, 10)
  const lines = [`${method} ${target} was refused: ${rejection.code}`]
  if (proven !== undefined) lines.push(`  Twilio signed ${toLine(proven.signedUrl)}`)
  else if (causes.length === 0) lines.push(`  ${toLine(rejection.message)}`)
  else lines.push(`  Nothing is proven after ${diagnosis.tried} tries. Suspected causes, most likely first:`)
  for (const { id, detail } of causes.slice(0, mostCauses)) lines.push(`  ${id}: ${toLine(detail)}`)
  const fixes = (proven === undefined ? causes.slice(0, 1) : causes).map(({ fix }) => fix)
  if (fixes.length > 0) lines.push(`  Fix: ${toLine([...new Set(fixes)].join(' '))}`)
  return lines
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a request must not write lines or colours of its own
const control = /[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g

function toLine(text: string): string {
  const line = text.replace(control, ' ')
  return line.length > 400 ? `${line.slice(0, 399)}…` : line
}

function write(lines: readonly string[]): void {
  // biome-ignore lint/suspicious/noConsole: the user asked for explanations on standard error
  console.error(`tollgate: ${lines.join('\n')}`)
}
