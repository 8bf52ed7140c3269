import type { FastifyInstance } from 'fastify'
import twilio from 'twilio'

export async function routes(app: FastifyInstance): Promise<void> {
  app.addHook('preHandler', async (request, reply) => {
    const signature = request.headers['x-twilio-signature']
    const genuine = twilio.validateRequest(
      process.env.TWILIO_AUTH_TOKEN!,
      typeof signature === 'string' ? signature : '',
      `https://app.example.com${request.raw.url}`,
      (request.body ?? {}) as Record<string, string>,
    )
    if (!genuine) return reply.code(403).send()
  })
}
