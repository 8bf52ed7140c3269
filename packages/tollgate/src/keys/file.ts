import type * as NodePath from 'node:path'
import { unref } from '../checks/limits.ts'
import { readOptions, runUnnoticed } from '../checks/options.ts'
import type { AuthTokenLookup, SharedKey } from '../verify/types.ts'
import { type FileSystem, hasLost, type KeyReading, type KeySource, lookAt, readUnchanged } from './read-files.ts'
import { runAtOnce, runInSlices } from './slices.ts'

/** Options of `fileKeys`. */
export interface FileKeysOptions {
  /**
   * Also accepts a file that its group or everyone may read, or that another user owns, and a
   * folder that its group may write to. Default false. Not checked on Windows.
   */
  readonly allowReadableByOthers?: boolean | undefined
  /**
   * Called with the reason if a changed file is refused. The message has no secret. Default:
   * `console.error`.
   */
  readonly onProblem?: ((message: string) => void) | undefined
}

/** The keys of a file, for the options of a verifier. */
export interface FileKeys {
  /**
   * For the `authToken` option. A request that names no account is verified with the tokens of the
   * only account in the file. If the file has several accounts, such a request is `key_unknown`.
   */
  readonly authToken: AuthTokenLookup
  /** For the `sharedKeys` option. */
  readonly sharedKeys: (keyId: string) => SharedKey | undefined
  /** When the keys in use were read, in milliseconds since 1970. */
  readonly readAt: number
  /**
   * True while the last change of the file is refused, or the file cannot be read, so that the keys
   * from before are in use. `onProblem` got the reason.
   */
  readonly isRefused: boolean
  /** Stops watching the file. The keys stay as they are. The process can exit without this call. */
  close(): void
}

/** The options of `fileKeys`. */
export const fileKeysOptions = {
  allowReadableByOthers: { type: 'boolean', default: false },
  onProblem: { type: 'function' },
} as const

/**
 * Reads Auth Tokens and SharedKeys from a JSON file, or from all files of a folder, and follows
 * their changes, also through renames and symbolic links. If anything in a changed file is wrong,
 * the whole change is refused and the previous keys stay in use.
 *
 * ```json
 * {
 *   "accounts": { "AC…": "token", "AC…": ["token", "next token"] },
 *   "sharedKeys": { "id": "secret", "other id": { "secret": "secret", "accountSid": "AC…" } }
 * }
 * ```
 * The first reading happens within the call. Later ones happen in slices of a few milliseconds, and
 * read only the files that changed. If accounts or SharedKeys are missing in a changed folder, it
 * is used when it has stayed the same for two seconds: another program may still be writing it.
 * @param path The path of a file of at most 16 MiB, or of a folder of at most 1,000 such files and
 *   128 MiB in total. Hidden files are skipped. Folders within it are errors.
 * @returns the keys, for the options `authToken` and `sharedKeys`
 * @throws TypeError if a file cannot be read, is malformed, or may be read or replaced by others; if an account
 *   or a SharedKey is in two files; or if the runtime has no file system.
 */
export function fileKeys(path: string, given: FileKeysOptions = {}): FileKeys {
  const { allowReadableByOthers, onProblem = printProblem } = readOptions(given, fileKeysOptions, 'fileKeys')
  if (typeof path !== 'string' || path === '') throw new TypeError('"path" must be the path of a file or a folder')
  const source = { ...findFileSystem(path), allowReadableByOthers }
  let current: KeyReading
  let readAt = Date.now()
  let isRefused = false
  let seen: string
  let isRead = true
  let reported: string | undefined
  /** The mark of a complete reading without some of the keys from before, and its time. */
  let smaller: { readonly mark: string; readonly time: number } | undefined

  async function check(): Promise<void> {
    const look = await runInSlices(lookAt(source), pause)
    const isChanged = look.mark !== seen
    if (!isChanged && isRead) return
    if (look.isFresh) return watch.checkSoon()
    seen = look.mark
    try {
      const next = await runInSlices(readUnchanged(source, look, current.files), pause)
      isRead = next !== undefined && (!look.isFolder || (await isWhole(next)))
      if (next === undefined) watch.checkSoon()
      else if (isRead && !watch.isStopped()) {
        current = next
        readAt = Date.now()
        isRefused = false
      }
    } catch (error) {
      const { message, cause } = error as Error
      // The system may have run out of descriptors. The file may be fine.
      isRead = cause === undefined
      isRefused = true
      const isNew = isChanged || message !== reported
      reported = message
      if (isNew && !watch.isStopped()) runUnnoticed(() => onProblem(`${message}. The previous keys stay in use.`))
    }
  }

  /** Returns false if keys are missing and another program may still be writing them. */
  async function isWhole(next: KeyReading): Promise<boolean> {
    if (smaller?.mark === next.mark) return performance.now() - smaller.time >= pollMs
    smaller = undefined
    if (!(await runInSlices(hasLost(current.keys, next.keys), pause))) return true
    smaller = { mark: next.mark, time: performance.now() }
    return false
  }

  // Watching starts before the first reading, so that no change is missed between the two.
  const watch = watchSource(source, check)
  try {
    current = readFirst(source)
    seen = current.mark
  } catch (error) {
    watch.stop()
    throw error
  }
  return {
    authToken({ accountSid }) {
      const { accounts } = current.keys
      return accountSid === undefined ? accounts.getOnly() : accounts.get(accountSid)
    },
    sharedKeys: (keyId) => current.keys.sharedKeys.get(keyId),
    get readAt() {
      return readAt
    },
    get isRefused() {
      return isRefused
    },
    close: watch.stop,
  }
}

