import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import type { SignedRequest } from 'tollgate/testing'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { host } from './draft.ts'

const timeLimitMs = 180_000

/** An application that a shell command started. */
export interface Application {
  readonly port: number
  output(): string
  stop(): Promise<void>
}

/**
 * Starts an application with a shell command, which may build it first, and waits until it answers.
 * It gets its port as PORT. Default: a free one.
 */
export async function startApplication(
  command: string,
  directory: string,
  env: NodeJS.ProcessEnv,
  { port: given, onOutput }: { port?: number; onOutput?: (text: string) => void } = {},
): Promise<Application> {
  const port = given ?? (await findFreePort())
  // A process group, because the shell starts the server.
  const child = spawn(command, {
    cwd: directory,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: true,
    detached: true,
  })
  const ended = once(child, 'close')
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk).slice(-4000)
      onOutput?.(String(chunk))
    })
  const application: Application = {
    port,
    output: () => output,
    async stop() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
      await ended
    },
  }
  const deadline = Date.now() + timeLimitMs
  while (!(await answers(port))) {
    if (child.exitCode === null && Date.now() < deadline) {
      await wait(50)
      continue
    }
    await application.stop()
    throw new Error(`the application does not listen on 127.0.0.1:${port}\n${output}`)
  }
  return application
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' }).then(
    () => true,
    () => false,
  )
}

interface Answer {
  /** 101 if the connection is upgraded. */
  readonly status: number | undefined
  readonly type?: string | undefined
  readonly body?: string
}

/** Sends a signed request to the path that a proxy would use. */
export async function sendTo(port: number, signed: SignedRequest): Promise<Answer> {
  const { pathname, search } = new URL(signed.url)
  const client = request({
    host: '127.0.0.1',
    port,
    path: pathname + search,
    method: signed.method,
    headers: { host, ...signed.headers },
    agent: false,
    signal: AbortSignal.timeout(30_000),
  })
  try {
    return await new Promise((resolve, reject) => {
      client.on('response', (response) => {
        const { statusCode: status, headers } = response
        text(response).then((body) => resolve({ status, type: headers['content-type'], body }), reject)
      })
      client.on('upgrade', ({ statusCode: status }) => resolve({ status }))
      client.on('error', reject)
      client.end(signed.body)
    })
  } finally {
    client.on('error', () => undefined).destroy()
  }
}
