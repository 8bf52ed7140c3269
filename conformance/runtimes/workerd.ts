import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { programs } from './project.ts'
import { startProgram } from './run-program.ts'

const compatibilityDate = '2026-07-30'

interface Workerd {
  readonly ports: Readonly<Record<string, number>>
  stop(): Promise<void>
}

/** Serves a module worker, with a socket for each of its named entry points. */
export async function startWorkerd(
  file: string,
  entryPoints: readonly string[],
  flags: readonly string[],
): Promise<Workerd> {
  const config = file.replace(/\.mjs$/, `${flags.join('')}.capnp`)
  writeFileSync(config, writeConfig(basename(file), entryPoints, flags))
  const program = startProgram(programs.workerd(), ['serve', '--control-fd=3', config], 3)
  const ports: Record<string, number> = {}
  for (const _socket of ['default', ...entryPoints]) {
    const { socket, port } = await program.readLine<{ socket: string; port: number }>()
    ports[socket] = port
  }
  return { ports, stop: program.stop }
}

function writeConfig(module: string, entryPoints: readonly string[], flags: readonly string[]): string {
  const socket = (name: string, service: string): string =>
    `(name = "${name}", address = "127.0.0.1:0", http = (), service = ${service})`
  const sockets = [
    socket('default', '"main"'),
    ...entryPoints.map((name) => socket(name, `(name = "main", entrypoint = "${name}")`)),
  ]
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [${sockets.join(', ')}],
);
const main :Workerd.Worker = (
  modules = [(name = "${module}", esModule = embed "${module}")],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join(', ')}],
);
`
}

/** Reads JSON from one of its sockets. */
export async function askWorkerd<T>({ ports }: Workerd, socket: string): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${ports[socket]}/`)
  if (!answer.ok) throw new Error(`workerd answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as T
}
