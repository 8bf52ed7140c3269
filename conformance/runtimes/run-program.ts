import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { project } from './project.ts'

interface Program {
  /** Reads the next line that the program prints on its channel, as JSON. */
  readLine<T>(): Promise<T>
  stop(): Promise<void>
}

/**
 * Starts a program in the project. It prints lines of JSON on standard output, or on another file
 * descriptor.
 */
export function startProgram(binary: string, args: readonly string[], channel = 1): Program {
  const child = spawn(binary, args, {
    cwd: project,
    env: { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
    stdio: ['ignore', 'pipe', 'pipe', ...(channel === 3 ? (['pipe'] as const) : [])],
  })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-4000)
  })
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  const lines = createInterface({ input: child.stdio[channel] as Readable })[Symbol.asyncIterator]()
  return {
    async readLine() {
      const { value, done } = await lines.next()
      if (done) throw new Error(`${binary} ${args.join(' ')} ended early:\n${said}`)
      return JSON.parse(value)
    },
    async stop() {
      process.off('exit', end)
      await stopChild(child)
    },
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Runs a program that prints one line of JSON. */
export async function runProgram<T>(binary: string, ...args: readonly string[]): Promise<T> {
  const program = startProgram(binary, args)
  try {
    return await program.readLine<T>()
  } finally {
    await program.stop()
  }
}
