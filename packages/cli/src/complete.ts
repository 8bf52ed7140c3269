import type { Argv } from 'yargs'
import type { Command } from './commands/command.ts'
import { commands } from './commands/table.ts'
import type { Io } from './io.ts'
import { print } from './io.ts'
import { addFlags, createParser } from './parser.ts'

/** What the shells' scripts call. */
export const completionKey = '--get-yargs-completions'

/** Answers a shell: the words that may follow. Never an error, for it would be printed into someone's prompt. */
export async function complete(words: readonly string[], io: Io): Promise<void> {
  try {
    for (const candidate of await listCandidates(words, io)) print(io, candidate)
  } catch {
    // No candidates, then.
  }
}

async function listCandidates(words: readonly string[], io: Io): Promise<readonly string[]> {
  const name = words.find((word) => Object.hasOwn(commands, word))
  const command = name === undefined ? undefined : (await commands[name]?.load())?.command
  const current = words.at(-1) ?? ''
  const before = words.at(-2) ?? ''
  const choices = command?.flags[before.replace(/^--/, '')]?.choices
  if (choices !== undefined && before.startsWith('--')) return choices.filter((choice) => choice.startsWith(current))
  const wordChoices = current.startsWith('-') || current === name ? [] : (command?.wordChoices ?? [])
  const offered = await createCompletionParser(io, name, command).getCompletion([...words])
  return [...wordChoices.filter((choice) => choice.startsWith(current)), ...offered]
}

function createCompletionParser(io: Io, name: string | undefined, command: Command | undefined): Argv {
  const parser = createParser([], io)
    .completion('completion', false)
    .option('help', { type: 'boolean', describe: 'Show help' })
  for (const [each, row] of Object.entries(commands))
    parser.command(each, row.describe, (inner) =>
      each === name && command !== undefined ? addFlags(inner, command) : inner,
    )
  return parser
}
