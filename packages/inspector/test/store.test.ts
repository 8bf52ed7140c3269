import { spawnSync } from 'node:child_process'
import fs, {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sqlite from 'node-sqlite3-wasm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createMemoryStore } from '../src/server/store/memory-store.ts'
import { openSqliteStore } from '../src/server/store/sqlite-store.ts'
import type { CaptureStore, StoreBounds } from '../src/server/store/store.ts'
import { summarize } from '../src/server/summarize.ts'
import type { Capture } from '../src/shared/capture.ts'

const open = fs.openSync
let directory: string
const opened: CaptureStore[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tollgate-store-'))
})
afterEach(() => {
  for (const store of opened.splice(0)) store.close()
  rmSync(directory, { recursive: true })
})

const keep = (store: CaptureStore) => {
  opened.push(store)
  return store
}
const kinds: readonly (readonly [string, (bounds: StoreBounds) => CaptureStore])[] = [
  ['memory', (bounds) => keep(createMemoryStore(bounds))],
  ['SQLite', (bounds) => keep(openSqliteStore(join(directory, 'captures.db'), bounds))],
]
const wide = { maxCaptures: 100, maxBytes: 10_000_000 }

function makeCapture(id: string, changed: Partial<Capture> = {}): Capture {
  const headers = [['content-type', 'application/x-www-form-urlencoded']] as const
  return {
    id,
    time: 1,
    origin: 'received',
    method: 'POST',
    url: 'https://app.example.com/sms',
    target: '/sms',
    headers,
    body: 'From=%2B14155550142&To=%2B12025550123',
    ...changed,
  }
}

describe.each(kinds)('the store in %s', (_name, open) => {
  test('lists the newest first, up to a limit, and returns each capture', () => {
    const store = open(wide)
    for (const id of ['a', 'b', 'c']) store.put(makeCapture(id))
    expect(store.list(2).map(({ id, from }) => [id, from])).toEqual([
      ['c', '+14155550142'],
      ['b', '+14155550142'],
    ])
    expect([...store.all()].map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(store.get('b')).toEqual(makeCapture('b'))
    expect(store.get('d')).toBeUndefined()
  })

  test('replaces a capture without moving it', () => {
    const store = open(wide)
    for (const id of ['a', 'b']) store.put(makeCapture(id))
    store.put(makeCapture('a', { durationMs: 5 }))
    expect(store.list(10).map(({ id, durationMs }) => [id, durationMs])).toEqual([
      ['b', undefined],
      ['a', 5],
    ])
  })

  test('deletes the oldest if there are too many', () => {
    const store = open({ ...wide, maxCaptures: 3 })
    const dropped = ['a', 'b', 'c', 'd', 'e'].flatMap((id) => store.put(makeCapture(id)))
    expect(dropped).toEqual(['a', 'b'])
    expect(store.list(10).map(({ id }) => id)).toEqual(['e', 'd', 'c'])
  })

  test('deletes the oldest if they are too large, and counts a replaced capture once', () => {
    const store = open({ ...wide, maxBytes: 300_000 })
    for (let round = 0; round < 20; round++) store.put(makeCapture('a', { body: 'x'.repeat(100_000) }))
    expect(store.list(10)).toHaveLength(1)
    const dropped = ['b', 'c', 'd'].flatMap((id) => store.put(makeCapture(id, { body: 'x'.repeat(100_000) })))
    expect(dropped[0]).toBe('a')
    expect(store.list(10)[0]?.id).toBe('d')
  })

  test('does not keep a capture that is larger than the limit', () => {
    const store = open({ ...wide, maxBytes: 10_000 })
    expect(store.put(makeCapture('a', { body: 'x'.repeat(100_000) }))).toEqual(['a'])
    store.put(makeCapture('b'))
    expect(store.list(10).map(({ id }) => id)).toEqual(['b'])
  })

  test('is empty and usable after it was cleared', () => {
    const store = open({ ...wide, maxCaptures: 2 })
    for (const id of ['a', 'b']) store.put(makeCapture(id))
    store.clear()
    expect(store.list(10)).toEqual([])
    expect(['a', 'b'].flatMap((id) => store.put(makeCapture(id)))).toEqual([])
  })
})

test('an SQLite file keeps its captures and its limits when it is opened again', () => {
  const file = join(directory, 'captures.db')
  const first = openSqliteStore(file, wide)
  for (const id of ['a', 'b', 'c']) first.put(makeCapture(id))
  first.close()
  const second = keep(openSqliteStore(file, { ...wide, maxCaptures: 2 }))
  expect(second.list(10).map(({ id }) => id)).toEqual(['c', 'b', 'a'])
  expect(second.put(makeCapture('d'))).toEqual(['a', 'b'])
})

test('a row that another version wrote is read again, and then kept', () => {
  const file = join(directory, 'captures.db')
  const write = (sql: string) => {
    const db = new sqlite.Database(file)
    db.run(sql)
    db.close()
  }
  const open = () => keep(openSqliteStore(file, wide))
  const first = open()
  for (const id of ['a', 'b', 'c']) first.put(makeCapture(id))
  first.close()
  // Older versions wrote other fields, and not the version.
  write(`UPDATE capture SET summary = '{"id":"a","target":"/old"}' WHERE id = 'a'`)
  write(`UPDATE capture SET summary = '{"id":"b","target":"/old","version":"0.0.1"}' WHERE id = 'b'`)
  const second = open()
  const expected = ['c', 'b', 'a'].map((id) => summarize(makeCapture(id)))
  expect(second.list(10)).toEqual(expected)
  expect(second.list(10)[0]).not.toHaveProperty('version')
  second.close()

  // The file has the new summaries now, so their captures are not read again.
  write(`UPDATE capture SET capture = 'not read'`)
  expect(open().list(10)).toEqual(expected)
})

test('only the rows that the list shows are read again', () => {
  const file = join(directory, 'captures.db')
  const store = openSqliteStore(file, wide)
  for (const id of ['a', 'b']) store.put(makeCapture(id))
  store.close()
  const db = new sqlite.Database(file)
  db.run(`UPDATE capture SET summary = '{}'`)
  db.run(`UPDATE capture SET capture = 'not read' WHERE id = 'a'`)
  db.close()
  expect(keep(openSqliteStore(file, wide)).list(1)).toEqual([summarize(makeCapture('b'))])
})

test('only the owner can read an SQLite file, and it has no credentials', () => {
  const file = join(directory, 'captures.db')
  const store = keep(openSqliteStore(file, wide))
  const headers = [
    ['Authorization', 'Basic c2VjcmV0LW9uZQ=='],
    ['Cookie', 'sid=secret-two'],
  ] as const
  store.put(
    makeCapture('a', { headers, response: { status: 200, by: 'upstream', headers: [['set-cookie', 'secret-three']] } }),
  )
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'latin1')).not.toMatch(/secret-|c2VjcmV0/)
  expect(store.get('a')?.headers).toEqual([
    ['Authorization', '(hidden)'],
    ['Cookie', '(hidden)'],
  ])
})

