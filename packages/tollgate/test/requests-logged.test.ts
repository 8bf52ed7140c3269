import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RecordedRequest, RequestError, readRequests, requestForms, writeRequests } from '../src/requests/index.ts'
import { removeLinePrefix } from '../src/requests/logged.ts'
import { findPrinted } from '../src/requests/printed-object.ts'
import { signRequest } from '../src/testing/index.ts'
import { authToken } from './requests.ts'

function read(text: string): RecordedRequest {
  const [request] = readRequests(text).requests
  if (request === undefined || request instanceof RequestError) throw request ?? new Error('Nothing was read')
  return request
}
const bodyOf = ({ body }: RecordedRequest): string => Buffer.from(body ?? '').toString()
const formType = 'application/x-www-form-urlencoded'
const signature = 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='

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
        expect(JSON.stringify(findPrinted(text)?.value)).toBe(JSON.stringify(object))
    }),
    { numRuns: 300, examples: [[JSON.parse('{"__proto__": "a"}')]] },
  )
})

describe('an event of a function', () => {
  const headers = { Host: 'example.com', 'X-Twilio-Signature': signature, 'Content-Type': formType }
  const body = 'Body=a%20b&From=%2B1'

  test.each<[string, object, string]>([
    [
      'a REST API, with its stage and a decoded query',
      {
        httpMethod: 'POST',
        path: '/sms',
        headers,
        multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, one]) => [name, [one]])),
        multiValueQueryStringParameters: { 'a b': ['c&d', 'e'] },
        requestContext: { path: '/prod/sms', identity: { sourceIp: '1.2.3.4' } },
        body,
        isBase64Encoded: false,
      },
      'https://example.com/prod/sms?a%20b=c%26d&a%20b=e',
    ],
    [
      'an HTTP API, whose path is decoded',
      {
        version: '2.0',
        rawPath: '/sms/a b',
        rawQueryString: 'q=%20',
        headers: { host: 'example.com', 'content-type': formType },
        requestContext: { http: { method: 'POST' } },
        body: Buffer.from(body).toString('base64'),
        isBase64Encoded: true,
      },
      'https://example.com/sms/a%20b?q=%20',
    ],
    [
      'a load balancer by http, whose query is not decoded',
      {
        requestContext: { elb: { targetGroupArn: 'arn' } },
        httpMethod: 'POST',
        path: '/sms',
        queryStringParameters: { q: '%20' },
        headers: { host: 'example.com', 'x-forwarded-proto': 'http', 'content-type': formType },
        body,
        isBase64Encoded: false,
      },
      'http://example.com/sms?q=%20',
    ],
    [
      'Azure Functions, of which the raw body counts',
      {
        method: 'POST',
        url: 'https://example.com/api/sms?x=1',
        headers: { host: 'example.com', 'content-type': formType },
        query: { x: '1' },
        body: { Body: 'a b' },
        rawBody: body,
      },
      'https://example.com/api/sms?x=1',
    ],
  ])('%s', (_what, event, url) => {
    for (const text of [JSON.stringify(event), inspect(event, { depth: 9 }), `INFO\t${JSON.stringify(event)}\n`]) {
      expect(readRequests(text).form).toBe('function-event')
      expect(read(text)).toMatchObject({ method: 'POST', url })
      expect(bodyOf(read(text))).toBe(body)
    }
  })

  test('without a method or a path it names --alert, and shows nothing', () => {
    expect(() => read('{"requestContext":{"secret":"s3cret"},"headers":{}}')).toThrow(
      /no method or no path; you can also ask Twilio what it sent.* --alert NO…\.$/,
    )
    expect(() => read('{"requestContext":{"secret":"s3cret"},"headers":{}}')).not.toThrow('s3cret')
  })
})

