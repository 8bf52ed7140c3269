#!/usr/bin/env node
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isManualMock, isTest, listFiles, type Report, sourceName } from './files.ts'
import { mentionsValidation, readModule } from './names.ts'
import { type Note, texts } from './notes.ts'
import { lineOf } from './parse.ts'
import { Planner } from './planner.ts'
import { findMapping, findProject, hasTollgate, listOldTools, type Project } from './projects.ts'
import type { Planned } from './transform.ts'

const usage = `Moves webhook validation from the twilio package to tollgate/compat.

  tollgate-codemod [--dry-run] PATH…

PATH       files or folders. In a folder, it reads all .js .cjs .mjs .jsx .ts .cts .mts .tsx files,
           but not what git ignores, node_modules, output, and folders such as .next
--dry-run  print the changes without writing them

Give it a whole package, because tests that mock twilio must change with the code. It reads every
file before it writes the first one, and lists the lines that you must check yourself.

Exit codes: 0 done, 1 a file with validation, or a folder, could not be read or written, 2 wrong usage`

// What people write is smaller. A larger file is a bundle, and takes a gigabyte to parse.
const maxBytes = 500_000
const mostBytesOfLarge = 16 * 1024 * 1024

/** A file that was read, with what should become of it. */
interface Candidate {
  readonly file: string
  readonly planned: Planned
}

/** The files of a package, which move together or stay together. */
interface Group {
  readonly project: Project
  readonly candidates: Candidate[]
  /** True if its code moved earlier, so that its tests can follow. */
  hasMoved: boolean
  /** True if some code verifies requests, by any means. */
  isVerifying: boolean
}

/** A file that may get twilio's validation from a file that passes twilio on. */
interface User {
  readonly file: string
  /** The first line with a name of validation, if there is one. */
  readonly line: number | undefined
  readonly loads: readonly string[]
  /** True if it exports what it loads. */
  readonly exports: boolean
}

/** The files that were read, and how many were not, and why. */
interface Reading {
  readonly groups: ReadonlyMap<string, Group>
  /** Files that validate, or pass on what others export, with the modules that they load. */
  readonly users: User[]
  /** Files that name twilio, but nothing that could move. */
  unrelated: number
  readonly large: string[]
  readonly unreadable: string[]
}

const nothing: Planned = {
  source: '',
  changed: false,
  notes: [],
  kind: 'none',
  hasNames: false,
  blocks: [],
  route: undefined,
  passed: [],
}

