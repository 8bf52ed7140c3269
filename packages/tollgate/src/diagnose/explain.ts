import { createRateLimit } from '../checks/limits.ts'
import { logProblem, logUnlessExpected } from '../checks/log.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { isSignature } from '../schemes/twilio/sign/signature.ts'
import type { Rejected } from '../verdict.ts'
import { readHeaders, readSingle } from '../verify/head.ts'
import type { IncomingRequest, RejectedRequest, VerifierOptions } from '../verify/types.ts'
import { type NativeSigns, readNative } from './native.ts'
import { type Report, writeReport } from './report.ts'

type Run<Options> = (
  request: IncomingRequest,
  options: Options,
  rejection: Rejected,
  native: NativeSigns,
) => Promise<Report>

/** How many rejections are explained at once. As many may wait. */
const burst = 3
const explainedPerSecond = 1 / 5

/**
 * Creates the function that writes the reasons of rejections to standard error. A flood of forged
 * requests must not fill the log or take the CPU: the rate of explanations is limited, and one
 * diagnosis runs at a time. Requests without a well-formed signature, such as those of scanners,
 * have a limit of their own, so that they cannot use up the explanations of refused webhooks.
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
    if (unexplained > 0)
      logProblem(`${unexplained} more rejection${unexplained === 1 ? ' was' : 's were'} not explained`)
    unexplained = 0
    const lines = writeReport(request, rejection, await run(request, options, rejection, readNative(native)))
    logUnlessExpected(rejection, lines.join('\n'))
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

let hasToldOff = false

/**
 * Tells if the option `diagnose` explains refusals here, and writes one line at the first refusal
 * in production, where it does not.
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
