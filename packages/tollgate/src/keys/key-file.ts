import { findNearest } from '../checks/options.ts'
import { describeSecretFault, isAccountSid, parseTokens } from '../checks/secrets.ts'
import { type AlgorithmName, algorithms, findAlgorithm } from '../schemes/twilio/sign/algorithms.ts'
import { parseSignatureSettings } from '../schemes/twilio/sign/signature.ts'
import type { SharedKey } from '../verify/types.ts'

/** The keys of a file. */
export interface KeyFile {
  readonly accounts: ReadonlyMap<string, readonly string[]>
  readonly sharedKeys: ReadonlyMap<string, SharedKey>
}

/**
 * Reads the text of a key file.
 * @throws TypeError that says what is wrong and where. It shows no secret.
 */
export function parseKeyFile(text: string): KeyFile {
  const { accounts, sharedKeys } = readSections(text)
  const file = { accounts: parseAccounts(accounts), sharedKeys: parseSharedKeys(sharedKeys) }
  if (file.accounts.size + file.sharedKeys.size === 0) throw new TypeError('it has no keys')
  return file
}

const sections = ['accounts', 'sharedKeys']

function readSections(text: string): { readonly accounts?: unknown; readonly sharedKeys?: unknown } {
  const value = parseJson(text)
  if (!isObject(value)) throw new TypeError('it is not a JSON object')
  for (const [index, name] of Object.keys(value).entries()) {
    if (sections.includes(name)) continue
    // The message does not show the name, because a token may stand where a name belongs.
    const near = findNearest(name, sections)
    throw new TypeError(
      `name ${index + 1} is neither "accounts" nor "sharedKeys"${near === undefined ? '' : `. Did you mean "${near}"?`}`,
    )
  }
  return value
}

function parseJson(text: string): unknown {
  try {
    return parseStrictJson(text)
  } catch (error) {
    throw new TypeError(error instanceof JsonFault ? `it is not JSON: ${error.message}` : 'it is not JSON')
  }
}

function parseAccounts(accounts: unknown): KeyFile['accounts'] {
  const parsed = new Map<string, readonly string[]>()
  for (const [index, [accountSid, tokens]] of listEntries(accounts, 'accounts').entries()) {
    if (!isAccountSid(accountSid))
      throw new TypeError(`name ${index + 1} in "accounts" is not an AccountSid ("AC" and 32 hex digits)`)
    parsed.set(accountSid, parseTokens(tokens, `accounts.${accountSid}`))
  }
  return parsed
}

function parseSharedKeys(sharedKeys: unknown): KeyFile['sharedKeys'] {
  const parsed = new Map<string, SharedKey>()
  for (const [index, [id, key]] of listEntries(sharedKeys, 'sharedKeys').entries()) {
    const where = `key ${index + 1} in "sharedKeys"`
    if (parseSignatureSettings(`key=${id},algorithm=any`)?.keyId !== id)
      throw new TypeError(`the id of ${where} is not 1 to 256 printable ASCII characters without spaces and commas`)
    parsed.set(id, parseSharedKey(key, where))
  }
  return parsed
}

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

function listEntries(section: unknown, name: string): readonly [string, unknown][] {
  if (section === undefined) return []
  if (!isObject(section)) throw new TypeError(`"${name}" is not an object`)
  return Object.entries(section)
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
 * Parses JSON in which no object has the same name twice. Two tokens for one account would leave
 * open which one counts.
 * @throws JsonFault with the line and the column.
 */
function parseStrictJson(text: string): unknown {
  let position = 0

  function fail(what: string, at = position): never {
    const before = text.slice(0, at).split('\n')
    throw new JsonFault(`${what} at line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`)
  }

  function read(token: RegExp): string | undefined {
    token.lastIndex = position
    const [found] = token.exec(text) ?? []
    position += found?.length ?? 0
    return found
  }

  function readMark(mark: string): boolean {
    read(blank)
    const found = text.startsWith(mark, position)
    if (found) position += mark.length
    return found
  }

  function readString(what: string): string {
    const found = read(stringToken)
    return found === undefined ? fail(`${what} is expected`) : JSON.parse(found)
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
        read(blank)
        const start = position
        const name = readString('A name in double quotes')
        if (object.has(name)) fail('A repeated name', start)
        if (!readMark(':')) fail('":" is expected')
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

  const value = readValue(0)
  read(blank)
  if (position < text.length) fail('The end is expected')
  return value
}
