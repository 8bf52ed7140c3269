import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express from 'express'
import { fileKeys } from 'tollgate/keys'
import { signRequest, signSendGridRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { root } from '../../run.mjs'
import { listPages, readPage } from '../../snippets.mjs'

// It is here because it runs each block of the pages for agents, most of them as programs.
const skill = readPage('skills/tollgate/SKILL.md')
const authToken = '0123456789abcdef0123456789abcdef'
const servers: Server[] = []
let folder: string

beforeAll(() => {
  // In node_modules, so that programs there find the library.
  const cache = join(root, 'node_modules/.cache/tollgate')
  mkdirSync(cache, { recursive: true })
  folder = mkdtempSync(join(cache, 'agents-'))
})

afterAll(() => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

interface Block {
  readonly language: string
  readonly code: string
}

function listBlocks(text: string): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({ language, code }))
}

/** Writes a file into the folder of the tests. */
function place(name: string, content: string): string {
  const file = join(folder, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, content, { mode: 0o600 })
  return file
}

function only<T>(list: readonly T[]): T {
  const [first] = list
  if (first === undefined || list.length !== 1) throw new Error(`expected one, found ${list.length}`)
  return first
}

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** The lines of a diff before or after it. */
function side(diff: string, sign: '-' | '+'): string {
  const lines = diff.split('\n').filter((line) => line.startsWith(sign) || line.startsWith(' ') || line === '')
  return lines.map((line) => line.slice(1)).join('\n')
}

const guides = listPages().filter((page) => /^docs\/[\w-]+\.md$/.test(page))
const full = guides.map(readPage).join('\n\n')

function findBlock(text: string, start: string): string {
  return only(listBlocks(text).filter(({ code }) => code.startsWith(start))).code
}

test('the skill has a name, a description, a recipe for each framework, and the warning about the Host header', () => {
  expect(skill).toMatch(/^---\nname: tollgate\ndescription: .{100,1024}\n---\n\n# /)
  const recipes = [...skill.matchAll(/^### (.+)$/gm)].map(([, title]) => title)
  expect(recipes.join('; ')).toMatch(
    /Express; Fastify; Koa; Hono; Nest; Next\.js; SvelteKit; AWS Lambda; Fetch .*Workers.*; node:http; WebSockets/,
  )
  expect(skill).toMatch(/\*\*Never build the URL from the Host header,\*\*/)
})

test('the commands of the skill send a webhook that a recipe accepts, and explain a refused one', async () => {
  vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
  // The recipe listens as soon as it is imported.
  vi.stubEnv('PORT', '0')
  const { app } = await import('../../../examples/readme/express.mjs')
  const port = await listen(app)
  const { headers, body } = signRequest({ url: 'https://old.example.com/sms', params: { Body: 'hi' }, authToken })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  place('request.txt', `POST /sms HTTP/1.1\r\nHost: old.example.com\r\n${lines.join('')}\r\n${body}`)
  const [send = '', diagnose = '', ...others] = findBlock(skill, 'npx @tollgate/cli send').trim().split('\n')
  expect(others).toEqual([])
  const sent = await runCommand('packages/cli/dist/bin.js', send.replace(':3000', `:${port}`))
  expect(sent.code, sent.output).toBe(0)
  expect(sent.output).toContain('You said')
  const explained = await runCommand('packages/cli/dist/bin.js', diagnose)
  expect(explained.code, explained.output).toBe(1)
  expect(explained.output).toContain('https://old.example.com/sms')
})

const loadReadme = async () => (await import('../../../examples/readme/express.mjs')).app
const loadPlatform = async () => {
  const { render } = await import('../../../examples/platforms/apps.mjs')
  return express().post('/sms', render)
}

test.each([
  ['docs/frameworks/express.md', loadReadme, 'You said'],
  ['docs/platforms.md', loadPlatform, 'TwiML: well-formed'],
  ['docs/twilio-error-codes.md', loadReadme, 'TwiML: well-formed'],
])('the trial of %s gets an answer, and then a 403', async (page, load, answer) => {
  vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
  vi.stubEnv('PORT', '0')
  const port = await listen(await load())
  const [trial = ''] = /^## See it work\n[\s\S]*?^## Set it in Twilio\n/m.exec(readPage(page)) ?? []
  const [, genuine = '', refused = ''] = findBlock(trial, 'export ').trim().split('\n')
  const sent = await runCommand('packages/cli/dist/bin.js', genuine.replace(':3000', `:${port}`))
  expect([sent.code, sent.output]).toEqual([0, expect.stringContaining(answer)])
  const other = await runCommand('packages/cli/dist/bin.js', refused.replace(':3000', `:${port}`))
  expect([other.code, other.output]).toEqual([1, expect.stringContaining('403 Forbidden')])
  expect(other.output).toContain('Twilio Request Validation Failed.')
})

/** Runs a command that starts with `npx`, with the program of this repository. */
async function runCommand(program: string, command: string): Promise<{ code: number | null; output: string }> {
  const [npx, name, ...words] = command.split(' ')
  expect([npx, name]).toEqual(['npx', program.includes('codemod') ? '@tollgate/codemod' : '@tollgate/cli'])
  const env = { ...process.env, TWILIO_AUTH_TOKEN: authToken, NO_COLOR: '1' }
  const child = spawn(process.execPath, [join(root, program), ...words], { cwd: folder, env, stdio: 'pipe' })
  child.stdin.end()
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const [code] = await once(child, 'close')
  return { code, output }
}

test('the codemod makes the changes that the guide shows', async () => {
  const starts = [
    "-import { validateRequest, webhook } from 'twilio'",
    "-const twilio = require('twilio')",
    " jest.mock('twilio'",
  ]
  const diffs = starts.map((start) => findBlock(full, start))
  const files = diffs.map((diff, index) => place(`src/${index}.${index === 0 ? 'mjs' : 'cjs'}`, side(diff, '-')))
  for (const command of findBlock(full, 'npx @tollgate/codemod').trim().split('\n')) {
    const { code, output } = await runCommand('packages/codemod/dist/bin.js', command)
    expect(code, output).not.toBe(2)
    const moved = files.map((file) => readFileSync(file, 'utf8'))
    expect(moved).toEqual(diffs.map((diff) => side(diff, command.includes('--dry-run') ? '-' : '+')))
  }
})

test('the handler of the guide for @sendgrid/eventwebhook accepts only what SendGrid signed', async () => {
  const after = side(findBlock(full, '-import { EventWebhook'), '+')
  const file = place(
    'sendgrid.mjs',
    `import express from 'express'\n${after.replace('const verifier', 'export const app = express()\nexport const handled = []\nconst handle = (events) => handled.push(events)\nconst verifier')}`,
  )
  const body = '[{"event":"open"}]'
  const signed = await signSendGridRequest({ url: 'http://127.0.0.1/events', body })
  vi.stubEnv('SENDGRID_WEBHOOK_PUBLIC_KEY', signed.publicKey)
  const { app, handled } = await import(file)
  const port = await listen(app)
  const send = async (body: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/events`, { method: 'POST', headers: signed.headers, body })).status
  expect(await send('[{"event":"spam"}]')).toBe(403)
  expect(handled).toEqual([])
  expect(await send(body)).toBe(204)
  expect(handled).toHaveLength(1)
})

test('the key file of the guide is valid', () => {
  const { close } = fileKeys(place('keys.json', findBlock(full, '{\n  "accounts": {')))
  close()
})
