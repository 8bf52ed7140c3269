import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireProgram } from '../programs.mjs'
import { makeFolder, readVersion, runServer } from './run-server.mjs'

/** @type {import('./proxy.d.mts').StartProxy} */
export async function startHaproxy(sites, ports) {
  const program = requireProgram('haproxy')
  const folder = makeFolder('haproxy')
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    `global
  maxconn 256

defaults
  timeout connect 5s
  timeout client 10s
  timeout server 10s

${sites}
`,
  )
  const args = ['-db', '-f', file]
  return { version: await readVersion(program, '-v'), ...(await runServer({ program, args, ports, folder })) }
}
