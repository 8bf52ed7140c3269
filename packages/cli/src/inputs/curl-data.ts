import { UsageError } from '../exit.ts'

/** Reads a file that a command names. It throws a UsageError if it cannot. */
export type ReadFile = (path: string) => Uint8Array

type Kind = 'text' | 'raw' | 'binary' | 'json'

const lineBreaks = [0, 10, 13]
const encoder = new TextEncoder()

/** Builds the body from the --data options, as curl does. https://curl.se/docs/manpage.html#-d */
export class CurlData {
  readonly #readFile: ReadFile | undefined
  #bytes: Uint8Array | undefined

  constructor(readFile: ReadFile | undefined) {
    this.#readFile = readFile
  }

  get bytes(): Uint8Array | undefined {
    return this.#bytes
  }

  add(value: string, kind: Kind): void {
    const isFile = kind !== 'raw' && value.startsWith('@')
    const content = isFile ? this.#read(value.slice(1)) : encoder.encode(value)
    // --data drops the line breaks of a file.
    const kept = isFile && kind === 'text' ? content.filter((byte) => !lineBreaks.includes(byte)) : content
    this.#append(kept, kind)
  }

  /**
   * Adds "content", "=content", "name=content", "@file" or "name@file". The content is encoded, the
   * name is not.
   */
  addEncoded(value: string): void {
    const match = /^([^=@]*)([=@])(.*)$/s.exec(value)
    const [, name = '', mark = '=', rest = ''] = match ?? [value, '', '=', value]
    const content = mark === '@' ? this.#read(rest) : encoder.encode(rest)
    const encoded = Array.from(content, encodeByte).join('')
    this.#append(encoder.encode(name === '' ? encoded : `${name}=${encoded}`), 'raw')
  }

  #append(more: Uint8Array, kind: Kind): void {
    if (this.#bytes === undefined) this.#bytes = more
    else this.#bytes = Buffer.concat([this.#bytes, Buffer.from(kind === 'json' ? '' : '&'), more])
  }

  #read(path: string): Uint8Array {
    if (this.#readFile === undefined || path === '-')
      throw new UsageError(
        'The curl command reads its data from another source (@); use --body FILE, or write the data into the command.',
      )
    return this.#readFile(path)
  }
}

/** Encodes one byte as curl 7.83 and later do: a space becomes a plus. */
function encodeByte(byte: number): string {
  const char = String.fromCharCode(byte)
  if (char === ' ') return '+'
  return /[A-Za-z0-9._~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
