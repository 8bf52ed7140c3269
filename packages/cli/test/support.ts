import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { keepRequest, type RecordedRequest } from 'tollgate/internal'
import { type SignedRequest, type SignRequestInput, signRequest } from 'tollgate/testing'
import { twilioUpgrade } from 'tollgate/ws'
import { expect, onTestFinished, vi } from 'vitest'
import { run as runCommand } from '../src/run.ts'

export const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
if (!existsSync(bin)) throw new Error('These tests need the built command: run npm run build')

export const authToken = '0123456789abcdef0123456789abcdef'
export const otherToken = 'fedcba9876543210fedcba9876543210'
export const sharedSecret = 'example-shared-key-secret-for-tests-only'
const secrets = [authToken, otherToken, sharedSecret]

export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

interface How {
  readonly input?: string | Uint8Array
  /** Leaves standard input open, for tests that type into it or must not wait for its end. */
  readonly keepOpen?: boolean
  readonly env?: Readonly<Record<string, string>>
  readonly withToken?: boolean
  readonly cwd?: string
  readonly onStarted?: (child: ChildProcess) => unknown
}

/** Runs the built command in a pipe. It fails if the output has a secret or a stack trace. */
export async function tollgate(words: readonly string[], how: How = {}): Promise<Ran> {
  return await run(process.execPath, [bin, ...words], how)
}

/** Runs the built command at its own terminal. `stdout` has both outputs, as a user sees them. */
export async function tollgateAtTerminal(words: readonly string[], how: How = {}): Promise<Ran> {
  const command = [process.execPath, bin, ...words].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const ran = await run('script', ['-qec', command, '/dev/null'], how)
  return { ...ran, stdout: ran.stdout.replaceAll('\r\n', '\n') }
}

export function run(program: string, words: readonly string[], how: How = {}): Promise<Ran> {
  const { PATH = '', HOME = '' } = process.env
  const token = how.withToken === false ? {} : { TWILIO_AUTH_TOKEN: authToken }
  const env = { PATH, HOME, TERM: 'xterm', SHELL: '/bin/bash', ...token, ...how.env }
  const child = spawn(program, words, { env, cwd: how.cwd })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.on('error', () => undefined)
  if (how.input !== undefined) child.stdin.write(how.input)
  if (how.keepOpen !== true) child.stdin.end()
  how.onStarted?.(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      try {
        resolve(check({ code, signal, stdout, stderr }))
      } catch (error) {
        reject(error)
      }
    })
  })
}

function check(ran: Ran): Ran {
  for (const secret of secrets)
    if (`${ran.stdout}${ran.stderr}`.includes(secret)) throw new Error('A secret was printed')
  if (/^ {4}at .+[:(]\d+/m.test(ran.stderr)) throw new Error(`A stack trace was printed: ${ran.stderr}`)
  return ran
}

/** Runs the command in this process, in a pipe. For many runs: the start of a process takes longer than they do. */
export async function tollgateHere(
  words: readonly string[],
  { input = '', env = {}, withToken = true }: Pick<How, 'input' | 'env' | 'withToken'> = {},
): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const token = withToken ? { TWILIO_AUTH_TOKEN: authToken } : {}
  const io = { stdin: Readable.from([input]), stdout, stderr, env: { ...token, ...env } }
  const code = await runCommand(words, io)
  for (const stream of [stdout, stderr]) stream.end()
  return check({ code, signal: null, stdout: await text(stdout), stderr: await text(stderr) })
}

export function waitForText({ stderr }: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let text = ''
  return new Promise((resolve) =>
    stderr?.on('data', (chunk) => {
      text += chunk
      const found = pattern.exec(text)
      if (found !== null) resolve(found)
    }),
  )
}

/** Parses standard output, which must be exactly one JSON document. */
export function readJson(ran: Ran): Record<string, unknown> & { answers?: Record<string, unknown>[] } {
  return JSON.parse(ran.stdout)
}

export function signCurl(input: Omit<SignRequestInput, 'authToken'>): string {
  return signRequest({ ...input, authToken }).toCurl()
}

// Of the process, because files of tests share this module.
const scratch = mkdtempSync(join(tmpdir(), 'tollgate-cli-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

export function makeFolder(): string {
  return mkdtempSync(join(scratch, 'folder-'))
}

/** Returns a signed webhook as a record has it. */
export function record(url: string, { headers, body }: SignedRequest): RecordedRequest {
  return { method: 'POST', url, headers: Object.entries(headers), body: Buffer.from(body ?? '') }
}

/** Keeps refused requests for `--last`. Returns the variable that names their folder. */
export function keep(...requests: readonly RecordedRequest[]): { readonly XDG_CACHE_HOME: string } {
  const folder = makeFolder()
  vi.stubEnv('XDG_CACHE_HOME', folder)
  for (const request of requests) keepRequest(request, [])
  vi.unstubAllEnvs()
  return { XDG_CACHE_HOME: folder }
}

/** Types each answer at a terminal when its question is there. */
export function answering(answers: Readonly<Record<string, string>>): How {
  const type = (child: ChildProcess) => (text: unknown) => {
    for (const [question, answer] of Object.entries(answers))
      if (String(text).includes(question)) child.stdin?.write(answer)
  }
  return { keepOpen: true, onStarted: (child) => child.stdout?.on('data', type(child)) }
}

let written = 0

export function writeScratch(content: string | Uint8Array): string {
  const path = join(scratch, `file-${++written}`)
  writeFileSync(path, content, { mode: 0o600 })
  return path
}

export function writeProgram(folder: string, name: string, script: string): void {
  writeFileSync(join(folder, name), script)
  chmodSync(join(folder, name), 0o755)
}

export interface Running {
  readonly origin: string
  readonly server: Server
  close(): Promise<void>
}

/** Starts a server on a free port. With `upgrade` it opens WebSockets as an application would. */
export async function listen(
  listener: RequestListener,
  upgrade?: Parameters<typeof twilioUpgrade>[0],
): Promise<Running> {
  const server = createServer(listener)
  if (upgrade !== undefined) openWebSockets(server, upgrade)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export async function listenForTest(...given: Parameters<typeof listen>): Promise<Running> {
  const running = await listen(...given)
  onTestFinished(running.close)
  return running
}

export function openWebSockets(server: Server, options: Parameters<typeof twilioUpgrade>[0]): void {
  const verify = twilioUpgrade(options)
  server.on('upgrade', async (req: IncomingMessage, socket, head) => {
    if ((await verify(req, socket, head)) === undefined) return
    const key = `${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
  })
}

/** Expects exit code 2 and this message. */
export function expectUsage(ran: Ran, message: string | RegExp): void {
  expect(ran.stderr).toMatch(message)
  expect(ran).toMatchObject({ code: 2 })
}
