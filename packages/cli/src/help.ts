import type { Command } from './commands/command.ts'
import { commands } from './commands/table.ts'
import type { Io } from './io.ts'
import { addFlagsForHelp, createParser } from './parser.ts'

export async function formatCommandHelp(name: string, command: Command, io: Io): Promise<string> {
  const parser = addFlagsForHelp(createParser([], io), command)
  const words = command.words === '' ? '' : ` ${command.words}`
  parser.usage(`tollgate ${name}${words} [flags]\n\n${commands[name]?.describe ?? ''}.`)
  return [tidy(await parser.getHelp()), formatExamples(command.examples), command.epilogue, exitCodes]
    .filter((part) => part !== undefined)
    .join('\n\n')
}

export async function formatHelp(io: Io): Promise<string> {
  const parser = createParser([], io).usage('tollgate <command> [flags]\n\nProves that webhooks were sent by Twilio.')
  for (const [name, row] of Object.entries(commands)) parser.command(name, row.describe)
  parser.command('help', 'Show the help of a command: tollgate help <command>')
  parser.option('version', { alias: 'v', type: 'boolean', describe: 'Show the version' })
  parser.option('help', { type: 'boolean', describe: 'Show this help, or the help of a command' })
  const examples = formatExamples([
    ['tollgate send message.inbound --to http://127.0.0.1:3000/sms', 'send your server a signed message'],
    ['tollgate diagnose', 'paste a curl command to find out why it fails'],
  ])
  const help = tidy(await parser.getHelp())
  return [help, examples, 'For more about a command: tollgate help <command>', exitCodes].join('\n\n')
}

const exitCodes = 'Exit codes: 0 genuine or done, 1 not genuine, 2 wrong usage, 3 unreachable.'

/** Prints each example on its own line, to be copied: columns would break the lines. */
function formatExamples(examples: Command['examples']): string {
  return ['Examples:', ...examples.flatMap(([line, meaning]) => [`  # ${meaning}`, `  ${line}`])].join('\n')
}

/**
 * Removes yargs's type notes, because the placeholders already show the types, and the line that a
 * note had for itself.
 */
function tidy(help: string): string {
  return help
    .replace(/ +\[(string|array|boolean)\]/g, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n\n {2}--/g, '\n  --')
}
