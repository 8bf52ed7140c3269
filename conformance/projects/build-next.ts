import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepareProject } from './prepare.mjs'

/** `pages` rewrites every path to an API route, `prefixed` has a basePath and trailing slashes. */
export type Shape = 'app' | 'pages' | 'prefixed'

const application = fileURLToPath(new URL('next', import.meta.url))

/** Builds conformance/projects/next with one project's Next, unless it is built. */
export function buildNext(project: string, shape: Shape): string {
  const directory = prepareProject(project)
  const target = join(directory, '.build', shape)
  const stamp = join(target, 'stamp')
  const content = hashOf(
    [application],
    [join(directory, 'package-lock.json'), join(directory, 'node_modules/tollgate/.tarball')],
  )
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === content) return target
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  cpSync(application, target, { recursive: true })
  const next = join(directory, 'node_modules/next/dist/bin/next')
  const env = { ...process.env, NODE_ENV: 'production', SHAPE: shape, NEXT_TELEMETRY_DISABLED: '1' } as const
  execFileSync(process.execPath, [next, 'build'], { cwd: target, env, stdio: ['ignore', 'ignore', 'inherit'] })
  writeFileSync(stamp, content)
  return target
}

function hashOf(directories: readonly string[], files: readonly string[]): string {
  const hash = createHash('sha256')
  const inside = directories.flatMap((directory) =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort(),
  )
  for (const file of [...inside, ...files]) hash.update(readFileSync(file))
  return hash.digest('hex')
}
