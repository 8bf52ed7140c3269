import { createRateLimit } from '../checks/limits.ts'
import { logProblem, showRequest, toLine } from '../checks/log.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { isSignature } from '../schemes/twilio/sign/signature.ts'
import type { Rejected } from '../verdict.ts'
import { readHeaders, readSingle } from '../verify/head.ts'
import type { HostAndPort } from '../verify/public-url.ts'
import type { IncomingRequest, RejectedRequest, VerifierOptions } from '../verify/types.ts'
import type { Place } from './causes/row.ts'
import type { Cause } from './engine.ts'
import { type Seen, type Target, toHost } from './evidence.ts'

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
  readonly tried: number
}

/** What the request object of a framework shows. */
export interface NativeSigns {
  readonly framework: Place | undefined
  /** Parts of the path that the framework removed. */
  readonly prefixes: readonly string[]
  /** The hosts and paths that the event of a platform names beside the ones that were checked. */
  readonly hosts: readonly Seen<HostAndPort>[]
  readonly targets: readonly Seen<Target>[]
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

/** Guesses the framework of a request object, for the wording of a fix, and what it stripped. */
function readNative(native: unknown): NativeSigns {
  if (typeof native !== 'object' || native === null)
    return { framework: undefined, prefixes: [], hosts: [], targets: [] }
  const framework = marks.find(([, names]) => names.every((name) => name in native))?.[0]
  const { baseUrl, mountPath, nextUrl }: { baseUrl?: unknown; mountPath?: unknown; nextUrl?: unknown } = native
  const stripped = [baseUrl, mountPath, Object(nextUrl).basePath]
  const { path, http, domainName } = Object(Object(native).requestContext)
  const paths = [
    [path, 'requestContext.path'],
    [Object(http).path, 'requestContext.http.path'],
  ] as const
  return {
    framework,
    prefixes: stripped.filter((one) => typeof one === 'string' && /^\/./.test(one)) as string[],
    hosts: typeof domainName === 'string' ? toHost(domainName, 'requestContext.domainName') : [],
    targets: paths.flatMap(([one, from]) =>
      typeof one === 'string' && /^\/[^?#\s]{0,2000}$/.test(one) ? [{ value: { path: one, query: '' }, from }] : [],
    ),
  }
}

/**
 * Writes at most eight lines: in the first what to do, then the reasons, and last what was ruled
 * out.
 */
function describe(request: IncomingRequest, rejection: Rejected, diagnosis: Explanation): string[] {
  const { proven, suspected, ruledOut, command, tried } = diagnosis
  const refused = `${showRequest(request)} was refused: ${rejection.code}`
  if (proven !== undefined) {
    const fixes = dropRepeated(proven.causes.map(({ fix }) => fix))
    const { signedUrl } = proven
    return [
      `${refused}. Fix: ${toLine(fixes.join(' '), 1200)}`,
      signedUrl === undefined ? '  Proven: the signature matches without' : `  Twilio signed ${toLine(signedUrl)}`,
      ...proven.causes.slice(0, mostCauses).map(({ id, detail }) => `  ${id}: ${toLine(detail)}`),
    ]
  }
  const [first] = suspected
  if (first === undefined) return [refused, `  ${toLine(rejection.message)}`]
  const lines = suspected
    .slice(0, mostCauses)
    .map(({ id, detail, fix }) => `  ${id}: ${toLine(detail)} Fix: ${toLine(fix)}`)
  if (ruledOut === undefined) return [`${refused}. Fix: ${toLine(first.fix)}`, ...lines]
  return [
    command === undefined ? refused : `${refused}. To settle it: ${toLine(command)}`,
    `  Nothing is proven after ${tried} tries. What is left, most likely first:`,
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
