import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepareProject } from './prepare.mjs'

export interface BuildPlan {
  /** The folder of conformance/projects with the installed packages. */
  readonly project: string
  readonly node: string
  /** A file below the project's node_modules, and its arguments. */
  readonly command: readonly [script: string, ...args: string[]]
  readonly env: Readonly<Record<string, string>>
  /** The directory of the application, relative to the root of the repository. */
  readonly sources: string
  /** The name of the build. */
  readonly as: string
  /** Files to write or replace: each function gets the current text. */
  readonly files?: Readonly<Record<string, (text: string) => string>>
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Builds a copy of an application with the packages of one project, unless it is built, and returns
 * its directory.
 */
export function buildApp({ project, node, command, env, sources, as, files = {} }: BuildPlan): string {
  const directory = prepareProject(project)
  const target = join(directory, '.build', as)
  const texts = Object.entries(files).map(([name, write]) => {
    const file = join(root, sources, name)
    return [name, write(existsSync(file) ? readFileSync(file, 'utf8') : '')] as const
  })
  const content = hashOf([
    JSON.stringify([node, command, env, texts]),
    ...listFiles(join(root, sources)).map((file) => readFileSync(file)),
    readFileSync(join(directory, 'package-lock.json')),
    readFileSync(join(directory, 'node_modules/tollgate/.tarball')),
    ...listFiles(join(directory, 'node_modules/tollgate-conformance')).map((file) => readFileSync(file)),
  ])
  const stamp = join(target, 'stamp')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === content) return target
  rmSync(target, { recursive: true, force: true })
  cpSync(join(root, sources), target, { recursive: true })
  for (const [name, text] of texts) {
    mkdirSync(dirname(join(target, name)), { recursive: true })
    writeFileSync(join(target, name), text)
  }
  const [script, ...args] = command
  execFileSync(node, [join(directory, 'node_modules', script), ...args], {
    cwd: target,
    env: { ...process.env, NODE_ENV: 'production', ASTRO_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  writeFileSync(stamp, content)
  return target
}

function listFiles(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function hashOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
