import type { Commands, CommandTexts } from './commands/command.ts'

/** The flag that the shells' scripts call, with the words typed so far. */
export const completionKey = '--complete'

export interface Candidate {
  readonly name: string
  readonly meaning?: string
}

export function listCommands(commands: Commands): Candidate[] {
  const rows = Object.entries(commands).map(([name, { describe }]) => ({ name, meaning: describe }))
  return [...rows, { name: 'help', meaning: 'Show the help of a command' }, { name: '--help' }, { name: '--version' }]
}

/**
 * Lists what may follow each text: `''` for the first word, `send` for its argument, `send -` for
 * its flags, and `send --to` for the value of a flag. The list is empty if any value may follow.
 */
export async function listAllCandidates(commands: Commands): Promise<Map<string, readonly string[]>> {
  const all = new Map<string, readonly string[]>([['', listCommands(commands).map(({ name }) => name)]])
  all.set('help', Object.keys(commands))
  for (const [name, { load }] of Object.entries(commands)) {
    const { command } = await load()
    all.set(name, command.wordChoices ?? [])
    all.set(
      `${name} -`,
      listWords(command, '-', undefined).map((candidate) => candidate.name),
    )
    for (const [flag, { type, choices }] of Object.entries(command.flags))
      if (type !== 'switch') all.set(`${name} --${flag}`, choices ?? [])
  }
  return all
}

export function listWords(command: CommandTexts, current: string, before: string | undefined): Candidate[] {
  const flag = before?.startsWith('--') ? command.flags[before.slice(2)] : undefined
  // For any other value of a flag, the shell completes file names.
  if (flag !== undefined && flag.type !== 'switch') return (flag.choices ?? []).map((name) => ({ name }))
  if (!current.startsWith('-')) return (command.wordChoices ?? []).map((name) => ({ name }))
  const flags = Object.entries(command.flags).map(([name, { describe }]) => ({ name: `--${name}`, meaning: describe }))
  return [...flags, { name: '--help', meaning: 'Show the help' }]
}
