import middy from '@middy/core'
import httpUrlencodeBodyParser from '@middy/http-urlencode-body-parser'
import type {
  ALBEvent,
  ALBHandler,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyHandler,
  APIGatewayProxyHandlerV2,
} from 'aws-lambda'
import type { VerifierOptions } from 'tollgate'
import { type LambdaAnswer, type LambdaEvent, twilioWebhook, twilioWebhookMiddy } from 'tollgate/lambda'
import { signRequest } from 'tollgate/testing'
import { describe, expect, test, vi } from 'vitest'
import type { Framework } from '../adapter/framework.ts'
import { expectAccepted, expectRejected, type TestServer, waitUntil, withServer } from '../adapter/server.ts'
import { send, toRaw } from '../adapter/socket.ts'
import { lambda } from '../frameworks/lambda.ts'
import { bindAdapter, captureWarnings } from '../kit/bind-framework.ts'
import { host, makeRequest, origin, sms, token, withHeaders } from '../kit/draft.ts'
import { encodeForm, joinParams, type Pairs } from '../kit/sign.ts'

// Slow, because the adapter suite runs over each format of events.

captureWarnings()

for (const framework of lambda) bindAdapter(framework)

describe.each(lambda.map((framework) => [framework.name, framework] as const))('%s', (name, framework) => {
  const on = (id: Parameters<typeof withServer>[1], check: (server: TestServer) => Promise<void>) => () =>
    withServer(framework, id, check)

  test(
    'an error of the function releases the reservation',
    on('handler throws', async (server) => {
      expect((await send(server.port, toRaw(await makeRequest()))).status).toBeGreaterThanOrEqual(500)
      await waitUntil(async () => (await server.journal()).releases === 1, 'a release')
    }),
  )

  const isGateway = !name.includes('ALB')
  const signedFor = async (url: string, headers: Readonly<Record<string, string>>) =>
    withHeaders(await makeRequest({ signed: `${url}/sms${joinParams(sms)}` }), headers)

  test(
    'fromRequest: Host and the scheme of the front door count, not headers of the sender',
    on('from request', async (server) => {
      const [ours, other] = isGateway ? ['https', 'http'] : ['http', 'https']
      for (const headers of [{}, { 'x-forwarded-proto': `${other}`, 'x-forwarded-port': '8443' }]) {
        await expectAccepted(server, await signedFor(`${ours}://${host}`, headers))
        await expectRejected(server, await signedFor(`${other}://${host}`, headers), 'signature_mismatch')
      }
      await expectRejected(
        server,
        await signedFor(`${ours}://evil.example`, { host: 'evil.example' }),
        'url_not_allowed',
      )
      await expectRejected(
        server,
        await signedFor(`${ours}://${host}`, { host: 'x', 'x-forwarded-host': host }),
        'url_not_allowed',
      )
    }),
  )

  test(
    'fromRequest: a proxy before the front door is trusted by its address, which a load balancer does not provide',
    on('trusted proxy', async (server) => {
      const request = await signedFor(`https://${host}`, { host: 'internal', 'x-forwarded-host': host })
      if (isGateway) await expectAccepted(server, request)
      else await expectRejected(server, request, 'url_not_allowed')
    }),
  )
})

