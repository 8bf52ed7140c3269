import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { UnreachableError, UsageError } from '../exit.ts'
import { findProgram } from '../find-program.ts'
import { cleanText, type Io } from '../io.ts'

interface Program {
  readonly name: string
  args(address: string): readonly string[]
  /** Returns the public URL if a line of the output has it. */
  findUrl(line: string): string | undefined
  /** Returns the reason of a failure if a line of the output has one. */
  findProblem(line: string): string | undefined
}

const programs: readonly Program[] = [
  {
    // https://ngrok.com/docs/agent/cli/#ngrok-http. Each line of the log is a JSON object.
    name: 'ngrok',
    args: (address) => ['http', address, '--log', 'stdout', '--log-format', 'json'],
    findUrl: (line) => {
      const { msg, url } = readLog(line)
      return msg === 'started tunnel' && typeof url === 'string' ? url : undefined
    },
    findProblem: (line) => {
      const { lvl, err } = readLog(line)
      const isError = lvl === 'eror' || lvl === 'crit'
      return isError && typeof err === 'string' && err !== '<nil>' ? err : undefined
    },
  },
  {
    // https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/do-more-with-tunnels/trycloudflare/
    name: 'cloudflared',
    args: (address) => ['tunnel', '--no-autoupdate', '--url', `http://${address}`],
    findUrl: (line) => /https:\/\/(?!api\.)[a-z0-9-]+\.trycloudflare\.com(?=[\s|]|$)/.exec(line)?.[0],
    findProblem: (line) => /\bERR (.*)$/.exec(line)?.[1] ?? /^(failed to .*)$/.exec(line)?.[1],
  },
]

function readLog(line: string): { readonly msg?: unknown; readonly url?: unknown; lvl?: unknown; err?: unknown } {
  try {
    return Object(JSON.parse(line))
  } catch {
    return {}
  }
}

interface Tunnel {
  readonly name: string
  readonly url: string
  /** Resolves when the program ends, before or after `close`. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

const waitMs = 30_000

/**
 * Starts ngrok, or else cloudflared, and waits for its public URL.
 * @throws UsageError if neither is installed
 * @throws UnreachableError if the program ends, or names no URL in time
 */
export async function startTunnel(address: string, io: Io): Promise<Tunnel> {
  for (const program of programs) {
    const child = await spawnIfFound(program, address, io)
    if (child !== undefined) return await waitForUrl(program, child)
  }
  throw new UsageError('--tunnel needs ngrok or cloudflared on the PATH. Or start a tunnel yourself: --public-url URL.')
}

async function spawnIfFound({ name, args }: Program, address: string, io: Io): Promise<ChildProcess | undefined> {
  const file = findProgram(name, io.env)
  if (file === undefined) return undefined
  const child = spawn(file, args(address), { env: { ...io.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    await once(child, 'spawn')
    return child
  } catch (error) {
    const { code }: { code?: unknown } = Object(error)
    if (code === 'ENOENT') return undefined
    throw new UnreachableError(`${name} cannot be started (${code}).`)
  }
}

async function waitForUrl({ name, findUrl, findProblem }: Program, child: ChildProcess): Promise<Tunnel> {
  // Nothing may leave the program running, and a second kill does nothing.
  const kill = (): void => void child.kill()
  process.once('exit', kill)
  const ended = once(child, 'close').then(() => void process.off('exit', kill))
  let problem: string | undefined
  const found = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => {
          problem = findProblem(line) ?? problem
          const url = findUrl(line)
          if (url !== undefined) resolve(url)
        })
  })
  const stop = new AbortController()
  const late = once(AbortSignal.any([AbortSignal.timeout(waitMs), stop.signal]), 'abort')
  const url = await Promise.race([found, ended, late.then(() => undefined)])
  stop.abort()
  if (typeof url === 'string')
    return {
      name,
      url: url.replace(/\/$/, ''),
      ended,
      async close() {
        kill()
        await ended
      },
    }
  const hasEnded = child.exitCode !== null || child.signalCode !== null
  kill()
  const without = hasEnded ? 'it ended, and named no public URL' : `it named no public URL within ${waitMs / 1000} s`
  throw new UnreachableError(`${name} opened no tunnel: ${problem === undefined ? without : cleanText(problem).trim()}`)
}
