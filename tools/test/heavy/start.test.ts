import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { findFreePort } from '../../services/free-port.mjs'

// In heavy/, because it starts the gateway and the inspector.

const root = fileURLToPath(new URL('../../..', import.meta.url))
const running = new Set<ChildProcess>()

// It ends the server that it started, which SIGKILL would leave.
afterEach(() => {
  for (const child of running) child.kill('SIGINT')
  running.clear()
})

/** Starts `npm start` and collects its output until the output has `mark`, or until it ends. */
async function start(port: number, mark: string): Promise<{ child: ChildProcess; output: () => string }> {
  const child = spawn(process.execPath, ['tools/start.mjs'], { cwd: root, env: { ...process.env, PORT: String(port) } })
  running.add(child)
  let output = ''
  await new Promise<void>((resolve) => {
    const collect = (chunk: Buffer) => {
      output += chunk
      if (output.includes(mark)) resolve()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('close', () => resolve())
  })
  return { child, output: () => output }
}

const accepted = /^POST \/sms {2}message\.inbound ".*" {2}accepted {2}200 by the application, \d+ ms$/m

test("npm start leads to a 200 of the README's server, prints the page, refuses forged requests and ends on SIGINT", async () => {
  const port = await findFreePort()
  const { child, output } = await start(port, ' by the application')
  expect(output()).toMatch(accepted)
  const page = /^Inspector {2}(http:\/\/127\.0\.0\.1:\d+\/\?code=[\w-]{32})$/m.exec(output())?.[1] ?? ''
  expect((await fetch(page, { redirect: 'manual' })).status).toBe(303)
  expect((await fetch(`http://127.0.0.1:${port}/sms`, { method: 'POST', body: 'Body=forged' })).status).toBe(403)

  child.kill('SIGINT')
  expect((await once(child, 'close'))[0]).toBe(0)
})

test('npm start takes the next port if its port is in use, and says so', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const { port } = blocker.address() as AddressInfo
  const { child, output } = await start(port, ' by the application')
  blocker.close()
  child.kill('SIGINT')
  await once(child, 'close')

  const [, taken] =
    new RegExp(`^Port ${port} is in use, so the gateway listens on port (\\d+)\\.$`, 'm').exec(output()) ?? []
  expect(taken).not.toBe(String(port))
  expect(output()).toContain(`Webhooks   http://127.0.0.1:${taken}\n`)
  expect(output()).toMatch(accepted)
})
