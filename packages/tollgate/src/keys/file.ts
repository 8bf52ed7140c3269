import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import type { Tokens } from '../auth-token.ts'
import type { AuthTokenLookup, SharedKey, UnverifiedClaim } from '../interfaces.ts'
import { checkKnownOptions } from '../known-options.ts'
import { checkFunction } from './cached-options.ts'
import { type KeyFile, parseKeyFile } from './key-file.ts'
import { watchPath } from './watch-path.ts'

export type FileSystem = typeof NodeFs

export interface FileKeysOptions {
  /** Accepts a file that its group or everyone may read. Default false: only its owner may. Not checked on Windows. */
  readonly allowReadableByOthers?: boolean | undefined
  /** Told why a changed file is not taken over; never shows a secret. Default: `console.error`. */
  readonly onProblem?: ((message: string) => void) | undefined
}

export interface FileKeys {
  /**
   * For the `authToken` option. A request that names no account is given the tokens of the one account in the file; where there are
   * several it is `key_unknown`.
   */
  readonly authToken: AuthTokenLookup
  /** For the `sharedKeys` option. */
  readonly sharedKeys: (keyId: string) => SharedKey | undefined
  /** Ends the watching; the keys stay as they are. The process may exit without it. */
  close(): void
}

const known: Readonly<Record<keyof FileKeysOptions, true>> = { allowReadableByOthers: true, onProblem: true }

const maxFileBytes = 16 * 1024 * 1024

/**
 * Takes Auth Tokens and SharedKeys from a JSON file of at most 16 MiB and follows its changes, rename and symbolic link included:
 * `{ "accounts": { "AC…": "token" or ["token", …] }, "sharedKeys": { "id": "secret" or { "secret": …, "accountSid": … } } }`.
 * A changed file counts as a whole or, when something in it is wrong, not at all: then the keys from before stay in force.
 * @throws TypeError when the file cannot be read, is malformed, or may be read by others; or where the runtime has no file system.
 */
export function fileKeys(path: string, options: FileKeysOptions = {}): FileKeys {
  checkKnownOptions(options, known, 'fileKeys')
  checkFunction(options.onProblem, 'onProblem')
  const { allowReadableByOthers = false, onProblem = printProblem } = options
  if (typeof allowReadableByOthers !== 'boolean') throw new TypeError('"allowReadableByOthers" must be true or false')
  if (typeof path !== 'string' || path === '') throw new TypeError('"path" must be the path of a file')
  const { fs, absolute } = findFileSystem(path)

  function load(): KeyFile {
    try {
      return parseKeyFile(readPrivateFile(fs, absolute, allowReadableByOthers))
    } catch (error) {
      throw new TypeError(`The key file ${absolute} is refused: ${describe(error)}`)
    }
  }

  let file: KeyFile
  // From before the first reading, so that no change falls between the two.
  const stop = watchPath(fs, absolute, () => {
    try {
      file = load()
    } catch (error) {
      tellUnnoticed(() => onProblem(`${(error as Error).message}. The keys from before stay in force.`))
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
): Tokens | { authToken: Tokens; accountSid: string } | undefined {
  if (claim.accountSid !== undefined) return accounts.get(claim.accountSid)
  const [only] = accounts
  return only === undefined || accounts.size > 1 ? undefined : { authToken: only[1], accountSid: only[0] }
}

/** Not imported: the same entry has to load in runtimes without Node.js's modules. */
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
  // Not blocking: opening a named pipe would wait for its other end.
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
  try {
    const { mode, size } = fs.fstatSync(descriptor)
    if ((mode & fs.constants.S_IFMT) !== fs.constants.S_IFREG) throw new FileFault('it is no regular file')
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

/** Of other errors only the code: their messages are not ours to vouch for. */
function describe(error: unknown): string {
  if (error instanceof FileFault || error instanceof TypeError) return error.message
  const { code }: { code?: unknown } = Object(error)
  return code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${String(code)})`
}

function printProblem(message: string): void {
  // biome-ignore lint/suspicious/noConsole: without a listener, a problem must be seen somewhere
  console.error(message)
}

function tellUnnoticed(tell: () => void): void {
  try {
    tell()
  } catch {
    // Thrown inside a timer, it would end the process.
  }
}
