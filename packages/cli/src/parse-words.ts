import { parseArgs } from 'node:util'
import { Args } from './args.ts'
import { type CommandTexts, placeholderOf } from './commands/command.ts'
import { UsageError } from './exit.ts'
import { didYouMean } from './nearest.ts'

/**
 * Parses the words after the command's name. The messages name flags, but never values or stray
 * words: those may be secrets.
 * @param name the command's name, for messages
 * @returns what comes after `--` as the list `--`. `undefined` if the words ask for the help
 * @throws UsageError for an unknown flag, a missing value, or too many words
 */
export function parseWords(words: readonly string[], command: CommandTexts, name: string): Args | undefined {
  const options = Object.entries(command.flags).map(([flag, { type }]) => [
    flag,
    { type: type === 'switch' ? 'boolean' : 'string' } as const,
  ])
  const end = command.rest === undefined ? -1 : words.indexOf('--')
  const { tokens } = parseArgs({
    args: (end < 0 ? words : words.slice(0, end)).map((word, at) => (isAlone(words, at, command) ? `${word}=` : word)),
    options: Object.fromEntries(options),
    // Its own messages would show values.
    strict: false,
    tokens: true,
  })
  // Only a word that is no flag's value asks: a script may pass a signature that a stranger sent.
  if (tokens.some(({ kind, index }) => kind === 'option' && helpWords.includes(words[index] ?? ''))) return undefined
  const values = new Map<string, string[]>()
  const add = (flag: string, value?: string) =>
    values.set(flag, [...(values.get(flag) ?? []), ...(value === undefined ? [] : [value])])
  for (const token of tokens) {
    if (token.kind === 'positional') add('word', token.value)
    else if (token.kind === 'option' && isKnown(token.name, command) && token.rawName.startsWith('--'))
      add(token.name, readValue(token, command))
    else refuseUnknown(words[token.index] ?? '', command, name)
  }
  if (end >= 0) values.set('--', words.slice(end + 1))
  const stray = values.get('word')?.length ?? 0
  const most = command.words === '' ? 0 : 1
  if (stray > most)
    throw new UsageError(
      `tollgate ${name} takes ${most === 0 ? 'no arguments' : `one argument, ${command.words},`} besides its flags, but got ${stray}. Is a value missing its quotes?`,
    )
  return new Args(values)
}

/** A flag whose value may be left out has none if another flag follows, or nothing. */
function isAlone(words: readonly string[], at: number, { flags }: CommandTexts): boolean {
  const flag = words[at]?.startsWith('--') ? flags[words[at].slice(2)] : undefined
  return flag?.type === 'optional' && !/^[^-]/.test(words[at + 1] ?? '')
}

export const helpWords: readonly string[] = ['--help', '-h']

function isKnown(name: string, { flags }: CommandTexts): boolean {
  return name === 'help' || Object.hasOwn(flags, name)
}

interface OptionToken {
  readonly name: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function readValue({ name, value, inlineValue }: OptionToken, { flags }: CommandTexts): string | undefined {
  const flag = flags[name]
  if (flag === undefined || flag.type === 'switch') {
    if (value !== undefined) throw new UsageError(`--${name} takes no value.`)
    return undefined
  }
  if (flag.type === 'optional' && value === '') return undefined
  if (value === undefined || (inlineValue !== true && value.startsWith('-') && value !== '-'))
    throw new UsageError(`--${name} needs a value: --${name} ${placeholderOf(flag)}.`)
  return value
}

// Names that a flag for a secret might have. Every user of the machine can see arguments, and the
// shell keeps them in its history.
const secretNames =
  /^(twilio[-_]?)?(auth[-_]?token|token|secret|password|api[-_]?(key|secret)|shared[-_]?key[-_]?secret)$/i

/** The flags that people mean by a name that other commands or tools have. */
const otherNames: Readonly<Record<string, readonly string[]>> = Object.assign(Object.create(null), {
  url: ['to', 'upstream'],
  port: ['listen'],
})

function refuseUnknown(word: string, { flags, removed = {} }: CommandTexts, name: string): never {
  const [typed = ''] = word.split('=', 1)
  const bare = typed.replace(/^-+/, '')
  if (Object.hasOwn(removed, bare)) throw new UsageError(`--${bare} is gone: ${removed[bare]}.`)
  if (secretNames.test(bare)) {
    throw new UsageError(
      `${showFlag(typed)} is refused: other users can see a secret in an argument, and the shell keeps it in its history. Set TWILIO_AUTH_TOKEN, or use --auth-token-file FILE.`,
    )
  }
  if (bare === 'env-file' && Object.hasOwn(flags, 'dotenv'))
    throw new UsageError(
      '--env-file is now --dotenv: Node.js takes --env-file for itself, and runs what the file says.',
    )
  const near = otherNames[bare]?.find((flag) => Object.hasOwn(flags, flag)) ?? bare
  const hint = didYouMean(near, [...Object.keys(flags), 'help'], '--')
  throw new UsageError(`Unknown flag ${showFlag(typed)} of tollgate ${name}.${hint}`)
}

/** Returns the flag as typed. Text that cannot be a flag's name may be a value, so it is cut. */
function showFlag(typed: string): string {
  return /^--?([a-zA-Z][a-zA-Z0-9_-]{0,30})?$/.test(typed) ? typed : `${typed.slice(0, 2)}…`
}
