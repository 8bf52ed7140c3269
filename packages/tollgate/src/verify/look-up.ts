import { WrongAnswer } from '../checks/answers.ts'
import { type Awaitable, TimeLimitError, withTimeLimit } from '../checks/limits.ts'
import { addCause, type Rejected, reject } from '../verdict.ts'

/**
 * Asks a function of the user and reads its answer, under the time limit.
 * @param option The option with the function, in quotes.
 * @param read Reads the answer. @throws WrongAnswer, or anything for a getter that throws.
 * @returns the result, or a rejection whose cause is the error. The error may hold a token, so the
 *   message does not have its text.
 */
export async function askOption<F, T>(
  option: string,
  ask: () => Awaitable<F>,
  read: (found: F) => T,
  timeoutMs: number,
): Promise<T | Rejected> {
  try {
    return read(await withTimeLimit(ask, timeoutMs, `The look-up ${option}`))
  } catch (error) {
    return addCause(rejectFailure(option, error), error)
  }
}

function rejectFailure(option: string, error: unknown): Rejected {
  if (error instanceof WrongAnswer) return reject('lookup_unusable', `${option} ${error.message}.`)
  if (error instanceof TimeLimitError) return reject('lookup_late', `${option} took too long.`)
  return reject('lookup_threw', `${option} threw an error.`)
}
