import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { twilioWebhook } from 'tollgate/node'
import { sampleWebhook, signRequest, signSendGridRequest } from 'tollgate/testing'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { findFreePort } from '../../../../tools/services/free-port.mjs'
import {
  authToken,
  bin,
  listen,
  listenForTest,
  makeFolder,
  otherToken,
  tollgate,
  tollgateAtTerminal,
  writeProgram,
  writeScratch,
} from '../support.ts'

// Slow: each test starts the gateway and the inspector in a process, at nearly a second of CPU
// time.

const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

interface Dev {
  readonly child: ChildProcess
  readonly webhooks: string
  readonly page: string
  cookie?: string | undefined
  /** One line per request that has ended. */
  readonly lines: () => string[]
  readonly talk: () => string
}

/** Starts `tollgate dev` on free ports. Resolves after it printed its addresses. */
async function startDev(
  words: readonly string[],
  env: Record<string, string> = {},
  ports = ['--listen', '127.0.0.1:0', '--inspector-port', '0'],
  name = 'dev',
): Promise<Dev> {
  const { PATH = '', HOME = '' } = process.env
  const all = [name, ...words, ...ports]
  const child = spawn(process.execPath, [bin, ...all], { env: { PATH, HOME, ...env } })
  running.add(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      stderr += chunk
      if (/^Inspector {2}http.*\n/m.test(stderr)) resolve()
    })
    child.on('close', () => reject(new Error(stderr)))
  })
  return {
    child,
    webhooks: /^Webhooks {3}(\S+?),?(?: |$)/m.exec(stderr)?.[1] ?? '',
    page: /^Inspector {2}(\S+)$/m.exec(stderr)?.[1] ?? '',
    lines: () => stdout.split('\n').filter((line) => line !== ''),
    talk: () => stderr,
  }
}

const withoutTime = (line: string): string => line.replace(/\d+ ms$/, 'N ms')

async function deliver(dev: Dev, publicUrl: string, token = authToken): Promise<number> {
  const { headers, body } = signRequest({
    url: `${publicUrl}/sms`,
    ...sampleWebhook('message.inbound'),
    authToken: token,
  })
  const response = await fetch(`${dev.webhooks}/sms`, { method: 'POST', headers, body: body ?? '' })
  await response.text()
  return response.status
}

async function askPage<T>(dev: Dev, path: string, body?: unknown): Promise<T> {
  const { origin } = new URL(dev.page)
  // The code in the address works once.
  dev.cookie ??= (await fetch(dev.page, { redirect: 'manual' })).headers.get('set-cookie')?.split(';')[0]
  const response = await fetch(origin + path, {
    headers: {
      cookie: dev.cookie ?? '',
      origin,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  })
  return (await response.json()) as T
}

test("without flags it accepts the page's test webhooks, prints a line for each, and ends on SIGINT", async () => {
  const dev = await startDev([])
  // This line follows the one that startDev waits for.
  await expect.poll(dev.talk).toContain('Without an Auth Token')
  const sent = await askPage<{ status: number }>(dev, '/api/send', { kind: 'message.inbound', path: '/sms' })
  expect(sent.status).toBe(200)
  expect(await deliver(dev, dev.webhooks)).toBe(403)
  await expect
    .poll(() => dev.lines().map(withoutTime))
    .toEqual([
      'POST /sms  message.inbound "Test message"  accepted  200 by the application, N ms',
      'POST /sms  refused as signature_mismatch  403 by the gateway, N ms',
    ])
  dev.child.kill('SIGINT')
  expect((await once(dev.child, 'close'))[0]).toBe(0)
})

test('in front of an application it verifies with the Auth Token and the public URL', async () => {
  const seen: unknown[] = []
  const app = await listenForTest((req, res) => {
    seen.push([req.url, req.headers['tollgate-verified']])
    res.end('from the application')
  })
  const publicUrl = 'https://tunnel.example.com/prefix'
  const dev = await startDev(['--upstream', app.origin, '--public-url', publicUrl], { TWILIO_AUTH_TOKEN: authToken })
  expect(dev.talk()).toContain(`known to Twilio as ${publicUrl}`)
  expect(await deliver(dev, publicUrl)).toBe(200)
  expect(await deliver(dev, publicUrl, otherToken)).toBe(403)
  expect(await deliver(dev, 'https://elsewhere.example.com')).toBe(403)
  expect(seen).toEqual([['/sms', 'params']])
  expect(dev.talk() + dev.lines().join()).not.toContain(authToken)
})

test('the line of a request ends with the status of the answer, also with --mode observe', async () => {
  const app = await listenForTest((_req, res) => void res.writeHead(404).end())
  const dev = await startDev(['--upstream', app.origin, '--mode', 'observe'], { TWILIO_AUTH_TOKEN: authToken })
  expect(await deliver(dev, dev.webhooks)).toBe(404)
  expect(await deliver(dev, dev.webhooks, otherToken)).toBe(404)
  await expect
    .poll(() => dev.lines().map(withoutTime))
    .toEqual([
      'POST /sms  message.inbound "Test message"  accepted  404 by the application, N ms',
      'POST /sms  refused as signature_mismatch  404 by the application, N ms',
    ])
})

test('verify reads a fixture from the page as a capture', async () => {
  const dev = await startDev([], { TWILIO_AUTH_TOKEN: authToken })
  await deliver(dev, dev.webhooks)
  const [capture] = await askPage<{ id: string }[]>(dev, '/api/captures')
  const { captures } = await askPage<{ captures: unknown[] }>(dev, `/api/export?id=${capture?.id}`)
  const verified = await tollgate(['verify', '--capture', writeScratch(JSON.stringify(captures[0]))])
  expect(verified.stdout).toMatch(/^genuine\n {2}covers {5}the URL and every form parameter\n/)
  expect(verified.code).toBe(0)
})

test('a port in use is reported, with exit code 3', async () => {
  const blocker = await listenForTest(() => undefined)
  const { port } = new URL(blocker.origin)
  const upstream = ['--upstream', '1', '--public-url', 'https://example.com']
  const calls: [words: string[], flag: string][] = [
    [['dev', '--listen', `${port}`], 'listen'],
    [['dev', '--listen', '0', '--inspector-port', `${port}`], 'inspector-port'],
    [['gateway', ...upstream, '--listen', `127.0.0.1:${port}`], 'listen'],
    [['gateway', ...upstream, '--listen', '0', '--admin', `${port}`], 'admin'],
  ]
  for (const [words, flag] of calls)
    expect(await tollgate(words)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(
        `Cannot listen on 127.0.0.1:${port}: another program uses the address. Choose another with --${flag}.\n`,
      ),
    })
})

