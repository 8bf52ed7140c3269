import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway } from '@tollgate/gateway'
import { sampleWebhook, signRequest, testServer } from 'tollgate/testing'
import { expect, onTestFinished, test } from 'vitest'
import { startApplication } from '../../../conformance/kit/application.ts'
import { packLibrary } from '../../../conformance/projects/prepare.mjs'
import { root } from '../../run.mjs'

// Slow: it starts a program that is not Node.js, and installs packages as a Dockerfile does.

const authToken = '0123456789abcdef0123456789abcdef'
const publicUrl = 'https://api.example.com'
/** Starts a program until the test ends, and returns its port. */
async function start(command: string, cwd: string, env = {}): Promise<number> {
  const { port, stop } = await startApplication(command, cwd, { ...process.env, ...env })
  onTestFinished(stop)
  return port
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
  const folder = join(root, 'examples/gateway/backends')
  const port = await start('/usr/bin/python3 -m flask --app app.py run --port $PORT', folder)
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
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-docker-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(root, 'examples/readme/express.mjs'), join(folder, 'server.mjs'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const npm = (words: readonly string[]) => execFileSync('npm', [...words], { cwd: folder, stdio: 'ignore' })
  npm(['install', '--no-audit', '--no-fund', packLibrary(), 'express@5'])
  rmSync(join(folder, 'node_modules'), { recursive: true })
  npm(install.split(' '))
  const port = await start(JSON.parse(command).join(' '), folder, { TWILIO_AUTH_TOKEN: authToken })
  expect((await deliver(port, authToken))[0]).toBe(200)
  expect((await deliver(port, 'f'.repeat(32)))[0]).toBe(403)
}, 180_000)
