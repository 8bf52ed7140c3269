import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setUp } from './setup.mjs'

const port = Number(process.env.PORT || 3000)
const host = '127.0.0.1'
const url = `http://${host}:${port}`

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(message)
  process.exit(1)
}

async function checkPort() {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) stop(`PORT must be a number from 1 to 65535.`)
  const probe = createServer()
  try {
    await once(probe.listen(port, host), 'listening')
  } catch (error) {
    stop(`Cannot listen on ${host}:${port} (${describe(error)}). Choose another port: PORT=${port + 1} npm start`)
  }
  await new Promise((resolve) => probe.close(resolve))
}

/** @param {unknown} error */
function describe(error) {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && error.code === 'EADDRINUSE' ? 'something else uses the port' : error.message
}

async function startExample() {
  const authToken = randomBytes(16).toString('hex')
  Object.assign(process.env, { PORT: String(port), TWILIO_AUTH_TOKEN: authToken, TOLLGATE_PUBLIC_URL: url })
  const { server } = await import('../examples/express/server.mjs')
  if (!server.listening) await once(server, 'listening')
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      server.close(() => process.exit(0))
      server.closeAllConnections()
    })
  return authToken
}

/** @param {string} authToken */
async function signMessage(authToken) {
  const { sampleWebhook, signRequest } = await import('tollgate/testing')
  return signRequest({ url: `${url}/sms`, ...sampleWebhook('message.inbound'), authToken })
}

await setUp().catch((error) => stop(error.message))
await checkPort()
const authToken = await startExample()
const genuine = await signMessage(authToken)
const spoofed = await signMessage('0'.repeat(32))

for (const request of [genuine, spoofed]) await (await fetch(request.toRequest())).text()

console.log(`
A genuine request, signed with this run's throw-away Auth Token:

${genuine.toCurl()}

A spoofed one, signed with another token:

${spoofed.toCurl()}

Paste either into another terminal. Ctrl-C stops the server.`)
