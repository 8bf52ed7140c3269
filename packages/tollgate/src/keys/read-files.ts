import type * as NodeFs from 'node:fs'
import type { SharedKey } from '../verify/types.ts'
import { AccountTable } from './accounts.ts'
import { countLines, type KeyFile, parseKeyFile, readEntry } from './key-file.ts'
import { type Steps, sliceBytes } from './slices.ts'

/** The module `node:fs`. */
export type FileSystem = typeof NodeFs

/** A key file, or a folder of them. */
export interface KeySource {
  readonly fs: FileSystem
  /** The absolute path. */
  readonly path: string
  readonly allowReadableByOthers: boolean
}

/** The state of the files of a source, without their content. */
export interface Look {
  /** Differs if a file was added, removed, replaced or changed, or its mode was. */
  readonly mark: string
  readonly isFolder: boolean
  /** True if a file changed a moment ago. After another change, its mark may be the same. */
  readonly isFresh: boolean
  readonly files: ReadonlyMap<string, Fingerprint>
}

interface Fingerprint {
  readonly mark: string
  readonly bytes: number
  readonly isFresh: boolean
}

type ReadFiles = ReadonlyMap<string, { readonly mark: string; readonly keys: KeyFile }>

/** The keys of all files together. */
export interface Keys {
  readonly accounts: AccountTable
  readonly files: readonly KeyFile[]
  readonly sharedKeys: ReadonlyMap<string, SharedKey>
}

/** A complete reading of a source. */
export interface KeyReading {
  readonly mark: string
  readonly files: ReadFiles
  readonly keys: Keys
}

const maxFileBytes = 16 * 1024 * 1024
const maxFolderBytes = 128 * 1024 * 1024
const maxFiles = 1000

// A row of keys, and a call of the file system, take about as long as parsing so many bytes.
const rowBytes = 100
const callBytes = 1024

// The times of files advance in ticks, of at most 10 ms on Linux.
const freshMs = 50

/** Looks at the files of a source. It never throws: an error is part of the mark. */
export function* lookAt(source: KeySource): Steps<Look> {
  const { fs, path } = source
  const names = listNames(fs, path)
  const files = new Map<string, Fingerprint>()
  for (const file of names === undefined ? [path] : names.map((name) => `${path}/${name}`)) {
    files.set(file, takeFingerprint(source, file))
    yield 4 * callBytes
  }
  const mark = Array.from(files, ([file, fingerprint]) => `${file} ${fingerprint.mark}`).join('\n')
  const isFresh = [...files.values()].some((fingerprint) => fingerprint.isFresh)
  return { mark, isFolder: names !== undefined, isFresh, files }
}

/** Lists the files of a folder, one more than allowed at most. `undefined` if it is no folder. */
function listNames(fs: FileSystem, path: string): readonly string[] | undefined {
  try {
    // Kubernetes and editors keep their own files under hidden names.
    const visible = fs.readdirSync(path).filter((name) => !name.startsWith('.'))
    return visible.sort().slice(0, maxFiles + 1)
  } catch {
    return undefined
  }
}

function takeFingerprint(source: KeySource, path: string): Fingerprint {
  try {
    const { dev, ino, size, mode, mtimeNs, ctimeNs } = source.fs.statSync(path, { bigint: true })
    const mark = [dev, ino, size, mode, mtimeNs, ctimeNs, describeFolders(source, path)].join()
    return { mark, bytes: Number(size), isFresh: Math.abs(Date.now() - Number(ctimeNs) / 1e6) < freshMs }
  } catch (error) {
    return { mark: String(readCode(error)), bytes: 0, isFresh: false }
  }
}

/**
 * Reads all files of a source. A file that did not change is not read again.
 * @param known the files of an earlier reading
 * @returns `undefined` if a file changed meanwhile, because the files may not belong together then
 * @throws TypeError that names the file, and has the code of an error of the system as its `cause`
 */
export function* readUnchanged(source: KeySource, look: Look, known?: ReadFiles): Steps<KeyReading | undefined> {
  try {
    const reading = yield* readAll(source, look, known)
    return (yield* lookAt(source)).mark === look.mark ? reading : undefined
  } catch (error) {
    if ((yield* lookAt(source)).mark !== look.mark) return undefined
    throw error
  }
}

function* readAll(source: KeySource, look: Look, known?: ReadFiles): Steps<KeyReading> {
  const { mark, isFolder, isFresh, files: found } = look
  const where = `The key ${isFolder ? 'folder' : 'file'} ${source.path} is refused:`
  if (found.size > maxFiles) throw new TypeError(`${where} it has more than ${maxFiles} files`)
  const bytes = [...found.values()].reduce((sum, file) => sum + file.bytes, 0)
  if (isFolder && bytes > maxFolderBytes)
    throw new TypeError(`${where} its files together are larger than ${maxFolderBytes} bytes`)
  const files = new Map<string, { mark: string; keys: KeyFile }>()
  for (const [path, file] of found) {
    const before = known?.get(path)
    const isSame = before?.mark === file.mark
    files.set(path, isSame ? before : { mark: file.mark, keys: yield* readFile(source, path) })
  }
  const keys = yield* mergeFiles(files, where)
  if (keys.accounts.size + keys.sharedKeys.size === 0) throw new TypeError(`${where} it has no keys`)
  // With a mark that no look has, they are read once more.
  return isFresh ? { mark: 'fresh', files: new Map(), keys } : { mark, files, keys }
}

