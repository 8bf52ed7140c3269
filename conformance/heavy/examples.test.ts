import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { signRequest } from 'tollgate/testing'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { expectAttacksRefused } from '../attacks/recipe.ts'
import { sendTo, startApplication } from '../kit/application.ts'
import { origin, otherToken, token } from '../kit/draft.ts'
import { nodeBinary, packLibrary, prepareProject } from '../projects/prepare.mjs'

// Each example is copied to a folder from which Node.js finds the packages that this repository has installed, with a packed
// library of its own.

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = join(root, 'examples')
const minute = 60_000

interface Example {
  readonly name: string
  readonly kind: 'webhook' | 'handshake' | 'program'
  /** The path of its webhook. Without one, the example does not listen. */
  readonly route?: string
  /**
   * The major version of Node.js that its framework needs, if it is newer than the oldest supported
   * one.
   */
  readonly node?: number
  /** The project of conformance/projects with its packages, if the workspace has not installed them. */
  readonly project?: string
}

const servers = ['express', 'fetch', 'fastify', 'koa', 'hono', 'h3', 'elysia', 'lambda', 'azure', 'diagnose']
/** The recipes of skills/tollgate/SKILL.md. */
const recipes = ['express', 'fetch', 'fastify', 'koa', 'hono', 'lambda', 'nest', 'next', 'sveltekit', 'ws']
const list: readonly Example[] = [
  ...servers.map((name) => ({ name, kind: 'webhook', route: '/sms' }) as const),
  { name: 'nest', kind: 'webhook', route: '/sms', project: 'nest12' },
  { name: 'next', kind: 'webhook', route: '/sms', project: 'next16' },
  { name: 'cloud-functions', kind: 'webhook', route: '/' },
  { name: 'sveltekit', kind: 'webhook', route: '/sms', node: 24, project: 'sveltekit3' },
  { name: 'astro', kind: 'webhook', route: '/sms', node: 24, project: 'astro7' },
  { name: 'react-router', kind: 'webhook', route: '/sms', node: 24, project: 'react-router8' },
  { name: 'ws', kind: 'handshake', route: '/media' },
  { name: 'validator', kind: 'program' },
]

const twiml = {
  type: expect.stringContaining('text/xml'),
  body: '<Response><Message>You said: a &lt; b</Message></Response>',
}

test('every example that can be started is listed', () => {
  const startable = readdirSync(examples, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readManifest(join(examples, entry.name)).scripts?.start !== undefined)
    .map((entry) => entry.name)
  expect(list.map(({ name }) => name).sort()).toEqual(startable.sort())
})

