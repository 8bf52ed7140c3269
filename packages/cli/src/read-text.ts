import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { UsageError } from './exit.ts'
import type { Io } from './io.ts'

const maxBytes = 16 * 1024 * 1024

/** Bytes of a file, or of standard input for `-`. `flag` says in errors who asked; with `secret` the path stays untold. */
export async function readSource(
  io: Io,
  path: string,
  flag: string,
  { secret = false }: { readonly secret?: boolean } = {},
): Promise<Uint8Array> {
  return path === '-' ? await readStandardInput(io, flag) : await readFile(path, flag, secret)
}

const taken = new WeakMap<Readable, string>()

/** Standard input can be read once: two flags that both want it are a mistake. */
export function claimStandardInput(io: Io, flag: string): void {
  const other = taken.get(io.stdin)
  if (other !== undefined)
    throw new UsageError(`${other} and ${flag} both read standard input; give one of them a file.`)
  taken.set(io.stdin, flag)
}

async function readStandardInput(io: Io, flag: string): Promise<Uint8Array> {
  claimStandardInput(io, flag)
  return await collect(io.stdin, flag)
}

async function collect(stream: Readable, flag: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array)
    size += bytes.length
    if (size > maxBytes) throw new UsageError(`${flag}: there is more than 16 MiB to read.`)
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

/** As UTF-8; a byte order mark, which editors on Windows write, is no part of the text. */
export function decodeText(bytes: Uint8Array, flag: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`${flag}: what was read is not UTF-8 text.`)
  }
}
