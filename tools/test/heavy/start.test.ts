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
    expect(output()).toContain('refused as signature_mismatch')
    const [, page, path] = /^ {2}(http:\/\/127\.0\.0\.1:\d+)(\/\?code=\S+)$/m.exec(output()) ?? []
    const visit = await fetch(`${page}${path}`, { redirect: 'manual' })
    const headers = { cookie: visit.headers.get('set-cookie')?.split(';')[0] ?? '' }
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
