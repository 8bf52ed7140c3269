import { type Awaitable, TimeLimitError, withTimeLimit } from './limits.ts'
import { showOption } from './options.ts'
import { isBytes } from './runtime.ts'

/** The answer of a look-up cannot be used. The message shows nothing of it. */
export class WrongAnswer extends TypeError {}

/**
 * Reads the secret of a look-up's answer.
 * @param value The secret itself, or a list of them.
 * @param place Where in the answer it is, in quotes. Empty if the answer is the secret.
 * @param parse Parses it as the same option does, and throws a TypeError that does not show it.
 * @throws WrongAnswer for an unusable one.
 */
export function readSecret<T>(value: unknown, place: string, parse: () => T): T {
  const other: unknown = [value].flat().find((one) => typeof one !== 'string')
  if (other !== undefined) {
    const shown = isBytes(other) ? 'bytes (a Buffer or Uint8Array)' : showOption(other)
    const list = Array.isArray(value) ? 'a list with ' : ''
    throw new WrongAnswer(`returned ${list}${shown}${place && ` as ${place}`}; return its text`)
  }
  try {
    return parse()
  } catch (error) {
    throw error instanceof TypeError ? new WrongAnswer(`returned: ${error.message}`) : error
  }
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

/** Returns what `nameFault` named. `undefined` for any other error, also one of the user's function. */
export function readFault(error: unknown): LookUpFault | undefined {
  return error instanceof Error ? (error as { [faultOf]?: LookUpFault })[faultOf] : undefined
}

/** Waits for a look-up, as `withTimeLimit` does. */
export async function limitLookUp<T>(work: () => Awaitable<T>, limitMs: number, onLate?: () => void): Promise<T> {
  try {
    return await withTimeLimit(work, limitMs, 'The key look-up', onLate)
  } catch (error) {
    throw error instanceof TimeLimitError ? nameFault(error, 'late') : error
  }
}
