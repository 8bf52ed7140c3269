import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express from 'express'
import { fileKeys } from 'tollgate/keys'
import { signRequest, signSendGridRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listShellBlocks, readFollowed, tours } from '../../../conformance/heavy/tours.ts'
import { listGuides, renderFull, renderList } from '../../../site/llms.mjs'
import { listPages as listSitePages, placeOf } from '../../../site/pages.mjs'
import { root } from '../../run.mjs'
import { listPages, listSnippets, readPage } from '../../snippets.mjs'

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

// The starts of blocks that are not copied from a file of examples/, with the test that runs them,
// or that checks the file which they name.
const full = renderFull()
const ran = new Map([
  ['TWILIO_AUTH_TOKEN=… node curl.mjs | sh', 'tools/test/heavy/testing-examples.test.ts: curl.mjs'],
  ['SENDGRID_WEBHOOK_PUBLIC_KEY=… node server.mjs', 'tools/test/sendgrid-examples.test.ts: express.mjs'],
  ['kubectl create secret generic twilio-keys', 'packages/gateway/test/heavy/example.test.ts: kubernetes-redis.yaml'],
  ['npx @tollgate/codemod --dry-run .', 'below'],
  ["-import { validateRequest, webhook } from 'twilio'", 'below'],
  ["-const twilio = require('twilio')", 'below'],
  [" jest.mock('twilio'", 'below'],
  ["-import { EventWebhook, EventWebhookHeader } from '@sendgrid/eventwebhook'", 'below'],
  ['{\n  "accounts": {', 'below'],
  ['npx @tollgate/cli send message.inbound', 'below'],
  ['export TWILIO_AUTH_TOKEN=…\nnpx @tollgate/cli send', 'below'],
  ['export TWILIO_AUTH_TOKEN=12345\nnpx @tollgate/cli', 'tools/test/heavy/deployments.test.ts: index.js'],
  ['echo TWILIO_AUTH_TOKEN=12345 > .dev.vars', 'tools/test/heavy/deployments.test.ts: index.js'],
  ['npm install tollgate\nnpm install --save-dev wrangler', 'tools/test/heavy/deployments.test.ts: index.js'],
  ['npx wrangler secret put TWILIO_AUTH_TOKEN', 'tools/test/heavy/deployments.test.ts: index.js'],
  ['npm install tollgate fastify redis', 'conformance/heavy/replay-examples.test.ts: fastify.mjs'],
  ['export TWILIO_AUTH_TOKEN=12345 TOLLGATE_PUBLIC_URL', 'conformance/heavy/replay-examples.test.ts: fastify.mjs'],
  [
    'export TWILIO_AUTH_TOKEN=12345\nnpx @tollgate/cli send --to localhost:3001',
    'conformance/heavy/replay-examples.test.ts: fastify.mjs',
  ],
  ['npm install tollgate express @tollgate/schemas', 'tools/test/docs-examples.test.ts: schemas/express.mjs'],
  ['npx openapi-typescript', 'conformance/heavy/openapi.test.ts: openapi-typescript'],
  ['npx @tollgate/cli send events.batch', 'packages/cli/test/heavy/kinds.test.ts: send'],
  ['export TWILIO_AUTH_TOKEN=…\nnpx @tollgate/cli conform', 'conformance/heavy/receivers.test.ts: conform'],
])

function findBlock(text: string, start: string): string {
  return only(listBlocks(text).filter(({ code }) => code.startsWith(start))).code
}

test('every code block of llms-full.txt and of the skill comes from an executed file, or is run by a test', () => {
  const snippets = new Set([
    ...listPages().flatMap((page) => listSnippets(page).map(({ code }) => code)),
    ...tours.flatMap((tour) => listShellBlocks(readFollowed(tour))),
  ])
  const loose = [full, skill]
    .flatMap(listBlocks)
    // Output of programs.
    .filter(({ language }) => language !== '' && language !== 'text')
    .filter(({ code }) => !snippets.has(code))
  const starts = [...ran.keys()]
  expect(loose.filter(({ code }) => !starts.some((start) => code.startsWith(start)))).toEqual([])
  for (const start of starts)
    expect(
      loose.some(({ code }) => code.startsWith(start)),
      start,
    ).toBe(true)
  for (const by of [...ran.values()].filter((by) => by !== 'below')) {
    const [file = '', named = ''] = by.split(': ')
    expect(readFileSync(join(root, file), 'utf8')).toContain(named)
  }
})

test('llms.txt has the format of llmstxt.org, and a line for every page', () => {
  const list = renderList()
  const [head, ...sections] = list.split(/^(?=## )/m)
  expect(head).toMatch(/^# Tollgate\n\n> .+\n\n[^#]+$/)
  expect(sections.map((section) => section.split('\n')[0])).toContain('## Optional')
  for (const section of sections) expect(section).toMatch(/^## .+\n\n(- \[.+\]\(\S+\): .+\n)+\n?$/)
  const { homepage } = JSON.parse(readPage('release.json'))
  const links = [...list.matchAll(/^- \[.+?\]\((\S+)\): /gm)].map(([, link = '']) => link)
  const places = listSitePages().map((page) => placeOf(page).replace(/\.md$/, '.html'))
  expect(links.sort()).toEqual(places.map((place) => `${homepage.replace(/\/$/, '')}/${place}`).sort())
})

test('llms-full.txt has the guides and the pages of all frameworks', () => {
  expect(listGuides().filter((page) => page.startsWith('docs/frameworks/')).length).toBeGreaterThan(15)
  for (const page of listGuides()) expect(full).toContain(/^# .+$/m.exec(readPage(page))?.[0])
})

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

test('the site has both files', () => {
  const build = readFileSync(join(root, 'site/build.mjs'), 'utf8')
  expect(build).toContain('writeLlms(out)')
  const program = "import('./site/llms.mjs').then(({ writeLlms }) => writeLlms(process.argv[1]))"
  execFileSync(process.execPath, ['--eval', program, folder], { cwd: root })
  expect(readFileSync(join(folder, 'llms.txt'), 'utf8')).toBe(renderList())
  expect(readFileSync(join(folder, 'llms-full.txt'), 'utf8')).toBe(full)
})
