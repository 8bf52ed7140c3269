import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RecordedRequest, RequestError, readRequests, requestForms, writeRequests } from '../src/requests/index.ts'
import { listPrinted } from '../src/requests/printed-object.ts'
import { signRequest } from '../src/testing/index.ts'
import { authToken, formType } from './requests.ts'

function read(text: string): RecordedRequest {
  const [request] = readRequests(text).requests
  if (request === undefined || request instanceof RequestError) throw request ?? new Error('Nothing was read')
  return request
}
const bodyOf = ({ body }: RecordedRequest): string => Buffer.from(body ?? '').toString()
const signature = 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='
const headers = { host: 'example.com', 'x-twilio-signature': signature, 'content-type': formType }
const entries = Object.entries(headers)
const form = 'CallSid=CA1&From=%2B1+2'
const fields = { CallSid: 'CA1', From: '+1 2' }
const url = 'https://example.com/voice?x=1'
const plain = { method: 'POST', url: '/voice?x=1', headers, body: form }

test('what console.log prints of an object is read again', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.boolean(),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('any'), { maxLength: 4 }),
    object: fc.dictionary(fc.string({ unit: 'binary' }), tie('any'), { maxKeys: 4 }),
  })).object as fc.Arbitrary<Record<string, unknown>>
  const shown = { depth: 20, maxArrayLength: null, maxStringLength: null } as const
  fc.assert(
    fc.property(value, (object) => {
      for (const text of [inspect(object, shown), JSON.stringify(object), `INFO ${inspect(object, shown)} done`])
        expect(JSON.stringify([...listPrinted(text)][0]?.value)).toBe(JSON.stringify(object))
    }),
    { numRuns: 300, examples: [[JSON.parse('{"__proto__": "a"}')]] },
  )
})

const http = { requestContext: { http: { method: 'POST' } }, rawPath: '/voice', rawQueryString: 'x=1', version: '2.0' }
const rest = {
  ...{ httpMethod: 'POST', path: '/sms', headers, body: form, isBase64Encoded: false },
  requestContext: { path: '/prod/sms', identity: { sourceIp: '1.2.3.4' } },
}
const balanced = {
  ...{ requestContext: { elb: { targetGroupArn: 'arn' } }, httpMethod: 'POST', path: '/sms', body: form },
  ...{ headers: { ...headers, 'x-forwarded-proto': 'http' }, queryStringParameters: { q: '%20' } },
}
const encoded = { body: btoa(form), isBase64Encoded: true }