test('what is deleted is no longer in the file, and nothing else is written beside it', () => {
  const file = join(directory, 'captures.db')
  const store = openSqliteStore(file, { ...wide, maxCaptures: 3 })
  const isInFile = (id: string): boolean =>
    readdirSync(directory).some((name) => readFileSync(join(directory, name), 'latin1').includes(`text-of-${id}`))
  const put = (id: string): void => void store.put(makeCapture(id, { body: `Body=text-of-${id}-${'x'.repeat(3000)}` }))
  for (const id of ['a', 'b', 'c', 'd', 'e']) put(id)
  expect(['a', 'b', 'c', 'd', 'e'].map(isInFile)).toEqual([false, false, true, true, true])
  store.put(makeCapture('c', { body: 'short' }))
  expect(isInFile('c')).toBe(false)
  store.clear()
  expect(['d', 'e'].some(isInFile)).toBe(false)
  put('f')
  store.close()
  expect(readdirSync(directory)).toEqual(['captures.db'])
})

test('only the owner can read the journal of a change, with any umask', () => {
  const umask = process.umask(0)
  const modes = new Set<string>()
  const file = join(directory, 'captures.db')
  // The module of SQLite calls this function, and each change opens a journal.
  const spy = vi.spyOn(fs, 'openSync').mockImplementation((path, flags, mode) => {
    const descriptor = open(path, flags, mode)
    modes.add(`${String(path).slice(file.length)} ${(statSync(path).mode & 0o777).toString(8)}`)
    return descriptor
  })
  const store = keep(openSqliteStore(file, wide))
  for (const id of ['a', 'b', 'a']) store.put(makeCapture(id))
  store.clear()
  spy.mockRestore()
  process.umask(umask)
  expect([...modes].sort()).toEqual([' 600', '-journal 600'])
})

test('another file throws an error that names it, and stays unchanged', () => {
  const file = join(directory, 'notes.txt')
  writeFileSync(file, 'These are my notes, which are not a database.'.repeat(100), { mode: 0o644 })
  chmodSync(file, 0o644)
  expect(() => openSqliteStore(file, wide)).toThrow(`Cannot keep captures in ${file}`)
  expect(readFileSync(file, 'utf8')).toMatch(/^These are my notes/)
  expect(statSync(file).mode & 0o777).toBe(0o644)
  expect(() => openSqliteStore(join(directory, 'no', 'such', 'directory.db'), wide)).toThrow('Cannot keep captures')
})

describe('a store where other users can plant files', () => {
  const message = 'every user of this machine can write to its folder'
  test.each([0o777, 0o1777])('is refused in a folder with mode %o, and nothing is written', (mode) => {
    const shared = join(directory, 'shared')
    mkdirSync(shared)
    chmodSync(shared, mode)
    const target = join(directory, 'target')
    const file = join(shared, 'captures.db')
    expect(() => openSqliteStore(file, wide)).toThrow(message)
    symlinkSync(target, file)
    expect(() => openSqliteStore(file, wide)).toThrow(message)
    writeFileSync(target, '')
    expect(() => openSqliteStore(file, wide)).toThrow(message)
    expect([readdirSync(shared), readFileSync(target, 'utf8')]).toEqual([['captures.db'], ''])
    const link = join(directory, 'link')
    writeFileSync(join(shared, 'other.db'), '')
    symlinkSync(join(shared, 'other.db'), link)
    expect(() => openSqliteStore(link, wide)).toThrow(message)
  })

  test('a link of your own is followed', () => {
    symlinkSync(join(directory, 'target'), join(directory, 'link'))
    keep(openSqliteStore(join(directory, 'link'), wide)).put(makeCapture('a'))
    expect(statSync(join(directory, 'target')).mode & 0o777).toBe(0o600)
  })

  test('a named pipe or a folder is refused, without a wait', () => {
    const pipe = join(directory, 'pipe')
    spawnSync('/usr/bin/env', ['mkfifo', pipe])
    for (const path of [pipe, directory]) expect(() => openSqliteStore(path, wide)).toThrow('it is not a regular file')
  })
})
