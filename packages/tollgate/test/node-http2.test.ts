import { once } from 'node:events'
import { connect, createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { twilioWebhook } from '../src/adapters/node.ts'
import { sampleWebhook, signRequest } from '../src/testing/index.ts'

const authToken = '0123456789abcdef0123456789abcdef'
let server: Http2Server

beforeAll(async () => {
  server = createServer(
    twilioWebhook({ publicUrl: 'https://example.com', authToken }, (webhook, _req, res) => {
      res.end(webhook.params.get('Body'))
    }),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
})

afterAll(() => {
  server.close()
})

async function deliver(body: string, headers: Record<string, string>): Promise<{ status: unknown; text: string }> {
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const stream = client.request({ ':method': 'POST', ':path': '/sms', ...headers })
  stream.end(body)
  const [answer] = await once(stream, 'response')
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  client.close()
  return { status: answer[':status'], text }
}

test('the Node.js adapter answers and refuses over HTTP/2', async () => {
  const { headers, body = '' } = signRequest({
    url: 'https://example.com/sms',
    ...sampleWebhook('message.inbound'),
    authToken,
  })
  expect(await deliver(body, headers)).toEqual({ status: 200, text: 'Test message' })
  expect(await deliver(`${body}x`, headers)).toMatchObject({ status: 403 })
  const { 'x-twilio-signature': _unsigned, ...unsigned } = headers
  expect(await deliver(body, unsigned)).toEqual({ status: 403, text: 'Twilio Request Validation Failed.' })
})
