import { findNearest } from '../checks/options.ts'
import { describeSecretFault, isAccountSid, parseTokens } from '../checks/secrets.ts'
import { type AlgorithmName, algorithms, findAlgorithm } from '../hmac/algorithms.ts'
import { parseSignatureSettings } from '../schemes/twilio/sign/signature-settings.ts'
import type { SharedKey } from '../verify/types.ts'
import { AccountRows, AccountTable } from './accounts.ts'
import { type Steps, sliceBytes } from './slices.ts'

/** The keys of a file. */
export interface KeyFile {
  readonly accounts: AccountRows
  /** Finds the accounts of this file. Dropped for a folder, which has one table for all files. */
  readonly table: AccountTable | undefined
  readonly sharedKeys: ReadonlyMap<string, SharedKey>
}

// `"AC…":"x",` is 40 bytes long.
const leastRowBytes = 40

/**
 * Reads the bytes of a key file. It may have no keys. They are not decoded as a whole: a text of
 * many megabytes would stop the process while it is joined or collected.
 * @throws TypeError that says what is wrong and where. It shows no secret.
 */
export function* parseKeyFile(bytes: Uint8Array): Steps<KeyFile> {
  // For a large file, each of these takes milliseconds, because the memory is cleared.
  const clearing = bytes.length / 16
  yield clearing
  const accounts = new AccountRows(bytes.length)
  yield clearing
  const table = new AccountTable([accounts], bytes.length / leastRowBytes)
  yield clearing
  const sharedKeys = new Map<string, SharedKey>()
  const rows: readonly Section[] = [
    {
      name: 'accounts',
      findPlain: (start) => findPlainAccount(bytes, start),
      addPlain: ({ sid, tokens }) => table.add(0, accounts.copy(bytes, sid, tokens)) === undefined,
      add(accountSid, tokens, number) {
        if (!isAccountSid(accountSid))
          throw new TypeError(`name ${number} in "accounts" is not an AccountSid ("AC" and 32 hex digits)`)
        return table.add(0, accounts.add(accountSid, parseTokens(tokens, `accounts.${accountSid}`))) === undefined
      },
    },
    {
      name: 'sharedKeys',
      add(id, key, number) {
        const where = `key ${number} in "sharedKeys"`
        if (parseSignatureSettings(`key=${id},algorithm=any`)?.keyId !== id)
          throw new TypeError(`the id of ${where} is not 1 to 256 printable ASCII characters without spaces and commas`)
        if (sharedKeys.has(id)) return false
        sharedKeys.set(id, parseSharedKey(key, where))
        return true
      },
    },
  ]
  try {
    yield* readSections(createReader(bytes), rows)
  } catch (error) {
    if (!isUtf8(bytes)) throw new TypeError('it is not UTF-8')
    throw error instanceof JsonFault ? new TypeError(`it is not JSON: ${error.message}`) : error
  }
  yield sliceBytes
  accounts.trim()
  yield sliceBytes
  return { accounts, table, sharedKeys }
}

/** An account as nearly all are written. Its AccountSid and its one or two tokens have no fault. */
interface PlainAccount {
  /** The places of the name, of its digits, of the tokens, and behind the last byte. */
  readonly at: number
  readonly sid: number
  readonly tokens: readonly number[]
  readonly end: number
}

const lineBreak = 0x0a
const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const capitalA = 0x41
const capitalC = 0x43
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d

/** Finds a plain account. Nothing of it is made a string, which would take most of the time. */
function findPlainAccount(bytes: Uint8Array, start: number): PlainAccount | undefined {
  const at = skip(blanks, bytes, start)
  const sid = at + 3
  if (bytes[at] !== quote || bytes[at + 1] !== capitalA || bytes[at + 2] !== capitalC) return undefined
  if (!endsDigits(hexDigits, bytes, sid)) return undefined
  const mark = skip(blanks, bytes, sid + 33)
  if (bytes[mark] !== colon) return undefined
  const value = skip(blanks, bytes, mark + 1)
  if (isPlainToken(bytes, value)) return { at, sid, tokens: [value + 1], end: value + 34 }
  const first = skip(blanks, bytes, value + 1)
  if (bytes[value] !== openBracket || !isPlainToken(bytes, first)) return undefined
  const next = skip(blanks, bytes, first + 34)
  if (bytes[next] === closeBracket) return { at, sid, tokens: [first + 1], end: next + 1 }
  const second = skip(blanks, bytes, next + 1)
  if (bytes[next] !== comma || !isPlainToken(bytes, second)) return undefined
  const last = skip(blanks, bytes, second + 34)
  return bytes[last] === closeBracket ? { at, sid, tokens: [first + 1, second + 1], end: last + 1 } : undefined
}

