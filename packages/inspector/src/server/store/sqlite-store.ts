import { chmodSync, closeSync, existsSync, openSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import sqlite from 'node-sqlite3-wasm'
import manifest from '../../../package.json' with { type: 'json' }
import type { Capture, CaptureSummary } from '../../shared/capture.ts'
import { hideCredentials } from '../hide.ts'
import { summarize } from '../summarize.ts'
import type { CaptureStore, StoreBounds } from './store.ts'

/** The file cannot be used as a store. The message names the file and the reason. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

const schema = `
  CREATE TABLE IF NOT EXISTS capture (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    bytes INTEGER NOT NULL,
    summary TEXT NOT NULL,
    capture TEXT NOT NULL
  )`

/**
 * Another version may read other fields of a capture, or give a cause another name. Each summary
 * has the version that read it, so that a newer one reads it again.
 */
const { version } = manifest

/** Writes the summary of a capture for its row. */
const writeSummary = (capture: Capture): string => JSON.stringify({ ...summarize(capture), version })

/**
 * Keeps captures in an SQLite file, so that the next run has them too. Credentials (Authorization,
 * cookies) are not written.
 * @throws StoreError if the file cannot be opened as a store, or if every user can write to its folder
 */
export function openSqliteStore(file: string, { maxCaptures, maxBytes }: StoreBounds): CaptureStore {
  const path = resolve(file)
  const db = openDatabase(path)
  const readTotals = () => {
    const totals = db.get('SELECT COUNT(*) AS count, COALESCE(SUM(bytes), 0) AS bytes FROM capture')
    return { count: Number(totals?.count), bytes: Number(totals?.bytes) }
  }
  let { count, bytes } = readTotals()

  const dropOldest = (): string[] => {
    const dropped: string[] = []
    while (count > 0 && (count > maxCaptures || bytes > maxBytes)) {
      const oldest = db.get('SELECT position, id, bytes FROM capture ORDER BY position LIMIT 1')
      if (!oldest) break
      db.run('DELETE FROM capture WHERE position = ?', [Number(oldest.position)])
      count -= 1
      bytes -= Number(oldest.bytes)
      dropped.push(String(oldest.id))
    }
    return dropped
  }
  const find = (id: string): Capture | undefined => {
    const row = db.get('SELECT capture FROM capture WHERE id = ?', [id])
    return row ? (JSON.parse(String(row.capture)) as Capture) : undefined
  }
  return {
    put(capture) {
      const text = JSON.stringify(hideCredentials(capture))
      const before = db.get('SELECT bytes FROM capture WHERE id = ?', [capture.id])
      db.run(
        `INSERT INTO capture (id, bytes, summary, capture) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes, summary = excluded.summary, capture = excluded.capture`,
        [capture.id, text.length, writeSummary(capture), text],
      )
      if (!before) count += 1
      bytes += text.length - Number(before?.bytes ?? 0)
      return dropOldest()
    },
    get: find,
    list(limit) {
      const rows = db.all('SELECT id, summary FROM capture ORDER BY position DESC LIMIT ?', [limit])
      const renewed: [summary: string, id: string][] = []
      const summaries = rows.map(({ id, summary }) => {
        const { version: writer, ...known } = JSON.parse(String(summary)) as CaptureSummary & { version?: string }
        const capture = writer === version ? undefined : find(String(id))
        if (capture === undefined) return known
        renewed.push([writeSummary(capture), String(id)])
        return summarize(capture)
      })
      if (renewed.length > 0) {
        // Without a transaction, each row would wait for the disk.
        db.exec('BEGIN')
        for (const values of renewed) db.run('UPDATE capture SET summary = ? WHERE id = ?', values)
        db.exec('COMMIT')
      }
      return summaries
    },
    *all() {
      for (const { position } of db.all('SELECT position FROM capture ORDER BY position')) {
        const row = db.get('SELECT capture FROM capture WHERE position = ?', [Number(position)])
        if (row) yield JSON.parse(String(row.capture)) as Capture
      }
    },
    delete(ids) {
      db.exec('BEGIN')
      for (const id of ids) db.run('DELETE FROM capture WHERE id = ?', [id])
      // The text of a deleted row must not stay in the file.
      db.exec('COMMIT; VACUUM')
      const left = readTotals()
      count = left.count
      bytes = left.bytes
    },
    clear() {
      db.exec('DELETE FROM capture; VACUUM')
      count = 0
      bytes = 0
    },
    count: () => count,
    close() {
      if (db.isOpen) db.close()
    },
  }
}

function openDatabase(path: string): InstanceType<typeof sqlite.Database> {
  try {
    refuseStrangers(path)
    // The file holds messages, so only its owner may read it, from the first byte on.
    closeSync(openSync(path, 'a', 0o600))
    const db = new sqlite.Database(path)
    // Without the first, a capture that was deleted stays in the file until another one takes its place.
    db.exec(`PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; ${schema}`)
    db.get('SELECT position, id, bytes, summary, capture FROM capture LIMIT 1')
    // Only now is it certain that the file is ours, and no other one.
    chmodSync(path, 0o600)
    return db
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const advice = /locked/.test(reason) ? ` Is another run using it? If not, remove ${path}.lock.` : ''
    throw new StoreError(`Cannot keep captures in ${path}: ${reason}.${advice}`)
  }
}

/**
 * Refuses what is not a regular file, and a folder in which any user can plant a file or a link where
 * the store or its journal is to be.
 */
function refuseStrangers(path: string): void {
  const isThere = existsSync(path)
  if (isThere && !statSync(path).isFile()) throw new Error('it is not a regular file')
  // On Windows these bits say nothing: there the folder's own list of users decides.
  if (process.platform === 'win32') return
  for (const one of isThere ? [path, realpathSync(path)] : [path])
    if ((statSync(dirname(one)).mode & 0o002) !== 0)
      throw new Error('every user of this machine can write to its folder, so choose a folder of yours')
}
