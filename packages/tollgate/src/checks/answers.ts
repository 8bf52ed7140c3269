import { isBytes } from './runtime.ts'

/** The answer of a look-up cannot be used. The message shows nothing of it. */
export class WrongAnswer extends TypeError {}

/** Says what a look-up returned: its type, and never its content. */
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
  return type === 'string' ? 'a text' : type === 'object' ? 'an object' : type === 'undefined' ? type : `a ${type}`
}
