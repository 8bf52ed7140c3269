// Sends forged requests with well-formed signatures over 64 connections, and genuine requests at
// the same time. Exits with 1 if a genuine request is not served, if a forged one is, or if memory
// grows by more than a tenth from the first half to the second.
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFolder } from '../tools/services/run-server.mjs'
import { median, signPost, startNode, startUpstream } from './gateway/bench.mjs'
import { measureMemory } from './gateway/memory.mjs'
import { runWrk } from './gateway/wrk.mjs'

const seconds = Number(process.env.SECONDS ?? 30)
const folder = makeFolder('flood')
const upstream = await startUpstream()
const gateway = await startNode('serve-library.mjs', upstream.port)
const post = signPost()
const forged = { ...post, body: post.body.replace('Body=', 'Body=x') }
const url = `http://127.0.0.1:${gateway.port}/sms`
const agent = new Agent({ keepAlive: true })
/** @type {number[]} */
const times = []
/** @type {number[]} */
const memory = []
let lost = 0
let isOver = false

// The heap first grows to the size that the load needs. After that it must not grow.
await runWrk({ folder, url, post: forged, connections: 64, seconds: 20 })
const flooding = runWrk({ folder, url, post: forged, connections: 64, seconds })
flooding.finally(() => {
  isOver = true
})
while (!isOver) {
  const start = performance.now()
  if ((await sendGenuine()) === 200) times.push(performance.now() - start)
  else lost++
  memory.push(measureMemory(gateway.pid ?? 0))
  await sleep(50)
}
const figures = await flooding
const half = memory.length >> 1
const [before, after] = [median(memory.slice(0, half)), median(memory.slice(half))]
const sorted = times.toSorted((one, other) => one - other)
console.log(
  `forged: ${Math.round(figures.perSecond).toLocaleString('en')} per second refused, ${figures.served} served`,
)
console.log(
  `genuine meanwhile: ${times.length} served, ${lost} lost, half within ${median(times).toFixed(1)} ms, 99 % within ${(sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(1)} ms`,
)
console.log(`memory: ${before.toFixed(0)} MB in the first half, ${after.toFixed(0)} MB in the second`)
agent.destroy()
await gateway.stop()
await upstream.stop()
rmSync(folder, { recursive: true, force: true })
process.exitCode = lost > 0 || times.length === 0 || figures.served > 0 || after > before * 1.1 ? 1 : 0

async function sendGenuine() {
  try {
    const req = request(url, { method: post.method, headers: post.headers, agent })
    req.end(post.body)
    const [res] = await once(req, 'response')
    res.resume()
    await once(res, 'end')
    return res.statusCode
  } catch {
    return 0
  }
}
