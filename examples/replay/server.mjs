// #region guard
import express from 'express'
import { createClient } from 'redis'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { redisStore, replayGuard } from 'tollgate/replay'

const redis = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })
redis.on('error', (error) => console.error(error.message))
await redis.connect()

const app = express()
const webhook = twilioWebhook({ replay: replayGuard({ store: redisStore(redis) }) })

app.post('/sms', webhook, (req, res) => {
  // `unknown` is handled too, so that no message is lost.
  if (readWebhook(req).delivery !== 'repeated') console.log('A message to handle, once.')
  res.type('text/xml').send('<Response/>')
})
// #endregion

// #region release
app.post('/status', webhook, async (req, res) => {
  const twilio = readWebhook(req)
  try {
    await save(twilio.params)
    res.end()
  } catch {
    // This URL is configured with #rp=4xx, so Twilio sends the status again.
    if (twilio.ok) await twilio.release()
    res.status(409).end()
  }
})
// #endregion

/** @param {import('tollgate').WebhookParams} params */
async function save(params) {
  if (params.get('MessageStatus') === 'failed') throw new Error('the database is locked')
}

export const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