describe.each(['ALB', 'ALB with multi-value headers'])('%s: a query whose spelling its event does not show', (door) => {
  const balancer = lambda.find(({ name }) => name === `lambda, ${door}`) as Framework

  test('a name without =, a & at the end, and characters that the load balancer escaped', () =>
    withServer(balancer, 'plain', async (server) => {
      const added = `From=${encodeURIComponent('+14155550142')}&ToCity=`
      for (const query of ['a', 'a&b', 'a&b=1&', 'a=1&', 'q=a|b', 'q=a|b&c', 'tags[]=1', 'e=1=', `a&${added}`]) {
        await expectAccepted(server, await makeRequest({ path: `/x?${query}` }))
        await expectAccepted(server, await makeRequest({ method: 'GET', path: `/x?${query}` }))
        const arrived = query.replace(/[|[\]]/g, encodeURIComponent)
        const signed = `${origin}/x?${query}${joinParams(sms)}`
        await expectAccepted(server, await makeRequest({ path: `/x?${arrived}`, signed }))
      }
    }))

  test('no other name or value', () =>
    withServer(balancer, 'plain', async (server) => {
      for (const [signed, sent] of [
        ['a', 'b'],
        ['a', 'a=1'],
        ['a=1&', 'a=1&b'],
        ['e=1=', 'e=1'],
        ['e=1', 'e=1='],
        ['q=a|b', 'q=a%257Cb'],
        ['q=a%26b', 'q=a&b'],
      ] as const) {
        const request = await makeRequest({ path: `/x?${sent}`, signed: `${origin}/x?${signed}${joinParams(sms)}` })
        await expectRejected(server, request, 'signature_mismatch')
      }
    }))
})

describe('REST API: a query that it has decoded', () => {
  const restApi = lambda.find(({ name }) => name === 'lambda, REST API') as Framework

  // The query that a customer may configure, and the form-encoded one that Twilio adds to a GET.
  const configured = ['', 'a=1&', 'tags=a,b&', 'to=sip:a@b.example&', 'next=/a/b&', 'debug&', 'q=a%20b&', 'empty=&']
  const added: Pairs = [
    ['From', '+14155550142'],
    ['To', 'client:ann~b'],
    ['Caller', 'sip:123@host.example'],
    ['Body', "It's 100% (ünï) & more, at/last!"],
    ['ToCity', ''],
  ]

  test("a GET, with each encoding of the customer's part", () =>
    withServer(restApi, 'plain', async (server) => {
      for (const own of configured)
        for (const spell of [encodeForm, (pairs: Pairs) => encodeForm(pairs).replaceAll('+', '%20')]) {
          const path = `/x?${own}${spell(added)}`
          await expectAccepted(server, await makeRequest({ method: 'GET', path })).catch((error: unknown) => {
            throw new Error(`${path}: ${error}`)
          })
        }
    }))

  test("a POST, whose whole query is the customer's", () =>
    withServer(restApi, 'plain', async (server) => {
      for (const query of [
        'a=%21%7E',
        'a=!~',
        'tags=a,b;c',
        'to=sip:a@b',
        'next=/a/b?c',
        'debug',
        'debug&a=1',
        'a=b=c',
        "q=it's",
        'q=it%27s',
        'q=a+b',
        'q=a%20b',
        'q=a|b',
        'ids[]=1',
        'a=1&',
      ])
        await expectAccepted(server, await makeRequest({ path: `/x?${query}` })).catch((error: unknown) => {
          throw new Error(`${query}: ${error}`)
        })
    }))

  test('another value, name or order is another query', () =>
    withServer(restApi, 'plain', async (server) => {
      const signed = await makeRequest({ method: 'GET', path: '/x?a=1&b=x,y' })
      for (const url of ['/x?a=1&b=x;y', '/x?b=x,y&a=1', '/x?a=1', '/x?A=1&b=x,y', '/x?a=1&b=x%252Cy'])
        await expectRejected(server, { ...signed, url }, 'signature_mismatch')
    }))
})

const options = { publicUrl: origin, authToken: token } as const satisfies VerifierOptions
const ok = { statusCode: 200, body: 'ok' }

/** Returns the parts of an event for a signed form. */
function signForm(url: string, params: Pairs = sms): { headers: Record<string, string>; body: string } {
  const { headers, body = '' } = signRequest({ url, params, authToken: token })
  return { headers: { Host: host, ...headers }, body }
}

const rejection = { statusCode: 403, body: 'Twilio Request Validation Failed.', isBase64Encoded: false }
const textHeaders = { 'content-type': 'text/plain; charset=utf-8' }