describe('printed headers', () => {
  const headers = { host: 'example.com', 'x-twilio-signature': signature, 'content-type': formType }

  test.each<[string, string, string, string]>([
    [
      'with the object of a parser',
      `POST /sms ${inspect(headers)} ${inspect({ Body: 'a b', From: '+1' })}`,
      'https://example.com/sms',
      'Body=a+b&From=%2B1',
    ],
    ['with a form as text', `/sms?x=1 ${inspect(headers)} Body=a%20b`, 'https://example.com/sms?x=1', 'Body=a%20b'],
    [
      'with a whole URL, in a log',
      `10:00 [app] POST http://example.com/sms\n${inspect(headers)}\nBody=x`,
      'http://example.com/sms',
      'Body=x',
    ],
    [
      'as JSON',
      `POST /sms ${JSON.stringify(headers)}\n${JSON.stringify({ Body: 'x' })}`,
      'https://example.com/sms',
      'Body=x',
    ],
  ])('%s', (_what, text, url, body) => {
    expect(readRequests(text).form).toBe('printed')
    expect(read(text)).toMatchObject({ method: 'POST', url })
    expect(bodyOf(read(text))).toBe(body)
  })

  test('without a URL they name --alert', () => {
    expect(() => read(inspect(headers))).toThrow(
      /it has no URL: write method and path before the headers.*--alert NO…\.$/,
    )
  })

  test('are only read', () => {
    expect(requestForms.printed.write).toBeUndefined()
    expect(() => writeRequests('printed' as never, [])).toThrow(TypeError)
  })
})