function isPlainToken(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === quote && endsDigits(lowerHexDigits, bytes, at + 1)
}

/** Returns true for 32 digits and a double quote. */
function endsDigits(digits: CharacterSet, bytes: Uint8Array, start: number): boolean {
  for (let at = start; at < start + 32; at++) if (digits[bytes[at] as number] !== 1) return false
  return bytes[start + 32] === quote
}

/** Has 1 for each byte of a set of ASCII characters. */
type CharacterSet = Uint8Array

function makeSet(characters: RegExp): CharacterSet {
  return Uint8Array.from({ length: 256 }, (_, byte) => (characters.test(String.fromCharCode(byte)) ? 1 : 0))
}

const blanks = makeSet(/[ \t\r\n]/)
const hexDigits = makeSet(/[0-9a-fA-F]/)
const lowerHexDigits = makeSet(/[0-9a-f]/)
// Of numbers, and of true, false and null.
const wordCharacters = makeSet(/[\w.+-]/)

/** Returns the first place from `start` on whose byte is not in a set. */
function skip(set: CharacterSet, bytes: Uint8Array, start: number): number {
  let at = start
  while (at < bytes.length && set[bytes[at] as number] === 1) at++
  return at
}

/** A section of a key file. */
interface Section {
  readonly name: string
  /** Finds a row that needs no check. */
  findPlain?(start: number): PlainAccount | undefined
  /**
   * Adds such a row.
   * @returns false if there is one of this name
   */
  addPlain?(row: PlainAccount): boolean
  /**
   * Adds a row.
   * @returns false if there is one of this name
   * @throws TypeError that says what is wrong
   */
  add(name: string, value: unknown, number: number): boolean
}

function* readSections(json: JsonReader, sections: readonly Section[]): Steps<void> {
  const seen = new Set<string>()
  const none = (): undefined => undefined
  yield* readObject(json, 'it is not a JSON object', none, function* (name, at) {
    const section = sections.find((one) => one.name === name)
    if (section === undefined) {
      const names = sections.map((one) => one.name)
      // The message does not show the name, because a token may stand where a name belongs.
      const near = findNearest(name, names)
      throw new TypeError(
        `line ${json.countLines(at)}: name ${seen.size + 1} is neither "accounts" nor "sharedKeys"${near === undefined ? '' : `. Did you mean "${near}"?`}`,
      )
    }
    if (seen.has(name)) json.fail('A repeated name', at)
    seen.add(name)
    let number = 0
    const readPlain = (): number | undefined => {
      const start = json.position
      const row = section.findPlain?.(start)
      if (row === undefined) return undefined
      number++
      if (!section.addPlain?.(row)) json.fail('A repeated name', row.at)
      json.position = row.end
      return row.end - start
    }
    yield* readObject(json, `"${name}" is not an object`, readPlain, function* (id, idAt) {
      number++
      const value = json.readValue(2)
      // Checking a row takes about as long as parsing it.
      yield 2 * (json.position - idAt)
      let isNew: boolean
      try {
        isNew = section.add(id, value, number)
      } catch (error) {
        throw new TypeError(`line ${json.countLines(idAt)}: ${(error as Error).message}`)
      }
      if (!isNew) json.fail('A repeated name', idAt)
    })
  })
  json.readEnd()
}

/**
 * Reads an object. The caller reads the value after each name.
 * @param readPlain Reads a name and a value that need no check. Returns the bytes that it read.
 */
function* readObject(
  json: JsonReader,
  otherwise: string,
  readPlain: () => number | undefined,
  readValue: (name: string, at: number) => Steps<void>,
): Steps<void> {
  if (!json.readMark('{')) {
    json.readValue(0)
    throw new TypeError(otherwise)
  }
  if (json.readMark('}')) return
  let unreported = 0
  do {
    const bytes = readPlain()
    if (bytes === undefined) {
      const { name, at } = json.readName()
      yield* readValue(name, at)
      continue
    }
    // A pause for each row would cost as much as the row.
    unreported += bytes
    if (unreported < reportedBytes) continue
    yield unreported
    unreported = 0
  } while (json.readMark(','))
  if (!json.readMark('}')) json.fail('"," or "}" is expected')
}

const reportedBytes = 4096