describe('events as AWS documents them', () => {
  const rest = (parts: Partial<APIGatewayProxyEvent>): LambdaEvent => ({
    httpMethod: 'POST',
    path: '/sms',
    multiValueQueryStringParameters: null,
    queryStringParameters: null,
    ...parts,
    requestContext: { path: '/prod/sms', identity: { sourceIp: '192.0.2.1' } },
  })
  const run = (event: unknown, more: VerifierOptions = {}) =>
    twilioWebhook({ ...options, ...more }, () => ok)(event as LambdaEvent, {})

  test('a REST API: the stage is in the path of the context only', async () => {
    expect(await run(rest(signForm(`${origin}/prod/sms`)))).toBe(ok)
    expect(await run(rest(signForm(`${origin}/sms`)))).toEqual({ ...rejection, headers: textHeaders })
  })

  test('multi-value headers win, in any letter case, and repeats count', async () => {
    const { headers, body } = signForm(`${origin}/prod/sms`)
    const { 'x-twilio-signature': signature = '', ...others } = headers
    const lists = (name: string, ...values: string[]) => ({
      ...Object.fromEntries(Object.entries(others).map(([other, value]) => [other.toUpperCase(), [value]])),
      [name]: values,
    })
    const event = (multiValueHeaders: Record<string, string[]>) =>
      rest({ body, headers: { 'x-twilio-signature': 'other' }, multiValueHeaders })
    expect(await run(event(lists('X-TWILIO-SIGNATURE', signature)))).toBe(ok)
    const repeated = await run(event(lists('X-Twilio-Signature', signature, signature)))
    expect(repeated).toEqual({ ...rejection, multiValueHeaders: { 'content-type': [textHeaders['content-type']] } })
  })

  test('a stage of an HTTP API, and a path that it has decoded', async () => {
    const event = (url: string, rawPath: string) => {
      const { headers, body } = signForm(url)
      return {
        version: '2.0',
        rawPath,
        rawQueryString: 'a=%20b',
        headers,
        body: Buffer.from(body).toString('base64'),
        isBase64Encoded: true,
        requestContext: { http: { method: 'POST', sourceIp: '192.0.2.1' } },
      }
    }
    expect(await run(event(`${origin}/dev/sms?a=%20b`, '/dev/sms'))).toBe(ok)
    expect(await run(event(`${origin}/a%20%C3%A9%23%25?a=%20b`, '/a é#%'))).toBe(ok)
    expect(await run(event(`${origin}/a%3Fx?a=%20b`, '/a?x'))).toBe(ok)
  })

  test('a body in Base64 is decoded to the same bytes', async () => {
    const { headers } = signForm(`${origin}/prod/sms`)
    const seen = vi.fn()
    const bytes = Buffer.from([0x61, 0x3d, 0xff])
    const event = rest({ headers, body: bytes.toString('base64'), isBase64Encoded: true })
    await twilioWebhook({ ...options, mode: 'observe' }, (webhook) => seen(webhook.body))(event, {})
    expect(seen.mock.calls).toEqual([[new Uint8Array(bytes)]])
  })

  test('other events and values that are not events are refused', async () => {
    for (const event of [
      null,
      undefined,
      1,
      'x',
      [],
      {},
      { Records: [] },
      { requestContext: { routeKey: '$connect' } },
    ])
      expect(await run(event)).toMatchObject({ statusCode: 403 })
  })

  test('text with lone surrogates is refused without an exception', async () => {
    const query = { queryStringParameters: { '\ud800': '\udfff' }, path: '/\ud800' }
    expect(await run(rest({ ...signForm(`${origin}/x`), ...query }))).toMatchObject({ statusCode: 403 })
    expect(await run({ version: '2.0', rawPath: '/\ud800' })).toMatchObject({ statusCode: 403 })
  })

  test("the function gets Lambda's other arguments, and its result is returned unchanged", async () => {
    const handler = vi.fn((_webhook: unknown, _event: LambdaEvent, _context: object) => 'text')
    const event = rest(signForm(`${origin}/prod/sms`))
    const context = {}
    expect(await twilioWebhook(options, handler)(event, context)).toBe('text')
    expect(handler.mock.calls[0]?.slice(1)).toEqual([event, context])
  })

  test('a release is awaited: Lambda stops the process with the answer', async () => {
    let released = false
    const release = (): Promise<void> =>
      new Promise((resolve) => setTimeout(resolve, 20)).then(() => {
        released = true
      })
    const replay = { reserve: () => ({ delivery: 'first' as const, release }) }
    const event = rest(signForm(`${origin}/prod/sms`))
    await twilioWebhook({ ...options, replay }, () => ({ statusCode: 503 }))(event, {})
    expect(released).toBe(true)
  })

  test('the types of @types/aws-lambda', () => {
    const v1: APIGatewayProxyHandler = twilioWebhook(options, (webhook, event: APIGatewayProxyEvent) => ({
      statusCode: 200,
      body: `${webhook.params.get('Body')} ${event.resource}`,
    }))
    const v2: APIGatewayProxyHandlerV2 = twilioWebhook(options, (webhook, event: APIGatewayProxyEventV2) => ({
      body: `${webhook.covers} ${event.rawPath}`,
    }))
    const alb: ALBHandler = twilioWebhook(options, async (webhook, event: ALBEvent) => ({
      statusCode: 200,
      body: `${webhook.covers} ${event.path}`,
    }))
    expect([v1, v2, alb].map(({ length }) => length)).toEqual([2, 2, 2])
  })
})

