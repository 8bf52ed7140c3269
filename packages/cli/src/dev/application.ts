import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { UnreachableError } from '../exit.ts'
import { type Io, quoteWord, tell } from '../io.ts'

interface Application {
  /** Ends every process of the program, and starts it again. */
  restart(): Promise<void>
  close(): Promise<void>
}

interface Setting {
  readonly words: readonly string[]
  readonly port: number
  /** Variables that win over those of the environment. */
  readonly env: Readonly<Record<string, string>>
  readonly onListening: () => void
}

const startMs = 15_000
const endMs = 3000

/**
 * Starts the program, with its output among the messages.
 * @throws UnreachableError if another program listens at the port already
 */
export async function startApplication({ words, port, env, onListening }: Setting, io: Io): Promise<Application> {
  const shown = words.map(quoteWord).join(' ')
  if (await isListening(port))
    throw new UnreachableError(
      `Port ${port} is in use already. Stop the program there, so that ${shown} can listen; or leave out --upstream.`,
    )
  let child: ChildProcess
  let isClosing = false
  const start = (): void => {
    const started = launch(words, { ...io.env, ...env })
    child = started
    const report = (text: string): void => {
      if (child === started && !isClosing) tell(io, text)
    }
    started.on('error', (error) => report(`${shown} cannot be started: ${error.message}.`))
    started.on('exit', (code, signal) => report(`${shown} has ended (${signal ?? `exit code ${code}`}).`))
    void waitUntilListening(started, port, () =>
      report(
        `Nothing listens at 127.0.0.1:${port} after ${startMs / 1000} s. The application must listen at the port in PORT, which is ${port}. If it has a port of its own, name that: --upstream 3000.`,
      ),
    ).then((isUp) => isUp && child === started && onListening())
  }
  const killNow = (): void => void endGroup(child, 'SIGKILL')
  process.once('exit', killNow)
  start()
  return {
    async restart() {
      const old = child
      // From here on, what the old one does is not reported.
      isClosing = true
      await end(old)
      isClosing = false
      start()
    },
    async close() {
      isClosing = true
      await end(child)
      process.off('exit', killNow)
    },
  }
}

/** Starts the program in a group of its own, so that what it starts ends with it. */
function launch([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const isWindows = process.platform === 'win32'
  // On Windows, npm and npx are scripts, which only a shell starts.
  return spawn(program, args, { env, stdio: ['ignore', 2, 2], detached: !isWindows, shell: isWindows })
}

async function waitUntilListening(child: ChildProcess, port: number, onLate: () => void): Promise<boolean> {
  const late = setTimeout(onLate, startMs)
  try {
    while (isRunning(child)) {
      if (await isListening(port)) return true
      await sleep(100)
    }
    return false
  } finally {
    clearTimeout(late)
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
  } finally {
    socket.destroy()
  }
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null
}

/** Asks every process of the group to end, and ends those that do not. */
async function end(child: ChildProcess): Promise<void> {
  const exited = isRunning(child) ? once(child, 'exit') : undefined
  endGroup(child, 'SIGTERM')
  for (const until = Date.now() + endMs; Date.now() < until && endGroup(child, 0); ) await sleep(20)
  endGroup(child, 'SIGKILL')
  await exited
}

/** @returns false if no process of the group is left */
function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false
  // Windows has no groups, but knows who started whom.
  if (process.platform === 'win32')
    return signal !== 0 && spawnSync('taskkill', ['/pid', `${pid}`, '/t', '/f']).status === 0
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}
