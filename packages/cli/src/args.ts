import { parseArgs } from 'node:util'
import { type Command, placeholderOf } from './commands/command.ts'
import { UsageError } from './exit.ts'
import { didYouMean } from './nearest.ts'

/** The parsed flags of one call. Values stay strings, so that no text is read as a number. */
export class Args {
  readonly #values: ReadonlyMap<string, readonly string[]>

  /** @param values The values of each given flag: none for a switch. The argument is `word`. */
  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values
  }

  /** Returns true if the flag is given. */
  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** @throws UsageError if the flag is given more than once */
  text(name: string): string | undefined {
    const values = this.list(name)
    if (values.length > 1) throw new UsageError(`--${name} is given ${values.length} times; it takes one value.`)
    return values[0]
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** Splits each NAME=VALUE, in the order given. */
  pairs(name: string): [name: string, value: string][] {
    return this.list(name).map((text) => {
      const at = text.indexOf('=')
      // The message leaves the text out: it may be a secret in the wrong place.
      if (at < 1) throw new UsageError(`--${name} needs NAME=VALUE.`)
      return [text.slice(0, at), text.slice(at + 1)]
    })
  }

  integer(name: string, least: number, most: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most))
      throw new UsageError(`--${name} needs a whole number from ${least} to ${most.toLocaleString('en-US')}.`)
    return value
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const chosen = choices.find((choice) => choice === text)
    if (chosen === undefined) throw new UsageError(`--${name} needs one of: ${choices.join(', ')}.`)
    return chosen
  }

  /**
   * Returns the name of the given flag.
   * @throws UsageError if more than one of these flags is given
   */
  only(names: readonly string[]): string | undefined {
    const given = names.filter((name) => this.has(name))
    if (given.length > 1) throw new UsageError(`--${given.join(' and --')} cannot be used together.`)
    return given[0]
  }
}

/**
 * Parses the words after the command's name. The messages name flags, but never values or stray
 * words: those may be secrets.
 * @param name the command's name, for messages
 * @throws UsageError for an unknown flag, a missing value, or too many words
 */
export function parseWords(words: readonly string[], command: Command, name: string): Args {
  const options = Object.entries(command.flags).map(([flag, { type }]) => [
    flag,
    { type: type === 'switch' ? 'boolean' : 'string' } as const,
  ])
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(options),
    // Its own messages would show values.
    strict: false,
    tokens: true,
  })
  const values = new Map<string, string[]>()
  const add = (flag: string, value?: string) =>
    values.set(flag, [...(values.get(flag) ?? []), ...(value === undefined ? [] : [value])])
  for (const token of tokens) {
    if (token.kind === 'positional') add('word', token.value)
    else if (token.kind === 'option' && Object.hasOwn(command.flags, token.name) && token.rawName.startsWith('--'))
      add(token.name, readValue(token, command))
    else refuseUnknown(words[token.index] ?? '', command, name)
  }
  const stray = values.get('word')?.length ?? 0
  const most = command.words === '' ? 0 : 1
  if (stray > most)
    throw new UsageError(
      `tollgate ${name} takes ${most === 0 ? 'no arguments' : `one argument, ${command.words},`} besides its flags, but got ${stray}. Is a value missing its quotes?`,
    )
  return new Args(values)
}

interface OptionToken {
  readonly name: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function readValue({ name, value, inlineValue }: OptionToken, { flags }: Command): string | undefined {
  const flag = flags[name]
  if (flag === undefined || flag.type === 'switch') {
    if (value !== undefined) throw new UsageError(`--${name} takes no value.`)
    return undefined
  }
  if (value === undefined || (inlineValue !== true && value.startsWith('-') && value !== '-'))
    throw new UsageError(`--${name} needs a value: --${name} ${placeholderOf(flag)}.`)
  return value
}

// Names that a flag for a secret might have. Every user of the machine can see arguments, and the
// shell keeps them in its history.
const secretNames =
  /^(twilio[-_]?)?(auth[-_]?token|token|secret|password|api[-_]?(key|secret)|shared[-_]?key[-_]?secret)$/i

function refuseUnknown(word: string, { flags }: Command, name: string): never {
  const [typed = ''] = word.split('=', 1)
  const bare = typed.replace(/^-+/, '')
  if (secretNames.test(bare)) {
    const instead =
      name === 'completion' ? '' : ' Set TWILIO_AUTH_TOKEN, or use --auth-token-file FILE or --auth-token-stdin.'
    throw new UsageError(
      `${showFlag(typed)} is refused: other users can see a secret in an argument, and the shell keeps it in its history.${instead}`,
    )
  }
  const near = didYouMean(bare, [...Object.keys(flags), 'help'], '--')
  throw new UsageError(`Unknown flag ${showFlag(typed)} of tollgate ${name}.${near}`)
}

/** Returns the flag as typed. Text that cannot be a flag's name may be a value, so it is cut. */
function showFlag(typed: string): string {
  return /^--?([a-zA-Z][a-zA-Z0-9_-]{0,30})?$/.test(typed) ? typed : `${typed.slice(0, 2)}…`
}
