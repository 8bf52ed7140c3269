import { WrongAnswer } from '../checks/answers.ts'
import { createLineLimit, describeError, logProblem, showRequest, showUrl, toLine } from '../checks/log.ts'
import { readEnvironment } from '../checks/runtime.ts'
import { type Rejected, type RejectionCode, rejections } from '../verdict.ts'
import type { IncomingRequest, RefusalHints } from './types.ts'

const takeCauseLine = createLineLimit(1 / 60, 1)

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
  const more = skipped === 0 ? '' : ` It happened ${skipped} more time${skipped === 1 ? '' : 's'} since the last line.`
  logProblem(`${code}: ${message}${reason}${more}`)
}

const takeRefusalLine = createLineLimit(1, 10)

/** A refused request, and what its lines say beside the verdict. */
interface Refusal {
  readonly rejection: Pick<Rejected, 'code' | 'status' | 'message' | 'tried' | 'cause'>
  readonly request: Pick<IncomingRequest, 'method' | 'url'>
  /** Those of the verifier. */
  readonly hints: RefusalHints | undefined
  /** True if the application gets the request nevertheless, in `observe` mode. */
  readonly isPassed: boolean
  /** What shows more, as the end of a sentence. Default: the diagnoser of the hints. */
  readonly more?: string | undefined
}

/**
 * Writes a refused request to the log: its method and path, the code, and the URL that was checked.
 * If a look-up or a store failed, it also writes the error, as `logCause` does.
 * Each code has ten lines at once, then one each second. In production there is none, because
 * strangers cause refusals there. A body that was read too early is the developer's mistake in
 * every place, so it has its line in production too.
 */
export function logRefusal({ rejection, request, hints, isPassed, more }: Refusal): void {
  const { code, status, message, tried } = rejection
  if (status === 503 && Object.hasOwn(rejection, 'cause')) logCause(code, message, rejection.cause)
  const isMistake = code === 'body_already_consumed'
  const isProduction = readEnvironment('NODE_ENV') === 'production'
  // Outside production, a diagnoser explains it.
  if (isProduction ? !isMistake : hints?.explains) return
  // The codes of a verifier of the user's are of any number.
  const kind = Object.hasOwn(rejections, code) ? code : 'another code'
  const skipped = takeRefusalLine(kind)
  if (skipped === undefined) return
  const [url] = tried
  const checked = url === undefined ? '' : ` Checked ${showUrl(`${url}`)}`
  const verb = isPassed ? 'would be refused' : 'was refused'
  const advice = code === 'signature_mismatch' ? (hints?.advice ?? message) : message
  const shown = more ?? (hints?.diagnoser && `add \`${hints.diagnoser}\` from tollgate/diagnose`)
  const lines = [
    `${showRequest(request)} ${verb} (${status}, ${toLine(code, 60)}).${checked}`,
    `  ${[toLine(`${advice}`), ...(shown && !isProduction ? [`To see more: ${shown}.`] : [])].join(' ')}`,
    ...(skipped > 0 ? [`  ${skipped} more like it had no line.`] : []),
  ]
  logProblem(lines.join('\n'))
}
