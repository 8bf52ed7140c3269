import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { takeLock } from '../../tools/lock.mjs'
import { root } from '../../tools/run.mjs'
import { isStale } from '../../tools/setup.mjs'

const log = join(root, 'site/.build/log.txt')

/**
 * Builds the site if a page, an example or a source has changed, and returns what the build
 * printed. Test files that run at the same time share one build.
 */
export function buildOnce(): string {
  const giveBack = takeLock('site')
  try {
    if (isStale([log], listSources())) writeFileSync(log, build())
    return readFileSync(log, 'utf8')
  } finally {
    giveBack()
  }
}

function listSources(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md', 'examples', 'site', 'packages/*/src']
  const files = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim().split('\n')
  return files.map((file) => join(root, file)).filter((file) => existsSync(file))
}

function build(): string {
  const env = { ...process.env, NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['site/build.mjs'], {
    cwd: root,
    encoding: 'utf8',
    env,
  })
  if (status !== 0) throw new Error(`site/build.mjs ended with ${status}:\n${stdout}${stderr}`)
  return stdout + stderr
}
