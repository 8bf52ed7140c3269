import fastify from 'fastify'
import { createClient } from 'redis'
import { readWebhook, twilioWebhook } from 'tollgate/fastify'
import { redisStore, replayGuard } from 'tollgate/replay'

const redis = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })
redis.on('error', (error) => console.error(error.message))
await redis.connect()

const app = fastify()
app.register(async (scope) => {
  scope.register(twilioWebhook, {
    publicUrl: process.env.TOLLGATE_PUBLIC_URL,
    replay: replayGuard({ store: redisStore(redis) }),
  })
  scope.post('/sms', async (request, reply) => {
    const { delivery } = readWebhook(request)
    reply.type('text/xml')
    // An instance, this one or another, has answered this message before.
    if (delivery === 'repeated') return '<Response/>'
    return '<Response><Message>Thank you</Message></Response>'
  })
})

const url = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`Listening on ${url}`)