// The header, functions of any package that checks it, and a check made by hand.
const verifying = /x-twilio-signature|createHmac|RequestValidator|\btollgate\b|twilio\w*\.webhook\b|\bwebhook\s*\(/i
const clearVerifying = /\b(validate(Express|Incoming)?Request|validateRequestWithBody|getExpectedTwilioSignature)\b/
// Code without any of these has neither a mock nor a route of Twilio's.
const relevant = /mock|MessagingResponse|VoiceResponse|\b(Call|Message|Sms)Sid\b|\bFrom\b|SpeechResult|Digits/

const exporting = /\bexport\b|\bexports\b/
// A name of validation in code. `webhook` alone is a word of many comments.
const using = /\bvalidate(Express|Incoming)?Request(WithBody)?\b|\bgetExpectedTwilioSignature\b|[.{,]\s*webhook\b/
const loading = /(?:\bfrom|\brequire\s*\(|\bimport(?:\s*\(|(?=\s*['"])))\s*['"]([^'"\n]+)['"]/g

/** Reads what a file loads, if it validates or exports what it loads. */
function readUser(file: string, text: string): readonly User[] {
  const at = text.search(using)
  const exports = /\bexport\s*[*{]|\.\.\.\s*require\b|\bmodule\.exports\s*=\s*require\b/.test(text)
  if (at < 0 && !exports) return []
  const loads = [...text.matchAll(loading)].map(([, name = '']) => locate(file, name))
  return [{ file, line: at < 0 ? undefined : lineOf(text, at), loads, exports }]
}

/** Returns the path of a module without its ending. Of a name that tools resolve, the last part. */
function locate(file: string, name: string): string {
  const path = name.startsWith('.') ? resolve(dirname(file), name) : name.replace(/^[@~#]?\//, '/')
  return path.replace(/\.[cm]?[jt]sx?$/, '').replace(/\/index$/, '')
}

/** Lists the files that validate with what a file exports, directly or through other files. */
function listUsers(file: string, users: readonly User[]): readonly User[] {
  const found = new Set<User>()
  const sources = [locate(file, `./${basename(file)}`)]
  for (const source of sources)
    for (const user of users) {
      if (found.has(user) || !user.loads.some((name) => name === source || (name[0] === '/' && source.endsWith(name))))
        continue
      found.add(user)
      if (user.exports) sources.push(locate(user.file, `./${basename(user.file)}`))
    }
  return [...found].filter(({ line }) => line !== undefined)
}

async function readFiles(files: readonly string[], report: Report): Promise<Reading> {
  const groups = new Map<string, Group>()
  const reading: Reading = { groups, users: [], unrelated: 0, large: [], unreadable: [] }
  const planner = new Planner()
  try {
    for (const file of files) {
      let isNamed = true
      try {
        const isLarge = statSync(file).size > maxBytes
        const bytes = isLarge ? readStart(file) : readFileSync(file)
        const isMock = isManualMock(file, (name) => readModule(name) !== undefined)
        if (!isLarge) reading.users.push(...readUser(file, bytes.toString()))
        // In a Twilio Function, the package is the global `Twilio`.
        if (!isMock && !bytes.includes('twilio') && !bytes.includes('Twilio')) continue
        if (!sourceName.test(file)) throw new Error('this is not a JavaScript or TypeScript file')
        const text = bytes.toString()
        isNamed = mentionsValidation(text)
        if (isLarge || /\.min\.[cm]?js$/.test(file)) {
          if (isNamed) reading.large.push(file)
          else reading.unrelated++
          continue
        }
        if (!Buffer.from(text).equals(bytes)) throw new Error('this file is not UTF-8')
        const project = findProject(dirname(realpathSync(file)))
        const group = groups.get(project.manifest) ?? { project, candidates: [], hasMoved: false, isVerifying: false }
        groups.set(project.manifest, group)
        group.hasMoved ||= text.includes('tollgate/compat')
        group.isVerifying ||= !isTestOf(project, file) && (verifying.test(text) || clearVerifying.test(text))
        if (isMock) {
          const note = { line: 1, text: texts.mock }
          if (isNamed) group.candidates.push({ file, planned: { ...nothing, notes: [note], blocks: [note] } })
        } else if (isNamed || relevant.test(text) || exporting.test(text))
          group.candidates.push({ file, planned: await planner.plan(text, file) })
        else reading.unrelated++
      } catch (error) {
        if (isNamed) report(file, error)
        else reading.unreadable.push(file)
      }
    }
  } finally {
    planner.stop()
  }
  return reading
}

/** Reads what tells whether a large file concerns twilio: its beginning, in bounded memory. */
function readStart(file: string): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(mostBytesOfLarge)
    return bytes.subarray(0, readSync(descriptor, bytes))
  } finally {
    closeSync(descriptor)
  }
}

const isTestOf = ({ manifest }: Project, file: string): boolean =>
  isTest(relative(dirname(manifest), realpathSync(file)))

/** Lists why nothing in a package may move, although something could. */
function listReasons({ project, candidates }: Group): readonly string[] {
  const files = candidates.filter(({ planned }) => planned.kind === 'move').map(({ file }) => file)
  if (files.length === 0) return []
  const mapping = findMapping(project)
  const blocked = candidates.filter(({ planned }) => planned.blocks.length > 0).map(({ file }) => file)
  return [
    ...listOldTools(project, files),
    ...(mapping === undefined ? [] : [`${mapping} maps twilio to another module: map tollgate/compat there, too`]),
    ...(blocked.length === 0
      ? []
      : [`tests replace its validation in a way that cannot follow it: ${listSome(blocked)}`]),
  ]
}

async function moveFiles(paths: readonly string[], dryRun: boolean): Promise<number> {
  let status = 0
  const report: Report = (path, error) => {
    console.error(show(`${path}: ${error instanceof Error ? error.message : String(error)}`))
    status = 1
  }
  const listings = paths.map((path) => listFiles(path, report))
  const reading = await readFiles([...new Set(listings.flatMap(({ files }) => files))], report)
  const groups = [...reading.groups.values()]
  const held = new Map(
    groups.map((group) => [group, listReasons(group)] as const).filter(([, { length }]) => length > 0),
  )
  for (const [{ project }, reasons] of held)
    console.log(show(`${project.manifest}: nothing moves in this package.\n  ${reasons.join('.\n  ')}.`, '\n'))
  const hasMove = groups.some((group) => group.hasMoved || moves(group))
  const incomplete = new Set<string>()
  let changedCount = 0
  let notedCount = 0
  let heldCount = 0
  for (const group of groups)
    for (const { file, planned } of group.candidates) {
      const isDue = planned.kind === 'move' || (planned.kind === 'mock' && isMockDue(group, planned))
      const isChanging = planned.changed && isDue && !held.has(group)
      try {
        if (isChanging && !dryRun) replaceFile(realpathSync(file), planned.source)
      } catch (error) {
        report(file, error)
        continue
      }
      const notes = listNotes(group, file, planned, isChanging)
      if (isChanging) console.log(`${dryRun ? 'would change' : 'changed'} ${show(file)}`)
      else if (notes.length > 0) console.log(`unchanged ${show(file)}`)
      for (const note of notes) console.log(`  ${show(file)}:${note.line} ${show(note.text)}`)
      if (isChanging) changedCount++
      if (notes.length > 0) notedCount++
      if (planned.changed && held.has(group)) heldCount++
      else if (!isChanging && notes.length === 0) reading.unrelated++
      if (isChanging && !hasTollgate(group.project)) incomplete.add(group.project.manifest)
    }
  for (const manifest of incomplete) console.log(`${show(manifest)} needs the dependency: npm install tollgate`)
  summarize()
  return status

  /** Returns true if validation moves in a package. */
  function moves(group: Group): boolean {
    return !held.has(group) && group.candidates.some(({ planned }) => planned.kind === 'move')
  }

  /** A mock follows the code that it is for. Without names it may be for the API alone. */
  function isMockDue(group: Group, { hasNames }: Planned): boolean {
    return group.hasMoved || moves(group) || (hasNames && hasMove)
  }

  function listNotes(group: Group, file: string, planned: Planned, isChanging: boolean): readonly Note[] {
    const { route } = planned
    const unverified = route && !group.isVerifying && !isTestOf(group.project, file) ? [route] : []
    // One line says why a package is held. Replaced validation matters only to code that moves.
    const users = planned.passed.length > 0 ? listUsers(file, reading.users) : []
    const passed = users.flatMap((user) =>
      planned.passed.map(({ line }) => ({ line, text: `${texts.passed}${user.file}:${user.line}.` })),
    )
    const isSilent = (planned.changed && !isChanging) || (planned.blocks.length > 0 && !held.has(group))
    return [...passed, ...(isSilent ? [] : planned.notes), ...unverified]
  }

  function summarize(): void {
    const { unrelated, large, unreadable } = reading
    const count = (number: number): string => `${number} file${number === 1 ? '' : 's'}`
    const skipped = new Set(listings.flatMap(({ skipped: all }) => all.map((path) => basename(path))))
    skipped.delete('node_modules')
    // Everyone expects that folders of tools are not searched.
    for (const name of skipped) if (name.startsWith('.')) skipped.delete(name)
    const parts = [`${count(changedCount)} ${dryRun ? 'would change' : 'changed'}, ${count(notedCount)} with notes`]
    if (heldCount > 0)
      parts.push(
        `${count(heldCount)} could move, but ${heldCount === 1 ? 'stays with its' : 'stay with their'} package`,
      )
    if (unrelated > 0) parts.push(`${count(unrelated)} with twilio, but nothing to move or to check`)
    if (unreadable.length > 0)
      parts.push(`${count(unreadable.length)} without validation could not be parsed: ${listSome(unreadable)}`)
    if (large.length > 0) parts.push(`${count(large.length)} not read, because of the size: ${listSome(large)}`)
    if (skipped.size > 0) parts.push(`Not searched: ${listSome([...skipped])}`)
    console.log(show(`${parts.join('. ')}.`))
  }
}

function listSome(names: readonly string[]): string {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : ''
  return names.slice(0, 5).join(', ') + more
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

/** Shows characters that act or stay unseen, which may be part of a file's name, as escapes. */
const show = (text: string, allowed = ''): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu, (character) => {
    if (character === allowed) return character
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
  })

async function main(): Promise<number> {
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
    return await moveFiles(positionals, values['dry-run'] === true)
  } catch (error) {
    console.error(`${show(error instanceof Error ? error.message : String(error))}\n\n${usage}`)
    return 2
  }
}

process.exitCode = await main()