test('it explains a rejection once, an application that refuses itself, and an upstream that is gone', async () => {
  const app = await listen((_req, res) => res.writeHead(403).end())
  const { port } = new URL(app.origin)
  const dev = await startDev(['--upstream', `localhost:${port}`], { TWILIO_AUTH_TOKEN: authToken })
  // This line follows the one that startDev waits for.
  await expect.poll(dev.talk).toContain('webhooks need --sign-with-real-token')
  for (let times = 0; times < 2; times++) await deliver(dev, 'https://elsewhere.example.com')
  await deliver(dev, dev.webhooks)
  await expect.poll(dev.talk).toContain(`403 is the answer of http://localhost:${port}`)
  await app.close()
  expect(await deliver(dev, dev.webhooks)).toBe(502)
  await expect
    .poll(dev.talk)
    .toContain(`502: the upstream http://localhost:${port} cannot be reached: nothing listens there.`)
  expect(dev.talk()).not.toContain(authToken)
})

test("after an application's first 403 the printed command makes the page's webhooks succeed", async () => {
  const publicUrl = 'https://api.example.com'
  const app = await listenForTest(twilioWebhook({ publicUrl, authToken }, (_webhook, _req, res) => void res.end('ok')))
  const { host } = new URL(app.origin)
  const first = await startDev(['--upstream', host])
  const sample = { kind: 'message.inbound', path: '/sms' }
  expect(await askPage(first, '/api/send', sample)).toMatchObject({ status: 403 })
  const command = `TWILIO_AUTH_TOKEN=… npx @tollgate/cli dev --upstream ${host} --listen 127.0.0.1:0 --inspector-port 0 --public-url ${publicUrl} --sign-with-real-token`
  await expect.poll(first.talk).toContain(`\n    ${command}\n`)
  const words = command.split(' ').slice(4)
  const second = await startDev(words, { TWILIO_AUTH_TOKEN: authToken }, [])
  expect(await askPage(second, '/api/send', { ...sample, useRealToken: true })).toMatchObject({ status: 200 })
})

// A process starts first, or a search runs.
const slow = { timeout: 20_000 }

/** Writes an application that verifies with what `dev` sets, and returns the words that start it. */
function writeApplication(before = ''): string[] {
  const source = `${before}
    import { createServer } from 'node:http'
    import { twilioWebhook } from '${import.meta.resolve('tollgate/node')}'
    const verify = twilioWebhook({ publicUrl: process.env.TOLLGATE_PUBLIC_URL }, (_webhook, _req, res) => res.end('ok'))
    const app = (req, res) => (req.url === '/sms' ? verify(req, res) : res.writeHead(404).end())
    createServer(app).listen(process.env.PORT, '127.0.0.1', () => console.log('up at ' + process.env.PORT))`
  const folder = makeFolder()
  writeFileSync(join(folder, 'server.mjs'), source)
  return [process.execPath, join(folder, 'server.mjs')]
}

