import { randomBytes } from 'node:crypto'
import { buildWhenNeeded, installWhenNeeded } from './setup.mjs'

const host = '127.0.0.1'
const wanted = Number(process.env.PORT || 3000)

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(message)
  process.exit(1)
}

/**
 * Starts `tollgate dev` with its built-in application and a random Auth Token for this run.
 * @param {number} port
 */
async function startDevRun(port) {
  const authToken = randomBytes(16).toString('hex')
  const run = await startDev({
    authToken,
    publicUrl: `http://${host}:${port}`,
    listen: { host, port },
    onExchange: (exchange) => console.log(`  ${formatExchange(exchange)}`),
    onNewInspectorUrl: (address) => console.log(`The page, for another browser: ${address}`),
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => run.close().then(() => process.exit(0)))
  return { authToken, inspectorUrl: run.inspectorUrl }
}

if (!Number.isInteger(wanted) || wanted < 1 || wanted > 65_535) stop('PORT must be a number from 1 to 65535.')
await installWhenNeeded()
await buildWhenNeeded(['tollgate', 'calls', 'gateway', 'inspector'])
const { findPort, formatExchange, startDev } = await import('@tollgate/inspector')
const { sampleWebhook, signRequest } = await import('tollgate/testing')
console.log('Starting the gateway …')
const port = await findPort(host, wanted).catch((error) => stop(error.message))
const { authToken, inspectorUrl } = await startDevRun(port).catch((error) => stop(error.message))

/** @param {string} token */
function signMessage(token) {
  return signRequest({ url: `http://${host}:${port}/sms`, ...sampleWebhook('message.inbound'), authToken: token })
}

/** Writes a request as one line of a shell. @param {ReturnType<typeof signMessage>} request */
function writeLine({ url, headers, body }) {
  return `curl ${url} -H 'X-Twilio-Signature: ${headers['x-twilio-signature']}' -d '${body}'`
}

const requests = [signMessage(authToken), signMessage('0'.repeat(32))]
console.log(`
Open this page. It shows each webhook with its verdict, and sends test webhooks of every kind:

  ${inspectorUrl}
${port === wanted ? '' : `\nPort ${wanted} is in use, so the gateway listens on port ${port}.\n`}
Two requests have arrived, one with the right Auth Token and one with another:
`)
for (const request of requests) await (await fetch(request.toRequest())).text()

console.log(`
Send them again from another terminal, the genuine one first:

${requests.map(writeLine).join('\n\n')}

Next, see the webhooks of your own application. This starts it, and sends it one:

  npx @tollgate/cli dev -- node server.mjs

Ctrl-C stops this one.`)
