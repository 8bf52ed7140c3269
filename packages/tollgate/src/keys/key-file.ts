import { findNearest } from '../checks/options.ts'
import { describeSecretFault, isAccountSid, parseTokens } from '../checks/secrets.ts'
import { type AlgorithmName, algorithms, findAlgorithm } from '../schemes/twilio/sign/algorithms.ts'
import { parseSignatureSettings } from '../schemes/twilio/sign/signature.ts'
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
 * Reads the text of a key file. It may have no keys.
 * @throws TypeError that says what is wrong and where. It shows no secret.
 */
export function* parseKeyFile(text: string): Steps<KeyFile> {
  const accounts = new AccountRows(text.length)
  const table = new AccountTable([accounts], text.length / leastRowBytes)
  const sharedKeys = new Map<string, SharedKey>()
  const rows: readonly Section[] = [
    {
      name: 'accounts',
      plain: plainAccount,
      addPlain([, accountSid = '', only, first = only ?? '', second]) {
        const tokens = second === undefined ? [first] : [first, second]
        return table.add(0, accounts.add(accountSid, tokens)) === undefined
      },
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
    yield* readSections(createReader(text), rows)
  } catch (error) {
    throw error instanceof JsonFault ? new TypeError(`it is not JSON: ${error.message}`) : error
  }
  yield sliceBytes
  accounts.trim()
  yield sliceBytes
  return { accounts, table, sharedKeys }
}

const plainToken = '"([0-9a-f]{32})"'
// An account as nearly all are written. Its one or two tokens have no fault, so this one search does
// the work of ten.
const plainAccount = new RegExp(
  String.raw`\s*"(AC[0-9a-fA-F]{32})"\s*:\s*(?:${plainToken}|\[\s*${plainToken}\s*(?:,\s*${plainToken}\s*)?\])`.replaceAll(
    String.raw`\s`,
    '[ \\t\\r\\n]',
  ),
  'y',
)

/** A section of a key file. */
interface Section {
  readonly name: string
  /** Finds a row that needs no check. */
  readonly plain?: RegExp
  /**
   * Adds such a row.
   * @returns false if there is one of this name
   */
  addPlain?(row: RegExpExecArray): boolean
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
      const row = section.plain && json.match(section.plain)
      if (!row) return undefined
      number++
      if (!section.addPlain?.(row)) json.fail('A repeated name', json.findQuote(start))
      return json.position - start
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

const blank = /[ \t\r\n]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows no control character within a string
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const otherToken = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y
// A key file has four levels. The limit protects the stack.
const maxDepth = 32

/**
 * Reads JSON in which no object has the same name twice. Two tokens for one account would leave
 * open which one counts. Its methods throw a JsonFault with the line and the column.
 */
interface JsonReader {
  readonly position: number
  /** Reads what a sticky pattern finds here. */
  match(pattern: RegExp): RegExpExecArray | null
  /** Finds the next double quote. */
  findQuote(start: number): number
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

function createReader(text: string): JsonReader {
  let position = 0

  function countLines(end: number): number {
    let lines = 1
    for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) lines++
    return lines
  }

  function fail(what: string, at = position): never {
    const column = at === 0 ? 1 : at - text.lastIndexOf('\n', at - 1)
    throw new JsonFault(`${what} at line ${countLines(at)}, column ${column}`)
  }

  function read(token: RegExp): string | undefined {
    const start = position
    token.lastIndex = start
    if (!token.test(text)) return undefined
    position = token.lastIndex
    return text.slice(start, position)
  }

  function match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = position
    const found = pattern.exec(text)
    if (found !== null) position = pattern.lastIndex
    return found
  }

  function readMark(mark: string): boolean {
    // Most marks have no blank before them.
    if (!text.startsWith(mark, position)) read(blank)
    const found = text.startsWith(mark, position)
    if (found) position += mark.length
    return found
  }

  function readString(what: string): string {
    const found = read(stringToken)
    return found === undefined ? fail(`${what} is expected`) : JSON.parse(found)
  }

  function readName(): { name: string; at: number } {
    read(blank)
    const at = position
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
    const other = read(otherToken)
    return other === undefined ? readString('A value') : JSON.parse(other)
  }

  return {
    get position() {
      return position
    },
    match,
    findQuote: (start) => text.indexOf('"', start),
    readMark,
    readName,
    readValue,
    readEnd() {
      read(blank)
      if (position < text.length) fail('The end is expected')
    },
    countLines,
    fail,
  }
}
