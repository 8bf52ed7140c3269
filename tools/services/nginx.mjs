import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireProgram } from '../programs.mjs'
import { makeFolder, readVersion, runServer } from './run-server.mjs'

/** @type {import('./proxy.d.mts').StartProxy} */
export async function startNginx(sites, ports) {
  const program = requireProgram('nginx')
  const folder = makeFolder('nginx')
  const file = join(folder, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  // One process, so that stopping it leaves no child behind.
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr warn;
events { worker_connections 4096; }
http { access_log off; ${paths.join(' ')}
${sites}
}
`,
  )
  const args = ['-p', folder, '-c', file, '-e', 'stderr']
  return { version: await readVersion(program, '-v'), ...(await runServer({ program, args, ports, folder })) }
}
