import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { post, sms } from '../../../conformance/diagnosis/requests.ts'
import { diagnose, evenInProduction, withHints } from '../src/diagnose/index.ts'
import { createVerifier } from '../src/index.ts'
import { readRequests } from '../src/requests/index.ts'
import { keepRequest, listKeptRequests } from '../src/requests/kept.ts'
import { signRequest } from '../src/testing/index.ts'
import { passTime, stopClock } from './process-clock.ts'
import { authToken, options } from './requests.ts'

let cache: string
let folder: string
let written: string[]

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'tollgate-kept-'))
  folder = join(cache, 'tollgate/refused')
  written = []
  stopClock()
  vi.stubEnv('XDG_CACHE_HOME', cache)
  vi.stubEnv('NODE_ENV', 'development')
  vi.spyOn(console, 'error').mockImplementation((line) => void written.push(String(line)))
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  rmSync(cache, { recursive: true })
})

const listed = (): string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
const request = { method: 'POST', url: 'https://a.example/sms', headers: [['Cookie', 'hidden']] as const, time: 1 }
const forged = post('https://api.example.com/sms?step=1', { params: sms, secret: 'made up' })

async function refuse(diagnoser = diagnose, body = forged.body): Promise<void> {
  passTime(60_000)
  const count = written.length
  await createVerifier({ ...options, diagnose: diagnoser }).verify({ ...forged, body })
  await vi.waitFor(() => expect(written.length).toBeGreaterThan(count), { timeout: 20_000 })
}

describe('a refused request of which nothing is proven', () => {
  test('is kept for the next command, in a file and a folder that only the user can read', async () => {
    await refuse()
    expect(written[0]).toMatch(/ npx @tollgate\/cli diagnose --last --other-url 'URL'\n.* diagnose --last --alert$/)
    const [name = ''] = listed()
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    const text = readFileSync(join(folder, name), 'utf8')
    expect(text).not.toContain(authToken)
    const [kept] = readRequests(text).requests
    expect(kept).toMatchObject({ method: 'POST', url: 'https://api.example.com/sms?step=1' })
    expect(Buffer.from((kept as { body: Uint8Array }).body).toString()).toBe(forged.body)
  })

  test.each([
    ['webhooks_sharedkey_7', 'npx @tollgate/cli diagnose --last --shared-key webhooks_sharedkey_7'],
    // No one can be sure what a shell does with it.
    ['$(reboot)', 'npx @tollgate/cli diagnose --last'],
    ['--json', 'npx @tollgate/cli diagnose --last'],
  ])('that the SharedKey %s signed is kept, and the command names the key in a flag', async (id, command) => {
    const signed = signRequest({
      url: 'https://api.example.com/sms',
      params: sms,
      sharedKey: { id, secret: 'the secret of a key that was replaced' },
    })
    passTime(60_000)
    const sharedKeys = { [id]: 'the secret that this server has' }
    const verifier = createVerifier({ ...options, sharedKeys, diagnose })
    await verifier.verify({ ...signed, url: '/sms', body: signed.body ?? '' })
    await vi.waitFor(() => expect(written).toHaveLength(1), { timeout: 20_000 })
    expect(written[0]).toContain(` ${command} --other-url 'URL'\n`)
    expect(written[0]?.endsWith(` ${command} --alert`)).toBe(true)
    expect(readFileSync(join(folder, listed()[0] ?? ''), 'utf8')).not.toContain('the secret')
  })

  test.each([
    [
      'in production',
      async () => {
        vi.stubEnv('NODE_ENV', 'production')
        await refuse(evenInProduction(diagnose) as never)
      },
    ],
    ['with keepRefused: false', () => refuse(withHints({ keepRefused: false }) as never)],
    ['if it has the configured token', () => refuse(diagnose, `${forged.body}&x=${authToken}`)],
    [
      'without a home',
      async () => {
        vi.stubEnv('XDG_CACHE_HOME', 'relative')
        vi.stubEnv('HOME', undefined)
        await refuse()
      },
    ],
    [
      'without a file system',
      async () => {
        vi.stubGlobal('process', { env: process.env })
        await refuse()
      },
    ],
  ])('is not kept %s', async (_when, run) => {
    await run()
    expect(written[0]).toMatch(/ npx @tollgate\/cli diagnose --alert$/)
    vi.unstubAllGlobals()
    expect(listed()).toEqual([])
  })

  test('a hint of another type is a TypeError', () => {
    expect(() => withHints({ keepRefused: 'no' } as never)).toThrow('"keepRefused" must be a boolean')
  })
})

test('the last five are kept, without credentials, the newest first', () => {
  for (let round = 0; round < 8; round++) {
    // Several are of one millisecond.
    vi.setSystemTime(1_700_000_000_000 + (round >> 2))
    const path = keepRequest({ ...request, url: `https://a.example/${round}` }, [])
    expect(readFileSync(path ?? '', 'utf8')).toContain(`https://a.example/${round}`)
  }
  vi.useRealTimers()
  expect(listed()).toHaveLength(5)
  const texts = listKeptRequests().map(({ bytes }) => Buffer.from(bytes).toString())
  expect(texts.map((text) => /a\.example\/(\d)/.exec(text)?.[1])).toEqual(['7', '6', '5', '4', '3'])
  expect(texts.join()).not.toContain('hidden')
})

test('a request of more than 512 KiB is not kept', () => {
  expect(keepRequest({ ...request, body: new Uint8Array(600_000).fill(97) }, [])).toBeUndefined()
  expect(listed()).toEqual([])
  expect(keepRequest({ ...request, body: new Uint8Array(500_000).fill(97) }, [])).toMatch(/\.json$/)
})

test('other files in the folder are neither read nor deleted, and no link is followed', () => {
  expect(keepRequest(request, [])).toMatch(/\.json$/)
  const secret = join(cache, 'secret')
  writeFileSync(secret, 'a secret')
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  symlinkSync(secret, join(folder, `9999999999999-${'a'.repeat(16)}.json`))
  expect(listKeptRequests()).toHaveLength(1)
  for (let round = 0; round < 9; round++) keepRequest(request, [])
  expect(readFileSync(secret, 'utf8')).toBe('a secret')
  expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine')
})

test('a folder that is a link, or that others can use, is not used', () => {
  const elsewhere = join(cache, 'elsewhere')
  mkdirSync(elsewhere, { mode: 0o700 })
  mkdirSync(join(cache, 'tollgate'))
  symlinkSync(elsewhere, folder)
  expect(keepRequest(request, [])).toBeUndefined()
  expect(readdirSync(elsewhere)).toEqual([])
  rmSync(folder)
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  expect(keepRequest(request, [])).toBeUndefined()
  expect(listed()).toEqual([])
  chmodSync(folder, 0o700)
  expect(keepRequest(request, [])).toMatch(/\.json$/)
  chmodSync(folder, 0o755)
  expect(listKeptRequests()).toEqual([])
})

test('a folder below one that every user can write to is not used: they could put another in its place', () => {
  expect(keepRequest(request, [])).toBeDefined()
  for (const above of [cache, join(cache, 'tollgate')]) {
    chmodSync(above, 0o777)
    expect(keepRequest(request, [])).toBeUndefined()
    expect(listKeptRequests()).toEqual([])
    chmodSync(above, 0o755)
  }
  expect(listed()).toHaveLength(1)
  expect(listKeptRequests()).toHaveLength(1)
})
