import { createServer } from 'node:http'
import type { ReplayGuard } from 'tollgate'
import { twilioWebhook } from 'tollgate/node'
import { expect, test } from 'vitest'
import { authToken, listenOn, publicUrl, send, signSms, startGateway, startUpstream } from './support.ts'

const statuses = [200, 204, 301, 400, 401, 402, 403, 404, 407, 408, 422, 429, 499, 500, 501, 502, 503, 504, 599]

/** A guard that counts the releases of its reservations. */
function createCountingGuard(): { readonly guard: ReplayGuard; readonly count: () => number } {
  let releases = 0
  return {
    guard: { reserve: () => ({ replayed: false, release: () => void releases++ }) },
    count: () => releases,
  }
}

/**
 * Sends a webhook that is answered with the status. Returns true if its reservation was released.
 */
async function isReleased(url: string, status: number, count: () => number): Promise<boolean> {
  const before = count()
  const reply = await send(url, signSms(`/sms?status=${status}`))
  expect(reply.status).toBe(status)
  // The release follows the answer.
  await new Promise((resolve) => setTimeout(resolve, 20))
  return count() > before
}

test('the gateway releases a delivery after the same answers as an adapter of the library', async () => {
  const readStatus = (target = ''): number => Number(new URL(target, publicUrl).searchParams.get('status'))
  const upstream = await startUpstream((req, res) => res.writeHead(readStatus(req.url)).end())
  const inGateway = createCountingGuard()
  const gateway = await startGateway(upstream.url, {}, { replay: inGateway.guard })
  const inAdapter = createCountingGuard()
  const options = { publicUrl, authToken, replay: inAdapter.guard }
  const server = createServer(twilioWebhook(options, (_webhook, req, res) => res.writeHead(readStatus(req.url)).end()))
  const url = await listenOn(server)
  try {
    const released: Record<string, number[]> = { gateway: [], adapter: [] }
    for (const status of statuses) {
      if (await isReleased(gateway.url, status, inGateway.count)) released.gateway?.push(status)
      if (await isReleased(url, status, inAdapter.count)) released.adapter?.push(status)
    }
    expect(released.gateway).toEqual([401, 500, 501, 502, 503, 504, 599])
    expect(released.gateway).toEqual(released.adapter)
  } finally {
    server.close()
    await gateway.close({ graceMs: 0 })
    await upstream.close()
  }
})