test.each<[what: string, flags: string[], env: Record<string, string>, answer: string, hint: RegExp | undefined]>([
  ['without a token', [], {}, 'accepted  200', undefined],
  ["with the environment's token", [], { TWILIO_AUTH_TOKEN: authToken }, 'accepted  200', undefined],
  ["with the environment's public URL", [], { TOLLGATE_PUBLIC_URL: 'https://a.example/b' }, 'accepted  200', undefined],
  ['with another path', ['--to', '/voice'], {}, 'call.inbound  accepted  404', /no POST \/voice\. .*--to \/PATH/],
])('-- COMMAND starts the application %s, and sends it a first webhook', async (_, flags, env, answer, hint) => {
  // The shell stays, so that two processes have to end.
  const shell = ['sh', '-c', `${writeApplication().join(' ')}; true`]
  const dev = await startDev(flags, env, ['--listen', '0', '--inspector-port', '0', '--', ...shell])
  await expect.poll(() => dev.lines().join('\n'), slow).toContain(`${answer} by the application`)
  if (hint !== undefined) await expect.poll(dev.talk, slow).toMatch(hint)
  expect(await askPage(dev, '/api/captures')).toMatchObject([{ origin: 'test' }])
  const port = /^up at (\d+)$/m.exec(dev.talk())?.[1]
  dev.child.kill('SIGINT')
  expect((await once(dev.child, 'close'))[0]).toBe(0)
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  expect(dev.talk()).not.toContain(authToken)
})

test('the keys of a terminal send again, explain, restart and end', async () => {
  const application = writeApplication("console.log('started')\n")
  const words = ['dev', '--listen', '0', '--inspector-port', '0', '--', ...application]
  const steps: [seen: RegExp, key: string][] = [
    [/accepted {2}200/, 's'],
    [/(accepted {2}200[\s\S]*){2}/, 'd'],
    [/No signed request was refused\./, 'r'],
    [/(started[\s\S]*up at[\s\S]*){2}/, 's'],
    [/(accepted {2}200[\s\S]*){3}/, 'q'],
  ]
  let seen = ''
  const ran = await tollgateAtTerminal(words, {
    withToken: false,
    keepOpen: true,
    onStarted: (child) =>
      child.stdout?.on('data', (chunk) => {
        seen += chunk
        const [next] = steps
        if (next?.[0].test(seen)) child.stdin?.write(steps.shift()?.[1] ?? '')
      }),
  })
  expect(steps).toEqual([])
  expect(ran.code).toBe(0)
  expect(ran.stdout).toContain('Keys: s sends the last kind again, d explains the last refusal, r restarts')
})

test('an application that ends, or a port that is in use, is reported', async () => {
  const dev = await startDev([], {}, [
    '--listen',
    '0',
    '--inspector-port',
    '0',
    '--',
    process.execPath,
    '-e',
    'process.exit(7)',
  ])
  await expect.poll(dev.talk, slow).toContain('has ended (exit code 7).')
  const app = await listenForTest(() => undefined)
  const { port } = new URL(app.origin)
  const other = ['dev', '--listen', '0', '--inspector-port', '0', '--upstream', port, '--', 'true']
  expect(await tollgate(other)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(`Port ${port} is in use already.`),
  })
})

test('after each refusal of a signed request, the command of the page is printed', async () => {
  const publicUrl = 'https://api.example.com'
  const ports = ['--listen', '127.0.0.1:0', '--inspector-port', '0']
  const dev = await startDev(['--public-url', publicUrl], { TWILIO_AUTH_TOKEN: authToken }, ports)
  expect(await deliver(dev, 'https://api.example.com/twilio')).toBe(403)
  const command = `Start this instead: npx @tollgate/cli dev ${ports.join(' ')} --public-url https://api.example.com/twilio\n`
  await expect.poll(dev.talk, slow).toContain(command)
  expect(await deliver(dev, publicUrl, otherToken)).toBe(403)
  await expect.poll(dev.talk, slow).toMatch(/npx @tollgate\/cli diagnose \S+\.json --other-url/)
})

test('listen is another name of dev, and takes the next port if 8080 is in use', async () => {
  const blocker = createServer().listen(8080, '127.0.0.1')
  onTestFinished(() => void blocker.close())
  // Another program may use the port already: this is all that the test needs.
  await Promise.race([once(blocker, 'listening'), once(blocker, 'error')])
  const dev = await startDev([], {}, ['--inspector-port', '0'], 'listen')
  const port = new URL(dev.webhooks).port
  expect(port).not.toBe('8080')
  await expect.poll(dev.talk).toContain(`Port 8080 is in use, so the webhooks arrive at port ${port}.\n`)
  expect(await deliver(dev, dev.webhooks)).toBe(403)
})

