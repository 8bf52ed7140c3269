import type { VerifierOptions } from '../../index.ts'
import { createPathFilter, type Mounting, type PathFilter } from '../../verify/paths.ts'
import type { OptionsSource } from './guard.ts'
import { refusePromise } from './refuse-promise.ts'

export interface PathOptions {
  /**
   * Only these paths are guarded: a string guards that path and everything below it, a RegExp what it matches in any letter case.
   * Encoded and unusual spellings of a path are guarded too, and so is every path with a `..` or one that cannot be decoded. In h3 1,
   * which mounts handlers by text, a string guards every path that begins with it. Default: every request that gets here.
   */
  readonly paths?: string | RegExp | readonly (string | RegExp)[] | undefined
}

export interface PathGuard<Env> {
  /** The options without `paths`. */
  readonly verifierOptions: OptionsSource<VerifierOptions, Env>
  /** Takes the original and the mount-relative URL of a request. */
  guards(urls: readonly (string | undefined)[], env: Env, mounting?: Mounting): boolean
}

type Options = VerifierOptions & PathOptions

/** Throws at once for options that are wrong; those of a function are seen at the first request. */
export function createPathGuard<Env = void>(source: OptionsSource<Options, Env>): PathGuard<Env> {
  if (typeof source !== 'function') {
    const { verifierOptions, filter } = split(source)
    return { verifierOptions, guards: (urls, _env, mounting) => filter(urls, mounting) }
  }
  let made: Split | undefined
  const make = (env: Env): Split => {
    made ??= split(source(env))
    return made
  }
  return {
    verifierOptions: (env) => make(env).verifierOptions,
    guards(urls, env, mounting) {
      try {
        return make(env).filter(urls, mounting)
      } catch {
        return true // The guard meets the same mistake again, logs it and answers 500.
      }
    },
  }
}

/** A path below one of so many segments, however many slashes are between them; a path of fewer stays as it is. */
export function dropSegments(path: string, count: number): string {
  const segment = /\/+[^/?#]+/y
  for (let dropped = 0; dropped < count; dropped++) if (!segment.test(path)) return path
  return path.slice(segment.lastIndex)
}

interface Split {
  readonly verifierOptions: VerifierOptions
  readonly filter: PathFilter
}

function split(options: Options): Split {
  refusePromise(options, 'The function that gives the options')
  const { paths, ...verifierOptions } = options
  return { verifierOptions, filter: createPathFilter(paths, verifierOptions.publicUrl) }
}
