import type { Command, Flags } from './commands/command.ts'
import { UsageError } from './exit.ts'
import { didYouMean } from './nearest.ts'
import { placeholderOf } from './parser.ts'

// Names that a flag for a secret might have. Every user of the machine can see arguments, and the
// shell keeps them in its history.
const secretNames =
  /^(twilio[-_]?)?(auth[-_]?token|token|secret|password|api[-_]?(key|secret)|shared[-_]?key[-_]?secret)$/i

/**
 * Checks the words as they were typed, before the parser sees them. The messages name flags, but
 * never values or stray words: those may be secrets.
 *
 * @throws UsageError for an unknown flag, a missing value, or too many words
 */
export function checkFlags(words: readonly string[], command: Command, name: string): void {
  const names = [...Object.keys(command.flags), 'help']
  let stray = 0
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (!word.startsWith('-') || word === '-') {
      stray++
      continue
    }
    const [typed = '', value] = splitAtEquals(word)
    refuseSecret(typed, name)
    if (!typed.startsWith('--') || !names.includes(typed.slice(2)))
      throw new UsageError(
        `Unknown flag ${showFlag(typed)} of tollgate ${name}.${didYouMean(typed.replace(/^-+/, ''), names, '--')}`,
      )
    if (checkValue(typed.slice(2), value, words[i + 1], command.flags)) i++
  }
  const most = command.words === '' ? 0 : 1
  if (stray > most)
    throw new UsageError(
      `tollgate ${name} takes ${most === 0 ? 'no arguments' : `one argument, ${command.words},`} besides its flags, but got ${stray}. Is a value missing its quotes?`,
    )
}

/** Returns true if the next word is the flag's value. */
function checkValue(name: string, value: string | undefined, next: string | undefined, flags: Flags): boolean {
  const flag = flags[name]
  if (flag === undefined || flag.type === 'switch') {
    if (value !== undefined) throw new UsageError(`--${name} takes no value.`)
    return false
  }
  if (value !== undefined) return false
  if (next === undefined || (next.startsWith('-') && next !== '-'))
    throw new UsageError(`--${name} needs a value: --${name} ${placeholderOf(flag)}.`)
  return true
}

function refuseSecret(typed: string, command: string): void {
  if (!secretNames.test(typed.replace(/^-+/, ''))) return
  const instead =
    command === 'completion' ? '' : ' Set TWILIO_AUTH_TOKEN, or use --auth-token-file FILE or --auth-token-stdin.'
  throw new UsageError(
    `${showFlag(typed)} is refused: other users can see a secret in an argument, and the shell keeps it in its history.${instead}`,
  )
}

function splitAtEquals(word: string): [string, string?] {
  const at = word.indexOf('=')
  return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)]
}

/** Returns the flag as typed. Text that cannot be a flag's name may be a value, so it is cut. */
function showFlag(typed: string): string {
  return /^--?[a-zA-Z][a-zA-Z0-9_-]{0,30}$/.test(typed) ? typed : `${typed.slice(0, 2)}…`
}
