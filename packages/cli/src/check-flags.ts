import type { Command, Flags } from './commands/command.ts'
import { UsageError } from './exit.ts'
import { didYouMean } from './nearest.ts'

// Whatever a secret might be called: arguments are seen by every user of the machine and stay in the shell's history.
const secretNames =
  /^(twilio[-_]?)?(auth[-_]?token|token|secret|password|api[-_]?(key|secret)|shared[-_]?key[-_]?secret)$/i

/**
 * Goes through the words as they were typed, before anything is parsed: what is unknown, or lacks its value, is told by name.
 * Values and stray words are never shown, for they may be secrets.
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
      `tollgate ${name} takes ${most === 0 ? 'no words' : `one word, ${command.words},`} besides its flags; there are ${stray}. Is a value without its quotes?`,
    )
}

/** Whether the next word is the value. */
function checkValue(name: string, value: string | undefined, next: string | undefined, flags: Flags): boolean {
  const flag = flags[name]
  if (flag === undefined || flag.type === 'switch') {
    if (value !== undefined) throw new UsageError(`--${name} takes no value.`)
    return false
  }
  if (value !== undefined) return false
  if (next === undefined || (next.startsWith('-') && next !== '-'))
    throw new UsageError(`--${name} needs a value: --${name} ${flag.value ?? 'VALUE'}.`)
  return true
}

function refuseSecret(typed: string, command: string): void {
  if (!secretNames.test(typed.replace(/^-+/, ''))) return
  const instead =
    command === 'completion' ? '' : ' Set TWILIO_AUTH_TOKEN, or give --auth-token-file FILE or --auth-token-stdin.'
  throw new UsageError(
    `${showFlag(typed)} is refused: a secret in an argument is seen by others and stays in the history of the shell.${instead}`,
  )
}

function splitAtEquals(word: string): [string, string?] {
  const at = word.indexOf('=')
  return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)]
}

/** A flag's name as typed; something that no flag is named like may be a value, and is cut. */
function showFlag(typed: string): string {
  return /^--?[a-zA-Z][a-zA-Z0-9_-]{0,30}$/.test(typed) ? typed : `${typed.slice(0, 2)}…`
}
