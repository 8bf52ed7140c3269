import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { sendTo, startApplication } from '../kit/application.ts'
import { otherToken, token } from '../kit/draft.ts'
import { nodeBinary, packLibrary, packPackage } from '../projects/prepare.mjs'
import { listShellBlocks, readFollowed, type Tour, tours } from './tours.ts'

// Does what a reader does with a page: in an empty folder, it saves the files under the names that
// the page says, and runs the commands of the page in their order. It adds no file and no command.
// Only the packages are pinned: `tollgate` is the packed library, and each other package has the
// version that this repository tests.

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tollgate-follow-'))
const publicUrl = 'https://api.example.com'

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

// At the same time, because most of it is waiting for npm.
describe.concurrent.each(tours)('$page $sections', (tour) => {
  test('works as the page says, from an empty folder', { timeout: 600_000 }, async () => {
    const steps = readSteps(tour)
    const directory = mkdtempSync(join(scratch, 'reader-'))
    const env = await makeEnv(tour)
    const client = steps.commands.find((command) => command.includes(cli))
    const last = tour.routes === undefined ? undefined : steps.commands.filter((command) => command !== client).at(-1)
    for (const [name, content] of steps.files) {
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), content)
    }
    for (const command of steps.commands)
      if (command !== last && command !== client) await run(pin(command, tour), directory, env)
    if (last === undefined) return

    const application = await startApplication(fillIn(last), directory, env)
    try {
      for (const route of tour.routes ?? []) {
        const content = tour.handshake ? { handshake: true } : { params: { Body: 'Hello', From: '+14155550142' } }
        const ask = (authToken: string) =>
          sendTo(application.port, signRequest({ url: publicUrl + route, ...content, authToken }))
        const status = tour.handshake ? 101 : 200
        expect(await ask(token), route).toMatchObject({ status })
        expect(await ask(otherToken), route).toMatchObject({ status: 403 })
      }
      if (client !== undefined) {
        const { input, output } = tour.typed ?? { input: '', output: ['the tour says what is typed'] }
        const command = pinCli(fillIn(client)).replace('localhost:3000', `127.0.0.1:${application.port}`)
        expect((await run(`printf '${input}' | ${command}`, directory, env)).split('\n')).toEqual(
          expect.arrayContaining([...output]),
        )
      }
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${application.output()}`)
    } finally {
      await application.stop()
    }
  })
})

/** The lines of a drawing, which are wrapped. */
function readPicture(file: string): string {
  const lines = [...readFileSync(join(root, file), 'utf8').matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(
    ([, line]) => line,
  )
  return squash(lines.join(' '))
}

const squash = (text: string): string => text.replace(/\s+/g, ' ')

describe.each([20, 24])('the first screen of the README on Node.js %i', (major) => {
  test('shows each line that it says', { timeout: 600_000 }, async () => {
    const tour: Tour = { page: 'README.md', sections: ['Tollgate', 'See it work'] }
    const directory = mkdtempSync(join(scratch, 'first-screen-'))
    const env = { ...(await makeEnv(tour)), PATH: [dirname(nodeBinary(major)), process.env.PATH].join(delimiter) }
    expect(await run('node --version', directory, env)).toMatch(`v${major}.`)
    const { files, commands } = readSteps(tour)
    for (const [name, content] of files) writeFileSync(join(directory, name), content)
    const [install = '', start = '', token = '', accepted = '', refused = ''] = commands
    await run(pin(install, tour), directory, env)

    const server = await startApplication(start, directory, env)
    const send = (command: string) => {
      const local = pinCli(command).replace('localhost:3000', `localhost:${server.port}`)
      return run(`${token}; ${local} 2>&1 || true`, directory, env)
    }
    try {
      expect(server.output()).toContain(`Listening on http://localhost:${server.port}`)
      expect(await send(accepted)).toMatch(/^200 OK[\s\S]*<Message>You said .*<\/Message>/)
      expect(await send(refused)).toContain('403')
      const explained = 'tollgate: POST /sms was refused: signature_mismatch. Fix: Sign the URL that this server checks'
      await vi.waitFor(() => expect(server.output()).toContain(explained), { timeout: 10_000 })
    } finally {
      await server.stop()
    }

    const picture = readPicture('docs/images/refused-light.svg')
    const [command = '', printed = ''] = picture.slice('$ '.length).split(/(?<=server\.mjs) /)
    const behindProxy = await startApplication(command, directory, { ...env, TWILIO_AUTH_TOKEN: '12345' })
    try {
      const url = 'https://app.example.com/twilio/sms'
      const signed = signRequest({ url, ...sampleWebhook('message.inbound'), authToken: '12345' })
      const headers = { ...signed.headers, 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/twilio' }
      expect((await sendTo(behindProxy.port, { ...signed, url: 'https://app.example.com/sms', headers })).status).toBe(
        403,
      )
      await vi.waitFor(() => expect(squash(behindProxy.output())).toContain(printed), { timeout: 10_000 })
    } finally {
      await behindProxy.stop()
    }

    const [, dev = ''] = /`(npx @tollgate\/cli dev -- node server\.mjs)`/.exec(readFollowed(tour)) ?? []
    // Without a terminal, it runs until it is ended.
    const wait = 'for i in $(seq 200); do grep -q "/sms .*200" dev.txt && break; sleep 0.3; done; kill $!; cat dev.txt'
    const shown = await run(`${token}; timeout 60 ${pinCli(dev)} > dev.txt 2>&1 & ${wait}`, directory, env)
    expect(shown).toMatch(/POST \/sms .*200/)
  })
})

