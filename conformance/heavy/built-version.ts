import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { makeBuiltFramework, startBuilt, type Version } from '../frameworks/built.ts'
import { builtSuite } from '../frameworks/built-suite.ts'
import { bindAdapter } from '../kit/bind-framework.ts'
import type { RemoteServer } from '../projects/remote.ts'
import { makeRoutedVersion } from '../routed/built-servers.ts'
import { testRoutes } from './routed-built.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const options = `--ignoreConfig --noEmit --strict --exactOptionalPropertyTypes --skipLibCheck --module esnext
  --moduleResolution bundler --target es2023 --lib es2023,dom,dom.iterable`

/** Builds an application with one version, and runs the adapter suites and its types against it. */
export function describeBuilt(version: Version, sources: string): void {
  let server: RemoteServer
  const framework = makeBuiltFramework(version, () => server)
  describe(version.name, () => {
    beforeAll(async () => {
      server = await startBuilt(version, { sources, as: 'suite' })
    }, 180_000)
    afterAll(() => server?.stop())
    bindAdapter(framework, [builtSuite(framework)], 'conformance')
    testOwnTypes(version)
    testRoutes(makeRoutedVersion(version, sources))
  })
}

/**
 * Compiles the files in `types/` of a test's application against the types of that version. Call it
 * after the build.
 */
function testOwnTypes({ project }: Version): void {
  test('the types of the framework accept it, and type its handler', () => {
    const directory = join(root, 'conformance/projects', project, '.build/suite/types')
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, ...options.split(/\s+/), ...readdirSync(directory)], {
      cwd: directory,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  }, 60_000)
}
