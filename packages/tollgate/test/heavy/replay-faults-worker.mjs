// One process of an application that handles webhooks, with a replay guard over a real Redis. It
// tells its parent what it handled.
import { createServer } from 'node:http'
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import { createVerifier } from 'tollgate'
import { twilioWebhook } from 'tollgate/node'
import { redisStore, replayGuard } from 'tollgate/replay'

const { library, topology, port, publicUrl, authToken, guard } = JSON.parse(process.argv[2])
const host = '127.0.0.1'

const clients = {
  ioredis: {
    single: () => new Redis(port, host),
    sentinel: () => new Redis({ sentinels: [{ host, port }], name: 'main', sentinelRetryStrategy: () => 100 }),
    cluster: () => new Cluster([{ host, port }]),
  },
  'node-redis': {
    single: () => createClient({ socket: { host, port } }),
    sentinel: () => createSentinel({ name: 'main', sentinelRootNodes: [{ host, port }], scanInterval: 500 }),
    cluster: () => createCluster({ rootNodes: [{ socket: { host, port } }] }),
  },
}

const client = clients[library][topology]()
client.on('error', () => undefined)
if (library === 'node-redis') await client.connect()

const verifier = createVerifier({
  publicUrl,
  authToken,
  replay: replayGuard({ store: redisStore(client), ...guard }),
})

const tell = (event) => new Promise((resolve) => process.send(event, resolve))

const server = createServer(
  twilioWebhook({ verifier }, async ({ delivery }, req, res) => {
    const { 'x-sent': sent, 'x-plan': plan = '' } = req.headers
    if (delivery === 'repeated') return void res.writeHead(200, { 'x-handled': 'repeated' }).end()
    await new Promise((resolve) => setTimeout(resolve, Number(/\d+/.exec(plan) ?? 0)))
    if (plan.startsWith('crash')) process.kill(process.pid, 'SIGKILL')
    if (plan.startsWith('throw')) throw new Error('the handler throws')
    if (plan.startsWith('fail')) return void res.writeHead(503).end()
    // The work. No one has seen the answer yet.
    await tell({ handled: sent, delivery })
    res.writeHead(200, { 'x-handled': 'first', 'x-process': String(process.pid) }).end()
  }),
)
// The parent expects that handlers throw.
console.error = () => undefined
server.listen(0, host, () => tell({ port: server.address().port }))
process.on('disconnect', () => process.exit())
