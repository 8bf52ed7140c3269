import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { importStart } from './start-bundle.mjs'

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

/** Starts `tollgate dev` with its built-in application and a random Auth Token for this run. */
async function startDevRun() {
  const authToken = randomBytes(16).toString('hex')
  const run = await startDev({
    authToken,
    publicUrl: url,
    listen: { host, port },
    onExchange: (exchange) => console.log(formatExchange(exchange)),
    onNewInspectorUrl: (address) => console.log(`The page, for another browser: ${address}`),
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => run.close().then(() => process.exit(0)))
  return { authToken, inspectorUrl: run.inspectorUrl }
}

/** @param {string} authToken */
function signMessage(authToken) {
  return signRequest({ url: `${url}/sms`, ...sampleWebhook('message.inbound'), authToken })
}

await checkPort()
const { formatExchange, sampleWebhook, signRequest, startDev } = await importStart().catch((error) =>
  stop(error.message),
)
console.log('Starting the gateway …')
const { authToken, inspectorUrl } = await startDevRun().catch((error) => stop(error.message))
console.log(`The gateway listens on ${url}, in front of a small TwiML application.`)
const genuine = signMessage(authToken)
const spoofed = signMessage('0'.repeat(32))

for (const request of [genuine, spoofed]) await (await fetch(request.toRequest())).text()

console.log(`
A genuine request, signed with this run's Auth Token:

${genuine.toCurl()}

A spoofed request, signed with another token:

${spoofed.toCurl()}

Paste one of them into another terminal. The inspector's page shows each request with its verdict:

  ${inspectorUrl}

Ctrl-C stops the server.`)
