import fs, {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AccountTable } from '../src/keys/accounts.ts'
import { type FileKeys, type FileKeysOptions, fileKeys } from '../src/keys/index.ts'
import { accountSid, claim, deliver, outcome, token, tokenMark } from './keys-support.ts'

const one = accountSid(1)
const two = accountSid(2)

let root: string
let folder: string
let opened: FileKeys[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tollgate-folder-'))
  folder = join(root, 'keys')
  mkdirSync(folder)
})
afterEach(() => {
  for (const keys of opened) keys.close()
  opened = []
  vi.restoreAllMocks()
  rmSync(root, { recursive: true, force: true })
})

function write(name: string, content: unknown, within = folder): void {
  writeFileSync(join(within, name), typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
}

/** Writes a file as its page says: complete, or not at all. */
function replace(name: string, content: unknown): void {
  write('.new', content)
  renameSync(join(folder, '.new'), join(folder, name))
}

function open(options?: FileKeysOptions): FileKeys {
  const keys = fileKeys(folder, options)
  opened.push(keys)
  return keys
}

function openWithProblems(): { keys: FileKeys; problems: string[] } {
  const problems: string[] = []
  return { keys: open({ onProblem: (message) => void problems.push(message) }), problems }
}

const tokensOf = (keys: FileKeys, account: string): unknown => {
  const found = keys.authToken(claim(account))
  return found !== undefined && 'authToken' in Object(found) ? Object(found).authToken : undefined
}

const waiting = { timeout: 10_000, interval: 10 }
const waitForTokens = (keys: FileKeys, account: string, ...numbers: number[]) =>
  vi.waitFor(() => expect(tokensOf(keys, account)).toEqual(numbers.map(token)), waiting)

/** Accounts from a number on, with the current and the next token. */
function rotating(first: number, count: number, generation: number): object {
  const rows = Array.from({ length: count }, (_, index) => [
    accountSid(first + index),
    [token(first + index), token(1_000_000 * generation + first + index)],
  ])
  return { accounts: Object.fromEntries(rows) }
}

describe('a folder of key files', () => {
  test('gives the keys of all its files to a verifier', async () => {
    write('a.json', { accounts: { [one]: token(1) }, sharedKeys: { key_1: 'secret-1' } })
    write('b.json', { accounts: { [two]: [token(2), token(3)] } })
    write('c', { accounts: {} })
    const { authToken, sharedKeys } = open()
    const options = { authToken, sharedKeys }
    expect(outcome(await deliver(options, { params: { AccountSid: one }, authToken: token(1) }))).toBe(0)
    expect(outcome(await deliver(options, { params: { AccountSid: two }, authToken: token(3) }))).toBe(1)
    const shared = { params: { AccountSid: one }, sharedKey: { id: 'key_1', secret: 'secret-1' } }
    expect(outcome(await deliver(options, shared))).toBe('key_1')
    expect(authToken(claim())).toBeUndefined()
  })

  test('skips hidden names, such as those of Kubernetes', () => {
    mkdirSync(join(folder, '..2026_11_29'))
    write('a.json', { accounts: { [one]: token(1) } }, join(folder, '..2026_11_29'))
    symlinkSync('..2026_11_29', join(folder, '..data'))
    symlinkSync('..data/a.json', join(folder, 'a.json'))
    write('.a.json.swp', tokenMark)
    expect(tokensOf(open(), one)).toEqual([token(1)])
  })

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'an account in two files',
      { 'a.json': rotating(1, 3, 1), 'b.json': rotating(3, 2, 1) },
      /stands in a\.json \(line 1\) and in b\.json \(line 1\)/,
    ],
    [
      'a SharedKey in two files',
      { a: { sharedKeys: { k: 'secret' } }, b: { sharedKeys: { k: 'other' } } },
      /SharedKey.*stands in a and in b/,
    ],
    [
      'a faulty token',
      { 'b.json': `{\n "accounts": {\n  "${one}": "${tokenMark}",\n  "${two}": " ${tokenMark}"\n }\n}` },
      /b\.json is refused: line 4: "accounts.*white space/,
    ],
    [
      'a name that is no AccountSid',
      { 'b.json': `{"accounts": {\n"${tokenMark}": "x"}}` },
      /b\.json is refused: line 2: name 1/,
    ],
    [
      'a faulty SharedKey',
      { 'b.json': `{"sharedKeys": {\n\n"a": {"secret": "${tokenMark}", "owner": 1}}}` },
      /line 3: key 1/,
    ],
    ['text that is not JSON', { 'b.json': `{\n${tokenMark}` }, /b\.json is refused: line 2: it is not JSON/],
    ['no keys', { 'a.json': '{}' }, /it has no keys/],
    ['no files', {}, /it has no keys/],
  ])('%s is an error that names the place and no secret', (_what, files, message) => {
    for (const [name, content] of Object.entries(files)) write(name, content)
    expect(() => open()).toThrow(message)
    expect(() => open()).not.toThrow(tokenMark)
  })

  test('a folder or an open file within it, and too many files, are refused', () => {
    write('a.json', { accounts: { [one]: token(1) } })
    mkdirSync(join(folder, 'more'))
    expect(() => open()).toThrow(/more is refused: it is not a regular file/)
    rmSync(join(folder, 'more'), { recursive: true })
    if (process.platform !== 'win32') {
      chmodSync(join(folder, 'a.json'), 0o640)
      expect(() => open()).toThrow(/a\.json is refused: .*chmod 600/)
      expect(tokensOf(open({ allowReadableByOthers: true }), one)).toEqual([token(1)])
      chmodSync(join(folder, 'a.json'), 0o600)
    }
    for (let number = 0; number < 1000; number++) write(`${number}.json`, '{}')
    expect(() => open()).toThrow('it has more than 1000 files')
  })

  test('files that are too large together are refused before any is read', () => {
    for (let number = 0; number < 9; number++) {
      write(`${number}.json`, '{}')
      truncateSync(join(folder, `${number}.json`), 16 * 1024 * 1024)
    }
    const reads = vi.spyOn(fs, 'readSync')
    expect(() => open()).toThrow('are larger than 134217728 bytes')
    expect(reads).not.toHaveBeenCalled()
  })
})

