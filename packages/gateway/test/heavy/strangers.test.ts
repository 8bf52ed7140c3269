import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { findFreePort } from '../../../../tools/services/free-port.mjs'
import { startCaddy, startNginx } from '../../../../tools/services/proxies.mjs'
import { authToken, formatRequest, publicUrl, send, signSms, startUpstream } from '../support.ts'

// In heavy/, because thousands of connections come through real proxies.

const bin = fileURLToPath(new URL('../../../cli/dist/bin.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tollgate-strangers-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Starts the command with its listeners. */
async function startCommand(upstream: string, descriptors = 20_000) {
  const file = join(folder, 'gateway.yaml')
  const listeners = `listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nforwardAuth: { listen: 127.0.0.1:0, publicUrl: ${publicUrl} }`
  writeFileSync(file, `${listeners}\nlog: silent\nroutes: [{ upstream: '${upstream}', publicUrl: ${publicUrl} }]\n`)
  const script = `ulimit -n ${descriptors}; exec '${process.execPath}' '${bin}' gateway --config '${file}'`
  const env = { ...process.env, TWILIO_AUTH_TOKEN: authToken }
  const child = spawn('sh', ['-c', script], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  const find = async (pattern: RegExp): Promise<string> => {
    await expect.poll(() => output, { timeout: 30_000 }).toMatch(pattern)
    return pattern.exec(output)?.[1] ?? ''
  }
  return {
    url: await find(/gateway listens on (\S+)/),
    auth: await find(/Forward-auth listens on (\S+)/),
    adminUrl: await find(/metrics: (\S+)/),
    read: () => output,
    /** The megabytes that the process uses now, or used at most. */
    measure: (name: 'VmRSS' | 'VmHWM') =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async stop() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** Opens connections that each write some bytes and then are silent. */
async function openAll(url: string, count: number, bytes: Uint8Array | string): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let opened = 0; opened < count; opened++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    sockets.push(socket.on('error', () => undefined).resume())
    socket.write(bytes)
    if (opened % 50 === 0) await sleep(10)
  }
  return sockets
}

const forged = { 'x-twilio-signature': `${'A'.repeat(27)}=`, 'content-length': '1048576' }
const original = { 'x-forwarded-method': 'POST', 'x-forwarded-uri': '/sms', 'x-forwarded-host': 'api.example.com' }

const ways = {
  directly: async (url: string) => ({ url, stop: async () => undefined }),
  'to forward-auth': async (_: string, url: string) => ({ url, stop: async () => undefined }),
  async 'through Caddy'(url: string) {
    const port = await findFreePort()
    const site = `http://:${port}\nreverse_proxy ${new URL(url).host}`
    const { stop } = await startCaddy(site, [port])
    return { url: `http://127.0.0.1:${port}`, stop }
  },
  async 'through nginx'(url: string) {
    const port = await findFreePort()
    const location = `proxy_pass ${url}; proxy_set_header Host $http_host; proxy_request_buffering off`
    const { stop } = await startNginx(`server { listen ${port}; location / { ${location}; } }`, [port])
    return { url: `http://127.0.0.1:${port}`, stop }
  },
}

test.each(Object.keys(ways) as (keyof typeof ways)[])(
  '1,000 slow bodies %s, twice: at most 256 MB, and genuine requests do not wait',
  async (way) => {
    const upstream = await startUpstream()
    const gateway = await startCommand(upstream.url)
    const proxy = await ways[way](gateway.url, gateway.auth)
    const isAuth = way === 'to forward-auth'
    const head = formatRequest({ ...signSms(), body: '' }, isAuth ? { ...original, ...forged } : forged)
    const bytes = Buffer.concat([Buffer.from(head), Buffer.alloc(983_040, 'x')])
    const genuine = signSms()
    const headers = isAuth ? { ...genuine.headers, ...original } : genuine.headers
    // The second wave stays below the same bound only if the first gave its room back.
    for (const _ of ['first', 'second']) {
      const slow = await openAll(proxy.url, 1000, bytes)
      await sleep(3000)
      for (let count = 0; count < 20; count++) expect((await send(proxy.url, { ...genuine, headers })).status).toBe(200)
      expect(gateway.measure('VmHWM')).toBeLessThan(256)
      for (const socket of slow) socket.destroy()
    }
    await Promise.all([gateway.stop(), proxy.stop(), upstream.close()])
  },
  120_000,
)

const unsigned = 'POST /sms HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 0\r\n\r\n'

test.each([
  ['that were refused', unsigned],
  ['that say nothing', ''],
  ['with an incomplete head', unsigned.slice(0, 40)],
  ['with an incomplete body', formatRequest({ ...signSms(), body: 'x' }, { ...forged, 'content-length': '9' })],
])('2,000 strangers %s leave descriptors for genuine requests and the admin pages', async (_, bytes) => {
  const upstream = await startUpstream()
  const gateway = await startCommand(upstream.url, 1024)
  const strangers = await openAll(gateway.url, 2000, bytes)
  for (let count = 0; count < 10; count++) expect((await send(gateway.url, signSms())).status).toBe(200)
  expect((await fetch(new URL('/healthz', gateway.adminUrl))).status).toBe(200)
  expect(await (await fetch(new URL('/metrics', gateway.adminUrl))).text()).toContain('tollgate_responses_total')
  expect(gateway.read().match(/connections of clients are open/g)).toHaveLength(1)
  for (const socket of strangers) socket.destroy()
  await Promise.all([gateway.stop(), upstream.close()])
})
