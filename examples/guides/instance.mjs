import express from 'express'
import { createClient } from 'redis'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { fileKeys } from 'tollgate/keys'
import { redisStore, replayGuard } from 'tollgate/replay'

const redis = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })
redis.on('error', (error) => console.error(error.message))
await redis.connect()

// Every instance reads the same keys and uses the same Redis.
const guard = twilioWebhook({
  publicUrl: 'https://app.example.com',
  authToken: fileKeys(process.env.KEY_FILE ?? '/run/secrets/twilio-keys.json').authToken,
  replay: replayGuard({ store: redisStore(redis) }),
})

const app = express()
app.post('/sms', guard, async (req, res) => {
  const { params, release, delivery } = readWebhook(req)
  try {
    // Another instance may have handled this delivery before.
    if (delivery !== 'repeated') await redis.lPush('jobs', JSON.stringify(params.toObject()))
    res.sendStatus(204)
  } catch {
    // First forget the delivery, then answer: the retry may reach another instance at once.
    await release()
    res.sendStatus(500)
  }
})
app.listen(process.env.PORT ?? 3000)
