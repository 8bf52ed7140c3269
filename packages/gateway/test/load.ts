import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { signRequest } from 'tollgate/testing'
import { WebSocket, WebSocketServer } from 'ws'
import { authToken, publicUrl, signSms, startUpstream } from './support.ts'

/** An application with a slow page, which answers when its function is called, and a WebSocket. */
export async function startApplication() {
  const slow: (() => void)[] = []
  const upstream = await startUpstream((req, res) => {
    if (req.url === '/slow') slow.push(() => res.end('slow'))
    else res.end('fast')
  })
  const sockets = new WebSocketServer({ server: upstream.server })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data.toString())))
  return {
    upstream,
    slow,
    async close() {
      for (const client of sockets.clients) client.terminate()
      await upstream.close()
    },
  }
}

/** Sends a genuine request and returns its status, or the code of the error. */
export async function post(port: number, target: string, agent: Agent | false = false): Promise<number | string> {
  const { method, headers, body } = signSms(target)
  const req = request({ host: '127.0.0.1', port, method, path: target, headers, agent })
  try {
    req.end(body)
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    for await (const _ of res);
    return res.statusCode ?? 0
  } catch (error) {
    return String(Object(error).code)
  }
}

/** Sends requests until it is stopped, half of them on connections that are kept open. */
export function startLoad(port: number) {
  const agent = new Agent({ keepAlive: true })
  const answers: (number | string)[] = []
  let isOver = false
  const send = async (kept: Agent | false): Promise<void> => {
    while (!isOver) answers.push(await post(port, '/sms', kept))
  }
  const ended = Promise.all([1, 2, 3, 4].flatMap(() => [send(agent), send(false)]))
  return {
    answers,
    async waitForMore(count: number) {
      const least = answers.length + count
      const deadline = performance.now() + 30_000
      while (answers.length <= least) {
        if (performance.now() > deadline) throw new Error(`no more than ${answers.length} of ${least} answers came`)
        await sleep(20)
      }
    },
    async stop() {
      isOver = true
      await ended
      agent.destroy()
    },
  }
}

export async function openWebSocket(port: number): Promise<WebSocket> {
  const { headers } = signRequest({ url: `${publicUrl.replace('https', 'wss')}/media`, authToken })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/media`, {
    headers: { ...(headers as Record<string, string>), host: 'api.example.com' },
  })
  await once(socket, 'open')
  return socket
}
