import { createRateLimit } from '../checks/limits.ts'
import { logProblem, showRequest, toLine } from '../checks/log.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { isSignature } from '../schemes/twilio/sign/signature.ts'
import type { Rejected, RejectionCode } from '../verdict.ts'
import { readHeaders, readSingle } from '../verify/head.ts'
import type { IncomingRequest, RejectedRequest, VerifierOptions } from '../verify/types.ts'
import type { Cause } from './engine.ts'
import { type NativeSigns, readNative } from './native.ts'

type Run<Options> = (
  request: IncomingRequest,
  options: Options,
  rejection: Rejected,
  native: NativeSigns,
) => Promise<Explanation>

/** The parts of a diagnosis that are written. */
interface Explanation {
  readonly proven?: { readonly causes: readonly Cause[]; readonly signedUrl?: string }
  readonly suspected: readonly Cause[]
  readonly ruledOut?: string | undefined
  readonly command?: string | undefined
  /** True if the request does not show which of the suspected causes it is. */
  readonly isUncertain?: boolean | undefined
  readonly tried: number
}

/** The explanation of one rejection names at most this many causes. */
const mostCauses = 5

/** How many rejections are explained at once. As many may wait. */
const burst = 3
const explainedPerSecond = 1 / 5

/**
 * Creates the function that writes the reasons of rejections to standard error. A flood of forged
 * requests must not fill the log or take the CPU: the rate of explanations is limited, and one
 * diagnosis runs at a time. Requests without a well-formed signature, such as those of scanners,
 * have a limit of their own, so that they cannot use up the explanations of refused webhooks.
 * @param now a clock, in milliseconds
 * @param isSigned tells if a request has a well-formed signature
 * @returns a function that explains one rejection, or counts it if the limit is reached
 */
export function createExplainer<Options = VerifierOptions>(
  now: () => number,
  isSigned: (request: IncomingRequest) => boolean = isSignedByTwilio,
): (rejected: RejectedRequest<Options>, run: Run<Options>) => Promise<void> {
  const createQueue = () => ({ rate: createRateLimit(explainedPerSecond, now, burst), waiting: 0 })
  const signed = createQueue()
  const unsigned = createQueue()
  let unexplained = 0
  let last: Promise<void> = Promise.resolve()

  async function explain(
    { request, options, rejection, native }: RejectedRequest<Options>,
    run: Run<Options>,
  ): Promise<void> {
    if (unexplained > 0) write([`${unexplained} more rejection${unexplained === 1 ? ' was' : 's were'} not explained`])
    unexplained = 0
    write(describe(request, rejection, await run(request, options, rejection, readNative(native))))
  }

  return async (rejected, run) => {
    const queue = isSigned(rejected.request) ? signed : unsigned
    if (queue.waiting === burst || queue.rate.take(0) === undefined) {
      unexplained++
      return
    }
    queue.waiting++
    const done = last.then(() => explain(rejected, run))
    last = done.catch(() => undefined).then(() => void queue.waiting--)
    await done
  }
}

function isSignedByTwilio({ headers }: IncomingRequest): boolean {
  const signature = readSingle(readHeaders(headers), 'x-twilio-signature')
  return typeof signature === 'string' && isSignature(signature)
}

/** What to do about rejections that no cause of the tables explains. */
const fixes: Readonly<Partial<Record<RejectionCode, string>>> = {
  replayed:
    "None is needed if your code handled the first delivery. If it failed, call release(). To get repeated deliveries too, set whenRepeated: 'mark'.",
}

/**
 * Writes at most eight lines: in the first what to do, then the reasons, and last what was ruled
 * out.
 */
function describe(request: IncomingRequest, rejection: Rejected, diagnosis: Explanation): string[] {
  const { proven, suspected, ruledOut, command, isUncertain, tried } = diagnosis
  const refused = `${showRequest(request)} was refused: ${rejection.code}`
  if (proven !== undefined) {
    const { signedUrl, causes } = proven
    const fixes = dropRepeated(causes.map(({ fix }) => fix))
    const undoing = `Proven: undoing ${causes.length === 1 ? 'this' : `these ${causes.length}`} makes the signature match:`
    return [
      `${refused}. Fix: ${toLine(fixes.join(' '), 1200)}`,
      `  ${signedUrl === undefined ? undoing : `Twilio signed ${toLine(signedUrl)}`}`,
      ...causes.slice(0, mostCauses).map(({ id, detail }) => `  ${id}: ${toLine(detail)}`),
    ]
  }
  const [first] = suspected
  if (first === undefined) {
    const fix = fixes[rejection.code]
    return [fix === undefined ? refused : `${refused}. Fix: ${fix}`, `  ${toLine(rejection.message)}`]
  }
  const lines = suspected
    .slice(0, mostCauses)
    .map(({ id, detail, fix }) => `  ${id}: ${toLine(detail)} Fix: ${toLine(fix)}`)
  const unproven = `  Nothing is proven after ${tried} tries. Possible causes, most likely first:`
  if (ruledOut === undefined)
    return [
      `${refused}. ${isUncertain ? 'Try' : 'Fix'}: ${toLine(first.fix)}`,
      ...(isUncertain ? [unproven] : []),
      ...lines,
      ...(command === undefined
        ? []
        : [`  To try the key of another webhook, save it as other.pub: ${toLine(command, 3000)}`]),
    ]
  const settle = command === undefined ? '' : `To settle it: ${toLine(command)}`
  // It needs neither a token nor a URL of the user's.
  const isSent = first.fix.includes('npx @tollgate/cli send')
  return [
    isSent
      ? `${refused}. Try: ${toLine(first.fix, 800)} ${settle}`.trimEnd()
      : `${refused}. ${settle}`.replace(/\. $/, ''),
    unproven,
    ...lines,
    `  ${toLine(ruledOut)}`,
  ]
}

/** Drops fixes that another one contains: the same option may mend several causes. */
function dropRepeated(fixes: readonly string[]): string[] {
  return [...new Set(fixes)].filter((fix, _, all) => !all.some((other) => other !== fix && other.startsWith(fix)))
}

function write(lines: readonly string[]): void {
  logProblem(lines.join('\n'))
}

let hasToldOff = false

/**
 * Tells if the option `diagnose` explains refusals here, and writes one line at the first refusal in
 * production, where it does not.
 * @param remedy What turns it on, as the end of a sentence.
 */
export function isExplaining(name: string, remedy: string): boolean {
  if (readEnvironment('NODE_ENV') !== 'production') return true
  if (!hasToldOff)
    logProblem(
      `a request was refused, and \`${name}\` is off because NODE_ENV is "production". To turn it on: ${remedy}. This line is written once.`,
    )
  hasToldOff = true
  return false
}
