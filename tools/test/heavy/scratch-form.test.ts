import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../run.mjs'

// Slow, because it builds a copy of the command line and of the inspector.

// Adds an invented form to a copy of the library: one row with its name. Each test fails if the
// command line or the inspector must be changed too.
const row = `
  postcard: {
    label: 'postcard',
    title: 'a postcard',
    describe: 'A postcard: URL, signature and form, one on each line',
    type: 'text/x-postcard',
    extension: 'postcard',
    hasSeveral: true,
    isInert: true,
    recognizes: ({ text }) => text.startsWith('POSTCARD'),
    read: ({ text }) =>
      readEach(text.split('POSTCARD\\n').slice(1), 'a postcard', (card) => {
        const [url = '', signature = '', body = ''] = String(card).split('\\n')
        if (signature === '') throw new RequestError('its signature is missing')
        const headers = [['X-Twilio-Signature', signature], ['Content-Type', 'application/x-www-form-urlencoded']] as const
        return { method: 'POST', url, headers, body: encodeUtf8(body) }
      }),
    write: (requests) =>
      encodeUtf8(
        requests
          .map(({ url, headers, body }) => {
            const signature = headers.find(([name]) => /^x-twilio-signature$/i.test(name))?.[1]
            return 'POSTCARD\\n' + [url, signature, body && decodeUtf8(body)].join('\\n') + '\\n'
          })
          .join(''),
      ),
  },
`
const authToken = '0123456789abcdef0123456789abcdef'
const publicUrl = 'https://app.example.com'
const signed = signRequest({ url: `${publicUrl}/sms`, params: { Body: 'Hi', From: '+15551230001' }, authToken })
const card = `POSTCARD\n${signed.url}\n${signed.headers['x-twilio-signature']}\n${signed.body}\n`

interface Shells {
  run(words: readonly string[], io: object): Promise<number>
  createInspector(options: object): { listen(): Promise<{ url: string }>; close(): Promise<void> }
}

let folder: string
let shells: Shells
let file: string

beforeAll(async () => {
  // Packages are resolved from here, because the command line has some for itself.
  const cache = join(root, 'packages/cli/node_modules/.cache/tollgate')
  mkdirSync(cache, { recursive: true })
  folder = mkdtempSync(join(cache, 'scratch-form-'))
  file = join(folder, 'card.txt')
  writeFileSync(file, card)
  const source = join(folder, 'tollgate/src')
  cpSync(join(root, 'packages/tollgate/src'), source, { recursive: true })
  const table = join(source, 'requests/forms.ts')
  const text = readFileSync(table, 'utf8')
  const start = 'export const requestForms: Readonly<Record<FormName, RequestForm>> = {'
  const name = "export type FormName = 'raw'"
  expect(text).toContain(start)
  expect(text).toContain(name)
  writeFileSync(table, text.replace(start, start + row).replace(name, `${name} | 'postcard'`))
  const outfile = join(folder, 'inspector/dist/index.js')
  await build({
    stdin: {
      contents: `export { run } from './packages/cli/src/run.ts'
        export { createInspector } from './packages/inspector/src/server/inspector.ts'`,
      resolveDir: root,
    },
    alias: { 'tollgate/requests': join(source, 'requests/index.ts') },
    packages: 'external',
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
  })
  cpSync(join(root, 'packages/inspector/dist/ui'), join(folder, 'inspector/dist/ui'), { recursive: true })
  shells = await import(pathToFileURL(outfile).href)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function tollgate(words: readonly string[], input = ''): Promise<{ code: number; output: string }> {
  let output = ''
  const collect = () =>
    new Writable({
      write(chunk, _encoding, done) {
        output += chunk
        done()
      },
    })
  const env = { TWILIO_AUTH_TOKEN: authToken, NO_COLOR: '1' }
  const stdin = Readable.from(input === '' ? [] : [Buffer.from(input)])
  const code = await shells.run(words, { stdin, stdout: collect(), stderr: collect(), env })
  return { code, output }
}

test('the command line offers it, reads it from a file and recognises it when it is pasted', async () => {
  expect((await tollgate(['verify', '--help'])).output).toMatch(/--postcard[^\n]*\s+A postcard: URL, signature/)
  expect((await tollgate(['send', '--help'])).output).toContain('--postcard')
  expect((await tollgate(['completion', 'bash'])).output).toBeTruthy()
  expect(await tollgate(['verify', '--postcard', file])).toMatchObject({ code: 0 })
  const pasted = await tollgate(['verify', '-'], card)
  expect(pasted.output).toContain('Read a postcard.')
  expect(pasted).toMatchObject({ code: 0 })
})

test('the command line chooses one of several, and names the one that cannot be read', async () => {
  writeFileSync(file, `${card}POSTCARD\nhttps://app.example.com/\n`)
  expect(await tollgate(['verify', '--postcard', file, '--entry', '1'])).toMatchObject({ code: 0 })
  const wrong = await tollgate(['verify', '--postcard', file, '--entry', '2'])
  expect(wrong).toMatchObject({ code: 2 })
  expect(wrong.output).toContain('card.txt", entry 2: its signature is missing.')
})

test('the inspector imports it, offers it, and writes it', async () => {
  const inspector = shells.createInspector({
    port: 0,
    publicUrl,
    token: 'c'.repeat(32),
    throwAwayToken: 'b'.repeat(32),
    verifierOptions: { publicUrl, authToken },
  })
  const { url } = await inspector.listen()
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { 'x-tollgate-inspector-token': 'c'.repeat(32), 'content-type': 'application/json' }
    return await (await fetch(new URL(path, url), { headers, ...init })).text()
  }
  try {
    expect(JSON.parse(await ask('/api/import', { method: 'POST', body: card }))).toEqual({ imported: 1, refused: [] })
    const [{ id, code }] = JSON.parse(await ask('/api/captures'))
    expect(code).toBe('accepted')
    expect(JSON.parse(await ask('/api/info')).copyForms).toContainEqual({
      ...{ name: 'postcard', label: 'postcard', extension: 'postcard', hasSeveral: true },
    })
    expect(await ask(`/api/captures/${id}/copy?as=postcard`)).toBe(card)
    expect(await ask('/api/export?format=postcard')).toBe(card)
  } finally {
    await inspector.close()
  }
})
