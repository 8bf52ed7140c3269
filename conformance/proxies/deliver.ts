import express, { type RequestHandler } from 'express'
import type { VerifierOptions } from 'tollgate'
import * as forExpress from 'tollgate/express'
import * as forFetch from 'tollgate/fetch'
import * as forLambda from 'tollgate/lambda'
import type { SignedRequest } from 'tollgate/testing'
import { listen } from '../frameworks/listen.ts'
import { sendPlain, type Wire } from './client.ts'
import type { Arrival } from './platforms.ts'

type FetchHandler = (request: Request) => Promise<Response>
type LambdaHandler = (event: forLambda.LambdaEvent, context: unknown) => Promise<unknown>

/** The export of an example: a handler for its platform. */
export type Handler = FetchHandler | LambdaHandler | RequestHandler

/** Makes a handler with other options than the example's, for the same platform. */
export function makeHandler(as: Arrival['as'], options: VerifierOptions): Handler {
  const handlers: Readonly<Record<Arrival['as'], () => Handler>> = {
    fetch: (): FetchHandler => forFetch.twilioWebhook(options, () => new Response('<Response/>')),
    lambda: (): LambdaHandler => forLambda.twilioWebhook(options, () => ({ statusCode: 200 })),
    express: () => forExpress.twilioWebhook(options, (_webhook, _req, res) => res.send('<Response/>')),
  }
  return handlers[as]()
}

/**
 * Passes a signed request to the handler as the platform does, and returns the status of the
 * answer.
 */
export async function deliver(handler: Handler, arrival: Arrival, signed: SignedRequest): Promise<number> {
  const { method, body = '' } = signed
  const headers = { ...signed.headers, ...arrival.headers }
  if (arrival.as === 'fetch')
    return (await (handler as FetchHandler)(new Request(arrival.url, { method, headers, body }))).status
  if (arrival.as === 'express') {
    const wire = { method, target: arrival.target, headers: Object.entries(headers), body }
    return deliverToServer(handler as RequestHandler, wire)
  }
  const event = { ...arrival.event, body: Buffer.from(body).toString('base64'), isBase64Encoded: true }
  const answer = await (handler as LambdaHandler)({ ...event, headers: { ...event.headers, ...headers } }, {})
  return (answer as forLambda.LambdaAnswer).statusCode
}

async function deliverToServer(handler: RequestHandler, wire: Wire): Promise<number> {
  const { port, close } = await listen(express().use(handler))
  try {
    return (await sendPlain(port, wire)).status
  } finally {
    await close()
  }
}
