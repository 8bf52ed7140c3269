import type { IncomingRequest, Refused } from '../interfaces.ts'
import type { VerifierOptions } from '../options.ts'
import type { Rejected } from '../verdict.ts'
import { guessFramework } from './guess-framework.ts'
import type { Diagnosis } from './types.ts'

type Run = (
  request: IncomingRequest,
  options: VerifierOptions,
  rejection: Rejected,
  framework: string | undefined,
) => Promise<Diagnosis>

const mostPerWindow = 5
const windowMs = 10_000
const mostCauses = 4

let windowStart = Number.NEGATIVE_INFINITY
let inWindow = 0
let leftOut = 0

/** Writes the reason of one refusal to standard error. A flood of forged requests must not fill the log, or the CPU. */
export async function explainRefusal({ request, options, rejection, native }: Refused, run: Run): Promise<void> {
  const now = performance.now()
  if (now - windowStart >= windowMs) {
    if (leftOut > 0) write([`${leftOut} more refusal${leftOut === 1 ? ' was' : 's were'} not explained`])
    windowStart = now
    inWindow = 0
    leftOut = 0
  }
  inWindow++
  if (inWindow > mostPerWindow) {
    leftOut++
    return
  }
  write(describe(request, rejection, await run(request, options, rejection, guessFramework(native))))
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
