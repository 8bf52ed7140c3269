import { UsageError } from '../exit.ts'

/** Reads a file that a command names; throws a UsageError. */
export type ReadFile = (path: string) => Uint8Array

type Kind = 'text' | 'raw' | 'binary' | 'json'

const lineBreaks = [0, 10, 13]

/** The body that curl puts together from its --data options. https://curl.se/docs/manpage.html#-d */
export class CurlData {
  readonly #readFile: ReadFile | undefined
  #parts: Buffer | undefined

  constructor(readFile: ReadFile | undefined) {
    this.#readFile = readFile
  }

  get bytes(): Uint8Array | undefined {
    return this.#parts
  }

  add(value: string, kind: Kind): void {
    const isFile = kind !== 'raw' && value.startsWith('@')
    const content = isFile ? this.#read(value.slice(1)) : Buffer.from(value)
    // Of a file, --data drops the line breaks.
    const kept = isFile && kind === 'text' ? content.filter((byte) => !lineBreaks.includes(byte)) : content
    this.#append(Buffer.from(kept), kind)
  }

  /** "content", "=content", "name=content", "@file" and "name@file"; the content is encoded, the name is not. */
  addEncoded(value: string): void {
    const match = /^([^=@]*)([=@])(.*)$/s.exec(value)
    const [, name = '', mark = '=', rest = ''] = match ?? [value, '', '=', value]
    const content = mark === '@' ? this.#read(rest) : Buffer.from(rest)
    const encoded = Array.from(content, encodeByte).join('')
    this.#append(Buffer.from(name === '' ? encoded : `${name}=${encoded}`), 'raw')
  }

  #append(more: Buffer, kind: Kind): void {
    if (this.#parts === undefined) this.#parts = more
    else this.#parts = Buffer.concat(kind === 'json' ? [this.#parts, more] : [this.#parts, Buffer.from('&'), more])
  }

  #read(path: string): Uint8Array {
    if (this.#readFile === undefined || path === '-')
      throw new UsageError(
        'The curl command takes its data from elsewhere (@); give that with --body FILE, or write it into the command.',
      )
    return this.#readFile(path)
  }
}

/** As curl does since 7.83, which writes a blank as a plus. */
function encodeByte(byte: number): string {
  const char = String.fromCharCode(byte)
  if (char === ' ') return '+'
  return /[A-Za-z0-9._~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
