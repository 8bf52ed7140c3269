import { fileURLToPath } from 'node:url'
import { startApplication } from '../heavy/application.ts'
import { token } from '../kit/draft.ts'

/** A receiver of webhooks that is not written here, or shows what people write by hand. */
interface Receiver {
  readonly name: string
  /** What checks the signature. */
  readonly check: string
  /** A shell command that listens on 127.0.0.1 and PORT. */
  readonly command: string
}

/** Each answers at /sms with TwiML if it finds a request genuine. A new one is a row. */
export const receivers: readonly Receiver[] = [
  { name: 'Express', check: 'the package `twilio` 6.3.1', command: 'node express.mjs' },
  { name: 'Flask', check: "Debian's python3-twilio", command: '/usr/bin/python3 flask_app.py' },
  { name: 'Rack', check: 'written by hand', command: 'rackup -q -E production -o 127.0.0.1 -p $PORT config.ru' },
  { name: 'PHP', check: 'written by hand', command: 'php -S 127.0.0.1:$PORT plain.php' },
  { name: 'node:http', check: 'Tollgate, with `checkParams`', command: 'node tollgate.mjs' },
]

export const publicUrl = 'https://api.example.com/sms'

const folder = fileURLToPath(new URL('.', import.meta.url))
const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url))
const env = { ...process.env, TWILIO_AUTH_TOKEN: token, PUBLIC_URL: publicUrl }

export async function startReceiver({ command }: Receiver) {
  return await startApplication(command, folder, env)
}

/** Starts the gateway before a receiver. */
export async function startGateway(port: number) {
  const flags = `--upstream http://127.0.0.1:${port} --public-url ${new URL(publicUrl).origin}`
  return await startApplication(`node ${bin} gateway ${flags} --listen 127.0.0.1:$PORT`, folder, env)
}
