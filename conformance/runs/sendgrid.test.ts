import { createHash } from 'node:crypto'
import { createSendGridVerifier, type SendGridAccepted } from 'tollgate/sendgrid'
import { type SignedSendGridRequest, signSendGridRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Framework, Running } from '../adapter/framework.ts'
import type { Scenario } from '../adapter/scenario.ts'
import { azure } from '../frameworks/azure.ts'
import { cloudFunctions } from '../frameworks/cloud-functions.ts'
import { elysia } from '../frameworks/elysia.ts'
import { express } from '../frameworks/express.ts'
import { fastify } from '../frameworks/fastify.ts'
import { fetch as fetchFramework } from '../frameworks/fetch.ts'
import { h3 } from '../frameworks/h3.ts'
import { hono } from '../frameworks/hono.ts'
import { koa } from '../frameworks/koa.ts'
import { lambda } from '../frameworks/lambda.ts'
import { node } from '../frameworks/node.ts'

const frameworks: readonly Framework[] = [
  ...azure,
  cloudFunctions,
  ...elysia,
  ...express,
  fastify,
  fetchFramework,
  ...h3,
  ...hono,
  ...koa,
  ...lambda,
  node,
]

/** A multipart of Inbound Parse, with bytes that are not UTF-8. */
const mail = Buffer.concat([
  Buffer.from('--xYzZY\r\nContent-Disposition: form-data; name="subject"\r\n\r\n'),
  Buffer.from(Uint8Array.from({ length: 20_000 }, (_, index) => (index * 31) % 256)),
  Buffer.from('\r\n--xYzZY--\r\n'),
])
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

// A REST API without `binaryMediaTypes` decodes every body as UTF-8.
const losesBytes = ({ name }: Framework): boolean => name.endsWith('REST API')

interface Seen {
  readonly events: readonly { readonly event: string }[]
  readonly hash: string
  readonly key: unknown
  readonly appBody?: unknown
}

describe.each(frameworks.map((framework) => [framework.name, framework] as const))('SendGrid on %s', (_, framework) => {
  let server: Running | undefined
  let runs = 0
  beforeAll(async () => {
    const { publicKey } = await signSendGridRequest()
    const scenario = {
      id: 'plain',
      options: { verifier: createSendGridVerifier({ publicKey: { events: publicKey } }) },
      journal: { handlerRuns: 0, verdicts: [], reservations: 0, confirmations: 0, releases: 0 },
      async handle(webhook: unknown, appBody: unknown) {
        runs++
        const { events, body, matched } = webhook as SendGridAccepted
        const seen = {
          events,
          hash: hash(body),
          key: matched.key,
          appBody: appBody instanceof Uint8Array ? 'bytes' : appBody,
        }
        return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(seen) }
      },
    } as unknown as Scenario
    server = await framework.start(scenario)
  })
  afterAll(() => server?.close())

  const deliver = ({ headers, body }: SignedSendGridRequest): Promise<Response> =>
    fetch(`http://127.0.0.1:${server?.port}/events`, { method: 'POST', headers, body })

  test('events reach the handler', async () => {
    const signed = await signSendGridRequest()
    const seen = (await (await deliver(signed)).json()) as Seen
    expect(seen.events.map(({ event }) => event)).toContain('bounce')
    expect(seen.hash).toBe(hash(signed.body))
    expect(seen.key).toEqual({ kind: 'sendgrid', name: 'events' })
    // Some frameworks have a body only if a parser of theirs runs.
    if (seen.appBody !== undefined) expect(seen.appBody).toEqual(seen.events)
  })

  test('the bytes of a mail reach the handler', async () => {
    const contentType = 'multipart/form-data; boundary=xYzZY'
    const answer = await deliver(await signSendGridRequest({ body: mail, contentType }))
    expect(answer.status).toBe(losesBytes(framework) ? 403 : 200)
    if (losesBytes(framework)) return
    const seen = (await answer.json()) as Seen
    expect(seen).toMatchObject({ events: [], hash: hash(mail) })
    if (framework === fastify) expect(seen.appBody).toBe('bytes')
  })

  test('another body and a missing signature are refused with the usual text', async () => {
    const before = runs
    const signed = await signSendGridRequest()
    const { 'x-twilio-email-event-webhook-signature': _, ...unsigned } = signed.headers
    for (const changed of [
      { ...signed, body: signed.body.slice(0, -1) },
      { ...signed, headers: unsigned },
    ]) {
      const answer = await deliver(changed)
      expect([answer.status, await answer.text()]).toEqual([403, 'Twilio Request Validation Failed.'])
    }
    expect(runs).toBe(before)
  })
})
