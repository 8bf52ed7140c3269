import { encodeUtf8 } from '../bytes.ts'
import { RequestError } from './error.ts'
import { joinBytes } from './request.ts'

/**
 * Reads a file that a command names. It may throw an error with a message for the user.
 *
 * @param path as the command has it. It may be relative.
 */
export type ReadFile = (path: string) => Uint8Array

type Kind = 'text' | 'raw' | 'binary' | 'json'

const lineBreaks = [0, 10, 13]

/** Builds the body from the --data options, as curl does. https://curl.se/docs/manpage.html#-d */
export class CurlData {
  readonly #readFile: ReadFile | undefined
  readonly #input: Uint8Array | undefined
  readonly #parts: Uint8Array[] = []

  /** @param input the standard input of the command, if it is known */
  constructor(readFile: ReadFile | undefined, input: Uint8Array | undefined) {
    this.#readFile = readFile
    this.#input = input
  }

  /** Returns the body, or `undefined` without data. */
  join(): Uint8Array | undefined {
    return this.#parts.length === 0 ? undefined : joinBytes(this.#parts)
  }

  add(value: string, kind: Kind): void {
    const isFile = kind !== 'raw' && value.startsWith('@')
    const content = isFile ? this.#read(value.slice(1)) : encodeUtf8(value)
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
    const content = mark === '@' ? this.#read(rest) : encodeUtf8(rest)
    const encoded = Array.from(content, encodeByte).join('')
    this.#append(encodeUtf8(name === '' ? encoded : `${name}=${encoded}`), 'raw')
  }

  #append(more: Uint8Array, kind: Kind): void {
    if (this.#parts.length > 0 && kind !== 'json') this.#parts.push(encodeUtf8('&'))
    this.#parts.push(more)
  }

  #read(path: string): Uint8Array {
    if (path === '-' && this.#input !== undefined) return this.#input
    if (this.#readFile === undefined || path === '-')
      throw new RequestError(
        'it reads its data from another source (@); write the data into the command, or give the body as a file of its own (--body FILE)',
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
