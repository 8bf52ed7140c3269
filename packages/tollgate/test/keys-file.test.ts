import { execFileSync } from 'node:child_process'
import fs, {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type FileKeys, type FileKeysOptions, fileKeys } from '../src/keys/index.ts'
import { accountSid, claim, deliver, outcome, token, tokenMark } from './keys-support.ts'

const one = accountSid(1)
const two = accountSid(2)

let directory: string
let path: string
let opened: FileKeys[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tollgate-keys-'))
  path = join(directory, 'keys.json')
})
afterEach(() => {
  for (const keys of opened) keys.close()
  opened = []
  vi.useRealTimers()
  vi.restoreAllMocks()
  owners.clear()
  rmSync(directory, { recursive: true, force: true })
})

function write(content: unknown, to = path): void {
  writeFileSync(to, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
}

function open(options?: FileKeysOptions): FileKeys {
  const keys = fileKeys(path, options)
  opened.push(keys)
  return keys
}

/** Replaces the timer that looks at the file every two seconds, so that a test need not wait. */
function usePolls(): (count: number) => void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  return (count) => void vi.advanceTimersByTime(count * 2000)
}

const accounts = (number: number) => ({ accounts: { [one]: token(number) } })

describe('a key file', () => {
  test('gives both kinds of keys to a verifier', async () => {
    write({
      accounts: { [one]: token(1), [two]: [token(2), token(3)] },
      sharedKeys: { key_1: 'secret-1', key_2: { secret: 'secret-2', accountSid: two } },
    })
    const { authToken, sharedKeys } = open()
    const options = { authToken, sharedKeys }
    const params = { AccountSid: two }
    expect(outcome(await deliver(options, { params, authToken: token(3) }))).toBe(1)
    expect(outcome(await deliver(options, { params, authToken: token(1) }))).toBe('signature_mismatch')
    expect(outcome(await deliver(options, { params: { AccountSid: accountSid(3) }, authToken: token(1) }))).toBe(
      'key_unknown',
    )
    const shared = (id: string, secret: string) =>
      deliver(options, { params: { AccountSid: one }, sharedKey: { id, secret } })
    expect(outcome(await shared('key_1', 'secret-1'))).toBe('key_1')
    expect(outcome(await shared('key_2', 'secret-2'))).toBe('account_not_allowed')
    expect(outcome(await shared('key_3', 'secret-3'))).toBe('key_unknown')
  })

  test('with one account: a request that names no account is verified as its own', () => {
    write(accounts(1))
    expect(open().authToken(claim())).toEqual({ authToken: [token(1)], accountSid: one })
  })

  test('with several accounts, or none: a request that names no account is unknown', () => {
    write({ accounts: { [one]: token(1), [two]: token(2) } })
    expect(open().authToken(claim())).toBeUndefined()
    write({ sharedKeys: { a: 'secret' } })
    expect(open().authToken(claim())).toBeUndefined()
  })
})