function* mergeFiles(read: ReadFiles, where: string): Steps<Keys> {
  const names = Array.from(read.keys(), (path) => path.slice(path.lastIndexOf('/') + 1))
  const files = Array.from(read.values(), ({ keys }) => keys)
  // For large files, this takes milliseconds, because the memory is cleared.
  yield sliceBytes
  const accounts = new AccountTable(files)
  yield sliceBytes
  const describePlace = (file: number, at: number): string =>
    `in ${names[file]} (line ${countLines((files[file] as KeyFile).bytes, at)})`
  for (const [file, { bytes, accounts: offsets }] of files.entries())
    for (const offset of offsets) {
      const earlier = accounts.add(file, offset)
      if (earlier !== undefined) {
        const places = [earlier, [file, offset] as const].map(([one, at]) => describePlace(one, at))
        throw new TypeError(`${where} ${readEntry(bytes, offset).name} stands ${places.join(' and ')}`)
      }
      yield rowBytes
    }
  const sharedKeys = new Map<string, SharedKey>()
  for (const [file, keys] of files.entries())
    for (const [id, key] of keys.sharedKeys) {
      if (sharedKeys.has(id)) {
        const first = files.findIndex((one) => one.sharedKeys.has(id))
        // The id is not shown, because a secret may stand there by mistake.
        throw new TypeError(`${where} the id of a SharedKey stands in ${names[first]} and in ${names[file]}`)
      }
      sharedKeys.set(id, key)
      yield rowBytes
    }
  return { accounts, files, sharedKeys }
}

/** Returns true if an account or a SharedKey is missing in the new keys. */
export function* hasLost(before: Keys, after: Keys): Steps<boolean> {
  for (const { bytes, accounts } of before.files)
    for (const offset of accounts) {
      if (!after.accounts.has(bytes, offset)) return true
      yield rowBytes
    }
  for (const id of before.sharedKeys.keys()) {
    if (!after.sharedKeys.has(id)) return true
    yield rowBytes
  }
  return false
}

function* readFile(source: KeySource, path: string): Steps<KeyFile> {
  try {
    return yield* parseKeyFile(yield* readPrivateBytes(source, path))
  } catch (error) {
    throw new TypeError(`The key file ${path} is refused: ${describe(error)}`, { cause: readCode(error) })
  }
}

/**
 * Describes why others could put another file in place of this one. Both the folder of a link and
 * that of its target count: Kubernetes links to a folder that it replaces as a whole. `undefined`
 * if they could not, and on Windows, where the list of users of a folder decides.
 */
function describeFolders({ fs, allowReadableByOthers }: KeySource, path: string): string | undefined {
  const uid = globalThis.process.getuid?.()
  if (uid === undefined) return undefined
  for (const file of new Set([path, fs.realpathSync(path)])) {
    const stats = fs.statSync(readFolder(file))
    const isSticky = (stats.mode & 0o1000) !== 0 && isTrusted(stats.uid, uid)
    if (isSticky || (stats.mode & (allowReadableByOthers ? 0o002 : 0o022)) === 0) continue
    return `others than its owner can write to its folder (mode ${showMode(stats.mode)}): chmod go-w "${readFolder(file)}"`
  }
  return undefined
}

/** Describes why the file itself may be read or written by others than us. */
function describeFile(fs: FileSystem, { uid, mode, dev }: NodeFs.Stats, path: string): string | undefined {
  const ours = globalThis.process.getuid?.()
  if (ours === undefined) return undefined
  const allow = 'or set "allowReadableByOthers"'
  if ((mode & 0o077) !== 0) return `others than its owner have access (mode ${showMode(mode)}): chmod 600, ${allow}`
  // A file or a folder that compose mounts keeps its owner on the host. Only root can mount it.
  const folder = readFolder(fs.realpathSync(path))
  const isMounted = [folder, `${folder}/..`].some((one) => fs.statSync(one).dev !== dev)
  if (isTrusted(uid, ours) || isMounted) return undefined
  return `another user owns it (uid ${uid}): chown it, ${allow}`
}

function isTrusted(owner: number, uid: number): boolean {
  return owner === uid || owner === 0
}

function readFolder(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function showMode(mode: number): string {
  return (mode & 0o777).toString(8)
}

function* readPrivateBytes(source: KeySource, path: string): Steps<Uint8Array> {
  const { fs, allowReadableByOthers } = source
  // Without O_NONBLOCK, opening a named pipe waits for its other end.
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
  try {
    const stats = fs.fstatSync(descriptor)
    const { mode, size } = stats
    if ((mode & fs.constants.S_IFMT) !== fs.constants.S_IFREG) throw new TypeError('it is not a regular file')
    const ofFile = allowReadableByOthers ? undefined : describeFile(fs, stats, path)
    const fault = ofFile ?? describeFolders(source, path)
    if (fault !== undefined) throw new TypeError(fault)
    if (size > maxFileBytes) throw new TypeError(`it is larger than ${maxFileBytes} bytes`)
    return yield* readBytes(fs, descriptor, size)
  } finally {
    fs.closeSync(descriptor)
  }
}

/**
 * Reads the bytes that the file had when it was opened. A file that grows meanwhile has changed, so
 * that it is read again.
 */
function* readBytes(fs: FileSystem, descriptor: number, size: number): Steps<Uint8Array> {
  const bytes = new Uint8Array(size)
  for (let total = 0; total < size; ) {
    const read = fs.readSync(descriptor, bytes, total, Math.min(sliceBytes, size - total), null)
    if (read === 0) return bytes.subarray(0, total)
    total += read
    yield read
  }
  return bytes
}

/**
 * Shows the message of our own errors, and only the code of others, whose messages may hold
 * anything.
 */
function describe(error: unknown): string {
  if (error instanceof TypeError) return error.message
  const code = readCode(error)
  return code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${String(code)})`
}

/** Returns the code of an error of the system. Our own errors have none. */
function readCode(error: unknown): unknown {
  return (Object(error) as { code?: unknown }).code
}