const maxTries = 10

function readFirst(source: KeySource): KeyReading {
  for (let tries = 0; tries < maxTries; tries++) {
    const reading = runAtOnce(readUnchanged(source, runAtOnce(lookAt(source))))
    if (reading !== undefined) return reading
  }
  throw new TypeError(`The key folder ${source.path} is refused: it changes while it is read`)
}

/**
 * Finds `node:fs` without an import, because this entry must also load in runtimes that have no
 * such module.
 */
function findFileSystem(path: string): { readonly fs: FileSystem; readonly path: string } {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
  const fs = process?.getBuiltinModule?.('node:fs') as FileSystem | undefined
  const paths = process?.getBuiltinModule?.('node:path') as typeof NodePath | undefined
  if (fs?.openSync === undefined || paths === undefined)
    throw new TypeError(
      'fileKeys needs Node.js 20.16, Deno 2.1 or Bun 1.2.6, or later: this runtime has no file system',
    )
  return { fs, path: paths.resolve(path) }
}

function printProblem(message: string): void {
  // biome-ignore lint/suspicious/noConsole: without a listener, the problem must still be visible
  console.error(message)
}

// Editors and deployments replace a file in several steps.
const settleMs = 100
// For paths without events: network file systems, links into other directories, exhausted watchers.
const pollMs = 2000

interface Watch {
  /** Checks after a moment, also if nothing has changed. */
  checkSoon(): void
  isStopped(): boolean
  stop(): void
}

/**
 * Calls `check` when the files of a source may have changed: their content, their mode, or the file
 * that a name or a link leads to. It watches folders and not files, because a rename puts another
 * file in their place. It waits for one check to end before the next.
 */
function watchSource({ fs, path }: KeySource, check: () => Promise<void>): Watch {
  let settling: ReturnType<typeof setTimeout> | undefined
  let isChecking = false
  let isDue = false
  let isStopped = false

  async function run(): Promise<void> {
    isDue = isChecking
    if (isChecking) return
    isChecking = true
    await check()
    isChecking = false
    if (isDue) checkSoon()
  }

  function checkSoon(): void {
    clearTimeout(settling)
    if (!isStopped) settling = unref(setTimeout(run, settleMs))
  }

  const poll = unref(setInterval(run, pollMs))
  const parent = path.replace(/[^/\\]*$/, '') || '.'
  const watchers = [parent, path].map((folder) => watchFolder(fs, folder, checkSoon))
  return {
    checkSoon,
    isStopped: () => isStopped,
    stop() {
      isStopped = true
      clearInterval(poll)
      clearTimeout(settling)
      for (const watcher of watchers) watcher?.close()
    },
  }
}

function watchFolder(fs: FileSystem, path: string, onEvent: () => void): ReturnType<FileSystem['watch']> | undefined {
  try {
    if (!fs.statSync(path).isDirectory()) return undefined
    const watcher = fs.watch(path, { persistent: false }, onEvent)
    return watcher.on('error', () => watcher.close())
  } catch {
    return undefined
  }
}

/** Lets requests be answered. The process can exit meanwhile. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    unref(setTimeout(resolve, 0))
  })
}