describe('a request is found in an object, as JSON and as console.log prints it', () => {
  test.each<[string, object, string?, string?]>([
    [
      'an event of a REST API, with its stage and a decoded query',
      { ...rest, multiValueQueryStringParameters: { 'a b': ['c&d', 'e'] } },
      'https://example.com/prod/sms?a%20b=c%26d&a%20b=e',
    ],
    [
      'headers with lists of values',
      { ...rest, headers: {}, multiValueHeaders: lists(headers) },
      'https://example.com/prod/sms',
    ],
    [
      'an event of an HTTP API, whose path is decoded',
      { ...http, ...encoded, headers, rawPath: '/a b' },
      'https://example.com/a%20b?x=1',
    ],
    ['of a load balancer by http, whose query is not decoded', balanced, 'http://example.com/sms?q=%20'],
    [
      'of Azure Functions, of which the raw body counts',
      { method: 'POST', url, headers, query: { x: '1' }, body: fields, rawBody: form },
    ],
    ['an event in a line of a log', { level: 'INFO', message: { ...http, ...encoded, headers } }],
    ['bunyan', { name: 'hooks', level: 20, req: plain, msg: 'in' }],
    ['express-winston', { level: 'info', message: 'in', meta: { req: { ...plain, body: fields }, res: {} } }],
    ['its own names', { msg: 'in', method: 'POST', path: '/voice?x=1', headers, payload: fields }],
    [
      'the body beside it',
      { request: { ...plain, body: undefined, url: undefined, originalUrl: '/voice?x=1' }, body: form },
    ],
    ['without a body', { level: 30, req: { ...plain, body: undefined }, res: { statusCode: 403 } }, url, ''],
    ['the text of the body before what was made of it', { ...plain, url, bodyRaw: form, body: fields }],
    [
      'webhook.site: content, and lists of values',
      { uuid: 'a', ...plain, body: undefined, headers: lists(headers), content: form },
    ],
    ['Sentry: data, and pairs', { request: { url, method: 'POST', data: fields, headers: entries, env: {} } }],
    ['parameters as pairs', { ...plain, level: 1, body: Object.entries(fields) }],
    [
      'parameters as a list of names',
      {
        ...plain,
        level: 1,
        body: [
          { name: 'CallSid', value: 'CA1' },
          { key: 'From', value: '+1 2' },
        ],
      },
    ],
    ['no method', { headers, params: {}, body: fields, webhookUrl: url }],
    ['host and uri', { msg: 'in', request: { ...plain, url: undefined, host: 'example.com', uri: '/voice?x=1' } }],
    ['a path and a query', { data: { event: { ...plain, url: undefined, path: '/voice', query: { x: '1' } } } }],
    [
      'a query beside a whole URL',
      { ...plain, level: 1, url: 'https://example.com/voice', query_string: [['x', '1']] },
    ],
    ['Express in a router', { ...plain, url: '/', originalUrl: '/voice?x=1', baseUrl: '/voice' }],
    ['names in capitals', { Request: { Method: 'POST', URL: url, Header: lists(headers), Body: form } }],
    ['the headers of HTTP/2', { headers: { ...headers, ':method': 'POST', ':path': '/voice?x=1' }, body: form }],
  ])('%s', (_name, value, expected = url, body = form) => {
    for (const text of [JSON.stringify(value), inspect(value, { depth: 9 }), `INFO\t${JSON.stringify(value)}\n`]) {
      const found = read(text)
      expect(found).toMatchObject({ method: 'POST', url: expected })
      expect(bodyOf(found)).toBe(body)
    }
  })

  test.each<[string, string]>([
    ['a Buffer', JSON.stringify({ req: { ...plain, body: Buffer.from(form) } })],
    ['a page of a list', JSON.stringify({ data: [{ ...plain, level: 1 }], total: 1 })],
    [
      'other lines beside it',
      JSON.stringify([{ msg: 'start' }, { req: plain }, { msg: 'end', res: { statusCode: 403 } }]),
    ],
    ['lines of JSON', [{ msg: 'start' }, { req: plain }].map((line) => JSON.stringify(line)).join('\n')],
    [
      'a text in JSON',
      JSON.stringify({ level: 'info', message: `POST /voice?x=1 ${inspect(headers)} ${inspect(fields)}` }),
    ],
    ['JSON as a text in JSON', JSON.stringify({ log: { level: 'info', msg: JSON.stringify({ req: plain }) } })],
    [
      'an event as a text',
      JSON.stringify({ level: 'INFO', message: JSON.stringify({ ...http, ...encoded, headers }) }),
    ],
    [
      'as a browser copies a request for fetch',
      `fetch("${url}", ${JSON.stringify({ headers, body: form, method: 'POST' }, undefined, 2)});`,
    ],
  ])('%s', (_name, text) => {
    expect(read(text)).toMatchObject({ method: 'POST', url })
    expect(bodyOf(read(text))).toBe(form)
  })

  test.each<[string, object]>([
    ['a message of the log', { text: 'incoming request' }],
    ['an id', { data: { requestId: 'a', at: 'b' } }],
    ['parameters of a route', { params: { id: '1' } }],
    ['what is not known', { mystery: form }],
  ])('no body is made of %s', (_name, more) => {
    const found = read(JSON.stringify({ req: { ...plain, body: undefined, ...more } }))
    expect(found).not.toHaveProperty('body')
    expect(found).not.toHaveProperty('parsedBody')
  })

  test('of our own export, an object as body is what a parser left', () => {
    expect(read(JSON.stringify({ ...plain, body: fields }))).toMatchObject({ parsedBody: fields })
    const exported = { captures: [{ ...plain, id: 7, body: fields }] }
    expect(read(JSON.stringify(exported))).toMatchObject({ parsedBody: fields })
    // A stranger's body names no other request.
    const inner = { ...plain, url: 'https://example.org/' }
    expect(read(JSON.stringify({ ...plain, headers: {}, body: { inner } })).url).toBe('/voice?x=1')
  })
})

function lists(one: object): object {
  return Object.fromEntries(Object.entries(one).map(([name, value]) => [name, [value]]))
}

