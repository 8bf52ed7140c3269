import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { entries } from '../packages/tollgate/entries.js'
import { fileOf } from './exports.mjs'
import { root } from './run.mjs'

// Jest before 28, webpack 4, Parcel, browserify, eslint-plugin-import and TypeScript's resolution
// node10 do not read `exports`. They look for a folder with the name of the entry point.
const library = join(root, 'packages/tollgate')
for (const subpath of Object.keys(entries).filter((name) => name !== '.')) {
  const folder = join(library, subpath)
  const file = relative(folder, join(library, fileOf(subpath))).replaceAll('\\', '/')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify({ main: `${file}.cjs`, types: `${file}.d.cts` }, null, 2)}\n`,
  )
}
