import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterEach, expect, test } from 'vitest'
import { findFreePort } from '../services/free-port.mjs'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))
const authToken = '0123456789abcdef0123456789abcdef'
const running = new Set<ChildProcess>()

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

/** Starts an example. Resolves with its public URL after it prints that it listens. */
async function serve(file: string): Promise<string> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const env = { ...process.env, PORT: String(port), TOLLGATE_PUBLIC_URL: url, TWILIO_AUTH_TOKEN: authToken }
  const child = spawn(process.execPath, [join(examples, file)], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  const [said] = await once(child.stdout, 'data')
  expect(String(said)).toContain(`Listening on ${url}`)
  await waitForPort(port)
  return url
}

/** @elysiajs/node prints that it listens shortly before it does. */
async function waitForPort(port: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.once('error', () => resolve(false)).once('connect', () => socket.destroy())
    })
    if (isOpen) return
    if (attempt === 50) throw new Error(`nothing listens on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test.each(['express', 'fetch', 'fastify', 'koa', 'hono', 'h3', 'elysia'].map((name) => `${name}/server.mjs`))(
  '%s answers only Twilio',
  async (file) => {
    const url = `${await serve(file)}/sms`
    const webhook = sampleWebhook('message.inbound', { Body: 'a < b' })

    const answer = await fetch(signRequest({ url, ...webhook, authToken }).toRequest())
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('text/xml')
    expect(await answer.text()).toBe('<Response><Message>You said: a &lt; b</Message></Response>')

    const rejection = await fetch(signRequest({ url, ...webhook, authToken: '0'.repeat(32) }).toRequest())
    expect(rejection.status).toBe(403)
    expect(await rejection.text()).toBe('Twilio Request Validation Failed.')
  },
)

test.each([
  ['12345', 'genuine\n'],
  [authToken, 'not from Twilio\n'],
])('validator/validate.mjs with the Auth Token %s', (token, said) => {
  const env = { ...process.env, TWILIO_AUTH_TOKEN: token }
  expect(execFileSync(process.execPath, [join(examples, 'validator/validate.mjs')], { env, encoding: 'utf8' })).toBe(
    said,
  )
})

test('no example is longer than 40 lines', () => {
  const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.mjs'))
  const long = files.filter((name) => readFileSync(join(examples, name), 'utf8').trimEnd().split('\n').length > 40)
  expect(long).toEqual([])
})