describe('middy', () => {
  const event = (): LambdaEvent => ({
    version: '2.0',
    rawPath: '/sms',
    ...signForm(`${origin}/sms`),
    requestContext: { http: { method: 'POST' } },
  })
  const context = {} as never

  test('event.twilio is typed, and a parser after it sets event.body', async () => {
    const handler = middy<LambdaEvent, LambdaAnswer>()
      .use(twilioWebhookMiddy(options))
      .use(httpUrlencodeBodyParser())
      .handler(async ({ twilio, body }) => ({
        statusCode: 200,
        body: JSON.stringify([twilio.covers, body]),
        isBase64Encoded: false,
      }))
    expect(JSON.parse((await handler(event() as never, context)).body)).toEqual(['params', Object.fromEntries(sms)])
  })

  test('a body parser before it: 500, and the log has the fix', async () => {
    const run = vi.fn(async () => ok)
    const handler = middy().use(httpUrlencodeBodyParser()).use(twilioWebhookMiddy(options)).handler(run)
    expect(await handler(event() as never, context)).toMatchObject({ statusCode: 500 })
    expect(run).not.toHaveBeenCalled()
    expect(vi.mocked(console.error).mock.calls.flat().join()).toContain('before httpUrlencodeBodyParser')
  })

  test.each([
    [200, 'confirm'],
    [503, 'release'],
  ])('an event that other middleware replaced: after a %i, %s', async (statusCode, end) => {
    const ends: string[] = []
    const confirm = () => void ends.push('confirm')
    const release = () => void ends.push('release')
    const replay = { reserve: () => ({ delivery: 'first' as const, confirm, release }) }
    const handler = middy()
      .use(twilioWebhookMiddy({ ...options, replay }))
      .before((request) => {
        request.event = { ...request.event }
      })
      .handler(async () => ({ ...ok, statusCode }))
    expect(await handler(event() as never, context)).toMatchObject({ statusCode })
    expect(ends).toEqual([end])
  })

  test('an empty form that a parser has read is an empty body', async () => {
    const handler = middy()
      .use(httpUrlencodeBodyParser())
      .use(twilioWebhookMiddy(options))
      .handler(async () => ok)
    const { headers } = signForm(`${origin}/sms`, [])
    const type = { 'content-type': encodeForm([]) || 'application/x-www-form-urlencoded' }
    expect(await handler({ ...event(), headers: { ...headers, ...type }, body: undefined } as never, context)).toBe(ok)
  })
})
