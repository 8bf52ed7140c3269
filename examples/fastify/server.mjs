import fastify from 'fastify'
import { readWebhook, twilioWebhook } from 'tollgate/fastify'
import { twiml } from 'tollgate/twiml'

const app = fastify()

// The plugin guards this scope, and nothing outside it.
app.register(async (scope) => {
  scope.register(twilioWebhook, { publicUrl: process.env.TOLLGATE_PUBLIC_URL })
  scope.post('/sms', async (request, reply) => {
    const text = readWebhook(request).params.get('Body') ?? ''
    return reply.type('text/xml').send(twiml`<Response><Message>You said: ${text}</Message></Response>`)
  })
})

const url = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })
console.log(`Listening on ${url}`)
