import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startApplication } from '../kit/application.ts'
import { token } from '../kit/draft.ts'

/** A receiver of webhooks that is not written here, or shows what people write by hand. */
interface Receiver {
  readonly name: string
  /** What checks the signature. */
  readonly check: string
  /** A shell command that listens on 127.0.0.1 and PORT. */
  readonly command: string
  /** A shell command that succeeds if what the receiver needs is installed. Default: Node.js is enough. */
  readonly needs?: string
}

/** Each answers at /sms with TwiML if it finds a request genuine. A new one is a row. */
const receivers: readonly Receiver[] = [
  { name: 'Express', check: 'the package `twilio` 6.3.1', command: 'node express.mjs' },
  {
    name: 'Flask',
    check: "Debian's python3-twilio",
    command: '/usr/bin/python3 flask_app.py',
    needs: '/usr/bin/python3 -c "import flask, twilio"',
  },
  {
    name: 'Rack',
    check: "written by hand from Twilio's page",
    command: 'rackup -q -E production -o 127.0.0.1 -p $PORT config.ru',
    needs: 'rackup --version && ruby -e "require %q(webrick)"',
  },
  {
    name: 'PHP',
    check: "written by hand from Twilio's page",
    command: 'php -S 127.0.0.1:$PORT plain.php',
    needs: 'php --version',
  },
  { name: 'node:http', check: 'Tollgate, with `checkParams`', command: 'node tollgate.mjs' },
]

export const publicUrl = 'https://api.example.com'

const folder = fileURLToPath(new URL('.', import.meta.url))
const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url))
const env = { ...process.env, TWILIO_AUTH_TOKEN: token, PUBLIC_URL: `${publicUrl}/sms` }

/** The receivers that can be started on this machine. */
export const installed = receivers.filter(
  ({ needs = 'true' }) => spawnSync(needs, { shell: true, stdio: 'ignore' }).status === 0,
)

/** True if no receiver is missing. */
export const hasAll: boolean = installed.length === receivers.length

export async function startReceiver({ command }: Receiver) {
  return await startApplication(command, folder, env)
}

/** Starts the gateway before a receiver. */
export async function startGateway(port: number) {
  const flags = `--upstream http://127.0.0.1:${port} --public-url ${publicUrl}`
  return await startApplication(`node ${bin} gateway ${flags} --listen 127.0.0.1:$PORT`, folder, env)
}
