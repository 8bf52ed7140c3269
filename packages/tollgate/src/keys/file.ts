import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import { unref } from '../checks/limits.ts'
import { readOptions, runUnnoticed } from '../checks/options.ts'
import type { Tokens } from '../checks/secrets.ts'
import type { AuthTokenLookup, SharedKey, UnverifiedClaim } from '../verify/types.ts'
import { type KeyFile, parseKeyFile } from './key-file.ts'

/** The module `node:fs`. */
type FileSystem = typeof NodeFs

/** Options of `fileKeys`. */
export interface FileKeysOptions {
  /**
   * Also accepts a file that its group or everyone may read. Default false. Not checked on Windows.
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
  /** Stops watching the file. The keys stay as they are. The process can exit without this call. */
  close(): void
}

/** The options of `fileKeys`. */
export const fileKeysOptions = {
  allowReadableByOthers: { type: 'boolean', default: false },
  onProblem: { type: 'function' },
} as const

const maxFileBytes = 16 * 1024 * 1024

/**
 * Reads Auth Tokens and SharedKeys from a JSON file and follows its changes, also through renames
 * and symbolic links. If anything in a changed file is wrong, the whole change is refused and the
 * previous keys stay in use.
 *
 * ```json
 * {
 *   "accounts": { "AC…": "token", "AC…": ["token", "next token"] },
 *   "sharedKeys": { "id": "secret", "other id": { "secret": "secret", "accountSid": "AC…" } }
 * }
 * ```
 * @param path The path of the file, of at most 16 MiB.
 * @returns the keys, for the options `authToken` and `sharedKeys`
 * @throws TypeError if the file cannot be read, is malformed, or may be read by others; or if the
 *   runtime has no file system.
 */
export function fileKeys(path: string, given: FileKeysOptions = {}): FileKeys {
  const { allowReadableByOthers, onProblem = printProblem } = readOptions(given, fileKeysOptions, 'fileKeys')
  if (typeof path !== 'string' || path === '') throw new TypeError('"path" must be the path of a file')
  const { fs, absolute } = findFileSystem(path)

  function load(): KeyFile {
    try {
      return parseKeyFile(readPrivateFile(fs, absolute, allowReadableByOthers))
    } catch (error) {
      throw new TypeError(`The key file ${absolute} is refused: ${describe(error)}`, { cause: readCode(error) })
    }
  }

  let file: KeyFile
  let reported: string | undefined
  // Watching starts before the first reading, so that no change is missed between the two.
  const stop = watchPath(fs, absolute, (isChanged) => {
    try {
      file = load()
      return true
    } catch (error) {
      const { message, cause } = error as Error
      // An exception inside a timer would end the process.
      if (isChanged || message !== reported) runUnnoticed(() => onProblem(`${message}. The previous keys stay in use.`))
      reported = message
      // The system may have run out of descriptors. The file may be fine.
      return cause === undefined
    }
  })
  try {
    file = load()
  } catch (error) {
    stop()
    throw error
  }
  return {
    authToken: (claim) => findTokens(file.accounts, claim),
    sharedKeys: (keyId) => file.sharedKeys.get(keyId),
    close: stop,
  }
}

function findTokens(
  accounts: KeyFile['accounts'],
  claim: UnverifiedClaim,
): { authToken: Tokens; accountSid: string } | undefined {
  const [only] = accounts.size === 1 ? accounts.keys() : []
  const accountSid = claim.accountSid ?? only
  const authToken = accountSid === undefined ? undefined : accounts.get(accountSid)
  return accountSid === undefined || authToken === undefined ? undefined : { authToken, accountSid }
}

/**
 * Finds `node:fs` without an import, because this entry must also load in runtimes that have no
 * such module.
 */
function findFileSystem(path: string): { readonly fs: FileSystem; readonly absolute: string } {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
  const fs = process?.getBuiltinModule?.('node:fs') as FileSystem | undefined
  const paths = process?.getBuiltinModule?.('node:path') as typeof NodePath | undefined
  if (fs?.openSync === undefined || paths === undefined)
    throw new TypeError('fileKeys needs Node.js 20.16, Deno 2.1 or Bun 1.2, or later: this runtime has no file system')
  return { fs, absolute: paths.resolve(path) }
}

class FileFault extends Error {}

function readPrivateFile(fs: FileSystem, path: string, allowReadableByOthers: boolean): string {
  // Without O_NONBLOCK, opening a named pipe waits for its other end.
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
  try {
    const { mode, size } = fs.fstatSync(descriptor)
    if ((mode & fs.constants.S_IFMT) !== fs.constants.S_IFREG) throw new FileFault('it is not a regular file')
    if (!allowReadableByOthers && globalThis.process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new FileFault(
        `others than its owner have access (mode ${(mode & 0o777).toString(8)}): chmod 600, or set "allowReadableByOthers"`,
      )
    if (size > maxFileBytes) throw new FileFault(`it is larger than ${maxFileBytes} bytes`)
    return decode(fs.readFileSync(descriptor))
  } finally {
    fs.closeSync(descriptor)
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new FileFault('it is not UTF-8')
  }
}

/**
 * Shows the message of our own errors, and only the code of others, whose messages may hold
 * anything.
 */
function describe(error: unknown): string {
  if (error instanceof FileFault || error instanceof TypeError) return error.message
  const code = readCode(error)
  return code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${String(code)})`
}

/** Returns the code of an error of the system. Our own errors have none. */
function readCode(error: unknown): unknown {
  return (Object(error) as { code?: unknown }).code
}

function printProblem(message: string): void {
  // biome-ignore lint/suspicious/noConsole: without a listener, the problem must still be visible
  console.error(message)
}

// Editors and deployments replace a file in several steps.
const settleMs = 100
// For paths without events: network file systems, links into other directories, exhausted watchers.
const pollMs = 2000

/**
 * Calls `onChange` after the file at a path has changed: its content, its mode, or the file that
 * the name or a link leads to. It watches the directory and not the file, because a rename puts
 * another file in its place.
 * @param onChange Returns false if the file could not be read. It is called again later, also if the
 *   file does not change.
 * @returns a function that stops watching
 */
function watchPath(fs: FileSystem, path: string, onChange: (isChanged: boolean) => boolean): () => void {
  let seen = takeFingerprint(fs, path)
  let isRead = true
  let settling: ReturnType<typeof setTimeout> | undefined

  function check(): void {
    const fingerprint = takeFingerprint(fs, path)
    const isChanged = fingerprint !== seen
    if (!isChanged && isRead) return
    seen = fingerprint
    isRead = onChange(isChanged)
  }

  function checkSoon(): void {
    clearTimeout(settling)
    settling = unref(setTimeout(check, settleMs))
  }

  const poll = unref(setInterval(check, pollMs))
  const watcher = watchDirectory(fs, path, checkSoon)
  return () => {
    clearInterval(poll)
    clearTimeout(settling)
    watcher?.close()
  }
}

function watchDirectory(
  fs: FileSystem,
  path: string,
  onEvent: () => void,
): ReturnType<FileSystem['watch']> | undefined {
  try {
    const watcher = fs.watch(path.replace(/[^/\\]*$/, '') || '.', { persistent: false }, onEvent)
    return watcher.on('error', () => watcher.close())
  } catch {
    return undefined
  }
}

function takeFingerprint(fs: FileSystem, path: string): string {
  try {
    const { dev, ino, size, mode, mtimeNs, ctimeNs } = fs.statSync(path, { bigint: true })
    return [dev, ino, size, mode, mtimeNs, ctimeNs].join()
  } catch (error) {
    return String(readCode(error))
  }
}
