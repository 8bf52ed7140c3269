import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { openWebSocket, post, startApplication, startLoad } from '../load.ts'

// Runs as a service of systemd, beside the shipped units of the gateway. The command beside this
// file reads its lines.

const run = promisify(execFile)
const systemctl = (...args: string[]) => run('systemctl', args, { timeout: 60_000 })
// The address of the shipped socket.
const port = 8080
const restarts = 5

const configuration = '/etc/tollgate/gateway.yaml'
const allLost: (number | string)[] = []
const application = await startApplication()
const route = `{ upstream: '${application.upstream.url}', publicUrl: 'https://api.example.com', webSocket: true }`
const valid = `routes: [${route}]\nadmin: 127.0.0.1:9460\ngraceMs: 5000\n`
writeFileSync(configuration, valid)
await systemctl('start', 'tollgate-gateway.socket')

for (const count of [1, 2]) {
  const units = Array.from({ length: count }, (_, index) => `tollgate-gateway@${index + 1}.service`)
  await systemctl('start', ...units)
  const load = startLoad(port)
  await load.waitForMore(200)
  const held: (number | string)[] = []
  let echoes = 0
  for (let round = 0; round < restarts; round++)
    for (const unit of units) {
      const socket = await openWebSocket(port)
      const slow = post(port, '/slow')
      while (application.slow.length === 0) await sleep(10)
      const restarted = systemctl('restart', unit)
      await sleep(1000)
      socket.once('message', () => echoes++)
      socket.send('still here')
      // A single instance answers no new request until it has ended.
      if (count > 1) await load.waitForMore(50)
      for (const answer of application.slow.splice(0)) answer()
      held.push(await slow)
      socket.close()
      await restarted
      await load.waitForMore(100)
    }
  await load.stop()
  const lost = [...load.answers, ...held].filter((answer) => answer !== 200)
  allLost.push(...lost)
  const processes = new Set(application.upstream.seen.splice(0).map(({ headers }) => headers['tollgate-hop'])).size
  console.log(
    `${count} running: ${held.length} restarts, ${processes} processes served ${load.answers.length} requests, and ${held.length} slow ones and ${echoes} WebSockets over a restart; lost ${lost.length}`,
  )
}

// They end, and cannot start again for longer than the limit of systemd for starts. The kernel
// keeps a request meanwhile.
writeFileSync(configuration, 'routes: [')
await systemctl('kill', '--signal=KILL', 'tollgate-gateway@1.service', 'tollgate-gateway@2.service')
await sleep(5000)
const waiting = post(port, '/sms')
await sleep(7000)
writeFileSync(configuration, valid)
const answer = await Promise.race([waiting, sleep(20_000, 'no answer')])
if (answer !== 200) allLost.push(answer)
console.log(`a wrong configuration for 12 s after a crash, then the right one: a request that waited got ${answer}`)
console.log(
  allLost.length === 0 ? 'no request was lost' : `LOST ${allLost.length}: ${[...new Set(allLost)].join(', ')}`,
)
process.exit()
