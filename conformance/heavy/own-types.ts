import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import type { Version } from '../frameworks/built.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const options = `--ignoreConfig --noEmit --strict --exactOptionalPropertyTypes --skipLibCheck --module esnext
  --moduleResolution bundler --target es2023 --lib es2023,dom,dom.iterable`

/**
 * Compiles the files in `types/` of a test's application against the types of that version. Call it
 * after the build.
 */
export function testOwnTypes({ project }: Version): void {
  test('the types of the framework take it, and type its handler', () => {
    const directory = join(root, 'conformance/projects', project, '.build/suite/types')
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, ...options.split(/\s+/), ...readdirSync(directory)], {
      cwd: directory,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  }, 60_000)
}
