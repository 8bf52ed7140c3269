import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FileKeys, fileKeys } from '../src/keys/index.ts'
import { type KeyFile, parseKeyFile, readEntry } from '../src/keys/key-file.ts'
import { runAtOnce, sliceBytes } from '../src/keys/slices.ts'
import { accountSid, claim, token, tokenMark } from './keys-support.ts'

// JSON.parse is the reference: a key file is read by a parser of its own, byte by byte.

/** The value of a key file, as JSON.parse gives it. */
interface Content {
  readonly accounts: Record<string, string | string[]>
  readonly sharedKeys: Record<string, string>
}

function parse(bytes: Uint8Array): Content {
  return toContent(runAtOnce(parseKeyFile(bytes)))
}

function toContent({ bytes, accounts, sharedKeys }: KeyFile): Content {
  const entries = accounts.map((at) => readEntry(bytes, at)).map(({ name, value }) => [name, value])
  return { accounts: Object.fromEntries(entries), sharedKeys: Object.fromEntries(sharedKeys) as Record<string, string> }
}

/** Writes a string in JSON, with an escape for each character whose bit is set in `escaped`. */
function quote(text: string, escaped: number): string {
  if (escaped === 0) return JSON.stringify(text)
  const units = text
    .split('')
    .map((unit, index) =>
      (escaped >> (index % 31)) & 1
        ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
        : JSON.stringify(unit).slice(1, -1),
    )
  return `"${units.join('')}"`
}

const escapes = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 2 ** 30 }))
/** Only secrets may have characters outside ASCII. */
function makeText(...characters: readonly string[]): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom('a', '"', '\\', '/', '{', ',', ...characters), maxLength: 12 })
}
const tokenText = fc.oneof(
  fc.nat(9).map((number) => token(number)),
  makeText().map((text) => tokenMark + text),
)
const spelled = fc.record({ text: tokenText, escaped: escapes })
const rows = fc.array(fc.record({ isUpper: fc.boolean(), tokens: fc.array(spelled, { minLength: 1, maxLength: 3 }) }), {
  maxLength: 5,
})
const secrets = fc.array(
  makeText('é', '😀').map((text) => tokenMark + text),
  { maxLength: 3 },
)

/** The tokens of JSON that a key file consists of. Blanks may stand between any two of them. */
const pieces = fc.tuple(rows, secrets, fc.boolean()).map(([accounts, keys, isSwapped]) => {
  const accountRows = accounts.map(({ isUpper, tokens }, index) => {
    // Two of them differ in more than one digit, so that a changed byte repeats no name.
    const sid = accountSid(0xabc_000 + 0x11 * index)
    const list = tokens.flatMap(({ text, escaped: mask }, at) => [...(at > 0 ? [','] : []), quote(text, mask)])
    const name = isUpper ? `AC${sid.slice(2).toUpperCase()}` : sid
    return [quote(name, 0), ':', ...(tokens.length === 1 ? list : ['[', ...list, ']'])]
  })
  const keyRows = keys.map((secret, index) => [quote(`key_${11 * index}`, index), ':', quote(secret, 0)])
  const sections = [
    ['"accounts"', ':', '{', ...joinLists(accountRows), '}'],
    ['"sharedKeys"', ':', '{', ...joinLists(keyRows), '}'],
  ]
  return ['{', ...joinLists(isSwapped ? sections.reverse() : sections), '}']
})

function joinLists(lists: readonly (readonly string[])[]): string[] {
  return lists.flatMap((list, index) => [...(index > 0 ? [','] : []), ...list])
}

const blanks = fc.array(fc.string({ unit: fc.constantFrom(' ', '\t', '\r', '\n', '\r\n'), maxLength: 3 }), {
  minLength: 1,
  maxLength: 7,
})
const mark = fc.constantFrom('', '\ufeff')

function addBlanks(list: readonly string[], between: readonly string[]): string[] {
  return list.flatMap((piece, index) => [between[index % between.length] ?? '', piece])
}

describe('the bytes of a key file', () => {
  test('give the same keys as JSON.parse, in every spelling', () => {
    fc.assert(
      fc.property(pieces, blanks, mark, (list, between, start) => {
        const text = [...addBlanks(list, between), between[0]].join('')
        expect(parse(Buffer.from(start + text))).toEqual(JSON.parse(text))
      }),
    )
  })

  test('with a character too many are refused in its line, or in that where its entry begins', () => {
    fc.assert(
      fc.property(pieces, blanks, mark, fc.nat(), (list, between, start, where) => {
        const spaced = addBlanks(list, between)
        const at = where % (spaced.length + 1)
        const before = spaced.slice(0, at).join('')
        const message = catchMessage(() => parse(Buffer.from(`${start}${before}?${spaced.slice(at).join('')}`)))
        if (message === 'it is not a JSON object') return
        const line = Number(/^line (\d+): /.exec(message ?? '')?.[1])
        expect(line).toBeLessThanOrEqual(before.split('\n').length)
      }),
    )
  })

  test('with one byte changed are refused, or have the keys that JSON.parse reads', () => {
    fc.assert(
      fc.property(pieces, blanks, fc.nat(), fc.nat(255), (list, between, where, byte) => {
        const bytes = Buffer.from(addBlanks(list, between).join(''))
        bytes[where % bytes.length] = byte
        let content: Content | undefined
        const message = catchMessage(() => {
          content = parse(bytes)
        })
        expect(message ?? '').not.toContain(tokenMark)
        const expected = readAsJson(bytes)
        if (expected === 'it is not UTF-8') expect(message).toBe(expected)
        // Something else in the file may be refused first.
        else if (expected === 'it is not JSON') expect(message).toBeDefined()
        else if (message === undefined) expect(content).toEqual(expected)
        else expect(message).not.toMatch(/it is not (UTF-8|JSON)/)
      }),
      { numRuns: 500 },
    )
  })
})

function catchMessage(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return (error as Error).message
  }
}

function readAsJson(bytes: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return 'it is not UTF-8'
  }
  try {
    return JSON.parse(text)
  } catch {
    return 'it is not JSON'
  }
}

describe('the pieces in which a file is read', () => {
  let directory: string
  let path: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tollgate-keys-'))
    path = join(directory, 'keys.json')
  })
  afterEach(() => {
    rmSync(directory, { recursive: true })
  })

  function read(): FileKeys {
    const keys = fileKeys(path)
    keys.close()
    return keys
  }

  function readTokens({ authToken }: FileKeys, number: number): unknown {
    return Object(authToken(claim(accountSid(number)))).authToken
  }

  test('may end at every byte of a row', () => {
    const text = JSON.stringify({
      accounts: { [accountSid(1)]: [token(1), token(2)], [accountSid(2)]: 'other' },
      sharedKeys: { key: 'é😀' },
    })
    for (let at = 0; at <= Buffer.byteLength(text); at++) {
      writeFileSync(path, text.padStart(text.length + sliceBytes - at), { mode: 0o600 })
      const keys = read()
      expect(
        [1, 2].map((number) => readTokens(keys, number)),
        String(at),
      ).toEqual([[token(1), token(2)], ['other']])
      expect(keys.sharedKeys('key')).toBe('é😀')
    }
  })
})
