import type { Framework, ParserBefore } from '../adapter/framework.ts'
import { bundleForPlatform } from '../runtimes/bundle.ts'
import { exceptionsOf } from '../runtimes/exceptions.ts'
import { type Ports, playRemote, type Serving } from '../runtimes/play-remote.ts'
import { denoArguments, programs } from '../runtimes/project.ts'
import { startProgram } from '../runtimes/run-program.ts'
import { startWorkerd } from '../runtimes/workerd.ts'
import { elysiaFeatures } from './elysia-app.ts'
import { honoFeatures } from './hono-app.ts'

export interface RuntimeServer extends Ports {
  stop(): Promise<void>
}

/** A framework on a server of another runtime. */
interface OnRuntime {
  readonly name: string
  /** The name of a file in conformance/runtimes/entries. */
  readonly entry: string
  start(): Promise<RuntimeServer>
  readonly features: Omit<Framework, 'name' | 'start' | 'exceptions'>
  readonly exceptions: Framework['exceptions']
}

const jsonKept: ParserBefore = { form: 'consumed', json: 'accepted', keepsNames: false }
const absoluteTarget = 'it answers 500 to an absolute target itself, before the application'

/**
 * Removes the exception about clients that leave: here the signal of the Request tells the handler.
 */
function withoutLeaveException(exceptions: Framework['exceptions']): Framework['exceptions'] {
  const { 'a client that leaves before the answer: released once': _untold, ...others } = exceptions
  return others
}

export const onRuntimes: readonly OnRuntime[] = [
  {
    name: 'hono 4 on Deno',
    entry: 'hono-deno',
    start: () => startServing(programs.deno(), [...denoArguments, 'dist/hono-deno.mjs']),
    features: { ...honoFeatures, webSocket: true },
    exceptions: withoutLeaveException(exceptionsOf.Deno),
  },
  {
    name: 'hono 4 on Bun',
    entry: 'hono-bun',
    start: () => startServing(programs.bun(), ['dist/hono-bun.mjs']),
    // There `formData()` reads nothing from a body that is not a form.
    features: {
      ...honoFeatures,
      webSocket: true,
      parsersBefore: { ...honoFeatures.parsersBefore, formData: jsonKept, 'raw.formData': jsonKept },
    },
    exceptions: withoutLeaveException(exceptionsOf.Bun),
  },
  {
    name: 'hono 4 on workerd',
    entry: 'hono-worker',
    start: () => startWorker('hono-worker'),
    features: { ...honoFeatures, webSocket: true },
    exceptions: {
      ...exceptionsOf.workerd,
      'A5 guards http://app.example.com/voice': absoluteTarget,
      'A5 guards http://evil.example/voice': absoluteTarget,
    },
  },
  {
    name: 'elysia 1.4 on Bun',
    entry: 'elysia-bun',
    start: () => startServing(programs.bun(), ['dist/elysia-bun.mjs']),
    features: { ...elysiaFeatures, webSocket: true },
    exceptions: withoutLeaveException(exceptionsOf.Bun),
  },
]

export function makeFrameworkOnRuntime({ name, features, exceptions }: OnRuntime, server: () => Ports): Framework {
  return { ...features, name, exceptions, address: 'url', start: (scenario) => playRemote(server(), scenario) }
}

async function startServing(binary: string, args: readonly string[]): Promise<RuntimeServer> {
  const program = startProgram(binary, args)
  try {
    const { port, orders } = await program.readLine<Serving>()
    return { port, orders, stop: program.stop }
  } catch (error) {
    await program.stop()
    throw error
  }
}

async function startWorker(entry: string): Promise<RuntimeServer> {
  const { file } = await bundleForPlatform(entry, 'workerd')
  const { ports, stop } = await startWorkerd(file, ['orders'], [])
  return { port: ports.default ?? 0, orders: ports.orders ?? 0, stop }
}
