import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The scratch folder is next to the tests, so that the sources can import their packages.
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

/** Returns the statuses for a genuine request and for one that another token signed. */
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
  test(`${name} gives the same answers after the move`, async () => {
    const before = join(here, 'sources', name)
    expect(await ask(before, url)).toEqual([200, 403])
    const after = join(folder, name)
    cpSync(before, after)
    expect(runBin(after)).toMatchObject({ status: 0 })
    expect(readFileSync(after, 'utf8')).toContain('tollgate/compat')
    expect(await ask(after, url)).toEqual([200, 403])
  })

test('a dry run writes nothing and lists the lines to check', () => {
  const file = join(folder, 'later-destructured.js')
  cpSync(join(here, 'sources/later-destructured.js'), file)
  const before = readFileSync(file, 'utf8')
  const { status, stdout } = runBin('--dry-run', folder)
  expect([status, readFileSync(file, 'utf8') === before]).toEqual([0, true])
  expect(stdout).toContain(`would change ${file}\n  ${file}:5 Without \`url\``)
})

test('a file that cannot be parsed is reported, and the others are moved', () => {
  const broken = join(folder, 'broken.js')
  writeFileSync(broken, 'const = require("twilio")')
  const { status, stdout, stderr } = runBin(folder)
  expect(status).toBe(1)
  expect(stderr).toContain(broken)
  expect(stdout).toContain('changed')
})

test('wrong usage exits with 2 and names the mistake', () => {
  for (const [args, text] of [
    [[], 'PATH is missing'],
    [['--nope', folder], '--nope'],
    [['/does/not/exist'], 'does not exist'],
  ] as const) {
    const { status, stderr } = runBin(...args)
    expect([status, stderr.includes(text)]).toEqual([2, true])
  }
})
