import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, run } from '../tools/run.mjs'
import { setUp } from '../tools/setup.mjs'
import { writeReference } from './reference.mjs'
import { stagePages } from './stage.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))
export const out = join(folder, '.vitepress/dist')

/** Builds the site; resolves with the exit code of VitePress. */
async function buildSite() {
  const staged = join(folder, '.build/src')
  stagePages(staged)
  await writeReference(join(staged, 'reference'))
  return run('vitepress build site', { cwd: root })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp()
  process.exitCode = await buildSite()
}
