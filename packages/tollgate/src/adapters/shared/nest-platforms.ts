import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Accepted, BodyConsumed, IncomingRequest, Observed } from '../../index.ts'
import type { FullAnswer } from './answer.ts'
import * as node from './node.ts'

/** Express hands over Node's own request, Fastify one with that inside. */
export interface PlatformRequest {
  readonly raw?: IncomingMessage
  readonly originalUrl?: string
  twilio?: Accepted | Observed
  rawBody?: unknown
  readonly body?: unknown
}

export interface PlatformResponse {
  readonly raw?: ServerResponse
  readonly sent?: boolean
  code(status: number): this
  header(name: string, value: string): this
  send(body: string): unknown
}

/** The bytes that Nest kept, or the stream where nothing has read it yet. */
export function findBody({ rawBody, body }: PlatformRequest, req: IncomingMessage): IncomingRequest['body'] {
  return node.findBody(req, [rawBody, body], consumed)
}

const consumed: BodyConsumed = {
  consumedBy: "Nest's body parser",
  fix: 'Create the application with NestFactory.create(AppModule, { rawBody: true }); on Express { bodyParser: false } does as well.',
}

/** Writes an answer with the platform's own means, so that its hooks see it. */
export function sendReply(req: IncomingMessage, reply: PlatformResponse, answer: FullAnswer): void {
  if (reply.raw === undefined) {
    node.sendAnswer(req, reply as unknown as ServerResponse, answer)
    return
  }
  if (reply.sent) return
  if (!req.complete) reply.header('connection', 'close')
  for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value)
  reply.code(answer.status).send(answer.body)
}