function parseSharedKey(key: unknown, where: string): SharedKey {
  const { secret, accountSid, algorithm, ...others }: { secret?: unknown; accountSid?: unknown; algorithm?: unknown } =
    isObject(key) ? key : { secret: key }
  const fault = describeSecretFault(secret)
  if (fault !== undefined) throw new TypeError(`the secret of ${where} ${fault}`)
  if (Object.keys(others).length > 0)
    throw new TypeError(`${where} has other names than "secret", "accountSid" and "algorithm"`)
  if (accountSid !== undefined && !isAccountSid(accountSid))
    throw new TypeError(`the accountSid of ${where} is not "AC" and 32 hex digits`)
  if (algorithm !== undefined && findAlgorithm(algorithm) === undefined)
    throw new TypeError(`the algorithm of ${where} is not one of ${algorithms.map(({ name }) => name).join(', ')}`)
  if (accountSid === undefined && algorithm === undefined) return secret as string
  return { secret: secret as string, accountSid, algorithm: algorithm as AlgorithmName | undefined }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Says where a text stops being JSON. Its message quotes nothing, unlike that of `JSON.parse`,
 * because the text holds secrets.
 */
class JsonFault extends Error {}

// A key file has four levels. The limit protects the stack.
const maxDepth = 32

/**
 * Reads JSON in which no object has the same name twice. Two tokens for one account would leave
 * open which one counts. Its methods throw a JsonFault with the line and the column.
 */
interface JsonReader {
  /** Where the next byte is read. */
  position: number
  /** Reads a mark such as `{`, if it is next. */
  readMark(mark: string): boolean
  /** Reads the name of a value and the colon after it. */
  readName(): { readonly name: string; readonly at: number }
  readValue(depth: number): unknown
  readEnd(): void
  /** Returns the number of the line at a place. */
  countLines(at: number): number
  fail(what: string, at?: number): never
}

// A mark at the start of the file is skipped. Anywhere else, it is an ordinary character.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenientDecoder = new TextDecoder('utf-8', { ignoreBOM: true })

function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes)
    return true
  } catch {
    return false
  }
}

function createReader(bytes: Uint8Array): JsonReader {
  // The byte order mark.
  const first = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const json: JsonReader = { position: first, readMark, readName, readValue, readEnd, countLines, fail }

  function countLines(end: number): number {
    let lines = 1
    for (let at = first; at < end; at++) if (bytes[at] === lineBreak) lines++
    return lines
  }

  function fail(what: string, at = json.position): never {
    let start = at
    while (start > first && bytes[start - 1] !== lineBreak) start--
    // Editors count characters, not bytes.
    const column = lenientDecoder.decode(bytes.subarray(start, at)).length + 1
    throw new JsonFault(`${what} at line ${countLines(at)}, column ${column}`)
  }

  function readMark(mark: string): boolean {
    json.position = skip(blanks, bytes, json.position)
    const found = bytes[json.position] === mark.charCodeAt(0)
    if (found) json.position++
    return found
  }

  /** Reads what ends before a place. Returns `undefined`, which no JSON gives, if it is not JSON. */
  function read(end: number): unknown {
    if (end === json.position) return undefined
    try {
      const value: unknown = JSON.parse(decoder.decode(bytes.subarray(json.position, end)))
      json.position = end
      return value
    } catch {
      return undefined
    }
  }

  function readString(what: string): string {
    const isString = bytes[json.position] === quote
    const value = isString ? read(findStringEnd(bytes, json.position)) : undefined
    return value === undefined ? fail(`${what} is expected`) : (value as string)
  }

  function readName(): { name: string; at: number } {
    json.position = skip(blanks, bytes, json.position)
    const at = json.position
    const name = readString('A name in double quotes')
    if (!readMark(':')) fail('":" is expected')
    return { name, at }
  }

  function readList(end: string, depth: number, readItem: () => void): void {
    if (depth > maxDepth) fail('The nesting is too deep')
    if (readMark(end)) return
    do readItem()
    while (readMark(','))
    if (!readMark(end)) fail(`"," or "${end}" is expected`)
  }

  function readValue(depth: number): unknown {
    if (readMark('{')) {
      const object = new Map<string, unknown>()
      readList('}', depth, () => {
        const { name, at } = readName()
        if (object.has(name)) fail('A repeated name', at)
        object.set(name, readValue(depth + 1))
      })
      return Object.fromEntries(object)
    }
    if (readMark('[')) {
      const list: unknown[] = []
      readList(']', depth, () => list.push(readValue(depth + 1)))
      return list
    }
    const word = read(skip(wordCharacters, bytes, json.position))
    return word === undefined ? readString('A value') : word
  }

  function readEnd(): void {
    json.position = skip(blanks, bytes, json.position)
    if (json.position < bytes.length) fail('The end is expected')
  }

  return json
}

/** Returns the place behind the string that begins at a quote. */
function findStringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1
  for (; at < bytes.length && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++
  return at + 1
}
