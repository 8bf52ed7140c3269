import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireProgram } from '../programs.mjs'
import { makeFolder, readVersion, runServer } from './run-server.mjs'

const modules = ['mpm_event', 'authz_core', 'alias', 'dir', 'headers', 'proxy', 'proxy_http', 'rewrite', 'ssl']
const modulesFolder = '/usr/lib/apache2/modules'

/** @type {import('./proxy.d.mts').StartProxy} */
export async function startApache(sites, ports) {
  const program = requireProgram('apache2-bin')
  const folder = makeFolder('apache')
  const file = join(folder, 'apache.conf')
  const built = modules.filter((name) => existsSync(`${modulesFolder}/mod_${name}.so`))
  writeFileSync(
    file,
    `ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ServerName localhost
ErrorLog ${folder}/error.log
LogLevel warn
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
${built.map((name) => `LoadModule ${name}_module ${modulesFolder}/mod_${name}.so`).join('\n')}
StartServers 1
${ports.map((port) => `Listen 127.0.0.1:${port}`).join('\n')}
${sites}
`,
  )
  // -X runs one process, so that stopping it leaves no child behind.
  const args = ['-X', '-f', file]
  return { version: await readVersion(program, '-v'), ...(await runServer({ program, args, ports, folder })) }
}