const node = `#!${process.execPath}\n`

// What the programs print, with their own fields and frames.
const tunnels = {
  ngrok: `console.log('{"lvl":"info","msg":"starting web service","addr":"127.0.0.1:4040","obj":"web"}')
console.log(JSON.stringify({ addr: 'http://' + process.argv[3], lvl: 'info', msg: 'started tunnel', name: 'command_line', obj: 'tunnels', t: '2026-01-01T00:00:00Z', url: 'https://abc-1.ngrok-free.app' }))`,
  cloudflared: `console.error('2026-01-01T00:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...')
console.error('2026-01-01T00:00:00Z INF |  https://some-random-words.trycloudflare.com                                     |')`,
}

test.each([
  ['ngrok', 'https://abc-1.ngrok-free.app'],
  ['cloudflared', 'https://some-random-words.trycloudflare.com'],
] as const)(
  '--tunnel starts %s, takes its address as the public URL, and ends it; --open opens the page',
  async (name, publicUrl) => {
    const folder = makeFolder()
    const write = (file: string): string => `require('node:fs').writeFileSync(${JSON.stringify(join(folder, file))},`
    const end = `process.on('SIGTERM', () => { ${write('ended')} ''); process.exit() }); setInterval(() => {}, 1000)`
    writeProgram(folder, name, `${node}${write('args')} process.argv.slice(2).join(' '))\n${end}\n${tunnels[name]}`)
    writeProgram(folder, 'xdg-open', `${node}${write('opened')} process.argv[2])`)
    const port = await findFreePort()
    const words = ['dev', '--tunnel', '--open', '--listen', `${port}`, '--inspector-port', '0']
    const dev = await startDev(words.slice(1), { TWILIO_AUTH_TOKEN: authToken, PATH: folder }, [])
    expect(dev.talk()).toContain(`Webhooks   http://127.0.0.1:${port}, known to Twilio as ${publicUrl}\n`)
    expect(readFileSync(join(folder, 'args'), 'utf8')).toContain(`127.0.0.1:${port}`)
    expect(await deliver(dev, publicUrl)).toBe(200)
    const opened = (): string =>
      existsSync(join(folder, 'opened')) ? readFileSync(join(folder, 'opened'), 'utf8') : ''
    await expect.poll(opened).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?code=[\w-]{32}$/)
    // The list of processes had this address. It opens the page once, and the printed one is another.
    expect(opened()).not.toBe(dev.page)
    const visit = async (url: string): Promise<number> => (await fetch(url, { redirect: 'manual' })).status
    expect(await visit(opened())).toBe(303)
    expect(await visit(opened())).toBe(401)
    expect(await visit(dev.page)).toBe(303)
    expect(await visit(new URL('/', dev.page).href)).toBe(401)
    await expect.poll(dev.talk).toMatch(/^Inspector {2}http:\S+\?code=\S+ {2}\(for another browser\)$/m)
    dev.child.kill('SIGINT')
    expect((await once(dev.child, 'close'))[0]).toBe(0)
    expect(existsSync(join(folder, 'ended'))).toBe(true)
  },
)

test('a tunnel program that is missing or fails is reported', async () => {
  const folder = makeFolder()
  const words = ['dev', '--tunnel', '--listen', String(await findFreePort())]
  expect(await tollgate(words, { env: { PATH: folder } })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--tunnel needs ngrok or cloudflared on the PATH'),
  })
  writeProgram(
    folder,
    'ngrok',
    `${node}console.log('{"lvl":"eror","msg":"failed to reconnect session","err":"authentication failed: ERR_NGROK_4018"}')`,
  )
  expect(await tollgate(words, { env: { PATH: folder } })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('ngrok opened no tunnel: authentication failed: ERR_NGROK_4018'),
  })
  writeProgram(folder, 'ngrok', `${node}process.exit(1)`)
  expect(await tollgate(words, { env: { PATH: folder } })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('ngrok opened no tunnel: it ended, and named no public URL'),
  })
})

test("SendGrid's webhooks arrive below --sendgrid-path", async () => {
  const { publicKey, headers, body } = await signSendGridRequest()
  const dev = await startDev(['--sendgrid-path', '/events'], { SENDGRID_WEBHOOK_PUBLIC_KEY: publicKey })
  const send = async (bytes: typeof body) =>
    (await fetch(`${dev.webhooks}/events`, { method: 'POST', headers, body: bytes })).status
  expect(await send(body.slice(1))).toBe(403)
  expect(await send(body)).not.toBe(403)
  await vi.waitFor(() => expect(dev.lines().at(-1)).toContain('sendgrid.events  accepted'))
  const without = await tollgate(['dev', '--sendgrid-path', '/events'])
  expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no public key of SendGrid') })
})
