#!/usr/bin/env node
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  type Dirent,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readModule } from './names.ts'
import { texts } from './notes.ts'
import { transform } from './transform.ts'

const usage = `Moves webhook validation from the twilio package to tollgate/compat.

  tollgate-codemod [--dry-run] PATH…

PATH       files or folders. In a folder, it reads all .js .cjs .mjs .jsx .ts .cts .mts .tsx files
--dry-run  print the changes without writing them

It also lists the lines that you must check yourself. Files without "twilio" are skipped.

Exit codes: 0 done, 1 a file or folder could not be read or written, 2 wrong usage`

const source = /\.[cm]?[jt]sx?$/
const aside = new Set(['node_modules', '.git', 'dist', 'build', 'coverage'])

/** Says why a file or folder stays as it is. */
type Report = (path: string, error: unknown) => void

function listFiles(path: string, report: Report): readonly string[] {
  const stats = statSync(path)
  if (stats.isFile()) return [path]
  if (!stats.isDirectory()) throw new Error(`${path} is not a file or folder.`)
  return readFolder(path, report).flatMap((entry) => {
    const inner = join(path, entry.name)
    if (entry.isDirectory()) return aside.has(entry.name) ? [] : listFiles(inner, report)
    return entry.isFile() && source.test(entry.name) && !/\.d\.[cm]?ts$/.test(entry.name) ? [inner] : []
  })
}

function readFolder(path: string, report: Report): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    report(path, error)
    return []
  }
}

/** Moves one file, or throws an error that says why it cannot be read. Returns true if it changes. */
function moveFile(file: string, dryRun: boolean): boolean {
  const bytes = readFileSync(file)
  const isMock = isManualMock(resolve(file))
  // In a Twilio Function, the package is the global `Twilio`.
  if (!isMock && !bytes.includes('twilio') && !bytes.includes('Twilio')) return false
  if (!source.test(file)) throw new Error('this is not a JavaScript or TypeScript file')
  const text = bytes.toString()
  if (!Buffer.from(text).equals(bytes)) throw new Error('this file is not UTF-8')
  const { source: next, changed, notes: found } = transform(text, file)
  const notes = isMock ? [{ line: 1, text: texts.mock }, ...found] : found
  if (changed && !dryRun) replaceFile(realpathSync(file), next)
  if (changed) console.log(`${dryRun ? 'would change' : 'changed'} ${show(file)}`)
  else if (notes.length > 0) console.log(`unchanged ${show(file)}`)
  for (const note of notes) console.log(`  ${show(file)}:${note.line} ${show(note.text)}`)
  return changed
}

/**
 * Returns true for the file that Jest and Vitest take for the package, such as `__mocks__/twilio.js`.
 * Beside a module of the same name it replaces that one.
 */
function isManualMock(file: string): boolean {
  const [, folder = '', name] = /^(.*)[\\/]__mocks__[\\/](twilio\b.*)\.[cm]?[jt]sx?$/.exec(file) ?? []
  if (readModule(name?.replaceAll('\\', '/')) === undefined) return false
  return !readdirSync(folder || '/').some((entry) => /^twilio(\.[cm]?[jt]sx?)?$/.test(entry))
}

/** Writes a new file and renames it, so that a full disk leaves the old one whole. */
function replaceFile(file: string, text: string): void {
  accessSync(file, constants.W_OK)
  const copy = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(copy, text, { flag: 'wx' })
    const { mode, uid, gid } = statSync(file)
    // Root may write the files of others, in a container say. They keep their owner.
    if (process.getuid?.() === 0) chownSync(copy, uid, gid)
    chmodSync(copy, mode)
    renameSync(copy, file)
  } catch (error) {
    rmSync(copy, { force: true })
    throw error
  }
}

/** Finds the package.json of a file, if it does not have the dependency yet. */
function findIncomplete(folder: string): string | undefined {
  const file = join(folder, 'package.json')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  // A file with nothing but `"type": "module"` sets the format of its folder. It is not a package.
  if (!/"(name|(dev)?dependencies)"\s*:/i.test(text))
    return folder === dirname(folder) ? undefined : findIncomplete(dirname(folder))
  return /"tollgate"\s*:/.test(text) ? undefined : file
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
    return moveFiles(positionals, values['dry-run'] === true)
  } catch (error) {
    console.error(`${show(error instanceof Error ? error.message : String(error))}\n\n${usage}`)
    return 2
  }
}

function moveFiles(paths: readonly string[], dryRun: boolean): number {
  const incomplete = new Set<string>()
  let status = 0
  const report: Report = (path, error) => {
    console.error(show(`${path}: ${error instanceof Error ? error.message : String(error)}`))
    status = 1
  }
  for (const file of paths.flatMap((path) => listFiles(path, report)))
    try {
      const manifest = moveFile(file, dryRun) ? findIncomplete(dirname(realpathSync(file))) : undefined
      if (manifest !== undefined) incomplete.add(manifest)
    } catch (error) {
      report(file, error)
    }
  for (const manifest of incomplete) console.log(`${show(manifest)} needs the dependency: npm install tollgate`)
  return status
}

process.exitCode = main()
