import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireProgram } from '../programs.mjs'
import { makeFolder, readVersion, runServer } from './run-server.mjs'

/**
 * Starts a proxy with the part of its configuration that defines the sites, and the ports of 127.0.0.1 that these listen on.
 * @typedef {(sites: string, ports: readonly number[]) => Promise<RunningProxy>} StartProxy
 * @typedef {{ version: string, pid?: number | undefined, stop(): Promise<void> }} RunningProxy
 */

/**
 * How a proxy is run: in one process in the foreground, so that stopping it leaves no child behind.
 * @typedef {object} Proxy
 * @property {string} name of its package
 * @property {string} flag prints its version
 * @property {(folder: string, sites: string, ports: readonly number[]) => string} configure returns the text of its
 *   configuration
 * @property {(file: string, folder: string) => string[]} args
 * @property {(folder: string) => NodeJS.ProcessEnv} [env]
 */

/** @param {Proxy} proxy @returns {StartProxy} */
function makeStart({ name, flag, configure, args, env = () => ({}) }) {
  return async (sites, ports) => {
    const program = requireProgram(name)
    const folder = makeFolder(name)
    const file = join(folder, 'proxy.conf')
    writeFileSync(file, configure(folder, sites, ports))
    const server = { program, args: args(file, folder), ports, folder, env: env(folder) }
    return { version: await readVersion(program, flag), ...(await runServer(server)) }
  }
}

const modules = ['mpm_event', 'authz_core', 'alias', 'dir', 'headers', 'proxy', 'proxy_http', 'rewrite', 'ssl']
const modulesFolder = '/usr/lib/apache2/modules'

export const startApache = makeStart({
  name: 'apache2-bin',
  flag: '-v',
  configure: (folder, sites, ports) => `ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ServerName localhost
ErrorLog ${folder}/error.log
LogLevel warn
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
${modules
  .filter((name) => existsSync(`${modulesFolder}/mod_${name}.so`))
  .map((name) => `LoadModule ${name}_module ${modulesFolder}/mod_${name}.so`)
  .join('\n')}
StartServers 1
${ports.map((port) => `Listen 127.0.0.1:${port}`).join('\n')}
${sites}
`,
  args: (file) => ['-X', '-f', file],
})

export const startCaddy = makeStart({
  name: 'caddy',
  flag: 'version',
  configure: (_folder, sites) => `{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n\n${sites}\n`,
  args: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  env: (folder) => ({ HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }),
})

export const startHaproxy = makeStart({
  name: 'haproxy',
  flag: '-v',
  configure: (_folder, sites) => `global
  maxconn 256

defaults
  timeout connect 5s
  timeout client 10s
  timeout server 10s

${sites}
`,
  args: (file) => ['-db', '-f', file],
})

export const startNginx = makeStart({
  name: 'nginx',
  flag: '-v',
  configure: (folder, sites) => `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr warn;
events { worker_connections 4096; }
http { access_log off; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ')}
${sites}
}
`,
  args: (file, folder) => ['-p', folder, '-c', file, '-e', 'stderr'],
})
