// Opens 200 WebSockets through the gateway. Each sends numbered messages, which come back. A tenth
// of them read slowly. Exits with 1 if a message is lost, altered or out of order, or if memory
// grows by more than a fifth from the second quarter to the last.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { signRequest } from 'tollgate/testing'
import { WebSocket, WebSocketServer } from 'ws'
import { authToken, median, startNode } from './gateway/bench.mjs'
import { measureMemory } from './gateway/memory.mjs'

const seconds = Number(process.env.SECONDS ?? 120)
const connections = Number(process.env.CONNECTIONS ?? 200)
// Media Streams send a message every 20 ms. Here one message replaces five.
const everyMs = 100
const filling = 'x'.repeat(1000)

const sockets = new WebSocketServer({ noServer: true })
const server = createServer().listen(0, '127.0.0.1')
server.on('upgrade', (req, socket, head) =>
  sockets.handleUpgrade(req, socket, head, (client) => {
    client.on('error', () => undefined)
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }))
  }),
)
await once(server, 'listening')
const address = server.address()
const gateway = await startNode('serve-library.mjs', typeof address === 'object' && address ? address.port : 0)
const { headers } = signRequest({ url: 'wss://api.example.com/media', method: 'GET', authToken })
const signature = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-twilio-signature')?.[1] ?? ''

let sent = 0
let received = 0
let wrong = 0
let broken = 0
let isOver = false
/** @type {number[]} */
const memory = []
const watching = (async () => {
  while (!isOver) {
    memory.push(measureMemory(gateway.pid ?? 0))
    await sleep(250)
  }
})()
await Promise.all(Array.from({ length: connections }, (_, index) => stream(index)))
isOver = true
await watching
const quarter = memory.length >> 2
const [before, after] = [median(memory.slice(quarter, 2 * quarter)), median(memory.slice(3 * quarter))]
console.log(
  `${connections} connections for ${seconds} s: ${sent} messages sent, ${received} came back, ${wrong} wrong, ${broken} broken connections`,
)
console.log(`memory: ${before.toFixed(0)} MB in the second quarter, ${after.toFixed(0)} MB in the last`)
await gateway.stop()
server.closeAllConnections()
server.close()
process.exitCode = sent === 0 || received !== sent || wrong + broken > 0 || after > before * 1.2 ? 1 : 0

/** @param {number} index */
async function stream(index) {
  const client = new WebSocket(`ws://127.0.0.1:${gateway.port}/media`, {
    headers: { host: 'api.example.com', 'x-twilio-signature': signature },
  })
  let [next, expected] = [0, 0]
  let isClosing = false
  client.on('error', () => undefined)
  client.on('close', () => {
    if (!isClosing) broken++
  })
  client.on('message', (data) => {
    received++
    if (String(data) !== `${index} ${expected++} ${filling}`) wrong++
  })
  await once(client, 'open')
  const end = Date.now() + seconds * 1000
  while (Date.now() < end && client.readyState === WebSocket.OPEN) {
    client.send(`${index} ${next++} ${filling}`)
    sent++
    if (index % 10 === 0 && next % 50 === 25) client.pause()
    if (index % 10 === 0 && next % 50 === 0) client.resume()
    await sleep(everyMs)
  }
  client.resume()
  const deadline = Date.now() + 15_000
  while (expected < next && Date.now() < deadline && client.readyState === WebSocket.OPEN) await sleep(20)
  isClosing = true
  client.close()
}