describe.each(list)('examples/$name', ({ name, kind, route = '/', node, project }) => {
  const parent =
    project === undefined
      ? join(root, 'node_modules/.cache/tollgate')
      : join(root, 'conformance/projects', project, '.build')
  const directory = join(parent, `example-${name}`)
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test(
    'npm start',
    async () => {
      if (project !== undefined) prepareProject(project)
      copySources(name, directory)
      const { dependencies, devDependencies } = readManifest(directory)
      for (const [dependency, version] of Object.entries({ ...dependencies, ...devDependencies }))
        expect(`${dependency} ${findVersion(dependency, directory)}`).toBe(`${dependency} ${version}`)
      const env = makeEnv(node)
      if (recipes.includes(name)) reportHandlers(directory)

      if (kind === 'program') {
        expect(run(directory, { ...env, TWILIO_AUTH_TOKEN: '12345' })).toMatch(/^genuine$/m)
        expect(run(directory, { ...env, TWILIO_AUTH_TOKEN: token })).toMatch(/^not from Twilio$/m)
        return
      }
      let handlersRun = 0
      const onOutput = (text: string): void => {
        handlersRun += text.split(report).length - 1
      }
      const server = await startApplication('npm start', directory, env, { onOutput })
      try {
        const content = kind === 'handshake' ? { handshake: true } : { params: { Body: 'a < b', From: '+14155550100' } }
        const ask = (authToken: string) =>
          sendTo(server.port, signRequest({ url: origin + route, ...content, authToken }))
        expect(await ask(otherToken)).toMatchObject({ status: 403 })
        const line = `(403, signature_mismatch). Checked ${origin.replace('https', kind === 'handshake' ? 'wss' : 'https')}`
        await vi.waitFor(() => expect(server.output()).toContain(line), { timeout: 5000 })
        for (const hidden of [token, 'a < b', 'a+%3C+b', '14155550100']) expect(server.output()).not.toContain(hidden)
        if (recipes.includes(name)) {
          const attacks = await expectAttacksRefused({ port: server.port, kind, path: route })
          expect(attacks).toBeGreaterThanOrEqual(kind === 'handshake' ? 10 : 12)
        }
        const answer = kind === 'handshake' ? { status: 101 } : { status: 200, ...twiml }
        expect(await ask(token)).toMatchObject(answer)
        // What an attack had run would have been reported before.
        if (recipes.includes(name) && kind === 'webhook')
          await vi.waitFor(() => expect(handlersRun).toBe(1), { timeout: 5000 })
        else expect(handlersRun).toBe(0)
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : error}\n${server.output()}`)
      } finally {
        await server.stop()
      }
    },
    5 * minute,
  )
})

/** Copies the files of an example that a clone has, and unpacks the library for it. */
function copySources(name: string, target: string): void {
  const isMade = (path: string): boolean => /^(node_modules|dist|build|\..+)$/.test(basename(path))
  rmSync(target, { recursive: true, force: true })
  cpSync(join(examples, name), target, { recursive: true, filter: (path) => !isMade(path) })
  const library = join(target, 'node_modules/tollgate')
  mkdirSync(library, { recursive: true })
  execFileSync('tar', ['-xzf', packLibrary(), '-C', library, '--strip-components=1'])
}

/** Finds the version of a package that a program in a folder gets. */
function findVersion(name: string, folder: string): string {
  const found = join(folder, 'node_modules', name, 'package.json')
  if (existsSync(found)) return JSON.parse(readFileSync(found, 'utf8')).version
  return dirname(folder) === folder ? 'is not installed' : findVersion(name, dirname(folder))
}

const report = 'a handler ran'

/** Lets the installed `twiml`, which the handler of each recipe calls, report each call. */
function reportHandlers(directory: string): void {
  const proxy = `new Proxy(twiml, { apply(tag, self, values) { console.error('${report}'); return Reflect.apply(tag, self, values) } })`
  for (const [file, from, to] of [
    ['twiml.js', 'export { twiml };', `const reporting = ${proxy}; export { reporting as twiml };`],
    ['twiml.cjs', 'exports.twiml = ', `exports.twiml = (twiml => ${proxy})(`],
  ] as const) {
    const path = join(directory, 'node_modules/tollgate/dist', file)
    const code = readFileSync(path, 'utf8')
    expect(code).toContain(from)
    // In the CommonJS copy the export is the last statement.
    const [start = '', end = ''] = code.split(from)
    writeFileSync(path, file.endsWith('.cjs') ? `${start}${to}${end.replace(/;?\s*$/, ');')}` : `${start}${to}${end}`)
  }
}

function readManifest(directory: string): {
  readonly scripts?: { readonly start?: string }
  readonly dependencies: Record<string, string>
  readonly devDependencies?: Record<string, string>
} {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
}

/** Makes the environment of a host, where refusals have one line each. follow-docs.test.ts is in development. */
function makeEnv(node: number | undefined): NodeJS.ProcessEnv {
  const { env } = process
  const path = node === undefined ? env.PATH : dirname(nodeBinary(node)) + delimiter + env.PATH
  return {
    ...env,
    NODE_ENV: 'production',
    PATH: path,
    TWILIO_AUTH_TOKEN: token,
    STREAM_SECRET: token,
    TOLLGATE_PUBLIC_URL: origin,
  }
}

/** Runs an example that ends by itself, and returns its output. */
function run(directory: string, env: NodeJS.ProcessEnv): string {
  return execFileSync('npm', ['start'], { cwd: directory, env, encoding: 'utf8' })
}
