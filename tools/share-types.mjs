import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from './run.mjs'

// The declarations of the ES modules are those of CommonJS, letter for letter, so each is one line
// that names the other, and a class has one type in both. Those that name a framework stay whole: a
// framework may have other types for each kind of module.
const dist = join(root, 'packages/tollgate/dist')
const read = (/** @type {string} */ name) => readFileSync(join(dist, name), 'utf8')
const toBare = (/** @type {string} */ text) =>
  text.replace(/-[\w-]{8}(\.c?js['"])/g, '$1').replace(/\.cjs(['"])/g, '.js$1')

const names = readdirSync(dist, { recursive: true, encoding: 'utf8' })
const required = new Map(names.filter((name) => name.endsWith('.d.cts')).map((name) => [toBare(read(name)), name]))
/** @type {Map<string, string>} */
const pairs = new Map()
for (const name of names.filter((one) => one.endsWith('.d.ts'))) {
  const twin = required.get(toBare(read(name)))
  if (twin !== undefined) pairs.set(name.replace(/\.d\.ts$/, '.js'), twin.replace(/\.d\.cts$/, '.cjs'))
}

for (const name of names.filter((one) => one.endsWith('.d.ts'))) {
  const own = name.replace(/\.d\.ts$/, '.js')
  const twin = pairs.get(own)
  const namesFramework = /(from|module) "(?!node:)[^."]/.test(read(name))
  if (namesFramework || twin === undefined)
    writeFileSync(
      join(dist, name),
      read(name).replace(/(?<="\.\.?\/)[\w-]+\.js(?=")/g, (file) => pairs.get(file) ?? file),
    )
  // No entry is left that needs the parts.
  else if (names.includes(own)) writeFileSync(join(dist, name), `export * from "./${basename(twin)}";\n`)
  else rmSync(join(dist, name))
}
