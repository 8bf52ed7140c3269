import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createGateway } from '../../src/index.ts'
import { authToken, publicUrl, routeTo, signSms, sms, startGateway, startUpstream } from '../support.ts'

// It is here because it sends thousands of requests: what it finds is rare. `conservation.test.ts`, a folder above,
// breaks single connections.
const otherToken = 'fedcba9876543210fedcba9876543210'
const total = 2000
const atOnce = 50

/** Signs a message that differs for each number. */
function signNumber(number: number) {
  return signSms(`/sms?n=${number}`, { ...sms, Body: `Nº ${number} ${'x'.repeat(number % 300)}` })
}

type Outcome = { status: number; body: string; close: boolean } | { broke: string }

async function post(port: number, agent: Agent, signed: ReturnType<typeof signSms>): Promise<Outcome> {
  try {
    const req = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: signed.target,
      headers: signed.headers,
      agent,
    })
    req.end(signed.body)
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    let body = ''
    for await (const chunk of res.setEncoding('utf8')) body += chunk
    return { status: res.statusCode ?? 0, body, close: res.headers.connection === 'close' }
  } catch (error) {
    return { broke: (error as NodeJS.ErrnoException).code ?? String(error) }
  }
}

/** Starts an application that answers slowly, with the target of the request. */
function startSlowUpstream() {
  return startUpstream((req, res) => {
    setTimeout(() => res.end(`got ${req.url}`), 2 + (Number(req.url?.split('=')[1]) % 5) * 4)
  })
}

async function sendAll(count: number, send: (number: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) await send(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

test('2,000 requests, 50 at a time, are answered correctly while the configuration is reloaded', async () => {
  const [one, two] = await Promise.all([startSlowUpstream(), startSlowUpstream()])
  const gateway = await startGateway(one.url)
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  let isOver = false
  let reloads = 0
  const reloading = (async () => {
    while (!isOver) {
      const upstream = reloads % 3 === 2 ? two : one
      // Tokens, upstreams and routes change.
      await gateway.reload({
        routes: [
          routeTo(upstream.url, { authToken: reloads % 2 === 0 ? [otherToken, authToken] : authToken }),
          ...(reloads % 4 === 1 ? [routeTo(two.url, { path: '/sms' })] : []),
        ],
      })
      reloads++
      await sleep(3)
    }
  })()
  const outcomes = new Map<number, Outcome>()
  await sendAll(total, async (number) => {
    outcomes.set(number, await post(gateway.port, agent, signNumber(number)))
  })
  isOver = true
  await reloading
  for (let number = 0; number < total; number++)
    expect(outcomes.get(number)).toEqual({ status: 200, body: `got /sms?n=${number}`, close: false })
  const seen = [...one.seen, ...two.seen]
  expect(seen).toHaveLength(total)
  expect(two.seen.length).toBeGreaterThan(0)
  expect(reloads).toBeGreaterThan(20)
  for (const { target, body } of seen) expect(body.toString()).toBe(signNumber(Number(target.split('=')[1])).body)
  agent.destroy()
})

test('2,000 requests, 50 at a time, are each answered once while the gateway stops', async () => {
  const upstream = await startSlowUpstream()
  const gateway = await startGateway(upstream.url)
  const successor = await startGateway(upstream.url)
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const otherAgent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const turnedAway: Outcome[] = []
  let last = false
  let closing: Promise<void> | undefined
  let answered = 0
  const outcomes = new Map<number, Outcome>()
  await sendAll(total, async (number) => {
    if (answered === total / 4) closing = gateway.close()
    const first = turnedAway.length > 100 ? undefined : await post(gateway.port, agent, signNumber(number))
    const isAnswered = first !== undefined && 'status' in first
    if (isAnswered && closing !== undefined) last ||= first.close
    if (first !== undefined && !isAnswered) turnedAway.push(first)
    outcomes.set(number, isAnswered ? first : await post(successor.port, otherAgent, signNumber(number)))
    answered++
  })
  await closing
  // On a fast machine all requests arrive before the listener closes.
  turnedAway.push(await post(gateway.port, agent, signNumber(total)))
  for (let number = 0; number < total; number++)
    expect(outcomes.get(number)).toMatchObject({ status: 200, body: `got /sms?n=${number}` })
  // The connections fail, as with every Node.js server that closes. Twilio then tries again.
  for (const outcome of turnedAway) expect(outcome).toEqual({ broke: expect.stringMatching(/^ECONN/) })
  expect(last).toBe(true)
  // Each request is forwarded exactly once: no failed request was forwarded.
  const targets = upstream.seen.map(({ target }) => target)
  expect(new Set(targets).size).toBe(total)
  expect(targets).toHaveLength(total)
  for (const { target, body } of upstream.seen)
    expect(body.toString()).toBe(signNumber(Number(target.split('=')[1])).body)
  // The listener is closed.
  expect(await post(gateway.port, new Agent(), signNumber(0))).toEqual({ broke: 'ECONNREFUSED' })
  agent.destroy()
  otherAgent.destroy()
})

test('a reload with a mistake changes nothing and names the option', async () => {
  const upstream = await startUpstream()
  const gateway = await startGateway(upstream.url)
  await expect(gateway.reload({ routes: [routeTo(upstream.url, { authToken: '' })] })).rejects.toThrow(
    'In routes[0]: "authToken" is empty',
  )
  await expect(gateway.reload({ listen: { port: 1 }, routes: [routeTo(upstream.url)] })).rejects.toThrow('"listen"')
  expect(await post(gateway.port, new Agent(), signSms())).toMatchObject({ status: 200 })
})

test('if one address cannot be bound, none is', async () => {
  const [upstream, other] = await Promise.all([startUpstream(), startUpstream()])
  const taken = { port: Number(new URL(other.url).port) }
  const forwardAuth = { listen: { port: 0 }, publicUrl, authToken }
  const gateway = createGateway({ listen: { port: 0 }, admin: taken, forwardAuth, routes: [routeTo(upstream.url)] })
  await expect(gateway.listen()).rejects.toThrow('EADDRINUSE')
  // The listeners are free again.
  await other.close()
  const { url } = await gateway.listen()
  expect((await fetch(url)).status).toBe(403)
  await gateway.close({ graceMs: 0 })
})

test('close() can be called twice, and before listen()', async () => {
  const upstream = await startUpstream()
  const gateway = await startGateway(upstream.url)
  await Promise.all([gateway.close(), gateway.close()])
  await createGateway({ routes: [routeTo(upstream.url)] }).close()
})
