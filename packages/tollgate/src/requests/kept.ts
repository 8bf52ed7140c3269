import { readEnvironment } from '../checks/runtime.ts'
import { writeCaptures } from './capture.ts'
import { type RecordedRequest, toLatin1 } from './request.ts'

/** The part of `node:fs` that is used. */
interface FileSystem {
  mkdirSync(path: string, options: { recursive: true; mode: number }): unknown
  lstatSync(path: string): { isDirectory(): boolean; isFile(): boolean; uid: number; mode: number; size: number }
  statSync(path: string): { uid: number; mode: number }
  readdirSync(path: string): string[]
  readFileSync(path: string): Uint8Array
  writeFileSync(path: string, data: Uint8Array, options: { flag: 'wx'; mode: number }): void
  rmSync(path: string, options: { force: true }): void
}

interface Process {
  readonly platform?: string
  getBuiltinModule?(name: string): unknown
  getuid?(): number
}

/** How many requests are kept. An older one is deleted when a newer one is written. */
const mostKept = 5
/** A longer request is not kept. */
const mostBytes = 512 * 1024
const fileName = /^\d{13}-[0-9a-f]{16}\.json$/
/** How many this process wrote: it orders those of one millisecond. */
let written = 0

/** Headers that hold credentials of the application's. */
const credentials = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key'])

/** Reads a variable of the environment. */
type ReadVariable = (name: string) => string | undefined

/**
 * Keeps a refused request for `tollgate diagnose --last`: in a file that only the user can read
 * (0600), in a folder of the user's (0700), the last five. Strangers can send such requests, so a
 * long one is not kept, and the name of a file has nothing of the request.
 * @param request The request, whose headers with credentials are left out.
 * @param secrets Texts that no file may have. A request that has one is not kept.
 * @returns The path of the file. `undefined` if it was not kept: in production, without a file
 *   system or a home, if the folder is not the user's alone, or if another user can write to one of
 *   the two above it.
 */
export function keepRequest(request: RecordedRequest, secrets: readonly string[]): string | undefined {
  if (readEnvironment('NODE_ENV') === 'production') return undefined
  try {
    const folder = findFolder(readEnvironment)
    const fs = loadFileSystem()
    if (folder === undefined || fs === undefined) return undefined
    const headers = request.headers.filter(([name]) => !credentials.has(name.toLowerCase()))
    const bytes = writeCaptures([{ ...request, headers }])
    const text = toLatin1(bytes)
    if (bytes.length > mostBytes || secrets.some((secret) => secret !== '' && text.includes(secret))) return undefined
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!isPrivate(fs, folder)) return undefined
    const order = (++written >>> 0).toString(16).padStart(8, '0')
    const random = toHex(crypto.getRandomValues(new Uint8Array(4)))
    const path = `${folder}/${String(Date.now()).padStart(13, '0')}-${order}${random}.json`
    try {
      // It never writes to a file that exists, nor through a link.
      fs.writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 })
    } catch (error) {
      // The disk is full: a part of the file may be there.
      fs.rmSync(path, { force: true })
      throw error
    }
    for (const old of listFiles(fs, folder).slice(mostKept)) fs.rmSync(`${folder}/${old}`, { force: true })
    return path
  } catch {
    return undefined
  }
}

/**
 * Lists the requests that were kept, the newest first, each as the text of a request in JSON.
 * @param readVariable Default: the environment of the process.
 */
export function listKeptRequests(
  readVariable: ReadVariable = readEnvironment,
): readonly { readonly time: number; readonly bytes: Uint8Array }[] {
  try {
    const folder = findFolder(readVariable)
    const fs = loadFileSystem()
    if (folder === undefined || fs === undefined || !isPrivate(fs, folder)) return []
    return listFiles(fs, folder)
      .filter((name) => isOwnFile(fs, `${folder}/${name}`))
      .map((name) => ({ time: Number(name.slice(0, 13)), bytes: fs.readFileSync(`${folder}/${name}`) }))
  } catch {
    return []
  }
}

// Not imported, because other runtimes have no such module.
function loadFileSystem(): FileSystem | undefined {
  return findProcess()?.getBuiltinModule?.('node:fs') as FileSystem | undefined
}

function findProcess(): Process | undefined {
  return (globalThis as { readonly process?: Process }).process
}

/** The folder for caches of the user, which other users cannot write to. */
function findFolder(readVariable: ReadVariable): string | undefined {
  const isWindows = findProcess()?.platform === 'win32'
  const home = readVariable('HOME')
  const given = isWindows ? readVariable('LOCALAPPDATA') : readVariable('XDG_CACHE_HOME')
  const isAbsolute = (path: string | undefined): boolean => path !== undefined && /^(\/|[a-z]:[\\/])/i.test(path)
  if (isAbsolute(given)) return `${given}/tollgate/refused`
  return isWindows || !isAbsolute(home) ? undefined : `${home}/.cache/tollgate/refused`
}

/**
 * Returns false for a link, for a folder of another user, and for one that others can use. Who can
 * write to a folder above it could put another one in its place.
 */
function isPrivate(fs: FileSystem, folder: string): boolean {
  const stats = fs.lstatSync(folder)
  const uid = findProcess()?.getuid?.()
  // Windows has neither: there the folder's own list of users decides.
  if (uid === undefined) return stats.isDirectory()
  const above = [folder.replace(/\/[^/]+$/, ''), folder.replace(/(\/[^/]+){2}$/, '')].map((one) => fs.statSync(one))
  return (
    stats.isDirectory() &&
    stats.uid === uid &&
    (stats.mode & 0o077) === 0 &&
    above.every((one) => (one.uid === uid || one.uid === 0) && (one.mode & 0o002) === 0)
  )
}

function isOwnFile(fs: FileSystem, path: string): boolean {
  const stats = fs.lstatSync(path)
  return stats.isFile() && stats.size <= mostBytes
}

/** Lists the names of the files, the newest first. */
function listFiles(fs: FileSystem, folder: string): string[] {
  return fs
    .readdirSync(folder)
    .filter((name) => fileName.test(name))
    .sort()
    .reverse()
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
