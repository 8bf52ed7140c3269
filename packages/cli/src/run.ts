import manifest from '../package.json' with { type: 'json' }
import { Args } from './args.ts'
import { checkFlags } from './check-flags.ts'
import type { Command } from './commands/command.ts'
import { commands } from './commands/table.ts'
import { complete, completionKey } from './complete.ts'
import { EXIT, UnreachableError, UsageError } from './exit.ts'
import { formatCommandHelp, formatHelp } from './help.ts'
import { colorsFor, type Io, print, printJson, tell } from './io.ts'
import { didYouMean } from './nearest.ts'
import { addFlags, createParser } from './parser.ts'

/**
 * Runs one call of `tollgate`; resolves with its exit code and never rejects.
 * @param argv the words after the program's name
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io)
  } catch (error) {
    return fail(error, argv, io)
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const completing = argv.indexOf(completionKey)
  if (completing !== -1) {
    await complete(argv.slice(completing + 1), io)
    return EXIT.ok
  }
  const [name, ...words] = argv
  if (name === '--version') return show(io, manifest.version)
  if (name === '--help' || name === '-h' || name === 'help') return show(io, await formatHelp(io))
  if (name === undefined) {
    tell(io, await formatHelp(io))
    return EXIT.usage
  }
  const row = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (row === undefined) throw new UsageError(describeUnknown(name))
  const { command } = await row.load()
  if (words.includes('--help') || words.includes('-h')) return show(io, await formatCommandHelp(name, command, io))
  checkFlags(words, command, name)
  return await command.run(parse(words, command, io), io)
}

function show(io: Io, text: string): number {
  print(io, text)
  return EXIT.ok
}

function describeUnknown(name: string): string {
  if (name.startsWith('-')) return 'The command comes first, then its flags: tollgate <command> [flags].'
  const known = Object.keys(commands)
  // A long word may be anything, a secret pasted in the wrong place too.
  const shown = /^[a-z-]{1,16}$/i.test(name) ? ` "${name}"` : ''
  return `There is no command${shown}.${didYouMean(name.toLowerCase(), known) || ` There are: ${known.join(', ')}.`}`
}

function parse(words: readonly string[], command: Command, io: Io): Args {
  const { _: rest, $0: _name, ...flags } = addFlags(createParser(words, io), command).parseSync()
  return new Args(rest[0] === undefined ? flags : { ...flags, word: String(rest[0]) })
}

/** A message, and with `--json` a document too: whoever parses standard output always finds one. */
function fail(error: unknown, argv: readonly string[], io: Io): number {
  const [kind, code] =
    error instanceof UsageError
      ? (['usage', EXIT.usage] as const)
      : error instanceof UnreachableError
        ? (['unreachable', EXIT.unreachable] as const)
        : (['internal', EXIT.notGenuine] as const)
  const message = error instanceof Error ? error.message : String(error)
  const colors = colorsFor(io.stderr, io.env)
  tell(io, `${colors.red('tollgate:')} ${kind === 'internal' ? `a fault of its own: ${message}` : message}`)
  if (kind === 'usage' && Object.hasOwn(commands, argv[0] ?? '')) tell(io, `See: tollgate ${argv[0]} --help`)
  if (argv.includes('--json')) printJson(io, { error: kind, message })
  return code
}
