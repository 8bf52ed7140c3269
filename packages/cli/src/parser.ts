import yargs, { type Argv, type Options } from 'yargs'
import type { Command, Flag } from './commands/command.ts'
import type { Io } from './io.ts'

export function createParser(words: readonly string[], io: Io): Argv {
  return yargs([...words])
    .scriptName('tollgate')
    .locale('en')
    .help(false)
    .version(false)
    .exitProcess(false)
    .wrap(Math.min(io.stdout.columns ?? 100, 100))
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'boolean-negation': false,
      'camel-case-expansion': false,
      'greedy-arrays': false,
      'short-option-groups': false,
      'strip-aliased': true,
    })
}

export function addFlags(parser: Argv, command: Command): Argv {
  for (const [name, flag] of Object.entries(command.flags)) parser.option(name, toOption(flag))
  return parser.option('help', { type: 'boolean', describe: 'Show this help' })
}

/** Adds the flags as the help shows them: each name with the placeholder of its value. */
export function addFlagsForHelp(parser: Argv, { flags }: Command): Argv {
  for (const [name, flag] of Object.entries(flags)) {
    const value = placeholderOf(flag)
    parser.option(value === undefined ? name : `${name} ${value}`, toOption(flag))
  }
  return parser.option('help', { type: 'boolean', describe: 'Show this help' })
}

export function placeholderOf(flag: Flag): string | undefined {
  return flag.type === 'switch' ? undefined : (flag.value ?? flag.choices?.join('|') ?? 'VALUE')
}

function toOption(flag: Flag): Options {
  return {
    describe: flag.describe,
    ...(flag.type === 'switch' && { type: 'boolean' }),
    ...(flag.type === 'text' && { type: 'string', nargs: 1 }),
    ...(flag.type === 'list' && { type: 'string', array: true, nargs: 1 }),
    ...(flag.group !== undefined && { group: flag.group }),
  }
}
