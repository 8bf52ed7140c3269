import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { findFreePort } from '../../services/free-port.mjs'

// Slow, because it bundles the gateway and the inspector, as in a fresh clone.

const root = fileURLToPath(new URL('../../..', import.meta.url))
const running = new Set<ChildProcess>()

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

/** Starts `npm start` and collects its output until the output has `mark`, or until it ends. */
async function start(port: number, mark: string, cwd = root): Promise<{ child: ChildProcess; output: () => string }> {
  const child = spawn(process.execPath, ['tools/start.mjs'], { cwd, env: { ...process.env, PORT: String(port) } })
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

  expect(output()).toMatch(
    /^accepted {2}POST \/sms {2}message\.inbound {2}covers params {2}matched auth_token 0 {2}200$/m,
  )
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

test('in a fresh clone npm start installs only what it needs; a second start does nothing twice', async () => {
  const clone = mkdtempSync(join(tmpdir(), 'tollgate-start-'))
  onTestFinished(() => rmSync(clone, { recursive: true, force: true }))
  for (const name of ['package.json', 'package-lock.json', 'packages', 'tools', 'docs/codes'])
    cpSync(join(root, name), join(clone, name), {
      recursive: true,
      filter: (path) => !['node_modules', 'dist'].includes(basename(path)),
    })
  const steps: string[][] = []
  for (let run = 0; run < 2; run++) {
    const { child, output } = await start(await findFreePort(), 'Ctrl-C', clone)
    expect(output()).toMatch(/^refused {3}POST \/sms {2}signature_mismatch {2}403$/m)
    const [, page, token = ''] = /^ {2}(http:\/\/127\.0\.0\.1:\d+)\/\?token=(\S+)$/m.exec(output()) ?? []
    const headers = { 'x-tollgate-inspector-token': token }
    const texts = ['/codes/signature_mismatch', '/main.js', '/'].map(async (path) =>
      (await fetch(`${page}${path}`, { headers })).text(),
    )
    const [code, script, html] = await Promise.all(texts)
    expect(code).toContain('<h1>signature_mismatch</h1>')
    expect(script?.length).toBeGreaterThan(10_000)
    expect(html).toContain('main.js')
    expect(output()).not.toContain('Warning')
    steps.push(output().match(/^.* …$/gm) ?? [])
    child.kill('SIGINT')
    await once(child, 'close')
  }
  expect(steps).toEqual([
    ['Installing the packages that it needs …', 'Bundling the gateway and the inspector …', 'Starting the gateway …'],
    ['Starting the gateway …'],
  ])
  const { packages } = JSON.parse(readFileSync(join(clone, '.build/start/node_modules/.package-lock.json'), 'utf8'))
  expect(Object.keys(packages).length).toBeLessThan(40)
}, 180_000)