test('the curl command behind the headers that `tollgate sign` prints is read, with its body', () => {
  const signed = signRequest({ url: 'https://example.com/sms', params: { Body: 'hi' }, authToken })
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}`)
  const read = readRequests(`POST ${signed.url}\n${lines.join('\n')}\n\n${signed.toCurl()}\n`)
  expect(read.form).toBe('curl')
  expect(bodyOf(read.requests[0] as RecordedRequest)).toBe('Body=hi')
})

describe('a line of a logger in JSON', () => {
  const headers = { host: 'example.com', 'x-twilio-signature': signature, 'content-type': formType }
  const request = { method: 'POST', url: '/voice?x=1', headers }
  const fields = { CallSid: 'CA1', From: '+1 2' }
  const form = 'CallSid=CA1&From=%2B1+2'

  test.each<[string, object, string]>([
    ['bunyan', { name: 'hooks', level: 20, req: { ...request, body: form }, msg: 'in' }, form],
    ['express-winston', { level: 'info', message: 'in', meta: { req: { ...request, body: fields }, res: {} } }, form],
    ['its own names', { msg: 'in', method: 'POST', path: '/voice?x=1', headers, payload: fields }, form],
    [
      'the body beside the request',
      { request: { ...request, url: undefined, originalUrl: '/voice?x=1' }, body: form },
      form,
    ],
    ['without a body', { level: 30, req: request, res: { statusCode: 403 } }, ''],
  ])('is read: %s', (_name, line, body) => {
    expect(readRequests(JSON.stringify(line)).form).toBe('capture')
    expect(read(JSON.stringify(line))).toMatchObject({ method: 'POST', url: 'https://example.com/voice?x=1' })
    expect(bodyOf(read(JSON.stringify(line)))).toBe(body)
  })

  test.each<[string, object, RegExp]>([
    [
      'no headers',
      { req: { method: 'POST', url: '/voice' } },
      /it has no "headers", which have the signature; .*--alert/,
    ],
    ['no URL', { method: 'POST', headers, payload: fields }, /, and has no "url"; .*--alert/],
    ['no request', { level: 30, msg: 'private' }, /this is not a request, which needs .*; .*--alert/],
  ])('names what is missing: %s', (_name, line, message) => {
    expect(() => read(JSON.stringify(line))).toThrow(message)
    expect(() => read(JSON.stringify(line))).not.toThrow(/private|CA1/)
  })
})

describe('a request in what other programs wrote', () => {
  const form = 'CallSid=CA1&From=%2B1+2'
  const fields = { CallSid: 'CA1', From: '+1 2' }
  const length = { 'content-length': String(form.length) }
  const headers = { host: 'example.com', 'x-twilio-signature': signature, 'content-type': formType }
  const lists = Object.fromEntries(Object.entries({ ...headers, ...length }).map(([name, value]) => [name, [value]]))
  const url = 'https://example.com/voice?x=1'
  const _message = `POST /voice?x=1 HTTP/1.1\r\nHost: example.com\r\n\r\n${form}`
  const plain = { method: 'POST', url: '/voice?x=1', headers, body: form }
  test.each<[string, unknown]>([
    ['Pipedream: the text of the body before what was made of it', { ...plain, url, bodyRaw: form, body: fields }],
    ['webhook.site: content, and lists of values', { uuid: 'a', method: 'POST', url, headers: lists, content: form }],
    ['a list of a page of webhook.site', { data: [{ method: 'POST', url, headers: lists, content: form }], total: 1 }],
    [
      'Sentry: data, and pairs',
      { event_id: 'a', request: { url, method: 'POST', data: fields, headers: Object.entries(headers), env: {} } },
    ],
    ['n8n: no method, and webhookUrl', [{ headers, params: {}, query: {}, body: fields, webhookUrl: url }]],
    ['Google Cloud', [{ insertId: 'a', jsonPayload: { ...plain, message: 'in' }, severity: 'INFO' }]],
    [
      'Caddy: host and uri',
      { msg: 'in', request: { ...plain, url: undefined, host: 'example.com', uri: '/voice?x=1' } },
    ],
    ['a path and a query', { data: { event: { ...plain, url: undefined, path: '/voice', query: { x: '1' } } } }],
    ['Express in a router', { ...plain, url: '/', originalUrl: '/voice?x=1', baseUrl: '/voice' }],
    ['names in capitals', { Request: { Method: 'POST', URL: url, Header: lists, Body: form } }],
    ['a Buffer', { req: { ...plain, body: Buffer.from(form) } }],
    ['Base64 with the length of the body', { req: { ...plain, headers: { ...headers, ...length }, body: btoa(form) } }],
    ['a body in Base64', { ...plain, url, headers: { ...headers, ...length }, body: btoa(form) }],
    ['a body in Base64, and no length', { ...plain, url, body: btoa(form) }],
    ['a body in Base64, with its mark', { ...plain, url, body: btoa(form), isBase64Encoded: true }],
    ['a body in Base64, whose mark is wrong', { ...plain, url, body: btoa(form), isBase64Encoded: false }],
    ['other lines beside it', [{ msg: 'start' }, { req: plain }, { msg: 'end', res: { statusCode: 403 } }]],
    ['a line of text', { level: 'info', message: `POST /voice?x=1 ${inspect(headers)} ${inspect(fields)}` }],
    ['a line of JSON as text', { log: { level: 'info', msg: JSON.stringify({ req: plain }) } }],
  ])('%s', (_name, logged) => {
    const found = read(JSON.stringify(logged))
    expect(found).toMatchObject({ method: 'POST', url })
    expect(bodyOf(found)).toBe(form)
  })

  test('an event under "message", as AWS logs it in JSON', () => {
    const event = {
      version: '2.0',
      rawPath: '/voice',
      rawQueryString: 'x=1',
      headers,
      requestContext: { http: { method: 'POST' } },
      body: btoa(form),
      isBase64Encoded: true,
    }
    for (const line of [
      { level: 'INFO', message: event },
      { level: 'INFO', message: JSON.stringify(event) },
    ]) {
      const found = readRequests(JSON.stringify(line))
      expect(found.form).toBe('function-event')
      expect(found.requests).toMatchObject([{ method: 'POST', url }])
      expect(bodyOf(read(JSON.stringify(line)))).toBe(form)
    }
  })

  test('lines of JSON, and the lines of a text that Docker keeps in them', () => {
    const lines = [{ msg: 'start' }, { req: plain }, { msg: 'end' }]
    const printed = `POST /voice?x=1 ${inspect(headers)}\n${form}`
      .split('\n')
      .map((log) => ({ log: `${log}\n`, time: 1 }))
    for (const log of [lines, printed]) {
      const text = log.map((line) => JSON.stringify(line)).join('\n')
      expect(read(text)).toMatchObject({ method: 'POST', url })
      expect(bodyOf(read(text))).toBe(form)
    }
    expect(() => read('{"a": 1}\n{"b": 2')).toThrow('line 2, column 1: this is not JSON')
  })

  test('lines of JSON without a signature name --alert, as one line does', () => {
    const [first, second] = [
      { req: { method: 'POST', url: '/sms' }, msg: 'incoming request' },
      { res: { statusCode: 403 } },
    ]
    for (const lines of [[first], [first, second], [second, first]])
      expect(() => read(lines.map((line) => JSON.stringify(line)).join('\n'))).toThrow(
        /^The text: it has no "headers", which have the signature; you can also .* --alert NO…\.$/,
      )
    expect(() => read('{"a": 1}\n{"b": 2}')).toThrow(/^The text: no line has a request.* --alert NO…\.$/)
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

  test('the export of a request is read as before: an object as body is what a parser left', () => {
    expect(read(JSON.stringify({ ...plain, body: fields }))).toMatchObject({ parsedBody: fields })
    const exported = { captures: [{ ...plain, id: 7, body: fields }] }
    expect(read(JSON.stringify(exported))).toMatchObject({ parsedBody: fields })
  })
})

describe('the headers of a Headers object', () => {
  const values = { host: 'example.com', 'x-twilio-signature': signature, 'content-type': formType }
  const entries = Object.entries(values)
  const node18 = `HeadersList {
    cookies: null,
    [Symbol(headers map)]: Map(3) {
${entries.map(([name, value]) => `      '${name}' => { name: '${name}', value: '${value}' },`).join('\n')}
    },
    [Symbol(headers map sorted)]: null
  }`
  const bun = `Headers {\n${entries.map(([name, value]) => `  "${name}": "${value}",`).join('\n')}\n}`
  const deno = `Headers { ${entries.map(([name, value]) => `${/-/.test(name) ? `"${name}"` : name}: "${value}"`).join(', ')} }`
  const printed = { 'Node.js': inspect(new Headers(values)), 'Node.js 18': node18, Bun: bun, Deno: deno }

  test.each(Object.entries(printed))('of %s', (_name, text) => {
    for (const line of [
      `POST http://example.com/sms ${text} Body=x`,
      `POST http://example.com/sms\nheaders: ${text}\nBody=x`,
    ]) {
      expect(readRequests(line).form).toBe('printed')
      expect(read(line)).toMatchObject({ method: 'POST', url: 'http://example.com/sms' })
      expect(read(line).headers).toEqual(entries)
      expect(bodyOf(read(line))).toBe('Body=x')
    }
  })

  test('in the request that has them, with its URL', () => {
    const request = new Request('http://example.com/sms', { method: 'POST', headers: values, body: 'Body=x' })
    for (const text of [inspect(request, { depth: 4 }), `in ${inspect(request)}\n'Body=x'`]) {
      expect(read(text)).toMatchObject({ method: 'POST', url: 'http://example.com/sms' })
      expect(new Headers(read(text).headers as [string, string][]).get('x-twilio-signature')).toBe(signature)
    }
  })

  test('as a browser copies a request for fetch', () => {
    const options = JSON.stringify({ headers: values, body: 'Body=x', method: 'POST' }, undefined, 2)
    const found = read(`fetch("http://example.com/sms", ${options});`)
    expect(found).toMatchObject({ method: 'POST', url: 'http://example.com/sms' })
    expect(bodyOf(found)).toBe('Body=x')
  })
})

