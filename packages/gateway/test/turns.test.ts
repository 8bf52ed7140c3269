import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { Pool } from '../src/upstream/pool.ts'
import { send, signSms, startGateway, startUpstream } from './support.ts'

/** Starts a balancer that gives each connection to the next server, as kube-proxy and others do. */
async function startBalancer(ports: readonly number[]) {
  const sockets = new Set<Socket>()
  let turn = 0
  const server = createServer((near) => {
    const far = connect(ports[turn++ % ports.length] ?? 0, '127.0.0.1')
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

test('behind a balancer each of three servers gets its part, also if requests come one by one', async () => {
  const upstreams = await Promise.all([1, 2, 3].map(() => startUpstream()))
  const balancer = await startBalancer(upstreams.map(({ url }) => Number(new URL(url).port)))
  const gateway = await startGateway(balancer.url)
  // Connections for several requests at the same time, and then one request after the other.
  await Promise.all(Array.from({ length: 6 }, () => send(gateway.url, signSms())))
  for (let index = 0; index < 60; index++) expect((await send(gateway.url, signSms())).status).toBe(200)
  for (const { seen } of upstreams) expect(seen.length).toBeGreaterThan(10)
  balancer.close()
})

test('a connection is closed after 200 requests, so that a balancer can choose again', async () => {
  const upstream = await startUpstream()
  const ports = new Set<number | undefined>()
  upstream.server.on('request', ({ socket }) => ports.add(socket.remotePort))
  const gateway = await startGateway(upstream.url)
  for (let index = 0; index < 201; index++) await send(gateway.url, signSms())
  expect(ports.size).toBe(2)
})

/** Sends a request through a pool. Resolves with the address that answered. */
function sendThrough(pool: Pool): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = ''
    pool.send(
      { head: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', body: new Uint8Array(0), isHead: false },
      {
        onHead: () => undefined,
        onData: (bytes) => {
          body += bytes.toString()
        },
        onEnd: () => resolve(body),
        onFailure: (_, cause) => reject(new Error(cause)),
      },
    )
  })
}

test('each connection begins with the next address of a name, and tries the others', async () => {
  const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
  const start = async (address: string, port: number) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${address.length}\r\n\r\n${address}`)
    }).listen(port, address)
    await once(server, 'listening')
    return server
  }
  const first = await start('127.0.0.1', 0)
  const { port } = first.address() as AddressInfo
  const second = await start('127.0.0.2', port)
  const third = await start('127.0.0.3', port)
  const pool = new Pool(`http://backends.example:${port}`, undefined, (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    ),
  )
  const answers: string[] = []
  for (let index = 0; index < 6; index++) answers.push(await sendThrough(pool))
  expect(answers).toEqual([...addresses, ...addresses])
  second.close()
  for (let index = 0; index < 6; index++) answers.push(await sendThrough(pool))
  expect(answers.slice(6).filter((answer) => answer === '127.0.0.2')).toEqual([])
  await pool.close()
  for (const server of [first, third]) server.close()
})
