import type { VerifierOptions } from '../../index.ts'
import { createPathFilter, type PathFilter } from '../../request/paths.ts'
import type { OptionsSource } from './guard.ts'

export interface PathOptions {
  /**
   * Only these paths are guarded: a string guards that path and everything below it, a RegExp what it matches in any letter case.
   * Every reading of a request's path is compared, so that it errs on the side of guarding. Default: every request that gets here.
   */
  readonly paths?: string | RegExp | readonly (string | RegExp)[] | undefined
}

export interface PathGuard<Env> {
  /** The options without `paths`. */
  readonly verifierOptions: OptionsSource<VerifierOptions, Env>
  /** Takes the original and the mount-relative URL of a request. */
  guards(urls: readonly (string | undefined)[], env: Env): boolean
}

type Options = VerifierOptions & PathOptions

/** Throws at once for options that are wrong; those of a function are seen at the first request. */
export function createPathGuard<Env = void>(source: OptionsSource<Options, Env>): PathGuard<Env> {
  if (typeof source !== 'function') {
    const { verifierOptions, filter } = split(source)
    return { verifierOptions, guards: (urls) => filter(urls) }
  }
  let made: Split | undefined
  const make = (env: Env): Split => {
    made ??= split(source(env))
    return made
  }
  return {
    verifierOptions: (env) => make(env).verifierOptions,
    guards(urls, env) {
      try {
        return make(env).filter(urls)
      } catch {
        return true // The guard meets the same mistake again, logs it and answers 500.
      }
    },
  }
}

const leadingSegments: RegExp[] = []

/** A path below one of so many segments, however many slashes are between them; a path of fewer stays as it is. */
export function dropSegments(path: string, count: number): string {
  leadingSegments[count] ??= new RegExp(`^(?:/+[^/?#]*){${count}}`)
  return path.replace(leadingSegments[count], '')
}

interface Split {
  readonly verifierOptions: VerifierOptions
  readonly filter: PathFilter
}

function split({ paths, ...verifierOptions }: Options): Split {
  return { verifierOptions, filter: createPathFilter(paths, verifierOptions.publicUrl) }
}