interface Steps {
  /** The files that the page says to save, by name. */
  readonly files: ReadonlyMap<string, string>
  readonly commands: readonly string[]
}

function readSteps(tour: Tour): Steps {
  const { page } = tour
  const text = readFileSync(join(root, page), 'utf8')
  const followed = readFollowed(tour)
  const files = readFiles(followed)
  // "With the same `server.ts`": the file is in an earlier section.
  for (const [, name = ''] of followed.matchAll(/\bthe same `([^`]+)`/g)) {
    const content = readFiles(text).get(name)
    if (content === undefined) throw new Error(`${page} has no file ${name}`)
    files.set(name, content)
  }
  const commands = listShellBlocks(followed).flatMap((lines) => lines.trimEnd().split('\n'))
  if (files.size === 0 || commands.length < 2) throw new Error(`${page} has no steps to follow`)
  return { files, commands }
}

/**
 * Reads the blocks below a line such as "Save this as `server.mjs`:". The first of a name counts.
 */
function readFiles(text: string): Map<string, string> {
  const named = /`([\w./+-]+\.\w+)`:\n\n(?:<!-- .*? -->\n)?```\w+\n([\s\S]*?)^```/gm
  const files = new Map<string, string>()
  for (const [, name = '', content = ''] of text.matchAll(named)) if (!files.has(name)) files.set(name, content)
  return files
}

/** Puts secrets where the page has an ellipsis. */
function fillIn(command: string): string {
  return command
    .replace(/TWILIO_AUTH_TOKEN=(?:…|12345)/, `TWILIO_AUTH_TOKEN=${token}`)
    .replace('STREAM_SECRET=…', `STREAM_SECRET=${token}`)
}

/** Adds a version to each package of `npm install`. */
function pin(command: string, { example }: Tour): string {
  if (!command.startsWith('npm install ')) return command
  const versions = readVersions(example)
  const packages = command.split(' ').slice(2)
  const pinned = packages.map((name) => {
    if (name.startsWith('--')) return name
    if (name === 'tollgate') return packLibrary()
    if (name.startsWith('@tollgate/')) return packPackage(name.slice('@tollgate/'.length))
    if (versions[name] === undefined) throw new Error(`no version of ${name}`)
    return `${name}@${versions[name]}`
  })
  return ['npm install', ...pinned].join(' ')
}

const cli = 'npx @tollgate/cli '

/** Takes the packed command line, with the packages of this repository that it needs. */
function pinCli(command: string): string {
  const packages = ['tollgate', 'calls', 'gateway', 'inspector', 'cli'].map((name) => `--package=${packPackage(name)}`)
  return command.replace(cli, `npx --yes ${packages.join(' ')} tollgate `)
}

function readVersions(example: string | undefined): Readonly<Record<string, string>> {
  const manifests = ['.', 'conformance', 'packages/tollgate', ...(example === undefined ? [] : [`examples/${example}`])]
  const versions = manifests.map((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    return { ...manifest.devDependencies, ...manifest.dependencies }
  })
  const all: Record<string, string> = Object.assign({}, ...versions)
  return { ...all, jest: all['@jest/globals'] ?? '' }
}

/** @returns the standard output */
async function run(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (await promisify(execFile)('sh', ['-c', command], { cwd, env, maxBuffer: 64 << 20 })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command}\n${stdout}${stderr}`)
  }
}

/**
 * Makes the environment of a reader's shell, in which npm asks the registry as little as possible.
 */
async function makeEnv(tour: Tour): Promise<NodeJS.ProcessEnv> {
  // The certificates of a registry's mirror are the machine's, not this run's.
  const foreign = /^(npm_|VITEST|NODE_(?!EXTRA_CA_CERTS)|TWILIO_|TOLLGATE_|JEST_)/i
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
  const npm = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' }
  const programs = await findPrograms(tour)
  const PATH = [...programs.map((program) => dirname(program)), env.PATH].join(delimiter)
  return { ...env, ...npm, PATH, NO_COLOR: '1' }
}

/** Finds the runtimes that a page needs and that this machine may not have. */
async function findPrograms({ bun }: Tour): Promise<string[]> {
  // Only here, because the module installs the runtimes.
  const { programs } = bun ? await import('../runtimes/project.ts') : {}
  return programs ? [programs.bun()] : []
}
