// Loads the files that it reads as a JSON list from stdin, and asks each about a genuine and a
// forged request. It prints a JSON list of answers: 'accepts one, refuses the other' is
// `[true, false]`, an error is its text.
import { createServer, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { signRequest } from 'tollgate/testing'

const url = 'https://app.example.com/sms'
const params = { From: '+15005550006', Body: 'hello' }
const genuine = signRequest({ url, params, authToken: process.env.TWILIO_AUTH_TOKEN })
const forged = signRequest({ url, params, authToken: 'f'.repeat(32) })

/** Asks a file that exports an Express application, a server or a listener. */
async function deliver(app, { headers, body }) {
  const server = typeof app === 'function' ? createServer(app) : app
  if (!server.listening) await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxied = {
    ...Object.fromEntries(Object.entries(headers)),
    host: 'app.example.com',
    'x-forwarded-proto': 'https',
  }
  const status = await new Promise((resolve, reject) => {
    const { port } = server.address()
    request({ port, host: '127.0.0.1', path: '/sms', method: 'POST', headers: proxied, agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode))
    })
      .on('error', reject)
      .end(body)
  })
  if (status !== 403 && status >= 300) throw new Error(`status ${status}`)
  return status < 300
}

async function ask(file) {
  const loaded = await import(pathToFileURL(file).href)
  const { app, check } = loaded.app || loaded.check ? loaded : loaded.default
  const answers = []
  for (const signed of [genuine, forged])
    answers.push(await (check ? check(signed.headers['x-twilio-signature'], url, params) : deliver(app, signed)))
  return answers
}

const answers = []
for (const file of JSON.parse(await text(process.stdin))) answers.push(await ask(file).catch((error) => String(error)))
process.stdout.write(JSON.stringify(answers), () => process.exit())
