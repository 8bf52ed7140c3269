import { createServer, type IncomingMessage } from 'node:http'
import { createGateway, type GatewayOptions } from '@tollgate/gateway'
import { memoryStore, replayGuard } from 'tollgate/replay'
import type { Framework } from '../adapter/framework.ts'
import { makeScenario } from '../adapter/scenario.ts'
import { toRaw, writeRequest } from '../adapter/socket.ts'
import { elysia } from '../frameworks/elysia.ts'
import { express } from '../frameworks/express.ts'
import { fastify } from '../frameworks/fastify.ts'
import { h3 } from '../frameworks/h3.ts'
import { hono } from '../frameworks/hono.ts'
import { koa } from '../frameworks/koa.ts'
import { listen } from '../frameworks/listen.ts'
import { node } from '../frameworks/node.ts'
import { inboundSms, makeRequest, origin, otherToken, token } from '../kit/draft.ts'
import type { Gate } from './gate.ts'

/** A server that guards deliveries. */
export interface Target {
  readonly name: string
  /**
   * True if the server answers in the order of the requests, with anything behind them.
   * `node:http` itself answers malformed bytes at once.
   */
  readonly keepsOrder: boolean
  /** True if the answer to a delivery has the name of the delivery. */
  readonly answersByName: boolean
  /** @param gate holds the work of each delivery */
  start(gate: Gate): Promise<RunningTarget>
}

/** A target that listens. */
export interface RunningTarget {
  readonly port: number
  /** Writes a delivery as its client does. */
  write(name: string, headers: Readonly<Record<string, string>>, key?: string): Promise<Buffer>
  /** Returns the number of requests that have not ended, if the server tells. */
  countInFlight?(): Promise<number>
  /** Stops gracefully. Hangs if anything is left. */
  close(): Promise<void>
}

const options = () => ({
  publicUrl: origin,
  authToken: token,
  replay: replayGuard({ store: memoryStore(), whenRepeated: 'reject' }),
})

/** Longer than every test, so that nothing but the end of a connection can end a request. */
const never = { timeoutMs: 600_000 }

function writeDelivery(name: string, headers: Readonly<Record<string, string>>, key = token): Promise<Buffer> {
  const params = inboundSms.map(([field, value]) => [field, field === 'MessageSid' ? name : value] as const)
  return makeRequest({ path: `/sms?name=${name}`, params, token: key }).then((signed) =>
    writeRequest(toRaw(signed, Object.entries(headers))),
  )
}

/** An adapter of the library in a real framework. */
function createAdapterTarget(framework: Framework): Target {
  return {
    name: framework.name,
    keepsOrder: false,
    answersByName: true,
    async start(gate) {
      const running = await framework.start({
        ...makeScenario('plain'),
        options: options(),
        async handle(webhook) {
          return { status: 200, headers: {}, body: await gate.work(webhook?.params?.get('MessageSid') ?? '') }
        },
      })
      return { ...running, write: writeDelivery }
    },
  }
}

async function readName(req: IncomingMessage): Promise<string> {
  const chunks = await req.toArray()
  return new URLSearchParams(Buffer.concat(chunks).toString()).get('MessageSid') ?? ''
}

async function startGateway(more: GatewayOptions) {
  const gateway = createGateway({ listen: { port: 0 }, admin: { port: 0 }, ...never, ...more })
  const { url, adminUrl, forwardAuthUrl = url } = await gateway.listen()
  return {
    port: Number(new URL(forwardAuthUrl).port),
    async countInFlight() {
      const text = await (await fetch(`${adminUrl}/metrics`)).text()
      const gauges = text.matchAll(/^tollgate_(?:requests_in_flight|websockets_open) (\d+)$/gm)
      return [...gauges].reduce((sum, [, count]) => sum + Number(count), 0)
    },
    close: () => gateway.close({ graceMs: never.timeoutMs }),
  }
}

const gateway: Target = {
  name: 'gateway',
  keepsOrder: true,
  answersByName: true,
  async start(gate) {
    const server = createServer(async (req, res) => {
      const name = await readName(req).catch(() => undefined)
      if (name !== undefined) res.end(await gate.work(name))
    })
    const upstream = await listen((req, res) => server.emit('request', req, res))
    const running = await startGateway({
      routes: [{ path: '/', upstream: `http://127.0.0.1:${upstream.port}`, webSocket: true, ...options() }],
    })
    return {
      ...running,
      write: writeDelivery,
      async close() {
        await running.close()
        await upstream.close()
      },
    }
  },
}

const forwardAuth: Target = {
  name: 'forward-auth',
  keepsOrder: true,
  answersByName: false,
  async start(gate) {
    const authToken = async ({ url }: { readonly url: string }): Promise<string> => {
      await gate.work(new URL(url, origin).searchParams.get('name') ?? '')
      return token
    }
    const running = await startGateway({
      routes: [],
      forwardAuth: { listen: { port: 0 }, ...options(), authToken },
    })
    return {
      ...running,
      write: async (name, headers, key) => {
        const target = `/sms?name=${name}`
        const asked = {
          'x-forwarded-method': 'POST',
          'x-forwarded-uri': target,
          'x-forwarded-host': new URL(origin).host,
        }
        return writeDelivery(name, { ...asked, ...headers }, key)
      },
    }
  },
}

// A web handler on Node.js is told of a lost connection by the package that serves it.
const ofNode = [
  node,
  ...express,
  ...koa,
  fastify,
  ...hono,
  ...h3,
  ...elysia.filter(({ name }) => name.includes('@elysiajs/node')),
]

export const targets: readonly Target[] = [gateway, forwardAuth, ...ofNode.map(createAdapterTarget)]

/** Writes a request that the other key signed. */
export const forgedKey = otherToken
