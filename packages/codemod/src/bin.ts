#!/usr/bin/env node
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { transform } from './transform.ts'

const usage = `Moves webhook validation from the twilio package to tollgate/compat.

  tollgate-codemod [--dry-run] PATH…

PATH       files or folders. In a folder, it reads all .js .cjs .mjs .jsx .ts .cts .mts .tsx files
--dry-run  print the changes without writing them

Exit codes: 0 done, 1 a file could not be read as JavaScript or TypeScript, 2 wrong usage`

const source = /\.[cm]?[jt]sx?$/
const aside = new Set(['node_modules', '.git', 'dist', 'build', 'coverage'])

function listFiles(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inner = join(path, entry.name)
    if (entry.isDirectory()) return aside.has(entry.name) ? [] : listFiles(inner)
    return entry.isFile() && source.test(entry.name) && !entry.name.endsWith('.d.ts') ? [inner] : []
  })
}

/** Moves one file. Returns false if the file cannot be read or parsed. */
function moveFile(file: string, dryRun: boolean): boolean {
  try {
    const { source: next, changed, notes } = transform(readFileSync(file, 'utf8'))
    if (!changed) return true
    if (!dryRun) writeFileSync(file, next)
    console.log(`${dryRun ? 'would change' : 'changed'} ${file}`)
    for (const { line, text } of notes) console.log(`  ${file}:${line} ${text}`)
    return true
  } catch (error) {
    console.error(`${file}: ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}

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
    const outcomes = positionals.flatMap(listFiles).map((file) => moveFile(file, values['dry-run'] === true))
    return outcomes.every(Boolean) ? 0 : 1
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 2
  }
}

process.exitCode = main()
