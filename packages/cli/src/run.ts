import manifest from '../package.json' with { type: 'json' }
import { aliases, commands } from './commands/table.ts'
import { readDotenv } from './dotenv.ts'
import { EXIT, UnreachableError, UsageError } from './exit.ts'
import { formatCommandHelp, formatHelp } from './help.ts'
import type { Io } from './io.ts'
import { didYouMean } from './nearest.ts'
import { helpWords, parseWords } from './parse-words.ts'
import { readTexts } from './texts.ts'

/**
 * Runs the command line once, as `tollgate` does.
 *
 * @param argv the arguments after the program's name, such as `['verify', '--json']`
 * @param io the streams and environment to use. Secrets come from here, never from `argv`.
 * @returns the exit code; see {@link EXIT}. The promise never rejects.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io)
  } catch (error) {
    return await fail(error, argv, io)
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  // `tollgate help send` is `tollgate send --help`.
  const [typed, ...words] = argv[0] === 'help' && argv.length > 1 ? [...argv.slice(1, 2), '--help'] : argv
  const name = typed !== undefined && Object.hasOwn(aliases, typed) ? aliases[typed] : typed
  if (name === '--version' || name === '-v') return show(io.stdout, manifest.version)
  if (name === '--help' || name === '-h' || name === 'help') return show(io.stdout, formatHelp(io))
  if (name === undefined) {
    show(io.stderr, formatHelp(io))
    return EXIT.usage
  }
  const row = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (row === undefined) throw new UsageError(describeUnknown(name))
  const mayAsk = words.some((word) => helpWords.includes(word))
  const texts = (mayAsk ? await readTexts(name) : undefined) ?? (await row.load()).command
  const args = parseWords(words, texts, name)
  if (args === undefined) return show(io.stdout, formatCommandHelp(name, texts, io))
  const { command } = await row.load()
  return await command.run(args, await readDotenv(args, io))
}

/**
 * Writes a text that has only words of ours, so it needs no filter: to load the filter takes longer
 * than all else.
 */
function show(stream: Io['stdout'], text: string): number {
  stream.write(`${text}\n`)
  return EXIT.ok
}

function describeUnknown(name: string): string {
  if (name.startsWith('-')) return 'Put the command first, then its flags: tollgate <command> [flags].'
  const known = Object.keys(commands)
  // A long word may be a secret that was pasted in the wrong place.
  const shown = /^[a-z-]{1,16}$/i.test(name) ? ` "${name}"` : ''
  return `Unknown command${shown}.${didYouMean(name.toLowerCase(), known) || ` Commands: ${known.join(', ')}.`}`
}

/** Prints the error, and with `--json` also as a document: a script always finds one to parse. */
async function fail(error: unknown, argv: readonly string[], io: Io): Promise<number> {
  const { colorsFor, printJson, tell } = await import('./io.ts')
  const [kind, code] =
    error instanceof UsageError
      ? (['usage', EXIT.usage] as const)
      : error instanceof UnreachableError
        ? (['unreachable', EXIT.unreachable] as const)
        : (['internal', EXIT.notGenuine] as const)
  const message = error instanceof Error ? error.message : String(error)
  const colors = colorsFor(io.stderr, io.env)
  tell(io, `${colors.red('tollgate:')} ${kind === 'internal' ? `internal error: ${message}` : message}`)
  if (kind === 'usage' && Object.hasOwn(commands, argv[0] ?? '')) tell(io, `See: tollgate ${argv[0]} --help`)
  if (argv.includes('--json')) printJson(io, { error: kind, message })
  return code
}
