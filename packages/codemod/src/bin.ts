#!/usr/bin/env node
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { transform } from './transform.ts'

const usage = `Moves webhook validation from the twilio package to tollgate/compat.

  tollgate-codemod [--dry-run] PATH…

PATH       files or folders. In a folder, it reads all .js .cjs .mjs .jsx .ts .cts .mts .tsx files
--dry-run  print the changes without writing them

It also lists the lines that you must check yourself. Files without "twilio" are skipped.

Exit codes: 0 done, 1 a file could not be read as JavaScript or TypeScript, 2 wrong usage`

const source = /\.[cm]?[jt]sx?$/
const aside = new Set(['node_modules', '.git', 'dist', 'build', 'coverage'])

function listFiles(path: string): readonly string[] {
  const stats = statSync(path)
  if (stats.isFile()) return [path]
  if (!stats.isDirectory()) throw new Error(`${path} is no file or folder.`)
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inner = join(path, entry.name)
    if (entry.isDirectory()) return aside.has(entry.name) ? [] : listFiles(inner)
    return entry.isFile() && source.test(entry.name) && !/\.d\.[cm]?ts$/.test(entry.name) ? [inner] : []
  })
}

/** Moves one file, or throws an error that says why it cannot be read. Returns true if it changes. */
function moveFile(file: string, dryRun: boolean): boolean {
  const bytes = readFileSync(file)
  if (!bytes.includes('twilio')) return false
  if (!source.test(file)) throw new Error('this is no JavaScript or TypeScript file')
  const text = bytes.toString()
  if (!Buffer.from(text).equals(bytes)) throw new Error('this file is not UTF-8')
  const { source: next, changed, notes } = transform(text, file)
  if (changed && !dryRun) replaceFile(realpathSync(file), next)
  if (changed) console.log(`${dryRun ? 'would change' : 'changed'} ${show(file)}`)
  else if (notes.length > 0) console.log(`unchanged ${show(file)}`)
  for (const note of notes) console.log(`  ${show(file)}:${note.line} ${show(note.text)}`)
  return changed
}

/** Writes a new file and renames it, so that a full disk leaves the old one whole. */
function replaceFile(file: string, text: string): void {
  accessSync(file, constants.W_OK)
  const copy = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(copy, text, { flag: 'wx' })
    chmodSync(copy, statSync(file).mode)
    renameSync(copy, file)
  } catch (error) {
    rmSync(copy, { force: true })
    throw error
  }
}

/** Finds the package.json of a file, if it does not have the dependency yet. */
function findIncomplete(folder: string): string | undefined {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return folder === dirname(folder) ? undefined : findIncomplete(dirname(folder))
  return /"tollgate"\s*:/.test(readFileSync(file, 'utf8')) ? undefined : file
}

/** Shows control characters, which may be part of a file's name, as escapes. */
const show = (text: string): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })

function main(): number {
  const options = { 'dry-run': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    if (values.help) {
      console.log(usage)
      return 0
    }
    const missing = positionals.find((path) => !existsSync(path))
    if (positionals.length === 0 || missing !== undefined)
      throw new Error(missing ? `${missing} does not exist.` : 'PATH is missing.')
    return moveFiles(positionals.flatMap(listFiles), values['dry-run'] === true)
  } catch (error) {
    console.error(`${show(error instanceof Error ? error.message : String(error))}\n\n${usage}`)
    return 2
  }
}

function moveFiles(files: readonly string[], dryRun: boolean): number {
  const incomplete = new Set<string>()
  let status = 0
  for (const file of files)
    try {
      const manifest = moveFile(file, dryRun) ? findIncomplete(dirname(realpathSync(file))) : undefined
      if (manifest !== undefined) incomplete.add(manifest)
    } catch (error) {
      console.error(show(`${file}: ${error instanceof Error ? error.message : String(error)}`))
      status = 1
    }
  for (const manifest of incomplete) console.log(`${show(manifest)} needs the dependency: npm install tollgate`)
  return status
}

process.exitCode = main()
