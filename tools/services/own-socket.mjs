// Owns a listening socket and starts a program with it, again and again until it is killed, as
// systemd does. The arguments: how many instances run at the same time, and the program with its
// own. It never accepts a connection itself, because `spawnSync` holds up its event loop.
import { spawnSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { createServer } from 'node:net'

const [count = '1', ...program] = process.argv.slice(2)

// LISTEN_PID must be the process id of the program itself. A program that ends at once, for example
// because its configuration is wrong, is not started more often than five times a second.
const script = `
run() { sh -c 'echo "instance $0 is $$"; INSTANCE=$0 LISTEN_PID=$$ exec "$@"' "$@" 3<&3; }
for instance in $(seq ${count}); do (while :; do run $instance "$@"; sleep 0.2; done) & done
wait`

const server = createServer().listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  writeSync(1, `port ${port}\n`)
  const { fd } = /** @type {{ _handle: { fd: number } }} */ (/** @type {unknown} */ (server))._handle
  const env = { ...process.env, LISTEN_FDS: '1' }
  spawnSync('sh', ['-c', script, 'own-socket', ...program], { env, stdio: ['ignore', 'inherit', 'inherit', fd] })
  process.exit()
})
