import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createClient } from 'redis'
import { type SignedRequest, sampleWebhook, signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { type RunningProxy, startNginx } from '../../tools/services/proxies.mjs'
import { type RedisServer, startRedis } from '../../tools/services/redis.mjs'
import { makeFolder } from '../../tools/services/run-server.mjs'
import { type Application, startApplication } from '../kit/application.ts'
import { account, origin } from '../kit/draft.ts'
import { makeCertificate } from '../proxies/certificate.ts'
import { sendPlain, sendTls, toWire } from '../proxies/client.ts'

// Three processes of the example in docs/several-instances.md, behind a real nginx that takes
// turns, with one real Redis and one key file.

const guides = fileURLToPath(new URL('../../examples/guides/', import.meta.url))
const folder = makeFolder('instances')
const keyFile = join(folder, 'keys.json')
const tokens = ['0'.repeat(32), '1'.repeat(32), '2'.repeat(32)] as const

let redisServer: RedisServer | undefined
let redis: ReturnType<typeof createClient> | undefined
let nginx: RunningProxy | undefined
let nginxPort = 0
const ports: number[] = []
const instances: Application[] = []

beforeAll(async () => {
  redisServer = await startRedis()
  redis = createClient({ url: redisServer.url })
  await redis.connect()
  writeKeys([tokens[0]])
  for (let index = 0; index < 3; index++) await startInstance(redisServer.url)

  nginxPort = await findFreePort()
  const certificate = await makeCertificate(folder)
  let configuration = readFileSync(join(guides, 'nginx.conf'), 'utf8')
  const replace = (from: string, to: string): void => {
    if (!configuration.includes(from)) throw new Error(`nginx.conf has no ${from}`)
    configuration = configuration.replace(from, to)
  }
  for (const [index, port] of ports.entries()) replace(`127.0.0.1:${3001 + index}`, `127.0.0.1:${port}`)
  replace('listen 443', `listen 127.0.0.1:${nginxPort}`)
  replace('/etc/ssl/example.com.crt', certificate.crt)
  replace('/etc/ssl/example.com.key', certificate.key)
  // So that the tests see which instance answered.
  replace('location / {', 'location / { add_header location $upstream_addr always;')
  nginx = await startNginx(configuration, [nginxPort])
}, 600_000)

beforeEach(async () => void (await getRedis().del('jobs')))

afterAll(async () => {
  await nginx?.stop()
  for (const instance of instances) await instance.stop()
  redis?.destroy()
  await redisServer?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function getRedis(): ReturnType<typeof createClient> {
  if (redis === undefined) throw new Error('Redis is not up')
  return redis
}

async function startInstance(redisUrl: string): Promise<void> {
  const env = { ...process.env, REDIS_URL: redisUrl, KEY_FILE: keyFile, NODE_ENV: 'production' }
  const instance = await startApplication('node instance.mjs', guides, env)
  instances.push(instance)
  ports.push(instance.port)
}

async function waitUntil(check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error('it did not happen within 20 seconds')
    await wait(50)
  }
}

/** Writes the key file as a secret manager does: a new file takes the place of the old one. */
function writeKeys(list: readonly string[]): void {
  writeFileSync(`${keyFile}.new`, JSON.stringify({ accounts: { [account]: list } }), { mode: 0o600 })
  renameSync(`${keyFile}.new`, keyFile)
}

let messages = 0

/** Signs a message that was never sent before. */
function signMessage(authToken: string): SignedRequest {
  const MessageSid = `SM${String(++messages).padStart(32, '0')}`
  const webhook = sampleWebhook('message.inbound', { AccountSid: account, MessageSid })
  return signRequest({ url: `${origin}/sms`, ...webhook, authToken })
}

async function send(signed: SignedRequest): Promise<{ status: number; instance: string }> {
  const { status, location } = await sendTls(nginxPort, toWire(signed))
  return { status, instance: location ?? '' }
}

/** Sends a message, and again as Twilio does while it is answered 503. */
async function sendUntilAnswered(signed: SignedRequest): Promise<{ status: number; instance: string }> {
  let reply = await send(signed)
  while (reply.status === 503) reply = await send(signed)
  return reply
}

const countJobs = (): Promise<number> => getRedis().lLen('jobs')

test('a repeated delivery is recognised by every instance', async () => {
  const signed = signMessage(tokens[0])
  const replies = []
  for (let turn = 0; turn < 6; turn++) replies.push(await sendUntilAnswered(signed))
  expect(replies.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204, 204])
  expect(new Set(replies.map(({ instance }) => instance)).size).toBe(3)
  expect(await countJobs()).toBe(1)
})

test('one instance handles one of many copies that arrive together', async () => {
  const signed = signMessage(tokens[0])
  const replies = await Promise.all(Array.from({ length: 30 }, () => send(signed)))
  // Those that arrive during the work are answered 503.
  expect(replies.filter(({ status }) => status !== 204 && status !== 503)).toEqual([])
  expect(new Set(replies.map(({ instance }) => instance)).size).toBe(3)
  expect((await sendUntilAnswered(signed)).status).toBe(204)
  expect(await countJobs()).toBe(1)
})

test('a delivery whose handler fails on one instance is new for the others', async () => {
  const signed = signMessage(tokens[0])
  await getRedis().set('jobs', 'a text, so that lPush fails')
  const failed = await send(signed)
  expect(failed.status).toBe(500)
  await getRedis().del('jobs')
  const retried = await send(signed)
  expect(retried.status).toBe(204)
  expect(retried.instance).not.toBe(failed.instance)
  expect(await countJobs()).toBe(1)
  expect((await sendUntilAnswered(signed)).status).toBe(204)
  expect(await countJobs()).toBe(1)
})

test('a rotated token reaches every instance, and no genuine request is refused meanwhile', async () => {
  const [, current, next] = tokens
  /** True when every instance accepts a message that this token signed. */
  const isKnown = async (token: string): Promise<boolean> => {
    const replies = await Promise.all(ports.map((port) => sendPlain(port, toWire(signMessage(token)))))
    return replies.every(({ status }) => status === 204)
  }
  writeKeys([current])
  await waitUntil(() => isKnown(current))

  // Twilio sends without a break, and signs with the primary token.
  let primary: string = current
  let isSending = true
  const statuses = new Map<string, Set<number>>(tokens.map((token) => [token, new Set()]))
  let sent = 0
  const sender = async (): Promise<void> => {
    while (isSending) {
      const token = primary
      statuses.get(token)?.add((await send(signMessage(token))).status)
      sent++
    }
  }
  const senders = [sender(), sender(), sender()]
  try {
    await waitUntil(async () => sent > 30)
    writeKeys([current, next])
    await waitUntil(() => isKnown(next))
    primary = next
    const before = sent
    await waitUntil(async () => sent > before + 30)
  } finally {
    isSending = false
    await Promise.all(senders)
  }
  expect(Object.fromEntries(statuses)).toEqual({
    [tokens[0]]: new Set(),
    [current]: new Set([204]),
    [next]: new Set([204]),
  })

  writeKeys([next])
  await waitUntil(async () => {
    const replies = await Promise.all(ports.map((port) => sendPlain(port, toWire(signMessage(current)))))
    return replies.every(({ status }) => status === 403)
  })
  expect(await isKnown(next)).toBe(true)
})
