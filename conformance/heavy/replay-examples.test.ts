import { fileURLToPath } from 'node:url'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RedisServer, startRedis } from '../../tools/services/redis.mjs'
import { type Application, startApplication } from '../kit/application.ts'
import { token } from '../kit/draft.ts'

// In heavy/, because the examples need Redis.

const publicUrl = 'https://app.example.com'
const running: Application[] = []
let redis: RedisServer | undefined

beforeAll(async () => {
  redis = await startRedis()
}, 300_000)
afterAll(async () => {
  for (const application of running) await application.stop()
  await redis?.stop()
})

/** Starts an example, and returns a function that sends it a path. */
async function start(name: string, server = 'server.mjs') {
  const folder = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
  const settings = { REDIS_URL: redis?.url, TWILIO_AUTH_TOKEN: token, TOLLGATE_PUBLIC_URL: publicUrl }
  const application = await startApplication(`node ${server}`, folder, { ...process.env, ...settings })
  running.push(application)
  const send = async (path: string, authToken = token, MessageStatus = 'sent') => {
    const sample = sampleWebhook('message.status', { MessageStatus })
    const { headers, body = '' } = signRequest({ url: publicUrl + path, ...sample, authToken })
    const response = await fetch(`http://127.0.0.1:${application.port}${path}`, { method: 'POST', headers, body })
    return `${response.status} ${await response.text()}`
  }
  return { send }
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