test.each<[string, string]>([
  ['after the headers', `${'HEADERS'}\nurl: '/sms', method: 'POST'\nBody=x`],
  ['in lines with names', `method: POST\nurl: /sms\nheaders: ${'HEADERS'}\nbody: 'Body=x'`],
  ['after another object', `{ status: 'up' }\nPOST /sms ${'HEADERS'}\nBody=x`],
  ['with the body of a parser before', `POST /sms { Body: 'x' } ${'HEADERS'}`],
])('the URL and the body of printed headers are found %s', (_name, text) => {
  const headers = inspect({ host: 'example.com', 'x-twilio-signature': signature, 'content-type': formType })
  const found = read(text.replace('HEADERS', headers))
  expect(found).toMatchObject({ method: 'POST', url: 'https://example.com/sms' })
  expect(bodyOf(found)).toBe('Body=x')
})

test('a copy with a signature of SendGrid names no alert of Twilio', () => {
  const text = `x-twilio-email-event-webhook-signature ${signature}x-twilio-email-event-webhook-timestamp 1\n[{"event":"open"}]`
  for (const copy of [
    text,
    JSON.stringify({ method: 'POST', headers: { 'X-Twilio-Email-Event-Webhook-Signature': 'a' } }),
  ]) {
    expect(() => read(copy)).toThrow(/; its signature is one of SendGrid, so copy the whole request, as a curl command/)
    expect(() => read(copy)).not.toThrow('--alert')
  }
})

