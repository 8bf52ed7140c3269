import { createServer } from 'node:http'
import type { ReplayGuard } from 'tollgate'
import { twilioWebhook } from 'tollgate/node'
import { expect, test } from 'vitest'
import { authToken, listenOn, publicUrl, send, signSms, startGateway, startUpstream } from './support.ts'

const statuses = [200, 204, 301, 400, 401, 402, 403, 404, 407, 408, 422, 429, 499, 500, 501, 502, 503, 504, 599]

type End = 'confirmed' | 'released'

/** A guard that tells how each of its reservations ended. */
function createWatchedGuard(): { readonly guard: ReplayGuard; readonly nextEnd: () => Promise<End> } {
  let onEnd: (end: End) => void = () => undefined
  return {
    guard: {
      reserve: () => ({ delivery: 'first', confirm: () => onEnd('confirmed'), release: () => onEnd('released') }),
    },
    nextEnd: () =>
      new Promise((resolve) => {
        onEnd = resolve
      }),
  }
}

/** Sends a webhook that is answered with the status. Returns how its reservation ended. */
async function sendAndWatch(url: string, status: number, nextEnd: () => Promise<End>): Promise<End> {
  const end = nextEnd()
  const reply = await send(url, signSms(`/sms?status=${status}`))
  expect(reply.status).toBe(status)
  return end
}

test('the gateway confirms and releases deliveries after the same answers as an adapter of the library', async () => {
  const readStatus = (target = ''): number => Number(new URL(target, publicUrl).searchParams.get('status'))
  const upstream = await startUpstream((req, res) => res.writeHead(readStatus(req.url)).end())
  const inGateway = createWatchedGuard()
  const gateway = await startGateway(upstream.url, {}, { replay: inGateway.guard })
  const inAdapter = createWatchedGuard()
  const options = { publicUrl, authToken, replay: inAdapter.guard }
  const server = createServer(twilioWebhook(options, (_webhook, req, res) => res.writeHead(readStatus(req.url)).end()))
  const url = await listenOn(server)
  try {
    const released: Record<string, number[]> = { gateway: [], adapter: [] }
    for (const status of statuses) {
      if ((await sendAndWatch(gateway.url, status, inGateway.nextEnd)) === 'released') released.gateway?.push(status)
      if ((await sendAndWatch(url, status, inAdapter.nextEnd)) === 'released') released.adapter?.push(status)
    }
    expect(released.gateway).toEqual([401, 500, 501, 502, 503, 504, 599])
    expect(released.gateway).toEqual(released.adapter)
  } finally {
    server.close()
  }
})
