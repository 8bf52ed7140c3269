import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.mjs'

// Takes pictures of every state of the inspector, at three widths, light and dark, and copies those
// that docs/pictures has, with the texts that they show. Look at the others in
// node_modules/.cache/tollgate/screenshots. To show another one, put a file of its name there.
const taken = join(root, 'node_modules/.cache/tollgate/screenshots')
const shown = join(root, 'docs/pictures')

process.env.TOLLGATE_PICTURES = 'all'
process.exitCode = await run('vitest run --project heavy packages/inspector/test/heavy/looks.test.ts --update')
if (process.exitCode === 0)
  for (const name of readdirSync(shown)) if (name.endsWith('.png')) copyFileSync(join(taken, name), join(shown, name))
