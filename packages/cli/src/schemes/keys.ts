import { type AnyScheme, guessScheme, type RecordedRequest, schemes } from 'tollgate/internal'
import type { Args } from '../args.ts'
import { type Flag, type Flags, inGroup, takeList, takeText } from '../commands/command.ts'
import { UsageError } from '../exit.ts'
import type { Io } from '../io.ts'
import { readText } from '../read-text.ts'

/** The schemes after the first, which has flags and keys of its own. */
export const otherSchemes: readonly AnyScheme[] = schemes.slice(1)

export const otherKinds: readonly string[] = otherSchemes.flatMap(({ kinds }) => kinds)

/** Returns the scheme that makes a kind of webhook. `undefined` for the first scheme's kinds. */
export function findByKind(kind: string | undefined): AnyScheme | undefined {
  return otherSchemes.find(({ kinds }) => kinds.some((one) => one === kind))
}

/** Flags of commands that check requests of these schemes. */
export const keyFlags: Flags = Object.assign(
  {},
  ...otherSchemes.map((scheme) =>
    inGroup(`For a request of ${scheme.title} (or ${scheme.keys.variable}):`, listFlags(scheme)),
  ),
)

/** The same for `diagnose`: one flag for each scheme. */
export const oneKeyFlags: Flags = Object.fromEntries(
  otherSchemes.flatMap((scheme) =>
    Object.entries(listFlags(scheme))
      .slice(0, 1)
      .map(([name, flag]) => [name, { ...flag, describe: `${flag.describe}; default: ${scheme.keys.variable}` }]),
  ),
)

function listFlags({ title, keys: { flag, words, isSecret } }: AnyScheme): Flags {
  const text: Flag = takeList('TEXT', `The ${words} that ${title} shows; repeatable`)
  const file: Flag = takeList('FILE', `Read a ${words} from a file; repeatable`)
  // Other users of the machine see arguments.
  return { ...(isSecret ? {} : { [flag]: text }), [`${flag}-file`]: file }
}

/** Flags of commands that sign as these schemes do. */
export const signingFlags: Flags = Object.assign(
  {},
  ...otherSchemes.map((scheme) =>
    inGroup(`For ${scheme.kinds.join(', ')}:`, {
      [nameSigningFlag(scheme)]: takeText('FILE', describeSigning(scheme)),
    }),
  ),
)

export function nameSigningFlag({ keys, signingKey }: AnyScheme): string {
  return signingKey?.flag ?? `${keys.flag}-file`
}

function describeSigning({ keys, signingKey }: AnyScheme): string {
  if (signingKey === undefined) return `Sign with this ${keys.words}; default: ${keys.variable}`
  return `Sign with this ${signingKey.words}; default: a new one, whose ${keys.words} is printed`
}

/**
 * Returns the keys of the flags, or else of the environment.
 * @throws UsageError if no key is given
 */
export async function requireKeys({ title, keys }: AnyScheme, args: Args, io: Io): Promise<readonly string[]> {
  const { flag, variable, words, isSecret } = keys
  const fromFile = `--${flag}-file`
  const files = args.list(`${flag}-file`)
  const read = await Promise.all(files.map((path) => readText(io, path, fromFile, { secret: isSecret })))
  const given = [...(isSecret ? [] : args.list(flag)), ...read]
  const own = io.env[variable]
  if (given.length > 0) return given
  if (own) return [own]
  throw new UsageError(
    `There is no ${words} of ${title}: set ${variable}, or use ${isSecret ? `${fromFile} FILE` : `--${flag} TEXT`}.`,
  )
}

/** Says whether a key of one of these schemes is given, without reading its file. */
export function hasKey(args: Args, io: Io): boolean {
  return otherSchemes.some((scheme) => hasFlag(scheme, args) || Boolean(io.env[scheme.keys.variable]))
}

function hasFlag({ keys: { flag } }: AnyScheme, args: Args): boolean {
  return args.has(flag) || args.has(`${flag}-file`)
}

/** Returns the scheme whose keys the flags give. `undefined` for the first. */
export function findByFlags(args: Args): AnyScheme | undefined {
  return otherSchemes.find((scheme) => hasFlag(scheme, args))
}

/** Returns the scheme whose keys the flags give, or else that of the request. `undefined` for the first. */
export function findSigner({ headers }: RecordedRequest, args: Args): AnyScheme | undefined {
  const scheme = findByFlags(args) ?? guessScheme(headers)
  return otherSchemes.find((one) => one === scheme)
}