describe('printed headers', () => {
  const node18 = `HeadersList {
    cookies: null,
    [Symbol(headers map)]: Map(3) {
${entries.map(([name, value]) => `      '${name}' => { name: '${name}', value: '${value}' },`).join('\n')}
    },
    [Symbol(headers map sorted)]: null
  }`
  const bun = `Headers {\n${entries.map(([name, value]) => `  "${name}": "${value}",`).join('\n')}\n}`
  const deno = `Headers { ${entries.map(([name, value]) => `${/-/.test(name) ? `"${name}"` : name}: "${value}"`).join(', ')} }`
  const lines = entries.map(([name, value]) => `${name}: ${value}`).join('\n')
  const shown = inspect(headers)

  test.each<[string, string]>([
    ['with the object of a parser', `POST /voice?x=1 ${shown} ${inspect(fields)}`],
    ['with a form as text', `/voice?x=1 ${shown} ${form}`],
    ['with a whole URL, in a log', `10:00 [app] POST ${url}\n${shown}\n${form}`],
    ['as JSON', `POST /voice?x=1 ${JSON.stringify(headers)}\n${JSON.stringify(fields)}`],
    ['as pairs', `POST /voice?x=1 ${JSON.stringify(entries)}\n${JSON.stringify(fields)}`],
    ['with colours, in Markdown', `\`\`\`js\nPOST /voice?x=1 ${inspect(headers, { colors: true })}\n${form}\n\`\`\``],
    ...[inspect(new Headers(headers)), node18, bun, deno].flatMap((text, index): [string, string][] => [
      [`a Headers object, ${index}`, `POST ${url} ${text} ${form}`],
      [`a Headers object in a line of its own, ${index}`, `POST ${url}\nheaders: ${text}\n${form}`],
    ]),
    ['the URL after them', `${shown}\nurl: '/voice?x=1', method: 'POST'\n${form}`],
    ['in lines with names', `method: POST\nurl: /voice?x=1\nheaders: ${shown}\nbody: '${form}'`],
    ['after another object', `{ status: 'up' }\nPOST /voice?x=1 ${shown}\n${form}`],
    ['with the body of a parser before', `POST /voice?x=1 ${inspect(fields)} ${shown}`],
    ['in lines, after the request line', `POST /voice?x=1\n${lines}\n\n${form}`],
    ['in lines, with the path among them', `Path: /voice?x=1\n${lines}\n\n${form}`],
    ['in lines, with parameters in lines', `Method: POST\nPath: /voice?x=1\n${lines}\n\nCallSid: CA1\nFrom: +1 2\n`],
  ])('%s', (_what, text) => {
    expect(read(text)).toMatchObject({ method: 'POST', url })
    expect(read(text).headers).toEqual(expect.arrayContaining(entries))
    expect(bodyOf(read(text))).toBe(form)
  })

  test.each<[string, (index: number) => string]>([
    ['docker compose', () => 'api-2  | '],
    ['pm2', () => '3|hooks  | '],
    ['kubectl', () => '[pod/hooks-7f9/app] '],
    ['the journal', (index) => `Nov 29 10:00:${index + 19} web-1 node[${index === 0 ? 812 : 1812}]: `],
    ['Heroku', (index) => `2026-11-29T10:00:00.${'123456'.slice(index % 3)}+00:00 app[web.1]: `],
    ['times', (index) => `2026-11-29T10:00:0${index % 10}.5Z `],
  ])('lose what a log has before each line: %s', (_name, prefix) => {
    const raw = `POST /voice?x=1 HTTP/1.1\nHost: example.com\nX-Twilio-Signature: ${signature}\n\n${form}`
    for (const text of [`POST /voice?x=1 ${shown}\n${inspect({ ...fields, To: 'x'.repeat(80) })}`, raw]) {
      const found = read(
        text
          .split('\n')
          .map((line, index) => (prefix(index) + line).trimEnd())
          .join('\n'),
      )
      expect(found).toMatchObject({ method: 'POST', url })
      expect(bodyOf(found)).toMatch(/^CallSid=CA1&From=%2B1\+2/)
    }
  })

  test('a list of events behind them is written again, with a mark', () => {
    const ofSendGrid = {
      host: 'e.com',
      'X-Twilio-Email-Event-Webhook-Signature': signature,
      'content-type': 'application/json',
    }
    const events = [
      { email: 'a', tags: ['b', 'c'] },
      { email: 'd', n: 1 },
    ]
    for (const text of [
      `POST /events ${inspect(ofSendGrid)} ${inspect(events)}`,
      JSON.stringify({ method: 'POST', url: '/events', headers: ofSendGrid, payload: events }),
    ])
      expect([bodyOf(read(text)), read(text).bodyDecoded]).toEqual([JSON.stringify(events), true])
    // The list is cut off.
    const cut = read(`POST /events ${inspect(ofSendGrid)} ${JSON.stringify(events).slice(0, -1)}`)
    expect([cut.body, cut.parsedBody]).toEqual([undefined, events[0]])
  })

  test('before a curl command, as `tollgate sign` prints them, leave the request to the command', () => {
    const signed = signRequest({ url: 'https://example.com/sms', params: { Body: 'hi' }, authToken })
    const signedLines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}`)
    const { form: found, requests } = readRequests(
      `POST ${signed.url}\n${signedLines.join('\n')}\n\n${signed.toCurl()}\n`,
    )
    expect([found, bodyOf(requests[0] as RecordedRequest)]).toEqual(['curl', 'Body=hi'])
  })

  test('are only read', () => {
    expect(requestForms.printed.write).toBeUndefined()
    expect(() => writeRequests('printed' as never, [])).toThrow(TypeError)
  })
})

describe('a text that lacks something is refused with advice, and shows nothing of it', () => {
  const alert = { sid: `NO${'1'.repeat(32)}`, requestMethod: 'POST', requestUrl: 'https://example.com/sms?private' }
  const inspector = 'Request Inspector\nURL https://example.com/sms\nMethod POST\nMessageSid SM1\nBody private\n'
  const ofSendGrid = { 'X-Twilio-Email-Event-Webhook-Signature': 'private' }
  const askTwilio =
    '; you can also ask Twilio what it sent, without a copy: npx @tollgate/cli diagnose --alert, and then'
  const askSendGrid = '; copy the whole request of SendGrid, as a curl command'
  test.each<[string, string, string]>([
    [
      'no headers',
      JSON.stringify({ req: { method: 'POST', url: '/private' } }),
      `it has no "headers"${''}, which have the signature${askTwilio}`,
    ],
    ['no URL', JSON.stringify({ method: 'POST', headers, payload: fields }), `, and has no "url"${askTwilio}`],
    ['no request', JSON.stringify({ level: 30, msg: 'private' }), 'this is not a request, which needs'],
    ['lines of JSON without a request', '{"a": "private"}\n{"b": 2}', askTwilio],
    ['an event without a path', '{"requestContext":{"secret":"private"},"headers":{}}', askTwilio],
    ['an alert', JSON.stringify(alert), `it has no "headers", which have the signature${askTwilio}`],
    [
      'a text of the Request Inspector',
      inspector,
      `Twilio's Request Inspector does not show, so nothing can be compared${askTwilio}`,
    ],
    [
      'what PHP prints, with a signature',
      'array(2) {\n  ["HTTP_X_TWILIO_SIGNATURE"]=>\n  string(7) "private"\n  ["MessageSid"]=>\n  string(3) "SM1"\n}\n',
      `no request is read in this form; copy it with its headers, as a curl command (bash), HAR, raw HTTP or JSON, or use --last${askTwilio}`,
    ],
    [
      'no form',
      'private',
      `no request is read in this form; copy it with its headers, as a curl command (bash), HAR, raw HTTP or JSON, or use --last${askTwilio}`,
    ],
    [
      'headers without a URL',
      inspect(headers),
      `it has no URL: write method and path before the headers, as in POST /sms {…}${askTwilio}`,
    ],
    ['a request of SendGrid', JSON.stringify({ method: 'POST', headers: ofSendGrid }), askSendGrid],
    ['headers of SendGrid', inspect(ofSendGrid), askSendGrid],
  ])('%s', (_name, text, message) => {
    expect(() => read(text)).toThrow(message)
    expect(() => read(text)).not.toThrow('private')
  })

  test("needs no headers if it is compared with Twilio's record, unless it is that record", () => {
    const compare = (text: string): RecordedRequest => {
      const [one] = readRequests(text, { isCompared: true }).requests
      if (one instanceof RequestError) throw one
      return one as RecordedRequest
    }
    const line = { httpRequest: { requestMethod: 'POST', requestUrl: 'https://example.com/sms', status: 403 } }
    for (const text of [JSON.stringify(line), JSON.stringify([line]), `${JSON.stringify(line)}\n{"msg":"end"}`])
      expect(compare(text)).toMatchObject({ method: 'POST', url: 'https://example.com/sms', headers: [] })
    for (const text of [JSON.stringify(alert), 'Started POST "/sms" for 10.0.0.4'])
      expect(() => compare(text)).toThrow(/; you can also give what it names, with --url\.$/)
  })
})

test('an object of more than 20 levels is refused', () => {
  expect(() => [...listPrinted(`${'{a:'.repeat(21)}1`)]).toThrow('more than 20 levels')
})