test('a list of events that a parser left is written again, with a mark', () => {
  const events = [{ event: 'open', sg_event_id: 'a' }, { event: 'click' }]
  for (const line of [{ body: events }, { path: '/e', url: undefined, payload: events }]) {
    const found = read(JSON.stringify({ method: 'POST', url: '/e', headers: { a: 'b' }, ...line }))
    expect(found).toMatchObject({ url: '/e', bodyDecoded: true })
    expect(bodyOf(found)).toBe(JSON.stringify(events))
  }
  expect(() => read(JSON.stringify({ method: 'POST', url: '/e', body: ['private'] }))).toThrow('must be a string')
})

test('the explanation of a refusal is no request, and --last is named', () => {
  const text = 'tollgate: POST /voice was refused: signature_mismatch (403)\n  checked https://example.com/voice\n'
  expect(() => read(text)).toThrow(/explanation of a refusal; npx @tollgate\/cli diagnose --last/)
})

describe('a prefix on each line of a log', () => {
  const headers = { host: 'example.com', 'x-twilio-signature': signature, 'content-type': formType }
  const printed = `POST /voice ${inspect(headers)}\n${inspect({ CallSid: 'CA1', From: '+1', Digits: '12', To: 'x'.repeat(80) })}`
  const raw = `POST /voice HTTP/1.1\nHost: example.com\nX-Twilio-Signature: ${signature}\n\nDigits=12`

  test.each<[string, (index: number) => string]>([
    ['docker compose', () => 'api-2  | '],
    ['pm2', () => '3|hooks  | '],
    ['kubectl', () => '[pod/hooks-7f9/app] '],
    ['the journal', (index) => `Nov 29 10:00:${index + 9} web-1 node[${index === 0 ? 812 : 1812}]: `],
    ['Heroku', (index) => `2026-11-29T10:00:00.${'123456'.slice(index % 3)}+00:00 app[web.1]: `],
    ['times', (index) => `2026-11-29T10:00:0${index % 10}.5Z `],
  ])('is removed: %s', (_name, prefix) => {
    for (const [text, body] of [
      [printed, `CallSid=CA1&From=%2B1&Digits=12&To=${'x'.repeat(80)}`],
      [raw, 'Digits=12'],
    ] as const) {
      const lines = text.split('\n').map((line, index) => (prefix(index) + line).trimEnd())
      const found = read(lines.join('\n'))
      expect(found).toMatchObject({ method: 'POST', url: 'https://example.com/voice' })
      expect(bodyOf(found)).toBe(body)
    }
  })

  test('that only some lines have stays, and no line is called cut off', () => {
    const lines = printed.split('\n').map((line, index) => (index % 2 === 0 ? `api-2  | ${line}` : line))
    expect(() => readRequests(lines.join('\n'), { form: 'printed' })).toThrow(
      /cut off, or have other text between; you can also .* --alert NO…\.$/,
    )
  })

  test('is no part of two commands or of a body', () => {
    expect(removeLinePrefix('curl a: b\ncurl a: c')).toBe('curl a: b\ncurl a: c')
    expect(removeLinePrefix('{"a": 1}\n{"a": 1}')).toBe('{"a": 1}\n{"a": 1}')
  })
})

describe('an .http file, as editors send it', () => {
  const lines = ['From=%2B1', '&To=%2B2', '&Body=a%0Ab']
  const head = ['User-Agent: TwilioProxy/1.1', `Content-Type: ${formType}`, `X-Twilio-Signature: ${signature}`]
  const write = (before: string[], first: string, more: string[] = [], body = lines, end: string[] = []) =>
    [...before, first, ...head, ...more, '', ...body, ...end].join('\n')
  const first = 'POST https://example.com/sms?a=1 HTTP/1.1'

  test.each<[string, string]>([
    ['a form in lines', write([], first)],
    ['a form in lines that end with &', write([], first, [], ['From=%2B1&', 'To=%2B2&', 'Body=a%0Ab'])],
    ['a length', write([], first, [`Content-Length: ${lines.join('').length}`], lines, [''])],
    ['a name, variables and comments', write(['### one', '@host = a', '# no', '// no', ''], first)],
    ['no version', write(['### one'], 'POST https://example.com/sms?a=1')],
  ])('%s', (_name, text) => {
    const found = read(text)
    expect(found).toMatchObject({ method: 'POST', url: 'https://example.com/sms?a=1' })
    expect(bodyOf(found)).toBe(lines.join(''))
  })

  test('a body with such lines that Tollgate has written stays as it is', () => {
    const body = Buffer.from('a=1\n&b=2')
    const request = { method: 'POST', url: 'https://e.com/', headers: [['content-type', formType]] as const, body }
    const [found] = readRequests(writeRequests('raw', [request])).requests
    expect(bodyOf(found as RecordedRequest)).toBe('a=1\n&b=2')
  })
})

