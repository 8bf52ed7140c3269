import type { VerifierOptions } from '../../index.ts'
import { type PathFilter, parsePaths } from '../../request/paths.ts'
import type { OptionsSource } from './guard.ts'

export interface PathOptions {
  /**
   * Only these paths are guarded: a string guards that path and everything below it, a RegExp what it matches in any letter case.
   * Every reading of a request's path is compared, so that it errs on the side of guarding. Default: every request that gets here.
   */
  readonly paths?: string | RegExp | readonly (string | RegExp)[] | undefined
}

export interface PathGuard {
  /** The options without `paths`. */
  readonly verifierOptions: OptionsSource<VerifierOptions>
  /** Takes the original and the mount-relative URL of a request. */
  guards(urls: readonly (string | undefined)[]): boolean
}

type Options = VerifierOptions & PathOptions

export function createPathGuard(source: OptionsSource<Options>): PathGuard {
  let filter: ((urls: readonly string[]) => boolean) | undefined
  const split = ({ paths, ...options }: Options): VerifierOptions => {
    filter = paths === undefined ? () => true : createFilter(parsePaths(paths), options.publicUrl)
    return options
  }
  const verifierOptions = typeof source === 'function' ? () => split(source()) : split(source)
  return {
    verifierOptions,
    // A function's options are not known before the first request has been verified, which errs on the guarding side.
    guards: (urls) => filter?.(urls.filter((url) => url !== undefined)) ?? true,
  }
}

function createFilter(
  filter: PathFilter,
  publicUrl: VerifierOptions['publicUrl'],
): (urls: readonly string[]) => boolean {
  const prefixes = typeof publicUrl === 'object' && !Array.isArray(publicUrl) ? [''] : ['', ...listPrefixes(publicUrl)]
  return (urls) => {
    const paths = urls.map((url) => url.replace(/[?#].*$/s, '').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '') || '/')
    return filter(paths.flatMap((path) => prefixes.map((prefix) => prefix + path)))
  }
}

function listPrefixes(publicUrl: unknown): string[] {
  return [publicUrl]
    .flat()
    .flatMap((url) => (typeof url === 'string' && URL.canParse(url) ? new URL(url).pathname.replace(/\/$/, '') : []))
}
