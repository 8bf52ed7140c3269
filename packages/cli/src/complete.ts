import type { Command } from './commands/command.ts'
import { commands } from './commands/table.ts'
import { type Io, print } from './io.ts'

/** The flag that the shell scripts of yargs call. */
export const completionKey = '--get-yargs-completions'

/**
 * Prints the completions of the last word. It never fails: the shell would show the error.
 * @param words the words typed so far; the first one is the program's name
 */
export async function complete(words: readonly string[], io: Io): Promise<void> {
  const current = words.at(-1) ?? ''
  const withMeaning = io.env.SHELL?.endsWith('zsh') === true || io.env.ZSH_NAME !== undefined
  for (const { name, meaning } of await listCandidates(words.slice(1)).catch(() => [])) {
    if (!name.startsWith(current)) continue
    // zsh separates a word from its description with a colon.
    print(io, withMeaning && meaning !== undefined ? `${name.replaceAll(':', '\\:')}:${meaning}` : name)
  }
}

interface Candidate {
  readonly name: string
  readonly meaning?: string
}

async function listCandidates(words: readonly string[]): Promise<readonly Candidate[]> {
  const [name = '', ...rest] = words
  if (rest.length === 0) return listCommands()
  const command = Object.hasOwn(commands, name) ? (await commands[name]?.load())?.command : undefined
  return command === undefined ? [] : listWords(command, rest.at(-1) ?? '', rest.at(-2))
}

function listCommands(): Candidate[] {
  const rows = Object.entries(commands).map(([name, { describe }]) => ({ name, meaning: describe }))
  return [...rows, { name: '--help' }, { name: '--version' }]
}

function listWords(command: Command, current: string, before: string | undefined): Candidate[] {
  const flag = before?.startsWith('--') ? command.flags[before.slice(2)] : undefined
  // For any other value of a flag, the shell completes file names.
  if (flag !== undefined && flag.type !== 'switch') return (flag.choices ?? []).map((name) => ({ name }))
  if (!current.startsWith('-')) return (command.wordChoices ?? []).map((name) => ({ name }))
  const flags = Object.entries(command.flags).map(([name, { describe }]) => ({ name: `--${name}`, meaning: describe }))
  return [...flags, { name: '--help', meaning: 'Show the help' }]
}
