import { createServer, request } from 'node:http'
import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { createGateway } from '../src/index.ts'
import { listAddresses, refuseOwnListeners } from '../src/own-listeners.ts'
import {
  collectLog,
  formatRequest,
  listenOn,
  routeTo,
  sendRaw,
  signSms,
  startGateway,
  startUpstream,
} from './support.ts'

const close = { connection: 'close' }

/** Addresses of listeners, and upstreams that reach them. */
const loops = [
  ['127.0.0.1', 'http://127.0.0.1:8080'],
  ['127.0.0.1', 'http://localhost:8080'],
  ['127.0.0.1', 'http://127.1:8080'],
  ['127.0.0.1', 'http://0.0.0.0:8080'],
  ['127.0.0.1', 'http://[::ffff:127.0.0.1]:8080'],
  ['127.0.0.1', 'https://127.0.0.1:8080'],
  ['::1', 'http://[::1]:8080'],
  ['::1', 'http://[::]:8080'],
  ['0.0.0.0', 'http://127.0.0.1:8080'],
  ['0.0.0.0', 'http://127.0.0.9:8080'],
  ['0.0.0.0', `http://${hostname()}:8080`],
  ['::', 'http://[::1]:8080'],
  ['::', 'http://127.0.0.1:8080'],
  ['localhost', 'http://127.0.0.1:8080'],
] as const

for (const [host, upstream] of loops)
  test(`E9: ${upstream} is refused behind a listener on ${host}`, async () => {
    const options = { listen: { host }, routes: [routeTo(upstream)] }
    await expect(refuseOwnListeners(options, listAddresses(options))).rejects.toThrow(
      `In routes[0]: "upstream" is ${upstream}, which is the address of "listen"`,
    )
    await expect(createGateway(options).listen()).rejects.toThrow('"listen"')
  })

test('E9: the listeners of admin and forward-auth, and default ports, are known', async () => {
  const check = (upstream: string, more: object): Promise<void> => {
    const options = { routes: [routeTo('http://127.0.0.1:1'), routeTo(upstream)], ...more }
    return refuseOwnListeners(options, listAddresses(options))
  }
  await expect(check('http://localhost:9090', { admin: { port: 9090 } })).rejects.toThrow(/routes\[1\].*"admin"/)
  await expect(check('http://localhost:8081', { forwardAuth: {} })).rejects.toThrow('"forwardAuth.listen"')
  await expect(check('http://localhost', { listen: { port: 80 } })).rejects.toThrow('"listen"')
  await expect(check('https://localhost', { listen: { port: 443 } })).rejects.toThrow('"listen"')
})

test('an upstream on another port, another address or another machine is accepted', async () => {
  for (const [host, upstream] of [
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['127.0.0.1', 'http://127.0.0.2:8080'],
    ['127.0.0.1', 'http://[::1]:8080'],
    ['0.0.0.0', 'http://192.0.2.1:8080'],
    ['0.0.0.0', 'http://no-such-host.invalid:8080'],
    ['::', 'http://[2001:db8::1]:8080'],
  ] as const) {
    const options = { listen: { host }, routes: [routeTo(upstream)] }
    await refuseOwnListeners(options, listAddresses(options))
  }
})

test('E9: a reload to an upstream that is the bound listener is refused, and nothing changes', async () => {
  const upstream = await startUpstream()
  const gateway = await startGateway(upstream.url)
  await expect(gateway.reload({ listen: { port: 0 }, routes: [routeTo(gateway.url)] })).rejects.toThrow('"upstream"')
  expect(await sendRaw(gateway.port, formatRequest(signSms(), close))).toMatch(/^HTTP\/1\.1 200 /)
})

/** Starts a server that passes every request on to an address that is set later. */
async function startRelay(): Promise<{ url: string; port?: number; exchanges: number }> {
  const relay: { url: string; port?: number; exchanges: number } = { url: '', exchanges: 0 }
  const server = createServer((req, res) => {
    relay.exchanges++
    const { method, url: path, headers } = req
    const passed = request({ host: '127.0.0.1', port: relay.port, method, path, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    req.pipe(passed.on('error', () => res.destroy()))
  })
  relay.url = await listenOn(server)
  return relay
}

test('E9: a loop through another server ends with 508 after one round, with a line in the log', async () => {
  const relay = await startRelay()
  const { lines, log } = collectLog()
  const gateway = await startGateway(relay.url, { log })
  relay.port = gateway.port
  expect(await sendRaw(gateway.port, formatRequest(signSms(), close))).toMatch(/^HTTP\/1\.1 508 Loop Detected\r\n/)
  expect(relay.exchanges).toBe(1)
  expect(lines).toMatchObject([
    { code: 'loop', status: 508, by: 'gateway' },
    { code: 'accepted', status: 508, by: 'upstream' },
  ])
})

test('E9: a loop through a second gateway ends with 508', async () => {
  const relay = await startRelay()
  const second = await startGateway(relay.url)
  const first = await startGateway(second.url)
  relay.port = first.port
  expect(await sendRaw(first.port, formatRequest(signSms(), close))).toMatch(/^HTTP\/1\.1 508 /)
  expect(relay.exchanges).toBe(1)
})

test('E9: two gateways in a row serve, and a mark from a client changes nothing', async () => {
  const upstream = await startUpstream()
  const second = await startGateway(upstream.url)
  const first = await startGateway(second.url)
  const foreign = '01234567-89ab-cdef-0123-456789abcdef'
  const bytes = formatRequest(signSms(), { ...close, 'Tollgate-Hop': `${foreign}, <script>` })
  expect(await sendRaw(first.port, bytes)).toMatch(/^HTTP\/1\.1 200 /)
  const marks = upstream.seen[0]?.headers['tollgate-hop']?.toString().split(', ') ?? []
  expect(marks).toHaveLength(3)
  expect(marks[0]).toBe(foreign)
})