describe('a malformed file', () => {
  const sid = JSON.stringify(one)
  test.each([
    ['', 'it is not a JSON object'],
    [`{\n  "accounts": {${sid}: ${tokenMark}}\n}`, 'line 2: it is not JSON'],
    [`{"accounts": {${sid}: "${tokenMark}}`, 'line 1: it is not JSON'],
    [`{"accounts": {\n${sid}: "${tokenMark}",\n}}`, 'line 3: it is not JSON: a name and its value are expected'],
    [`{"accounts": {${sid} "${tokenMark}"}}`, 'line 1: it is not JSON: a name and its value are expected'],
    [`{"accounts": {${sid}: ["${tokenMark}" "b"]}}`, 'line 1: it is not JSON'],
    [
      `{"accounts": {\n${sid}: "${tokenMark}",\n${sid}: "b"}}`,
      `${one} stands in keys.json (line 2) and in keys.json (line 3)`,
    ],
    [`{"accounts": {"\\u0041${one.slice(1)}": "x"}}`, 'name 1 in "accounts" is not an AccountSid'],
    [`{"accounts": {}} "${tokenMark}"`, 'line 1: it is not JSON: the end is expected'],
    [`{"accounts": {} "${tokenMark}"`, 'line 1: it is not JSON: "," or "}" is expected'],
    [`{"accounts" {}}`, 'line 1: it is not JSON: ":" is expected'],
    [`{\n${tokenMark}`, 'line 2: it is not JSON: a name in double quotes is expected'],
    ['{"accounts": {}, "accounts": {}}', '"accounts" is repeated'],
    ['{"sharedKeys": {"a": "x", "a": "y"}}', 'the id of key 2 in "sharedKeys" is repeated'],
    ['{"sharedKeys": {"a": {"secret": "x", "secret": "y"}}}', 'line 1: a name is repeated'],
    [`{"accounts": ${'['.repeat(100_000)}`, '"accounts" is not an object'],
    [`{"accounts": {${sid}: ${'['.repeat(100_000)}`, 'line 1: it is not JSON'],
    ['"x"', 'it is not a JSON object'],
    ['[]', 'it is not a JSON object'],
    ['{}', 'it has no keys'],
    ['{"accounts": {}, "sharedKeys": {}}', 'it has no keys'],
    [`{"${tokenMark}": {}}`, 'name 1 is neither "accounts" nor "sharedKeys"'],
    ['{"account": {}}', 'Did you mean "accounts"?'],
    ['{"accounts": []}', '"accounts" is not an object'],
    [`{"accounts": {"${tokenMark}": "x"}}`, 'name 1 in "accounts" is not an AccountSid'],
    [`{"accounts": {${sid}: " ${tokenMark}"}}`, `"accounts.${one}" has white space around it`],
    [`{"accounts": {${sid}: ["${tokenMark}", 3]}}`, `"accounts.${one}" [1] must be a string, got number`],
    [`{"accounts": {${sid}: []}}`, 'is an empty list'],
    [`{"sharedKeys": {"${tokenMark}": ""}}`, 'the secret of key 1 in "sharedKeys" is empty'],
    [`{"sharedKeys": {"${tokenMark} x": "x"}}`, 'the id of key 1 in "sharedKeys" is not'],
    [`{"sharedKeys": {"a": {"secret": "${tokenMark}", "owner": 1}}}`, 'has other names than'],
    [`{"sharedKeys": {"a": {"secret": "${tokenMark}", "accountSid": "AC"}}}`, 'the accountSid of key 1'],
    [`{"sharedKeys": {"a": {"secret": "x", "algorithm": "${tokenMark}"}}}`, 'the algorithm of key 1'],
    [`{"sharedKeys": {"a": {}}}`, 'the secret of key 1 in "sharedKeys" must be a string'],
  ])('%.80s', (text, message) => {
    write(text)
    const error = catchError(() => open())
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain(message)
    expect(error.message).toContain(path)
    expect(error.message).not.toContain(tokenMark)
  })

  test('bytes that are not UTF-8, a missing file, and unknown options are errors', () => {
    writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d]), { mode: 0o600 })
    expect(() => open()).toThrow('it is not UTF-8')
    expect(() => fileKeys(join(directory, 'none.json'))).toThrow('there is no such file')
    expect(() => fileKeys('')).toThrow('"path" must be the path of a file')
    expect(() => fileKeys(path, { watch: true } as never)).toThrow('Unknown option "watch" of fileKeys')
    expect(() => fileKeys(path, { onProblem: 'x' } as never)).toThrow('"onProblem" must be a function')
    expect(() => fileKeys(path, { allowReadableByOthers: 1 } as never)).toThrow(
      '"allowReadableByOthers" must be a boolean',
    )
  })

  test('a runtime without a file system is an error', () => {
    vi.stubGlobal('process', {})
    try {
      expect(() => fileKeys('/keys.json')).toThrow('this runtime has no file system')
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

function catchError(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('Nothing was thrown')
}

const stranger = 4242
const owners = new Map<string, Partial<fs.Stats>>()

/** Lets the file system answer another owner or device: only root could change them. */
function asOwner(file: string, fields: Partial<fs.Stats>): void {
  owners.set(file, { ...owners.get(file), ...fields })
  if (vi.isMockFunction(fs.statSync)) return
  const { statSync, fstatSync } = fs
  const change = (stats: fs.Stats, known: Partial<fs.Stats> | undefined): fs.Stats => Object.assign(stats, known)
  vi.spyOn(fs, 'statSync').mockImplementation(((file: string, options?: { bigint: true }) => {
    const stats = statSync(file, options) as fs.Stats
    return options ? stats : change(stats, owners.get(file))
  }) as never)
  vi.spyOn(fs, 'fstatSync').mockImplementation((descriptor) => change(fstatSync(descriptor), owners.get(path)))
}

describe('the owner and the mode of the file', () => {
  test.each([0o640, 0o604, 0o660, 0o620])('%o is refused', (mode) => {
    write(accounts(1))
    chmodSync(path, mode)
    expect(() => open()).toThrow(`(mode ${mode.toString(8)}): chmod 600, or set "allowReadableByOthers"`)
    expect(open({ allowReadableByOthers: true }).authToken(claim(one))).toEqual({
      authToken: [token(1)],
      accountSid: one,
    })
  })

  test.each([
    [0o775, 'its group'],
    [0o757, 'everyone'],
    [0o777, 'both'],
  ])('a folder of mode %o is refused, because %s can write to it', (mode) => {
    write(accounts(1))
    chmodSync(directory, mode)
    expect(() => open()).toThrow(`can write to its folder (mode ${mode.toString(8)}): chmod go-w`)
    const allowed = (): FileKeys => open({ allowReadableByOthers: true })
    if (mode === 0o775) expect(allowed().authToken(claim(one))).toMatchObject({ authToken: [token(1)] })
    else expect(allowed).toThrow('can write to its folder')
    chmodSync(directory, mode | 0o1000)
    expect(open().authToken(claim(one))).toMatchObject({ authToken: [token(1)] })
    asOwner(directory, { uid: stranger })
    expect(() => open()).toThrow('can write to its folder')
  })

  test('a file of another user is refused, and one of root is not', () => {
    write(accounts(1))
    asOwner(path, { uid: stranger })
    expect(() => open()).toThrow(`another user owns it (uid ${stranger}): chown it, or set "allowReadableByOthers"`)
    expect(open({ allowReadableByOthers: true }).authToken(claim(one))).toMatchObject({ authToken: [token(1)] })
    vi.spyOn(process, 'getuid').mockReturnValue(stranger)
    expect(open().authToken(claim(one))).toMatchObject({ authToken: [token(1)] })
    asOwner(path, { uid: 0 })
    expect(open().authToken(claim(one))).toMatchObject({ authToken: [token(1)] })
  })

  test.each(['file', 'folder'])('a %s that compose mounts keeps its owner on the host', (what) => {
    write(accounts(1))
    asOwner(path, { uid: stranger, dev: 12_345 })
    if (what === 'folder') asOwner(directory, { dev: 12_345 })
    expect(open().authToken(claim(one))).toMatchObject({ authToken: [token(1)] })
  })

  test('a volume of Kubernetes is judged by the folder of its link and of the target', () => {
    const version = join(directory, '..2026_12_03')
    mkdirSync(version, { mode: 0o755 })
    symlinkSync('..2026_12_03', join(directory, '..data'))
    symlinkSync('..data/keys.json', path)
    write(accounts(1), join(version, 'keys.json'))
    chmodSync(directory, 0o1777)
    expect(open().authToken(claim(one))).toMatchObject({ authToken: [token(1)] })
    // With an fsGroup.
    chmodSync(version, 0o2775)
    chmodSync(join(version, 'keys.json'), 0o440)
    expect(() => open()).toThrow('chmod 600')
    expect(open({ allowReadableByOthers: true }).authToken(claim(one))).toMatchObject({ authToken: [token(1)] })
    chmodSync(version, 0o777)
    expect(() => open({ allowReadableByOthers: true })).toThrow('can write to its folder (mode 777)')
  })

  test('a named pipe is refused without waiting for it', () => {
    execFileSync('/usr/bin/env', ['mkfifo', '-m', '600', path])
    expect(() => open()).toThrow('it is not a regular file')
  })
})

describe('a change of the file', () => {
  const seen = (keys: FileKeys, number: number) =>
    vi.waitFor(() => expect(keys.authToken(claim(one))).toEqual({ authToken: [token(number)], accountSid: one }), {
      timeout: 5000,
      interval: 10,
    })

  test('by a rename is followed', async () => {
    write(accounts(1))
    const keys = open()
    for (const number of [2, 3]) {
      write({ ...accounts(number), sharedKeys: { key: token(number) } }, `${path}.new`)
      renameSync(`${path}.new`, path)
      await seen(keys, number)
      expect(keys.sharedKeys('key')).toBe(token(number))
    }
  })

  test('behind a link into a directory that is not watched is followed', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'tollgate-keys-'))
    write(accounts(1), join(elsewhere, 'keys.json'))
    symlinkSync(join(elsewhere, 'keys.json'), path)
    const keys = open()
    write(accounts(2), join(elsewhere, 'keys.json'))
    await seen(keys, 2)
    rmSync(elsewhere, { recursive: true })
  })

  test('to a malformed, open or missing file is reported once, and the keys from before stay', async () => {
    const poll = usePolls()
    write(accounts(1))
    const problems: string[] = []
    const keys = open({
      onProblem(message) {
        problems.push(message)
        throw new Error('a listener that breaks')
      },
    })
    const reported = async (text: string) => {
      await vi.waitFor(() => expect(problems.at(-1)).toContain(text), { timeout: 5000, interval: 10 })
      expect(keys.authToken(claim(one))).toEqual({ authToken: [token(1)], accountSid: one })
      expect([keys.isRefused, keys.readAt <= changedAt]).toEqual([true, true])
    }
    expect(keys.isRefused).toBe(false)
    // The first reading may be repeated, because the file was new.
    const changedAt = Date.now()
    write({ accounts: { [one]: token(2), [two]: '' } })
    await reported(
      `"accounts.${two}" is empty or blank; the Auth Token is on the first page of the Twilio console. The previous keys stay in use.`,
    )
    if (process.platform !== 'win32') {
      chmodSync(path, 0o644)
      await reported('chmod 600')
      chmodSync(path, 0o600)
      await reported('is empty')
    }
    unlinkSync(path)
    await reported('there is no such file')
    poll(2)
    expect(problems).toHaveLength(process.platform === 'win32' ? 2 : 4)
    expect(problems.join()).not.toContain(tokenMark)
    const restoredAt = Date.now()
    write(accounts(3))
    await seen(keys, 3)
    expect([keys.isRefused, keys.readAt >= restoredAt]).toEqual([false, true])
  })

  test('that cannot be read for a moment is reported once, and read as soon as possible', async () => {
    const poll = usePolls()
    write(accounts(1))
    const problems: string[] = []
    const keys = open({ onProblem: (message) => problems.push(message) })
    write(accounts(2))
    vi.spyOn(fs, 'openSync').mockImplementation(() => {
      throw Object.assign(new Error(`EMFILE: too many open files, open '${path}'`), { code: 'EMFILE' })
    })
    try {
      await vi.waitFor(() => expect(problems.join()).toContain('(EMFILE)'), { timeout: 5000, interval: 10 })
      poll(2)
      expect(keys.authToken(claim(one))).toEqual({ authToken: [token(1)], accountSid: one })
    } finally {
      vi.restoreAllMocks()
    }
    // The file does not change any more.
    await seen(keys, 2)
    expect(problems).toHaveLength(1)
  })

  test('is followed without keeping the process alive', () => {
    write(accounts(1))
    const list = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name.startsWith('FSEvent'))
    const before = list()
    open()
    expect(list()).toEqual(before)
  })

  test('that is refused is printed by default', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    write(accounts(1))
    open()
    write('{')
    await vi.waitFor(() => expect(print).toHaveBeenCalledOnce(), { timeout: 5000 })
    expect(print.mock.calls.join()).toContain('is refused: line 1: it is not JSON')
    print.mockRestore()
  })
})
