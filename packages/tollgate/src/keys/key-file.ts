import { findNearest } from '../checks/options.ts'
import { checkAccountSid, describeSecretFault, isAccountSid, maxTokens, parseTokens } from '../checks/secrets.ts'
import { algorithms, findAlgorithm } from '../hmac/algorithms.ts'
import { parseSignatureSettings } from '../schemes/twilio/sign/signature-settings.ts'
import type { SharedKey } from '../verify/types.ts'
import { type Steps, sliceBytes } from './slices.ts'

/** The keys of a file. */
export interface KeyFile {
  readonly bytes: Uint8Array
  /**
   * Where the entry of each account begins in the bytes, with its name in quotes. As objects,
   * 200,000 accounts would stop the process for up to 200 ms at each large garbage collection.
   */
  readonly accounts: readonly number[]
  readonly sharedKeys: ReadonlyMap<string, SharedKey>
}

/**
 * Reads the bytes of a key file. It may have no keys. They are not decoded as a whole: a text of
 * many megabytes would stop the process while it is joined or collected.
 * @throws TypeError that says what is wrong and where. It shows no secret.
 */
export function* parseKeyFile(bytes: Uint8Array): Steps<KeyFile> {
  const accounts: number[] = []
  const sharedKeys = new Map<string, SharedKey>()
  const sections: Record<string, AddEntry> = {
    accounts({ name, value, at }, number) {
      // An escape in the name would hide the digits that the table of accounts compares.
      if (!isAccountSid(name) || bytes[at + name.length + 1] !== quote)
        throw new TypeError(`name ${number} in "accounts" is not an AccountSid ("AC" and 32 hex digits)`)
      parseTokens(value, `accounts.${name}`)
      accounts.push(at)
    },
    sharedKeys({ name, value }, number) {
      const where = `key ${number} in "sharedKeys"`
      if (parseSignatureSettings(`key=${name},algorithm=any`)?.keyId !== name)
        throw new TypeError(`the id of ${where} is not 1 to 256 printable ASCII characters without spaces and commas`)
      if (sharedKeys.has(name)) throw new TypeError(`the id of ${where} is repeated`)
      sharedKeys.set(name, parseSharedKey(value, where))
    },
  }
  try {
    yield* readSections(bytes, sections, accounts)
  } catch (error) {
    throw decode(bytes) === undefined ? new TypeError('it is not UTF-8') : error
  }
  return { bytes, accounts, sharedKeys }
}

/** Adds an entry of a section. @throws TypeError that says what is wrong */
type AddEntry = (entry: Entry, number: number) => void

function* readSections(bytes: Uint8Array, sections: Record<string, AddEntry>, accounts: number[]): Steps<void> {
  // The byte order mark.
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0

  function readMark(mark: number): boolean {
    at = skip(blanks, bytes, at)
    const isNext = bytes[at] === mark
    if (isNext) at++
    return isNext
  }

  function expect(mark: number, what: string): void {
    if (!readMark(mark)) fail(`it is not JSON: ${what} is expected`)
  }

  function fail(what: string, where = at): never {
    throw new TypeError(`line ${countLines(bytes, where)}: ${what}`)
  }

  const seen = new Set<string>()
  if (!readMark(openBrace)) throw new TypeError('it is not a JSON object')
  if (!readMark(closeBrace)) {
    do {
      at = skip(blanks, bytes, at)
      const end = findStringEnd(bytes, at)
      const name = parseJson(decode(bytes.subarray(at, end)))
      if (typeof name !== 'string') return fail('it is not JSON: a name in double quotes is expected')
      const add = Object.hasOwn(sections, name) ? sections[name] : undefined
      if (add === undefined) {
        // The message does not show the name, because a token may stand where a name belongs.
        const near = findNearest(name, Object.keys(sections))
        const hint = near === undefined ? '' : `. Did you mean "${near}"?`
        return fail(`name ${seen.size + 1} is neither "accounts" nor "sharedKeys"${hint}`)
      }
      if (seen.has(name)) fail(`"${name}" is repeated`)
      seen.add(name)
      at = end
      expect(colon, '":"')
      if (!readMark(openBrace)) fail(`"${name}" is not an object`)
      if (!readMark(closeBrace)) yield* readSection(add, name === 'accounts')
    } while (readMark(comma))
    expect(closeBrace, '"," or "}"')
  }
  if (skip(blanks, bytes, at) < bytes.length) fail('it is not JSON: the end is expected')

  function* readSection(add: AddEntry, hasAccounts: boolean): Steps<void> {
    let number = 0
    let reported = at
    do {
      number++
      at = skip(blanks, bytes, at)
      const plainEnd = hasAccounts ? findPlainEnd(bytes, at) : undefined
      if (plainEnd !== undefined) {
        accounts.push(at)
        at = plainEnd
      } else {
        try {
          const entry = readEntry(bytes, at)
          add(entry, number)
          if (hasRepeatedName(entry)) throw new TypeError('a name is repeated')
          // Checking an entry takes about as long as parsing it.
          reported -= entry.end - at
          at = entry.end
        } catch (error) {
          fail((error as Error).message)
        }
      }
      // A pause for each entry would cost as much as the entry.
      if (at - reported < reportedBytes) continue
      yield at - reported
      reported = at
    } while (readMark(comma))
    expect(closeBrace, '"," or "}"')
    yield sliceBytes
  }
}

