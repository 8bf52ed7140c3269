import { type Awaitable, TimeLimitError, withTimeLimit } from './limits.ts'
import { isBytes } from './runtime.ts'

/** The answer of a look-up cannot be used. The message shows nothing of it. */
export class WrongAnswer extends TypeError {}

/** Says what a look-up returned instead of a text: its type, and never its content. */
export function describeAnswer(answer: unknown): string {
  if (answer === null) return 'null'
  if (Array.isArray(answer)) {
    const other: unknown = answer.find((one) => typeof one !== 'string')
    return answer.length === 0
      ? 'an empty list'
      : `a list with ${Array.isArray(other) ? 'a list' : describeAnswer(other)}`
  }
  if (isBytes(answer)) return 'bytes (a Buffer or Uint8Array)'
  const type = typeof answer
  return type === 'object' ? 'an object' : type === 'undefined' ? type : `a ${type}`
}

/** Why a look-up of `tollgate/keys` failed. */
export type LookUpFault =
  | 'token_refused'
  | 'api_key_refused'
  | 'forbidden'
  | 'unreachable'
  | 'too_many_requests'
  | 'api_failed'
  | 'other_answer'
  | 'late'
  | 'no_token'

const faultOf = Symbol.for('tollgate.lookUpFault')

/** Names why a look-up failed, for the diagnosis. The message is for people. */
export function nameFault<E extends Error>(error: E, fault: LookUpFault): E {
  return Object.defineProperty(error, faultOf, { value: fault })
}

/** Waits for a look-up, as `withTimeLimit` does. */
export async function limitLookUp<T>(work: () => Awaitable<T>, limitMs: number, onLate?: () => void): Promise<T> {
  try {
    return await withTimeLimit(work, limitMs, 'The key look-up', onLate)
  } catch (error) {
    throw error instanceof TimeLimitError ? nameFault(error, 'late') : error
  }
}
