import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from '../../tools/services/free-port.mjs'
import type { Running } from '../adapter/framework.ts'
import type { Journal, Scenario } from '../adapter/scenario.ts'
import type { Order } from './stage.ts'

export interface RemoteServer {
  readonly port: number
  /** Makes the server play this scenario from now on. It plays one at a time. */
  play(scenario: Scenario): Promise<Running>
  /** Returns the last output of the server. */
  output(): string
  stop(): Promise<void>
}

interface RemoteProgram {
  readonly directory: string
  /**
   * A file of the project, relative to its directory, and its arguments. It gets PORT and a message
   * channel.
   */
  readonly script: string
  readonly args?: (port: number) => readonly string[]
  readonly node?: string
  readonly env?: Readonly<Record<string, string>> | undefined
}

/**
 * Starts a server of a project that takes orders with `tollgate-conformance`, and waits until it
 * listens.
 */
export async function startRemote(program: RemoteProgram): Promise<RemoteServer> {
  const port = await findFreePort()
  const child = fork(program.script, program.args?.(port) ?? [], {
    cwd: program.directory,
    execPath: program.node ?? process.execPath,
    execArgv: ['--import', 'tollgate-conformance/follow'],
    env: { ...process.env, NODE_ENV: 'production', HOST: '127.0.0.1', ...program.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk).slice(-4000)
    })
  await waitForPort(port, child).catch((error: Error) => {
    child.kill('SIGKILL')
    throw new Error(`${error.message}\n${output}`)
  })
  return {
    port,
    async play({ id, before, after }) {
      const order: Order = { id, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
      await ask(child, order)
      return {
        port,
        close: async () => undefined,
        journal: async () => ((await ask(child, 'journal')) as { readonly journal: Journal }).journal,
      }
    },
    output: () => output,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function ask(child: ChildProcess, message: Order | 'journal'): Promise<unknown> {
  const answered = once(child, 'message', { signal: AbortSignal.timeout(10_000) })
  child.send(message)
  return (await answered)[0]
}

async function waitForPort(port: number, child: ChildProcess): Promise<void> {
  for (let round = 0; round < 300; round++) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    const answered = await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' }).then(
      () => true,
      () => false,
    )
    if (answered) return
    await wait(100)
  }
  throw new Error('the server did not listen within 30 s')
}
