import { checkNames, type OptionRow, pickOptions, readOption } from '../../checks/options.ts'
import type { Verifier } from '../../index.ts'
import { verifierOptions as verifierTable } from '../../schemes/twilio/options.ts'
import { createPathFilter, type Mounting, type PathFilter } from '../../verify/paths.ts'
import { readTarget } from '../../verify/public-url.ts'
import { type GuardOptions, type OptionsSource, resolveOptions, sharedVerifierOptions } from './guard.ts'

/** The option of middleware that may see requests of other senders than Twilio. */
export interface PathOptions {
  // For many.
  /**
   * The paths to guard (Express, Fastify, Koa, Hono, h3, `ws`). A string guards that path and
   * everything below it. A RegExp guards the paths that it matches, in any letter case. Encoded and
   * unusual spellings of a guarded path are guarded too, and so is every path that has a `..` or
   * white space, that cannot be decoded, or that does not begin with a slash, and every request
   * whose Host moves the path of its URL. In h3 1, which mounts handlers by text, a string guards
   * every path that begins with it. Default: every request that reaches the middleware.
   */
  readonly paths?: string | RegExp | readonly (string | RegExp)[] | undefined
}

/** The option of `PathOptions`. */
export const pathOptions = { paths: { type: 'other' } } as const

/** The option `paths`, taken apart from the verifier's options. */
interface PathGuard<Env> {
  /** The options without `paths`. */
  readonly verifierOptions: OptionsSource<GuardOptions, Env>
  /**
   * Returns true if a request must be verified. Never throws.
   * @param address The result of `findTarget` or `findAddress`. One that cannot be read is guarded.
   * @param listUrls Lists all other URLs, targets and paths that the router reads, also those below
   *   a mount. Called only if there are `paths`, because some frameworks search for these.
   * @param mounting How the router mounts handlers. Default `'segments'`.
   */
  guards(address: string, listUrls: ListUrls, env: Env, mounting?: Mounting): boolean
}

type ListUrls = () => readonly (string | undefined)[]

type Options = GuardOptions & PathOptions

/**
 * Splits the options of middleware into `paths` and the verifier's options.
 * @param beside The adapter's other options, which the verifier does not know.
 * @throws TypeError if `paths` is wrong. Options from a function are checked at the first request.
 */
export function createPathGuard<Env = void>(
  source: OptionsSource<Options, Env>,
  beside: Readonly<Record<string, OptionRow>> = {},
): PathGuard<Env> {
  const known = { ...verifierTable, ...sharedVerifierOptions, ...pathOptions, ...beside }
  if (typeof source !== 'function') {
    const { verifierOptions, filter } = splitOptions(resolveOptions(source), known)
    return {
      verifierOptions,
      guards: (address, listUrls, _env, mounting) => isGuarded(filter, address, listUrls, mounting),
    }
  }
  let split: SplitOptions | undefined
  const splitOnce = (env: Env): SplitOptions => {
    split ??= splitOptions(resolveOptions(source, env), known)
    return split
  }
  return {
    verifierOptions: (env) => splitOnce(env).verifierOptions,
    guards(address, listUrls, env, mounting) {
      try {
        return isGuarded(splitOnce(env).filter, address, listUrls, mounting)
      } catch {
        return true // The guard meets the same mistake, logs it and answers 500.
      }
    },
  }
}

function isGuarded(
  filter: PathFilter | undefined,
  address: string,
  listUrls: ListUrls,
  mounting: Mounting | undefined,
): boolean {
  return filter === undefined || filter([address, ...listUrls()], mounting) || readTarget(address) === undefined
}

/**
 * Removes the first segments of a path, with any number of slashes before each.
 * @returns the rest of the path, or the whole path if it has fewer segments
 */
export function dropSegments(path: string, count: number): string {
  const segment = /\/+[^/?#]+/y
  for (let dropped = 0; dropped < count; dropped++) if (!segment.test(path)) return path
  return path.slice(segment.lastIndex)
}

interface SplitOptions {
  readonly verifierOptions: GuardOptions
  /** `undefined` without `paths`. */
  readonly filter: PathFilter | undefined
}

function splitOptions(options: Options, known: Readonly<Record<string, OptionRow>>): SplitOptions {
  checkNames(options, known, 'the adapter')
  const { paths: _, ...verifierOptions } = options
  const own: PathOptions = options
  const { paths } = pickOptions(own, pathOptions)
  const filter = paths === undefined ? undefined : createPathFilter(paths, findPublicUrl(verifierOptions))
  return { verifierOptions, filter }
}

function findPublicUrl(options: GuardOptions): unknown {
  const verifier: Partial<Verifier> = Object(readOption(options, 'verifier'))
  return readOption(options, 'publicUrl') ?? readOption(verifier, 'publicUrl')
}
