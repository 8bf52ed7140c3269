import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

// Each rejection names the page of its code, docs/codes/CODE.md, so the package has these pages. A
// link to a page that it does not have becomes its text, and the link to the list of all causes
// goes.
const source = join(root, 'docs/codes')
const target = join(root, 'packages/tollgate/docs/codes')
rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
for (const name of readdirSync(source)) {
  const page = readFileSync(join(source, name), 'utf8')
  const text = page.replace(/ All causes: .*$/m, '').replace(/\[([^\]]+)\]\(\.\.\/[^)]*\)/g, '$1')
  writeFileSync(join(target, name), text)
}
