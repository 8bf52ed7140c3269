import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.mjs'

// Takes pictures of every state of the inspector, at three widths, light and dark, and copies those
// that the documentation shows. Look at the others in node_modules/.cache/tollgate/screenshots.
const taken = join(root, 'node_modules/.cache/tollgate/screenshots')
const shown = { 'state-refused-proven-1366-light': 'inspector-refused', 'state-empty-1366-light': 'inspector-empty' }

process.exitCode = await run('vitest run --project heavy packages/inspector/test/heavy/looks.test.ts')
if (process.exitCode === 0) {
  mkdirSync(join(root, 'docs/pictures'), { recursive: true })
  for (const [from, to] of Object.entries(shown))
    copyFileSync(join(taken, `${from}.png`), join(root, `docs/pictures/${to}.png`))
}