const reportedBytes = 4096

const lineBreak = 0x0a
const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const capitalA = 0x41
const capitalC = 0x43
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** An entry of an object. */
interface Entry {
  readonly name: string
  readonly value: unknown
  readonly text: string
  readonly at: number
  readonly end: number
}

/**
 * Reads the entry of an object that begins at a place.
 * @throws TypeError that quotes nothing, unlike that of `JSON.parse`, because the text holds secrets
 */
export function readEntry(bytes: Uint8Array, at: number): Entry {
  let end = at
  for (let depth = 0; end < bytes.length; end++) {
    const byte = bytes[end]
    if (byte === quote) end = findStringEnd(bytes, end) - 1
    else if (byte === openBrace || byte === openBracket) depth++
    else if (depth === 0 && (byte === comma || byte === closeBrace)) break
    else if (byte === closeBrace || byte === closeBracket) depth--
  }
  const text = decode(bytes.subarray(at, end)) ?? ''
  const [only] = Object.entries(parseJson(`{${text}}`) ?? {})
  if (only === undefined) throw new TypeError('it is not JSON: a name and its value are expected')
  return { name: only[0], value: only[1], text, at, end }
}

/** Finds an object that has a name twice, of which `JSON.parse` keeps the last. */
function hasRepeatedName({ text, value }: Entry): boolean {
  const strings = [...text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g)]
  return strings.filter(([, mark]) => mark === ':').length > 1 + (isObject(value) ? Object.keys(value).length : 0)
}

// A mark at the start of the file is skipped. Anywhere else, it is an ordinary character.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Returns `undefined`, which no JSON gives, for other text. */
function parseJson(text = ''): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns the place behind the string that begins at a quote. It ends in its line. */
function findStringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1
  for (; at < bytes.length && bytes[at] !== quote && bytes[at] !== lineBreak; at++) if (bytes[at] === backslash) at++
  return at + 1
}

/** Returns the number of the line at a place. */
export function countLines(bytes: Uint8Array, end: number): number {
  let lines = 1
  for (let at = 0; at < end; at++) if (bytes[at] === lineBreak) lines++
  return lines
}

/**
 * Finds the end of an account as nearly all are written, whose AccountSid and tokens have no fault.
 * Nothing of it is made a string, which would take most of the time.
 */
function findPlainEnd(bytes: Uint8Array, start: number): number | undefined {
  if (bytes[start] !== quote || bytes[start + 1] !== capitalA || bytes[start + 2] !== capitalC) return undefined
  if (!endsDigits(hexDigits, bytes, start + 3)) return undefined
  let at = skip(blanks, bytes, start + 36)
  if (bytes[at] !== colon) return undefined
  at = skip(blanks, bytes, at + 1)
  if (bytes[at] !== openBracket) return isPlainToken(bytes, at) ? at + 34 : undefined
  for (let tokens = 0; tokens < maxTokens; tokens++) {
    at = skip(blanks, bytes, at + 1)
    if (!isPlainToken(bytes, at)) return undefined
    at = skip(blanks, bytes, at + 34)
    if (bytes[at] === closeBracket) return at + 1
    if (bytes[at] !== comma) return undefined
  }
  return undefined
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

/** Returns the first place from `start` on whose byte is not in a set. */
function skip(set: CharacterSet, bytes: Uint8Array, start: number): number {
  let at = start
  while (at < bytes.length && set[bytes[at] as number] === 1) at++
  return at
}

function parseSharedKey(key: unknown, where: string): SharedKey {
  const { secret, accountSid, algorithm, ...others }: { secret?: unknown; accountSid?: unknown; algorithm?: unknown } =
    isObject(key) ? key : { secret: key }
  const fault = describeSecretFault(secret)
  if (fault !== undefined) throw new TypeError(`the secret of ${where} ${fault}`)
  if (Object.keys(others).length > 0)
    throw new TypeError(`${where} has other names than "secret", "accountSid" and "algorithm"`)
  if (accountSid !== undefined) checkAccountSid(accountSid, `the accountSid of ${where}`)
  if (algorithm !== undefined && findAlgorithm(algorithm) === undefined)
    throw new TypeError(`the algorithm of ${where} is not one of ${algorithms.map(({ name }) => name).join(', ')}`)
  if (accountSid === undefined && algorithm === undefined) return secret as string
  return { secret, accountSid, algorithm } as SharedKey
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