test('a line of JSON that a log cut in the body has its beginning', () => {
  const write = (more: object, body: string): string =>
    `web: ${JSON.stringify({ method: 'POST', url: 'https://example.com/sms', headers: { 'x-twilio-signature': signature, ...more }, ip: 'a', body })}`
  const cut = write({ 'content-length': '30' }, 'From=%2B1&Body=a"b').slice(0, -3)
  expect(bodyOf(read(cut))).toBe('From=%2B1&Body=a"')
  expect(read(cut).bodyTruncated).toBeUndefined()
  expect(read(write({}, 'From=%2B1').slice(0, -4))).toMatchObject({ bodyTruncated: true })
  expect(read(write({}, 'From=%2B1')).bodyTruncated).toBeUndefined()
})

test('what smee.io sent on has no path, which the message says', () => {
  const copy = JSON.stringify({ host: 'smee.io', 'x-twilio-signature': signature, body: { From: 'private' } })
  expect(() => read(copy)).toThrow(
    /^The text: Twilio signed the URL at smee\.io, and this copy has no path; .* tunnel\.$/,
  )
  expect(() => read(copy.replace('smee.io', 'example.com'))).toThrow('it has no URL')
})

test("the text of Twilio's Request Inspector has no signature, so --alert is named", () => {
  const text = 'Request Inspector\nURL https://example.com/sms\nMethod POST\nMessageSid SM1\nBody private\n'
  expect(() => read(text)).toThrow(
    /Request Inspector, which has no signature; you can also ask Twilio.* --alert NO…\.$/,
  )
  expect(() => read('not a request')).toThrow(/^The text: this is no request; .* --alert NO…\.$/)
})

test('if the text names its alert, the command is complete', () => {
  const alert = `NO${'1'.repeat(32)}`
  const text = `Error 11200\nAlert Sid ${alert}\nRequest Inspector\nURL https://example.com/sms?a=private\nMessageSid SM1\n`
  expect(() => read(text)).toThrow(
    `; npx @tollgate/cli diagnose --alert ${alert} --last compares the last request that was refused with what Twilio`,
  )
  expect(() => read(text)).not.toThrow('private')
})

test("a line of a log needs no headers if it is compared with Twilio's record", () => {
  const line = {
    httpRequest: { requestMethod: 'POST', requestUrl: 'https://example.com/sms', status: 403 },
    insertId: 'x',
  }
  for (const text of [JSON.stringify(line), JSON.stringify([line]), `${JSON.stringify(line)}\n{"msg":"end"}`]) {
    expect(() => read(text)).toThrow('it has no "headers"')
    expect(readRequests(text, { isCompared: true }).requests).toMatchObject([
      { method: 'POST', url: 'https://example.com/sms', headers: [] },
    ])
  }
  // Not the alert itself, and Twilio has been asked already.
  const alert = JSON.stringify({
    sid: `NO${'1'.repeat(32)}`,
    requestMethod: 'POST',
    requestUrl: 'https://example.com/sms',
  })
  for (const text of [alert, 'Started POST "/sms" for 10.0.0.4'])
    expect(() => {
      const [one] = readRequests(text, { isCompared: true }).requests
      if (one instanceof RequestError) throw one
    }).toThrow(/; you can also give what it names, with --url and --method\.$/)
})

test("Twilio's alert in JSON has no signature, so the command with its id is named", () => {
  const [sid, other] = [`NO${'1'.repeat(32)}`, `NO${'2'.repeat(32)}`]
  const sdk = { sid, requestMethod: 'POST', requestUrl: 'https://example.com/sms', requestVariables: 'Body=private' }
  const api = { sid, request_method: 'POST', request_url: 'https://example.com/sms', request_variables: 'Body=private' }
  for (const alert of [sdk, api, { ...sdk, requestHeaders: '' }, { ...api, request_headers: null }])
    for (const copy of [alert, [alert]]) {
      expect(() => read(JSON.stringify(copy))).toThrow(
        `The text: this is Twilio's alert, which has no signature; npx @tollgate/cli diagnose --alert ${sid} --last compares`,
      )
      expect(() => read(JSON.stringify(copy))).not.toThrow('private')
    }
  // Of two, none is known to be the one.
  for (const error of readRequests(JSON.stringify([sdk, { ...api, sid: other }])).requests)
    expect(error).toMatchObject({ message: expect.stringMatching(/no signature; you can also .* --alert NO…\.$/) })
})

