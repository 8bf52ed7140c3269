import { WrongAnswer } from '../checks/answers.ts'
import {
  createLineLimit,
  describeError,
  logProblem,
  logUnlessExpected,
  showRequest,
  showUrl,
  toLine,
} from '../checks/log.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { type Rejected, type RejectionCode, rejections } from '../verdict.ts'
import type { IncomingRequest, RefusalHints } from './types.ts'

// The comments `__PURE__` let a bundler leave this file out of a program that only verifies.
const takeCauseLine = /* @__PURE__ */ createLineLimit(60, 1)

/**
 * Writes the error of a look-up or a store of the user's to the log, in production too: it is no
 * stranger's doing, and without it the operator sees only answers 503. Each code has one line a
 * minute.
 * @param message Says what failed, without a secret.
 */
export function logCause(code: RejectionCode, message: string, cause: unknown): void {
  const skipped = takeCauseLine(code)
  if (skipped === undefined) return
  // The message has the text of this error already.
  const reason = cause instanceof WrongAnswer ? '' : ` Cause: ${describeError(cause)}.`
  logProblem(`${code}: ${message}${reason}${countMore(skipped)}`)
}

function countMore(skipped: number): string {
  return skipped === 0 ? '' : ` It happened ${skipped} more time${skipped === 1 ? '' : 's'} since the last line.`
}

/** Without a timer, which Lambda and Workers stop: the next line counts those that had none. */
const takeProductionLine = /* @__PURE__ */ createLineLimit(60, 1)

const takeRefusalLine = /* @__PURE__ */ createLineLimit(1, 10)

/** A refused request, and what its lines say beside the verdict. */
interface Refusal {
  readonly rejection: Pick<Rejected, 'code' | 'status' | 'message' | 'tried' | 'cause'>
  readonly request: Pick<IncomingRequest, 'method' | 'url'>
  /** Those of the verifier. */
  readonly hints: RefusalHints | undefined
  /** True if the application gets the request nevertheless, in `observe` mode. */
  readonly isPassed: boolean
  /** True if the application gave `onRejected`, and so has a log of its own. Default false. */
  readonly isHandled?: boolean | undefined
  /** What shows more, as the end of a sentence. Default: the diagnoser of the hints. */
  readonly more?: string | undefined
}

/**
 * Writes a refused request to the log: its method and path, the code, and the URL that was checked.
 * If a look-up or a store failed, it also writes the error, as `logCause` does.
 * Each code has ten lines at once, then one each second. Strangers cause refusals in production, so
 * there each code has one line a minute, with its page, and none if the application has
 * `onRejected`. A body that was read too early is the developer's mistake in every place.
 */
export function logRefusal({ rejection, request, hints, isPassed, isHandled, more }: Refusal): void {
  const { code, status, message, tried } = rejection
  const hasFailed = status === 503 && Object.hasOwn(rejection, 'cause')
  if (hasFailed) logCause(code, message, rejection.cause)
  const isProduction = readEnvironment('NODE_ENV') === 'production'
  const isBrief = isProduction && code !== 'body_already_consumed'
  // The line of the error says it already. Outside production, a diagnoser explains it.
  if (isBrief ? isHandled || hasFailed : !isProduction && hints?.explains) return
  // The codes of a verifier of the user's are of any number.
  const isOurs = Object.hasOwn(rejections, code)
  const skipped = (isBrief ? takeProductionLine : takeRefusalLine)(isOurs ? code : 'another code')
  if (skipped === undefined) return
  const [url] = tried
  const checked = url === undefined ? '' : ` Checked ${showUrl(`${url}`)}`
  const verb = isPassed ? 'would be refused' : 'was refused'
  const advice = code === 'signature_mismatch' ? (hints?.advice ?? message) : message
  const shown = more ?? (hints?.diagnoser && `add \`${hints.diagnoser}\` from tollgate/diagnose`)
  const line = `${showRequest(request)} ${verb} (${status}, ${toLine(code, 60)}).${checked}`
  if (isBrief) {
    const page = isOurs ? ` See ${rejections[code].page}` : ''
    logUnlessExpected(rejection, line + page + countMore(skipped))
    return
  }
  const lines = [
    line,
    `  ${[toLine(`${advice}`), ...(shown && !isProduction ? [`To see more: ${shown}.`] : [])].join(' ')}`,
    ...(skipped > 0 ? [`  ${skipped} more like it had no line.`] : []),
  ]
  logUnlessExpected(rejection, lines.join('\n'))
}
