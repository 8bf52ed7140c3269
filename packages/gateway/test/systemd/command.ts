import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildWhenNeeded, installWhenNeeded } from '../../../../tools/setup.mjs'
import { authToken } from '../support.ts'

/**
 * `npm run systemd --workspace packages/gateway` restarts the shipped units of the gateway with the systemd of this machine,
 * under load, and prints what was lost. It needs Linux, root, systemd, `unshare` and `ip`. It starts
 * a systemd of its own, in namespaces of its own.
 */
const project = fileURLToPath(new URL('../../../../', import.meta.url))
const examples = join(project, 'examples/gateway')
// The unit of the program that makes the load. When it ends, systemd ends.
const trial = `[Unit]
DefaultDependencies=no
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
WorkingDirectory=/opt/tollgate
ExecStart=/usr/bin/node --import tsx packages/gateway/test/systemd/trial.ts
StandardOutput=append:/results/lines
TimeoutStartSec=300
`

await installWhenNeeded()
await buildWhenNeeded(['tollgate', 'gateway', 'cli'])
const folder = mkdtempSync(join(tmpdir(), 'tollgate-systemd-'))
try {
  const units = join(folder, 'etc/systemd/system')
  for (const path of [units, join(folder, 'etc/tollgate'), join(folder, 'root'), join(folder, 'results')])
    mkdirSync(path, { recursive: true })
  for (const name of readdirSync(examples).filter((name) => /\.(?:service|socket)$/.test(name)))
    cpSync(join(examples, name), join(units, name))
  writeFileSync(join(units, 'trial.service'), trial)
  writeFileSync(join(folder, 'etc/tollgate/environment'), `TWILIO_AUTH_TOKEN=${authToken}\n`, { mode: 0o600 })
  writeFileSync(join(folder, 'results/lines'), '')
  const namespaces = ['--pid', '--fork', '--kill-child', '--mount', '--uts', '--ipc', '--net', '--cgroup']
  const boot = fileURLToPath(new URL('./boot.sh', import.meta.url))
  const { stdout, stderr } = spawnSync('unshare', [...namespaces, 'sh', boot, project, process.execPath, folder], {
    encoding: 'utf8',
    timeout: 360_000,
    killSignal: 'SIGKILL',
  })
  const lines = readFileSync(join(folder, 'results/lines'), 'utf8').trim().split('\n')
  for (const line of lines) console.log(line)
  if (lines.at(-1) !== 'no request was lost') {
    process.exitCode = 1
    if (!lines.at(-1)?.startsWith('LOST')) console.error(`${stdout}${stderr}`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
