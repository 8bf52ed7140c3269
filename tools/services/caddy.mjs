import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireProgram } from '../programs.mjs'
import { makeFolder, readVersion, runServer } from './run-server.mjs'

/** @type {import('./proxy.d.mts').StartProxy} */
export async function startCaddy(sites, ports) {
  const program = requireProgram('caddy')
  const folder = makeFolder('caddy')
  const file = join(folder, 'Caddyfile')
  writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n\n${sites}\n`)
  const args = ['run', '--adapter', 'caddyfile', '--config', file]
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  return { version: await readVersion(program, 'version'), ...(await runServer({ program, args, ports, folder, env })) }
}
