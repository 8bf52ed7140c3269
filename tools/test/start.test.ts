import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { findFreePort } from '../services/free-port.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
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

/**
 * Lists the printed commands. A backslash or an open quote continues a command on the next line.
 */
function findCommands(output: string): string[] {
  return output.split('\n\n').filter((block) => block.startsWith('curl '))
}

function runShell(command: string): string {
  return execFileSync('sh', ['-c', `${command} --silent --show-error --write-out '\n%{http_code}'`], {
    encoding: 'utf8',
  })
}

test('npm start prints both verdicts and the address of the page, answers the printed commands and ends on SIGINT', async () => {
  const port = await findFreePort()
  const { child, output } = await start(port, 'Ctrl-C')

  expect(output()).toMatch(/^accepted {2}POST \/sms {2}message\.inbound {2}covers params {2}matched auth_token 0$/m)
  expect(output()).toMatch(/^refused {3}POST \/sms {2}signature_mismatch {2}403$/m)

  const page = /^ {2}(http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32})$/m.exec(output())?.[1] ?? ''
  expect((await fetch(page, { redirect: 'manual' })).status).toBe(303)

  const [genuine = '', spoofed = '', ...others] = findCommands(output())
  expect(others).toEqual([])
  expect(runShell(genuine)).toMatch(/<Response><Message>You said: .*<\/Message><\/Response>\n200$/)
  expect(runShell(spoofed)).toBe('Twilio Request Validation Failed.\n403')

  child.kill('SIGINT')
  expect((await once(child, 'close'))[0]).toBe(0)
})

test('npm start prints one line if its port is in use', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const { port } = blocker.address() as AddressInfo
  const { child, output } = await start(port, 'no such mark')
  blocker.close()

  expect(child.exitCode).toBe(1)
  expect(output()).toBe(
    `Cannot listen on 127.0.0.1:${port} (something else uses the port). Choose another port: PORT=${port + 1} npm start\n`,
  )
})
