import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type SignedRequest, sampleWebhook, signRequest } from 'tollgate/testing'
import type { Random } from '../kit/random.ts'
import { accountSid, publicUrl } from './gateways.ts'
import type { Attempt } from './judge.ts'

/** How long a sender waits for an answer. Twilio waits 15 seconds. */
const patienceMs = 10_000
/** How long a sender sends again. */
const deliveryMs = 90_000

/** An agent with one connection, so that all its requests reach the same process. */
class OneConnection extends Agent {
  #isOpened = false
  /** True if another connection was needed. Its request was not sent. */
  isLost = false

  constructor() {
    super({ keepAlive: true, maxSockets: 1 })
  }

  override createConnection(...args: Parameters<Agent['createConnection']>): ReturnType<Agent['createConnection']> {
    if (!this.#isOpened) {
      this.#isOpened = true
      return super.createConnection(...args)
    }
    this.isLost = true
    const closed = new Socket()
    // Its request must see the error.
    setImmediate(() => closed.destroy(new Error('The connection is closed')))
    return closed
  }
}

/** A connection, which belongs to one process. */
interface Line {
  readonly agent: OneConnection
  readonly process: string
}

interface TrafficOptions {
  readonly port: number
  readonly random: Random
  readonly backends: number
  /** Signs with the primary token at this time. */
  getToken(): string
  /** A token that was removed. */
  getRetiredToken(): string | undefined
}

/** Sends deliveries and what comes with them: retries, copies and forged requests. */
export function createTraffic({ port, random, backends, getToken, getRetiredToken }: TrafficOptions) {
  const attempts: Attempt[] = []
  const idle: Line[] = []
  const open: Promise<void>[] = []
  let count = 0

  /** Sends one request on a connection of its own agent. */
  async function exchange(
    agent: OneConnection,
    { method, headers, body }: SignedRequest,
    path: string,
    id: string,
    leaveMs: number,
  ): Promise<{ outcome: Attempt['outcome']; process?: string | undefined; isKept: boolean }> {
    const req = request({ host: '127.0.0.1', port, agent, method, path, headers: { ...headers, 'x-attempt': id } })
    let isLeft = false
    const leave = setTimeout(() => {
      isLeft = true
      req.destroy()
    }, leaveMs)
    try {
      req.end(body)
      const [res] = (await once(req, 'response')) as [IncomingMessage]
      for await (const _ of res);
      const { 'x-process': process, connection } = res.headers
      return { outcome: res.statusCode ?? 0, process: process as string | undefined, isKept: connection !== 'close' }
    } catch {
      return { outcome: isLeft ? 'left' : 'broken', isKept: false }
    } finally {
      clearTimeout(leave)
    }
  }

  /** Returns a connection whose process is known. */
  async function takeLine(): Promise<Line> {
    for (;;) {
      const known = idle.pop()
      if (known !== undefined) return known
      const agent = new OneConnection()
      const id = `hello-${++count}`
      const signed = signRequest({ url: `${publicUrl}/hello`, ...sampleMessage(0), authToken: getToken() })
      const sentAt = performance.now()
      const { outcome, process, isKept } = await exchange(agent, signed, '/hello', id, patienceMs)
      attempts.push({ id, kind: 'hello', delivery: '', process, sentAt, endedAt: performance.now(), outcome })
      if (process !== undefined && isKept) return { agent, process }
      agent.destroy()
      await sleep(50)
    }
  }

  async function sendOnce(
    attempt: Pick<Attempt, 'kind' | 'delivery' | 'code'>,
    path: string,
    sign: () => SignedRequest,
    leaveMs = patienceMs,
  ): Promise<Attempt> {
    const line = await takeLine()
    const id = `${attempt.kind}-${++count}`
    const sentAt = performance.now()
    const { outcome, isKept } = await exchange(line.agent, sign(), path, id, leaveMs)
    if (line.agent.isLost) return sendOnce(attempt, path, sign, leaveMs)
    const ended: Attempt = { ...attempt, id, process: line.process, sentAt, endedAt: performance.now(), outcome }
    attempts.push(ended)
    // Some connections end, so that a process that was started again gets its share.
    if (isKept && !random.oneIn(20)) idle.push(line)
    else line.agent.destroy()
    return ended
  }

  /** Sends a delivery until its sender has a final answer, as Twilio does with `rp=5xx,ct,rt`. */
  async function deliver(number: number): Promise<void> {
    const deadline = performance.now() + deliveryMs
    const path = `/${random.below(backends)}`
    const delivery = `delivery ${number}`
    const message = sampleMessage(number)
    const sign = (authToken = getToken()): SignedRequest =>
      signRequest({ url: `${publicUrl}${path}`, ...message, authToken })
    const copy = (): Promise<Attempt> => sendOnce({ kind: 'copy', delivery }, path, sign)
    const beside: Promise<unknown>[] = []
    if (random.oneIn(6)) beside.push(copy())
    if (random.oneIn(4)) beside.push(forge(path, sign))
    for (;;) {
      const leaveMs = random.oneIn(30) ? random.below(50) : patienceMs
      const { outcome } = await sendOnce({ kind: 'genuine', delivery }, path, sign, leaveMs)
      if ((typeof outcome === 'number' && outcome < 500) || performance.now() > deadline) break
      await sleep(100 + random.below(900))
    }
    if (random.oneIn(4)) {
      await sleep(random.below(3000))
      await copy()
    }
    await Promise.all(beside)
  }

  async function forge(path: string, sign: (token?: string) => SignedRequest): Promise<void> {
    const forgeries: readonly (readonly [code: string, make: () => SignedRequest])[] = [
      ['signature_mismatch', () => change(sign(), ({ body }) => ({ body: `${body}&Digits=1` }))],
      ['signature_mismatch', () => sign('f'.repeat(32))],
      ['signature_mismatch', () => sign(getRetiredToken() ?? 'f'.repeat(32))],
      [
        'signature_missing',
        () => change(sign(), () => ({ headers: { 'content-type': 'application/x-www-form-urlencoded' } })),
      ],
    ]
    const [code, make] = random.pick(forgeries)
    await sendOnce({ kind: 'forged', delivery: '', code }, path, make)
  }

  return {
    attempts,
    /** Begins a delivery. */
    start: (number: number) => void open.push(deliver(number)),
    async waitForEnd() {
      await Promise.all(open)
      for (const { agent } of idle) agent.destroy()
    },
  }
}

function change(signed: SignedRequest, edit: (signed: SignedRequest) => Partial<SignedRequest>): SignedRequest {
  return { ...signed, ...edit(signed) }
}

function sampleMessage(number: number) {
  const sid = `SM${number.toString(16).padStart(32, '0')}`
  return sampleWebhook('message.inbound', { AccountSid: accountSid, MessageSid: sid, SmsSid: sid, SmsMessageSid: sid })
}
