import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type LambdaEvent, twilioWebhook, twilioWebhookMiddy } from '../src/adapters/lambda.ts'
import { diagnose } from '../src/diagnose/index.ts'
import { signRequest } from '../src/testing/index.ts'
import { stopClock } from './process-clock.ts'
import { authToken } from './requests.ts'

// Without the proxy integration, a mapping template makes the event and parses the body.

const options = { publicUrl: 'https://api.example.com', authToken }
const params = { From: '+14155550142', Body: 'a private text' }
const { headers } = signRequest({ url: 'https://api.example.com/sms', params, authToken })

const events: [of: string, event: object, path: string][] = [
  [
    'Serverless, `integration: lambda`',
    { method: 'POST', requestPath: '/sms', path: {}, query: {}, headers, body: params, stage: 'dev' },
    '/sms',
  ],
  ['an older Serverless', { method: 'POST', path: {}, query: {}, headers, body: params, principalId: '' }, '/'],
  [
    'API Gateway, Method request passthrough',
    {
      'body-json': params,
      params: { path: {}, querystring: {}, header: headers },
      context: { 'http-method': 'POST', 'resource-path': '/sms' },
    },
    '/sms',
  ],
]

let written: string[]
beforeEach(() => {
  written = []
  stopClock()
  const spy = vi.spyOn(console, 'error').mockImplementation((line) => void written.push(String(line)))
  onTestFinished(() => spy.mockRestore())
})

describe.each(events)('an event of %s', (_of, event, path) => {
  const handler = vi.fn()

  test('is answered with 500, and the log says once which integration to use', async () => {
    const run = twilioWebhook(options, handler)
    const { before } = twilioWebhookMiddy(options)
    for (let round = 0; round < 2; round++)
      expect(await run(event as LambdaEvent, {})).toMatchObject({ statusCode: 500 })
    expect(await before({ event: event as never })).toMatchObject({ statusCode: 500 })
    expect(written).toHaveLength(2)
    for (const line of written) {
      expect(line).toMatch(`tollgate: POST ${path} was refused (500, body_already_consumed).`)
      expect(line).toContain('set `integration: lambda-proxy` (API Gateway: Lambda proxy integration).')
      expect(line).not.toMatch(/object|private/)
    }
    expect(handler).not.toHaveBeenCalled()
  })

  test('is explained by `diagnose` with the same setting', async () => {
    await twilioWebhook({ ...options, diagnose }, handler)(event as LambdaEvent, {})
    await vi.waitFor(() => expect(written).toHaveLength(1), { timeout: 20_000 })
    expect(written[0]).toMatch(/^tollgate: POST \S+ was refused: body_already_consumed\. Fix: .*lambda-proxy/)
    expect(written[0]).not.toMatch(/object|private/)
  })

  test('without a signature is refused as any other request', async () => {
    const unsigned = { ...event, headers: {}, params: {} }
    expect(await twilioWebhook(options, handler)(unsigned as LambdaEvent, {})).toMatchObject({ statusCode: 403 })
  })
})

test('no line names a path that is not a text', async () => {
  const event = { httpMethod: 'PUT', path: { proxy: 'sms' }, headers }
  expect(await twilioWebhook(options, vi.fn())(event as never, {})).toMatchObject({ statusCode: 403 })
  expect(written.join()).not.toContain('object')
})
