import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Beside the tests, so that the sources find their packages.
const here = fileURLToPath(new URL('.', import.meta.url))
const token = '0123456789abcdef0123456789abcdef'
const programs = [
  ['express-esm.mjs', 'https://app.example.com/sms'],
  ['express-cjs.cjs', 'https://app.example.com/voice'],
] as const
let folder: string

beforeAll(() => {
  process.env.TWILIO_AUTH_TOKEN = token
  mkdirSync(join(here, '.build'), { recursive: true })
  folder = mkdtempSync(join(here, '.build', 'run-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function runBin(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' })
}

/** What the program answers to a genuine request, and to one signed with another token. */
async function ask(file: string, url: string): Promise<readonly number[]> {
  const loaded = await import(pathToFileURL(file).href)
  const app = loaded.app ?? loaded.default.app
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const deliver = async (authToken: string): Promise<number> => {
    const { headers, body = '' } = signRequest({ url, params: { From: '+15005550006', Body: 'hello' }, authToken })
    const target = `http://127.0.0.1:${port}${new URL(url).pathname}`
    return (await fetch(target, { method: 'POST', headers, body })).status
  }
  const statuses = [await deliver(token), await deliver('f'.repeat(32))]
  await new Promise((resolve) => server.close(resolve))
  return statuses
}

for (const [name, url] of programs)
  test(`${name} answers after the move as it did before`, async () => {
    const before = join(here, 'sources', name)
    expect(await ask(before, url)).toEqual([200, 403])
    const after = join(folder, name)
    cpSync(before, after)
    expect(runBin(after)).toMatchObject({ status: 0 })
    expect(readFileSync(after, 'utf8')).toContain('tollgate/compat')
    expect(await ask(after, url)).toEqual([200, 403])
  })

test('a dry run writes nothing, and says what a person has to look at', () => {
  const file = join(folder, 'later-destructured.js')
  cpSync(join(here, 'sources/later-destructured.js'), file)
  const before = readFileSync(file, 'utf8')
  const { status, stdout } = runBin('--dry-run', folder)
  expect([status, readFileSync(file, 'utf8') === before]).toEqual([0, true])
  expect(stdout).toContain(`would change ${file}\n  ${file}:5 Without \`url\``)
})

test('what cannot be read is named, and the rest is moved', () => {
  const broken = join(folder, 'broken.js')
  writeFileSync(broken, 'const = require("twilio")')
  const { status, stdout, stderr } = runBin(folder)
  expect(status).toBe(1)
  expect(stderr).toContain(broken)
  expect(stdout).toContain('changed')
})

test('wrong usage exits with 2 and names what is wrong', () => {
  for (const [args, text] of [
    [[], 'No PATH'],
    [['--nope', folder], '--nope'],
    [['/does/not/exist'], 'There is no'],
  ] as const) {
    const { status, stderr } = runBin(...args)
    expect([status, stderr.includes(text)]).toEqual([2, true])
  }
})
