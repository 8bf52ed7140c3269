import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { findFreePort } from '../../services/free-port.mjs'

// In heavy/, because it starts the gateway and the inspector.

const root = fileURLToPath(new URL('../../..', import.meta.url))
const running = new Set<ChildProcess>()

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
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

/** Lists the printed commands, each of one line. */
function findCommands(output: string): string[] {
  return output.split('\n').filter((line) => line.startsWith('curl '))
}

function runShell(command: string): string {
  return execFileSync('sh', ['-c', `${command} --silent --show-error --write-out '\n%{http_code}'`], {
    encoding: 'utf8',
  })
}

test('npm start prints both verdicts and the address of the page, answers the printed commands and ends on SIGINT', async () => {
  const port = await findFreePort()
  const { child, output } = await start(port, 'Ctrl-C')

  expect(output()).toMatch(/^ {2}POST \/sms {2}message\.inbound ".*" {2}accepted {2}200 by the application, \d+ ms$/m)
  expect(output()).toMatch(/^ {2}POST \/sms {2}refused as signature_mismatch {2}403 by the gateway, \d+ ms$/m)

  // The address of the page is the first thing that a reader looks for.
  expect(output().indexOf('?code=')).toBeLessThan(output().indexOf('POST /sms'))
  const page = /^ {2}(http:\/\/127\.0\.0\.1:\d+\/\?code=[\w-]{32})$/m.exec(output())?.[1] ?? ''
  expect((await fetch(page, { redirect: 'manual' })).status).toBe(303)

  const [genuine = '', spoofed = '', ...others] = findCommands(output())
  expect(others).toEqual([])
  expect(runShell(genuine)).toMatch(/<Response><Message>You said: .*<\/Message><\/Response>\n200$/)
  expect(runShell(spoofed)).toBe('Twilio Request Validation Failed.\n403')

  child.kill('SIGINT')
  expect((await once(child, 'close'))[0]).toBe(0)
})

test('npm start takes the next port if its port is in use, and says so', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const { port } = blocker.address() as AddressInfo
  const { output } = await start(port, 'Ctrl-C')
  blocker.close()

  const [, taken] =
    new RegExp(`^Port ${port} is in use, so the gateway listens on port (\\d+)\\.$`, 'm').exec(output()) ?? []
  expect(taken).not.toBe(String(port))
  expect(findCommands(output())[0]).toContain(`http://127.0.0.1:${taken}/sms`)
})
