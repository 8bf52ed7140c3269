import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { twilioWebhook } from '../src/adapters/node.ts'
import { createVerifier } from '../src/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import { createSendGridVerifier } from '../src/schemes/sendgrid/index.ts'
import { sampleWebhook, signRequest, signSendGridRequest } from '../src/testing/index.ts'
import { authToken } from './requests.ts'

const publicUrl = 'https://example.com'

function sign(MessageSid: string) {
  return signRequest({ url: `${publicUrl}/sms`, ...sampleWebhook('message.inbound', { MessageSid }), authToken })
}

test('a handler that skips repeated deliveries loses none when the store is full', async () => {
  const handled: string[] = []
  const replay = replayGuard({ store: memoryStore({ maxEntries: 1 }) })
  const server = createServer(
    twilioWebhook({ publicUrl, authToken, replay }, (webhook, _req, res) => {
      res.end()
      if (webhook.delivery === 'repeated') return
      handled.push(`${webhook.params.get('MessageSid')} ${webhook.delivery}`)
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  for (const sid of ['SM1', 'SM1', 'SM2', 'SM2']) {
    const { method, headers, body } = sign(sid)
    const answer = await fetch(`http://127.0.0.1:${port}/sms`, { method, headers, body: body ?? null })
    expect(answer.status).toBe(200)
    await answer.text()
  }
  await new Promise((resolve) => server.close(resolve))
  expect(handled).toEqual(['SM1 first', 'SM2 unknown', 'SM2 unknown'])
})

describe('without a replay guard nothing is said about the delivery', () => {
  test('Twilio', async () => {
    const { method, headers, body } = sign('SM1')
    const verdict = await createVerifier({ publicUrl, authToken }).verify({ method, url: '/sms', headers, body })
    expect(verdict).toMatchObject({ ok: true, delivery: undefined })
    expect(verdict).not.toHaveProperty('replayed')
  })

  test('SendGrid', async () => {
    const { publicKey, ...request } = await signSendGridRequest()
    const verdict = await createSendGridVerifier({ publicKey }).verify(request)
    expect(verdict).toMatchObject({ ok: true, delivery: undefined })
    expect(verdict).not.toHaveProperty('replayed')
  })

  test('a request that observe mode passes', async () => {
    const observing = createVerifier({
      publicUrl,
      authToken,
      mode: 'observe',
      replay: replayGuard({ store: memoryStore() }),
    })
    const { method, headers } = sign('SM1')
    const verdict = await observing.verify({ method, url: '/sms', headers, body: 'Body=forged' })
    expect(verdict).toMatchObject({ ok: false, code: 'signature_mismatch' })
    expect(verdict.ok || ('delivery' in verdict ? verdict.delivery : undefined)).toBeUndefined()
  })
})
