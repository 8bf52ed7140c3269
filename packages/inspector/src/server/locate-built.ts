import { existsSync } from 'node:fs'

/** Finds a built file of this package, both from dist and from src, where the tests run. */
export function locateBuilt(name: string): URL {
  const beside = new URL(`./${name}`, import.meta.url)
  return existsSync(beside) ? beside : new URL(`../../dist/${name}`, import.meta.url)
}
