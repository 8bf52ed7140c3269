import { once } from 'node:events'
import { createServer } from 'node:http'
import { signRequest } from 'tollgate/testing'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { authToken, listenOn, startGateway } from './support.ts'

const connections = 40
const messages = 150

test('40 streams with 150 messages each, some read slowly, lose and change no message', async () => {
  const sockets = new WebSocketServer({ noServer: true })
  const server = createServer()
  server.on('upgrade', (req, socket, head) =>
    sockets.handleUpgrade(req, socket, head, (client) => {
      client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }))
    }),
  )
  const gateway = await startGateway(await listenOn(server), {}, { webSocket: true })
  const { headers } = signRequest({ url: 'wss://api.example.com/media', method: 'GET', authToken })
  const [signature = ''] = Object.entries(headers).flatMap(([name, value]) =>
    /^x-twilio-signature$/i.test(name) ? [value] : [],
  )
  const filling = 'é'.repeat(500)
  const streams = Array.from({ length: connections }, async (_, index) => {
    const client = new WebSocket(`ws://127.0.0.1:${gateway.port}/media`, {
      headers: { host: 'api.example.com', 'x-twilio-signature': signature },
    })
    const received: string[] = []
    client.on('message', (data) => received.push(String(data)))
    await once(client, 'open')
    if (index % 4 === 0) client.pause()
    const sent = Array.from({ length: messages }, (_, number) => `${index} ${number} ${filling}`)
    for (const message of sent) client.send(message)
    client.resume()
    await expect.poll(() => received.length, { timeout: 20_000 }).toBe(messages)
    expect(received).toEqual(sent)
    client.close()
    await once(client, 'close')
  })
  await Promise.all(streams)
  await gateway.close({ graceMs: 0 })
  server.close()
})