describe('a change of the folder', () => {
  test('is read in slices, and only the changed files are read', async () => {
    for (const number of [0, 1, 2, 3]) replace(`${number}.json`, rotating(number * 5000, 5000, 1))
    // The files have been there for a while. Otherwise all of them are read twice.
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000)
    const { keys, problems } = openWithProblems()
    clock.mockRestore()
    const names: string[] = []
    const { openSync, readSync } = fs
    vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
      // Of the test itself: it writes a hidden file first.
      if (basename(String(path)) !== '.new') names.push(basename(String(path)))
      return openSync(path, ...rest)
    })
    // All work is a multiple of these two: bytes that are read, and rows that are written.
    let bytes = 0
    let rows = 0
    let most = { bytes: 0, rows: 0 }
    let total = 0
    vi.spyOn(fs, 'readSync').mockImplementation((...given: unknown[]) => {
      const read = Reflect.apply(readSync, fs, given) as number
      bytes += read
      return read
    })
    const { add } = AccountTable.prototype
    vi.spyOn(AccountTable.prototype, 'add').mockImplementation(function (this: AccountTable, ...given) {
      rows++
      total++
      return add.apply(this, given)
    })
    let isOver = false
    const count = (): void => {
      most = { bytes: Math.max(most.bytes, bytes), rows: Math.max(most.rows, rows) }
      bytes = 0
      rows = 0
      if (!isOver) setImmediate(count)
    }
    count()
    replace('1.json', rotating(5000, 5000, 2))
    replace('3.json', rotating(15_000, 5000, 2))
    await waitForTokens(keys, accountSid(15_000), 15_000, 2_015_000)
    isOver = true
    expect(tokensOf(keys, accountSid(9999))).toEqual([token(9999), token(2_009_999)])
    expect(tokensOf(keys, accountSid(10_000))).toEqual([token(10_000), token(1_010_000)])
    expect(new Set(names)).toEqual(new Set(['1.json', '3.json']))
    expect(total).toBeGreaterThanOrEqual(10_000)
    expect(most.bytes).toBeLessThanOrEqual(64 * 1024)
    expect(most.rows).toBeLessThanOrEqual(833)
    expect(problems).toEqual([])
  })

  test('while it is read leaves no mixture of old and new files', () => {
    const writeBoth = (number: number) => {
      replace('a.json', { accounts: { [one]: token(number) } })
      replace('b.json', { accounts: { [two]: token(number) } })
    }
    writeBoth(1)
    const { openSync } = fs
    let isReplaced = false
    vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
      if (basename(String(path)) === 'b.json' && !isReplaced) {
        isReplaced = true
        writeBoth(2)
      }
      return openSync(path, ...rest)
    })
    const keys = open()
    expect([tokensOf(keys, one), tokensOf(keys, two)]).toEqual([[token(2)], [token(2)]])
  })

  test('within the same tick of the clock and with the same size is seen', async () => {
    write('a.json', { accounts: { [one]: token(1) } })
    const tick = BigInt(Date.now()) * 1_000_000n
    const { statSync } = fs
    vi.spyOn(fs, 'statSync').mockImplementation((...given: unknown[]) => {
      const stats = Reflect.apply(statSync, fs, given)
      return 'ctimeNs' in stats ? Object.assign(stats, { mtimeNs: tick, ctimeNs: tick }) : stats
    })
    const keys = open()
    expect(tokensOf(keys, one)).toEqual([token(1)])
    write('a.json', { accounts: { [one]: token(2) } })
    await waitForTokens(keys, one, 2)
  })

  test('by the swapped links of Kubernetes is followed, complete each time', async () => {
    const publish = (number: number) => {
      mkdirSync(join(folder, `..${number}`))
      write('a.json', { accounts: { [one]: token(number) } }, join(folder, `..${number}`))
      write('b.json', { accounts: { [two]: token(number) } }, join(folder, `..${number}`))
      symlinkSync(`..${number}`, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
      rmSync(join(folder, `..${number - 1}`), { recursive: true, force: true })
    }
    publish(1)
    for (const name of ['a.json', 'b.json']) symlinkSync(`..data/${name}`, join(folder, name))
    const { keys, problems } = openWithProblems()
    for (const number of [2, 3]) {
      publish(number)
      await waitForTokens(keys, one, number)
      expect(tokensOf(keys, two)).toEqual([token(number)])
    }
    expect(problems).toEqual([])
  })

  test('by a link to another folder is followed', async () => {
    const publish = (number: number) => {
      const version = join(root, String(number))
      mkdirSync(version)
      write('a.json', { accounts: { [one]: token(number) } }, version)
      symlinkSync(version, join(root, 'next'))
      renameSync(join(root, 'next'), join(root, 'current'))
    }
    publish(1)
    const keys = fileKeys(join(root, 'current'))
    opened.push(keys)
    publish(2)
    await waitForTokens(keys, one, 2)
  })

  test('that is half written loses no key', async () => {
    write('a.json', { accounts: { [one]: token(1) } })
    write('b.json', { accounts: { [two]: token(2) } })
    const { keys, problems } = openWithProblems()
    // Another program copies the folder again, file after file.
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
    await vi.waitFor(() => expect(problems.join()).toContain('it has no keys'), waiting)
    write('a.json', { accounts: { [two]: token(3) } })
    const reads = vi.spyOn(fs, 'openSync')
    await vi.waitFor(() => expect(reads).toHaveBeenCalled(), waiting)
    expect([tokensOf(keys, one), tokensOf(keys, two)]).toEqual([[token(1)], [token(2)]])
    write('b.json', `{"accounts": {"${one}": "${tokenMark}`)
    await vi.waitFor(() => expect(problems.at(-1)).toContain('b.json is refused: line 1: it is not JSON'), waiting)
    expect([tokensOf(keys, one), tokensOf(keys, two)]).toEqual([[token(1)], [token(2)]])
    write('b.json', { accounts: { [one]: token(4) } })
    await waitForTokens(keys, one, 4)
    expect(tokensOf(keys, two)).toEqual([token(3)])
    expect(problems.join()).not.toContain(tokenMark)
  })

  test('that removes an account takes effect once the folder stays as it is', async () => {
    write('a.json', { accounts: { [one]: token(1) } })
    write('b.json', { accounts: { [two]: token(2) } })
    const { keys, problems } = openWithProblems()
    rmSync(join(folder, 'b.json'))
    await vi.waitFor(() => expect(tokensOf(keys, two)).toBeUndefined(), waiting)
    expect(tokensOf(keys, one)).toEqual([token(1)])
    expect(problems).toEqual([])
  })

  test('to an account in two files is refused, and the keys from before stay', async () => {
    write('a.json', { accounts: { [one]: token(1) } })
    const { keys, problems } = openWithProblems()
    write('b.json', { accounts: { [one]: token(2) } })
    await vi.waitFor(() => expect(problems).toHaveLength(1), waiting)
    expect(problems[0]).toMatch(
      /stands in a\.json \(line 1\) and in b\.json \(line 1\)\. The previous keys stay in use\.$/,
    )
    expect(tokensOf(keys, one)).toEqual([token(1)])
    rmSync(join(folder, 'a.json'))
    await waitForTokens(keys, one, 2)
  })

  test('is not followed after close', async () => {
    write('a.json', { accounts: { [one]: token(1) } })
    const keys = open()
    const other = open()
    keys.close()
    replace('a.json', { accounts: { [one]: token(2) } })
    await waitForTokens(other, one, 2)
    expect(tokensOf(keys, one)).toEqual([token(1)])
  })
})
