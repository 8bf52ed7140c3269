import type { FastifyInstance } from 'fastify'
import twilio from 'twilio'

export function check(signature: unknown, url: string, params: Record<string, string>): boolean {
  return twilio.validateRequest(
    process.env.TWILIO_AUTH_TOKEN!,
    typeof signature === 'string' ? signature : '',
    url,
    params as Record<string, string>,
  )
}

export async function routes(app: FastifyInstance): Promise<void> {
  app.addHook('preHandler', async (request, reply) => {
    const url = `https://app.example.com${request.raw.url}`
    if (!check(request.headers['x-twilio-signature'], url, request.body as never)) return reply.code(403).send()
  })
}
