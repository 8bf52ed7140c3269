import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'

const maxBytes = 16 * 1024 * 1024

/**
 * Reads a file, or standard input for `-`; at most 16 MiB.
 *
 * @param flag named in error messages
 * @param options.secret keeps the path out of error messages: it may be a secret in the wrong place
 * @throws UsageError if it cannot be read
 */
export async function readBytes(
  io: Io,
  path: string,
  flag: string,
  { secret = false }: { readonly secret?: boolean } = {},
): Promise<Uint8Array> {
  if (path !== '-') return await readFile(path, flag, secret)
  claimStandardInput(io, flag)
  return await collect(io.stdin, flag)
}

/** Reads the same as text: see `readBytes` and `decodeText`. */
export async function readText(...source: Parameters<typeof readBytes>): Promise<string> {
  return decodeText(await readBytes(...source), source[2])
}

const taken = new WeakMap<Readable, string>()

/** @throws UsageError if another flag already reads standard input, which can be read only once */
export function claimStandardInput(io: Io, flag: string): void {
  const other = taken.get(io.stdin)
  if (other !== undefined)
    throw new UsageError(`${other} and ${flag} both read standard input; give one of them a file.`)
  taken.set(io.stdin, flag)
}

async function collect(stream: Readable, flag: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array)
    size += bytes.length
    if (size > maxBytes) throw new UsageError(`${flag}: the input is larger than 16 MiB.`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

async function readFile(path: string, flag: string, secret: boolean): Promise<Uint8Array> {
  const name = secret ? 'the file' : JSON.stringify(path)
  try {
    const file = await open(path)
    try {
      if ((await file.stat()).isDirectory()) throw new UsageError(`${flag}: ${name} is a directory.`)
      return await collect(file.createReadStream({ autoClose: false }), flag)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { code }: { code?: unknown } = Object(error)
    throw new UsageError(`${flag}: ${name} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}.`)
  }
}

/** @throws UsageError if the text is not JSON */
export function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${from} is not JSON.`)
  }
}

/** Decodes text, and drops the byte order mark: see `toUtf8`. */
export function decodeText(bytes: Uint8Array, flag: string): string {
  return decode(toUtf8(bytes, flag), 'utf-8', flag)
}

/**
 * Drops the byte order mark that editors on Windows write. Text with a mark of UTF-16, as
 * PowerShell 5 writes it with `>`, becomes UTF-8. All other bytes stay.
 */
function toUtf8(bytes: Uint8Array, flag: string): Uint8Array {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) return bytes.subarray(3)
  if (first === 0xff && second === 0xfe) return Buffer.from(decode(bytes, 'utf-16le', flag))
  if (first === 0xfe && second === 0xff) return Buffer.from(decode(bytes, 'utf-16be', flag))
  return bytes
}

function decode(bytes: Uint8Array, encoding: string, flag: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`${flag}: the input is not UTF-8 text.`)
  }
}
