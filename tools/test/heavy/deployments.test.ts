import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway } from '@tollgate/gateway'
import { sampleWebhook, signRequest, testServer } from 'tollgate/testing'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { packLibrary } from '../../../conformance/projects/prepare.mjs'
import { root } from '../../run.mjs'
import { findFreePort } from '../../services/free-port.mjs'

// Slow: it starts a program that is not Node.js, and installs packages as a Dockerfile does.

const authToken = '0123456789abcdef0123456789abcdef'
const publicUrl = 'https://api.example.com'
const running = new Set<ChildProcess>()

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

/** Starts a program, and waits until it listens. */
async function start(program: string, args: readonly string[], cwd: string, port: number, env = {}): Promise<void> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'ignore' })
  running.add(child)
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (isOpen) return
    if (child.exitCode !== null) throw new Error(`${program} ended`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${program} does not listen`)
}

async function deliver(port: number, token: string): Promise<[status: number, text: string]> {
  const { headers, body } = signRequest({
    url: `${publicUrl}/sms`,
    ...sampleWebhook('message.inbound'),
    authToken: token,
  })
  const answer = await fetch(`http://127.0.0.1:${port}/sms`, { method: 'POST', headers, body: body ?? '' })
  return [answer.status, await answer.text()]
}

test('the Flask application of the documentation gets what the gateway has verified, and nothing else', async () => {
  const port = await findFreePort()
  const folder = join(root, 'examples/gateway/backends')
  await start('/usr/bin/python3', ['-m', 'flask', '--app', 'app.py', 'run', '--port', `${port}`], folder, port)
  const gateway = createGateway({
    listen: { port: 0 },
    routes: [{ path: '/', upstream: `http://127.0.0.1:${port}`, publicUrl, authToken }],
  })
  onTestFinished(() => gateway.close())
  const { url } = await gateway.listen()
  const reached = Number(new URL(url).port)
  expect(await deliver(reached, authToken)).toEqual([200, '<Response><Message>Hello</Message></Response>'])
  expect(await deliver(reached, 'f'.repeat(32))).toEqual([403, 'Twilio Request Validation Failed.'])
})

test('the Worker of the documentation answers only Twilio', async () => {
  const { default: worker } = await import('../../../examples/platforms/worker/index.js')
  const twilio = await testServer(
    ({ url, authToken: token }) =>
      (request) =>
        worker.fetch(request, { PUBLIC_URL: url, TWILIO_AUTH_TOKEN: token }),
  )
  const answer = await twilio.send('/sms', 'message.inbound', { Body: 'a < b' })
  expect(await answer.text()).toBe('<Response><Message>You said a &lt; b</Message></Response>')
  expect((await twilio.send('/sms', { params: {}, authToken: 'f'.repeat(32) })).status).toBe(403)
})

test('the steps of the Dockerfile make a server that answers only Twilio', async () => {
  const steps = readFileSync(join(root, 'examples/platforms/docker/Dockerfile'), 'utf8')
  const [, install = ''] = /^RUN npm (.+)$/m.exec(steps) ?? []
  const [, command = ''] = /^CMD (\[.+\])$/m.exec(steps) ?? []
  const [program = '', ...args]: string[] = JSON.parse(command)
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-docker-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(root, 'examples/readme/express.mjs'), join(folder, 'server.mjs'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const npm = (words: readonly string[]) => execFileSync('npm', [...words], { cwd: folder, stdio: 'ignore' })
  npm(['install', '--no-audit', '--no-fund', packLibrary(), 'express@5'])
  rmSync(join(folder, 'node_modules'), { recursive: true })
  npm(install.split(' '))
  const port = await findFreePort()
  await start(program, args, folder, port, { PORT: `${port}`, TWILIO_AUTH_TOKEN: authToken })
  expect((await deliver(port, authToken))[0]).toBe(200)
  expect((await deliver(port, 'f'.repeat(32)))[0]).toBe(403)
}, 180_000)
