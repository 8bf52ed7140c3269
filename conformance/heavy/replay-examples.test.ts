import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { type RedisServer, startRedis } from '../../tools/services/redis.mjs'
import { token } from '../kit/draft.ts'

// In heavy/, because the examples need Redis.

const publicUrl = 'https://app.example.com'
const running: ChildProcess[] = []
let redis: RedisServer | undefined

beforeAll(async () => {
  redis = await startRedis()
}, 300_000)
afterAll(async () => {
  for (const child of running) child.kill()
  await redis?.stop()
})

/** Starts an example, and returns a function that sends it a path. */
async function start(name: string, server = 'server.mjs') {
  const port = await findFreePort()
  const file = fileURLToPath(new URL(`../../examples/${name}/${server}`, import.meta.url))
  const settings = {
    PORT: String(port),
    REDIS_URL: redis?.url,
    TWILIO_AUTH_TOKEN: token,
    TOLLGATE_PUBLIC_URL: publicUrl,
  }
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...settings }, stdio: 'inherit' })
  running.push(child)
  const send = async (path: string, authToken = token, MessageStatus = 'sent') => {
    const sample = sampleWebhook('message.status', { MessageStatus })
    const { headers, body = '' } = signRequest({ url: publicUrl + path, ...sample, authToken })
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })
    return `${response.status} ${await response.text()}`
  }
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`the example ${name} ended`)
    if (await fetch(`http://127.0.0.1:${port}`).catch(() => undefined)) return { send }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the example ${name} does not answer`)
}

describe('the examples of the documentation', () => {
  test('replay: marks a message that is sent again, and releases a status that could not be saved', async () => {
    const { send } = await start('replay')
    for (let i = 0; i < 2; i++) expect(await send('/sms')).toBe('200 <Response/>')
    expect(await send('/status', token, 'failed')).toBe('409 ')
    expect(await send('/status')).toBe('200 ')
    expect(await send('/sms', '0'.repeat(32))).toBe('403 Twilio Request Validation Failed.')
  })

  test('Fastify on two instances: each knows what the other has answered', async () => {
    const [one, two] = await Promise.all([start('replay', 'fastify.mjs'), start('replay', 'fastify.mjs')])
    const text = 'delivered'
    expect(await one.send('/sms', token, text)).toBe('200 <Response><Message>Thank you</Message></Response>')
    expect(await two.send('/sms', token, text)).toBe('200 <Response/>')
    expect(await two.send('/sms', '0'.repeat(32), text)).toBe('403 Twilio Request Validation Failed.')
  })
})