test.each<[unknown, string]>([
  ['a=b&c=%2B', '?a=b&c=%2B'],
  ['?a=b', '?a=b'],
  [
    [
      ['a', 'x y'],
      ['a', '2'],
    ],
    '?a=x%20y&a=2',
  ],
  [{ a: 'b' }, '?a=b'],
  ['', ''],
  [[], ''],
])('Sentry has the query beside a whole URL: %j', (query_string, query) => {
  const headers = { 'content-type': formType, 'x-twilio-signature': signature }
  const request = { method: 'POST', url: 'https://e.com/sms', headers, data: { Body: 'x', MessageSid: 'SM1' } }
  expect(read(JSON.stringify({ request: { ...request, query_string } })).url).toBe(`https://e.com/sms${query}`)
  const whole = { ...request, url: 'https://e.com/sms?q=1' }
  expect(read(JSON.stringify({ request: { ...whole, query_string } })).url).toBe('https://e.com/sms?q=1')
})

test('a list of events behind printed headers is written again, with a mark', () => {
  const headers = {
    host: 'e.com',
    'X-Twilio-Email-Event-Webhook-Signature': signature,
    'content-type': 'application/json',
  }
  const events = [
    { email: 'a', tags: ['b', 'c'] },
    { email: 'd', n: 1 },
  ]
  const found = read(`POST /events ${inspect(headers)} ${inspect(events)}`)
  expect([bodyOf(found), found.bodyDecoded]).toEqual([JSON.stringify(events), true])
  // The list is cut off.
  const cut = read(`POST /events ${inspect(headers)} ${JSON.stringify(events).slice(0, -1)}`)
  expect(cut.body).toBeUndefined()
  expect(cut.parsedBody).toEqual(events[0])
})

test('quotes keep a map in a value from being one', () => {
  const headers = { host: 'e.com', 'x-twilio-signature': signature, 'content-type': formType }
  const found = read(`POST /sms ${inspect(headers)} ${inspect({ Body: 'map[a:[b]] {c=d, e=f} Array ( [g] => h )' })}`)
  expect(new URLSearchParams(bodyOf(found)).get('Body')).toBe('map[a:[b]] {c=d, e=f} Array ( [g] => h )')
})

test('deep and long texts are read in linear time', () => {
  expect(() => findPrinted(`${'{a:'.repeat(1_000_000)}1`)).toThrow('more than 20 levels')
  for (const part of ['web | ', 'web | \n', '1 ', '1: \n', ' \n'])
    expect(() => read(part.repeat(300_000))).toThrow(RequestError)
  for (const part of [
    'map[a:[',
    '{a={',
    '{a=[',
    '[a, b] ',
    '[a, b]\n',
    'Array\n(\n[a] => ',
    '[]string{',
    '%{',
    '{"a",',
    'Map(',
  ])
    expect(() => read(`x-twilio-signature: rawPath: ${part.repeat(20_000)}`)).toThrow(RequestError)
  for (const part of ['{', "{'", '{a:', "'", '[Object', '\\', 'A {', "'' + ", '{a:1,', '/'])
    expect(() => read(`x-twilio-signature: rawPath: ${part.repeat(300_000)}`)).toThrow(RequestError)
})

test('long lines of logs and long .http files are read in linear time', () => {
  for (const part of ['a="', 'a=', 'a', 'a="\\"'])
    expect(() => read(`signature=${signature} ${part.repeat(300_000)}`)).toThrow(RequestError)
  for (const part of [
    '@a = {{a}}{{a}}\n',
    '{{a}}',
    '### \n',
    '"{""a"":',
    '"body":"',
    '"body":"\\"',
    '"body":"\\',
    'Header a =b\n',
  ])
    expect(() => read(`@a = b\nx-twilio-signature: ${part.repeat(100_000)}`)).toThrow(RequestError)
})
