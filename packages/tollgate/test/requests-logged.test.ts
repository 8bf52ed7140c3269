import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RecordedRequest, RequestError, readRequests, requestForms, writeRequests } from '../src/requests/index.ts'
import { removeDots, removeLinePrefix } from '../src/requests/logged.ts'
import { findPrinted } from '../src/requests/printed-object.ts'
import { encodeUtf8 } from '../src/schemes/twilio/sign/form.ts'
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
  const message = `POST /voice?x=1 HTTP/1.1\r\nHost: example.com\r\n\r\n${form}`
  const plain = { method: 'POST', url: '/voice?x=1', headers, body: form }
  const wireshark = (between: string): object => {
    const http = {
      'POST /voice?x=1 HTTP/1.1\\r\\n': { 'http.request.method': 'POST', 'http.request.uri': '/voice?x=1' },
      'http.request.line': Object.entries({ ...headers, ...length }).map(([name, value]) => `${name}: ${value}\r\n`),
      'http.request.full_uri': 'http://example.com/voice?x=1',
      'http.file_data': (Buffer.from(form).toString('hex').match(/../g) ?? []).join(between),
    }
    return { _index: 'packets', _source: { layers: { frame: {}, http } } }
  }

  test.each<[string, unknown]>([
    ['Pipedream: the text of the body before what was made of it', { ...plain, url, bodyRaw: form, body: fields }],
    ['webhook.site: content, and lists of values', { uuid: 'a', method: 'POST', url, headers: lists, content: form }],
    ['a list of a page of webhook.site', { data: [{ method: 'POST', url, headers: lists, content: form }], total: 1 }],
    [
      'ngrok: uri, and the whole message in Base64',
      {
        uri: '/api/requests/http',
        requests: [
          {
            start: 'now',
            request: { method: 'POST', proto: 'HTTP/1.1', headers: lists, uri: '/voice?x=1', raw: btoa(message) },
            response: { status: '403', headers: {}, raw: btoa('HTTP/1.1 403 Forbidden\r\n\r\n') },
          },
        ],
      },
    ],
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
    ['Wireshark: lines, and bytes in hexadecimal', [wireshark(':')]],
    ['Wireshark 4: bytes without colons', [wireshark('')]],
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

describe('a request as other languages and tools print it', () => {
  const form = 'MessageSid=SM1&Body=a+%26+b&Empty='
  const fields = { MessageSid: 'SM1', Body: 'a & b', Empty: '' }
  const headers = { host: 'example.com', 'x-twilio-signature': signature, 'content-type': formType }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const raw = `POST /sms HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${form}`
  const variables = {
    REQUEST_METHOD: 'POST',
    HTTP_HOST: 'example.com',
    HTTP_X_TWILIO_SIGNATURE: signature,
    CONTENT_TYPE: formType,
    QUERY_STRING: '',
  }
  const python = `{'Host': 'example.com', 'X-Twilio-Signature': '${signature}', 'Content-Type': '${formType}'}`
  const pairs = Object.entries(fields).map(([name, value]) => ({ key: name, value }))
  const body = { mode: 'urlencoded', urlencoded: pairs }
  const header = Object.entries(headers).map(([key, value]) => ({ key, value }))

  const written = (parts: object, one: (name: string, value: string) => string, join: string): string =>
    Object.entries(parts)
      .map(([name, value]) => one(name, value))
      .join(join)
  const both = (one: (name: string, value: string) => string, join: string, [open, close]: [string, string]): string =>
    [headers, fields].map((parts) => open + written(parts, one, join) + close).join('\n')
  const php = (parts: object, indent: string): string =>
    `Array\n${indent}(\n${written(parts, (name, value) => `${indent}    [${name}] => ${value}\n`, '')}${indent})\n`
  const lists = `Array\n(\n${written(headers, (name, value) => `    [${name}] => ${php({ 0: value }, '        ')}\n`, '')})\n`
  const spring = written(headers, (name, value) => `${name}:"${value}"`, ', ')
  const java = written(headers, (name, value) => `${name}=${value}`, ', ')
  const waf = Object.entries(headers).map(([key, value]) => ({ name: key, value }))
  const flat = (prefix: string): object =>
    Object.fromEntries(Object.entries(headers).map(([key, value]) => [prefix + key, value]))

  test.each<[string, string]>([
    ['lines without a version of HTTP', `POST /sms\n${lines.join('\n')}\n\n${form}`],
    ['lines with titles', `POST https://example.com/sms\nHeaders:\n  ${lines.join('\n  ')}\nBody:\n  ${form}`],
    ['ASP.NET', `Request:\nMethod: POST\nPathBase: \nPath: /sms\n${lines.join('\n')}\ninfo: x\nRequestBody: ${form}`],
    ['PHP', JSON.stringify({ ...variables, REQUEST_URI: '/sms', body: form })],
    ['Rack', `${inspect({ ...variables, PATH_INFO: '/sms' }).replaceAll(': ', ' => ')}\n${form}`],
    [
      'Ruby',
      `{"rack.version"=>[1, 6], "a"=>#<TCPSocket:fd 14, 127.0.0.1, 9292>, ${written({ ...variables, PATH_INFO: '/sms' }, (name, value) => `"${name}"=>"${value}"`, ', ')}, "b"=>#<A @a={"x"}, @b=[1]>}\n${form}`,
    ],
    [
      'logfmt',
      `x\ntime=1 msg="bad \\"signature\\"" method=POST url="https://example.com/sms" signature="${signature}" content_type=${formType} body="${form}" a=1`,
    ],
    [
      'logfmt with a path and a host',
      `twilio_signature=${signature} level=warn host=example.com path=/sms method=POST body=${form}`,
    ],
    ['JSON with a bare signature', JSON.stringify({ url: 'https://example.com/sms', signature, body: form })],
    [
      'Serilog',
      `[09:31:10 INF] Request starting HTTP/1.1 POST https://example.com/sms - ${formType} 241\n${written(headers, (name, value) => `[09:31:10 INF] Header ${name} = ${value}\n`, '')}[09:31:10 INF] Form: ${written(fields, (name, value) => `[${name}, ${value}]`, ', ')}\n[09:31:11 INF] Request finished`,
    ],
    [
      'a cell of CSV',
      `time,message,level\n"11/30/2026, 9:20 AM","${JSON.stringify({ url: 'https://example.com/sms', method: 'POST', headers, body: form }).replaceAll('"', '""')}","2"`,
    ],
    ['smee.io', `POST /sms\n${JSON.stringify({ ...headers, body: fields, query: {}, timestamp: 1 })}`],
    ['Python', `POST /sms ${python} b'${form}'`],
    [
      'Flask',
      `POST /sms ${python} ImmutableMultiDict([${pairs.map(({ key, value }) => `('${key}', '${value}')`).join(', ')}])`,
    ],
    ['Go', `10:00 ${JSON.stringify(raw)}`],
    ['a list of pairs', `POST /sms ${inspect(Object.entries(headers))} ${form}`],
    ['Maps', `POST /sms ${inspect(new Map(Object.entries(headers)))} ${inspect(new Map(Object.entries(fields)))}`],
    ['with colours', `POST /sms ${inspect(headers, { colors: true })}\n${form}`],
    ['Markdown', `\`\`\`http\n${raw}\n\`\`\``],
    [
      'Bun',
      `Request (0 KB) {\n  method: "POST",\n  url: "https://example.com/sms",\n  headers: Headers ${JSON.stringify(headers)}\n}\n${form}`,
    ],
    [
      'Postman',
      JSON.stringify({
        item: [{ request: { method: 'POST', header, url: { raw: 'https://example.com/sms' }, body } }],
      }),
    ],
    [
      'Insomnia',
      JSON.stringify({
        resources: [
          {
            _type: 'request',
            method: 'POST',
            url: 'https://example.com/sms',
            headers,
            body: { mimeType: formType, params: pairs.map(({ key, value }) => ({ name: key, value })) },
          },
        ],
      }),
    ],
    [
      'Elastic',
      JSON.stringify({
        http: { request: { method: 'post', headers, body: { content: form } } },
        url: { full: 'https://example.com/sms' },
      }),
    ],
    ['cloudflared', JSON.stringify({ headers, message: 'POST https://example.com/sms HTTP/1.1', body: form })],
    [
      'Laravel',
      JSON.stringify({ context: { method: 'POST', fullUrl: 'https://example.com/sms', headers, input: fields } }),
    ],
    ['Laravel and print_r', `[2026-11-30 09:40:12] local.DEBUG: POST /sms\n${php(headers, '')}\n${php(fields, '')}`],
    ['print_r with lists, on Windows', `POST /sms\n${lists}\n${php(fields, '')}`.replaceAll('\n', '\r\n')],
    ['print_r in one line', `POST /sms ${both((name, value) => `[${name}] => ${value}`, ' ', ['Array ( ', ' )'])}`],
    [
      'print_r of $_SERVER',
      `${php({ ...variables, REQUEST_URI: '/sms' }, '')}${php({ 'x:protected': 1 }, '')}`.replace(
        '[x:protected] => 1',
        written(fields, (name, value) => `[${name}] => ${value}`, '\n    '),
      ),
    ],
    ['var_export', `POST /sms\n${both((name, value) => `  '${name}' => '${value}',\n`, '', ['array (\n', ')'])}`],
    [
      'var_export with lists',
      `POST /sms\n${both((name, value) => `  '${name}' => \n  array (\n    0 => '${value}',\n  ),\n`, '', ['array (\n', ')'])}`,
    ],
    [
      'var_dump',
      `POST /sms\n${both((name, value) => `  ["${name}"]=>\n  string(${value.length}) "${value}"\n`, '', ['array(3) {\n', '}\n'])}`,
    ],
    [
      'dump() of Laravel',
      `POST /sms\n${both((name, value) => `  "${name}" => array:1 [\n    0 => "${value}"\n  ]\n`, '', ['array:3 [\n', ']'])}`,
    ],
    ['Go with %v', `2026/11/30 09:44:01 POST /sms ${both((name, value) => `${name}:[${value}]`, ' ', ['map[', ']'])}`],
    ['Go with %q', `POST /sms ${both((name, value) => `"${name}":["${value}"]`, ' ', ['map[', ']'])}`],
    [
      'Go with %#v',
      `POST /sms ${both((name, value) => `"${name}":[]string{"${value}"}`, ', ', ['http.Header{', '}'])}`,
    ],
    [
      'a request of Go with %+v',
      `&{Method:POST URL:/sms Header:map[Content-Type:[${formType}] X-Twilio-Signature:[${signature}]] Body:0xc01 Host:example.com ` +
        `Form:map[A:[b] MessageSid:[SM1]] PostForm:map[${written(fields, (name, value) => `${name}:[${value}]`, ' ')}] RemoteAddr:1.2.3.4:5}`,
    ],
    [
      'Go, with the host before the path',
      `10:00 POST example.com /sms map[content-type:[${formType}] x-twilio-signature:[${signature}]] ${form}`,
    ],
    ['Spring', `DEBUG 1 --- [nio-8080-exec-3] After request [POST /sms, headers=[${spring}], payload=${form}]`],
    ['a map of Java', `POST /sms ${both((name, value) => `${name}=${value}`, ', ', ['{', '}'])}`],
    ['a map of Java with lists', `POST /sms ${both((name, value) => `${name}=[${value}]`, ', ', ['{', '}'])}`],
    ['an event in Java', `{resource=/sms, path=/sms, httpMethod=POST, headers={${java}}, query=null, body=${form}}`],
    [
      'API Gateway',
      `(1) HTTP Method: POST, Resource Path: /sms\n(1) Method request headers: {${java}}\n(1) Method request body before transformations: ${form}`,
    ],
    ['Ktor', `POST /sms ${both((name, value) => `${name}=[${value}]`, ', ', ['Headers [', ']'])}`],
    ['Netty', `POST /sms DefaultHttpHeaders[${written(headers, (name, value) => `${name}: ${value}`, ', ')}]\n${form}`],
    ['Scala', `POST /sms ${both((name, value) => `${name} -> ${value}`, ', ', ['Map(', ')'])}`],
    ['the pairs of .NET', `POST /sms ${both((name, value) => `[${name}, ${value}]`, ', ', ['', ''])}`],
    ['the pairs of .NET in lines', `POST /sms\n${both((name, value) => `[${name}, ${value}]`, '\n', ['', '\n'])}`],
    [
      'Phoenix',
      `[debug] POST /sms\n[debug] req_headers: [\n  ${written(headers, (name, value) => `{"${name}", "${value}"}`, ',\n  ')}\n]\n[debug] params: %{${written(fields, (name, value) => `"${name}" => "${value}"`, ', ')}}`,
    ],
    [
      'the connection of Elixir',
      `%Plug.Conn{adapter: {Plug.Cowboy.Conn, :...}, body_params: %{${written(fields, (name, value) => `"${name}" => "${value}"`, ', ')}}, ` +
        `host: "example.com", method: "POST", owner: #PID<0.5.0>, private: %{:a_b => {C.D, :e}, F => []}, query_string: "", remote_ip: {1, 2}, ` +
        `req_headers: [${written(headers, (name, value) => `{"${name}", "${value}"}`, ', ')}], request_path: "/sms", scheme: :http}`,
    ],
    ['ASGI', `POST /sms [${written(headers, (name, value) => `(b'${name}', b'${value}')`, ', ')}] b'${form}'`],
    ['aiohttp', `POST /sms ${both((name, value) => `'${name}': '${value}'`, ', ', ['<CIMultiDictProxy(', ')>'])}`],
    [
      'Django',
      `{'PATH_INFO': '/sms', 'wsgi.errors': <_io.TextIOWrapper name='<stderr>' mode='w'>, ${JSON.stringify(variables).slice(1, -1)}} ` +
        `<QueryDict: {${written(fields, (name, value) => `'${name}': ['${value}']`, ', ')}}>`,
    ],
    [
      'mitmproxy',
      `1.2.3.4:5: POST https://example.com/sms\n    ${lines.join('\n    ')}\n\n    URL-encoded\n    ${written(fields, (name, value) => `${name}: ${value}`, '\n    ')}\n\n << 403 Forbidden 33b`,
    ],
    [
      'parameters in lines',
      `POST /sms\n${lines.join('\n')}\n\n${written(fields, (name, value) => `${name}=${value}`, '\n')}`,
    ],
    [
      'AWS WAF',
      JSON.stringify({ httpRequest: { headers: waf, uri: '/sms', args: '', httpMethod: 'POST' }, body: form }),
    ],
    [
      'Traefik',
      JSON.stringify({
        ...flat('request_'),
        RequestMethod: 'POST',
        RequestPath: '/sms',
        RequestHost: 'example.com',
        body: form,
      }),
    ],
    ['nginx in JSON', JSON.stringify({ ...variables, request: 'POST /sms HTTP/1.1', http_x: '-', request_body: form })],
    [
      'attributes of OpenTelemetry',
      JSON.stringify({
        attributes: { ...flat('http.request.header.'), 'http.request.method': 'POST', 'url.path': '/sms', body: form },
      }),
    ],
    ['Loki', JSON.stringify({ data: { result: [{ values: [['1', `POST /sms {${java}} ${form}`]] }] } })],
    ['Splunk', JSON.stringify({ result: { _raw: `POST /sms {${java}} ${form}` } })],
    ['events of AWS', JSON.stringify({ events: [{ message: `POST /sms ${inspect(headers)}` }, { message: form }] })],
    [
      'a queue',
      JSON.stringify({ Records: [{ body: JSON.stringify({ method: 'POST', path: '/sms', headers, body: form }) }] }),
    ],
  ])('%s', (_name, text) => {
    const found = read(text)
    expect(found).toMatchObject({ method: 'POST', url: 'https://example.com/sms' })
    expect(found.headers.find(([name]) => /^x-twilio-signature$/i.test(name))?.[1]).toBe(signature)
    expect(bodyOf(found)).toBe(form)
  })

  test('the whole request object of a server', async () => {
    const printed = await new Promise<string>((resolve) => {
      const server = createServer((request, response) => {
        resolve(inspect(request))
        response.end()
        server.close()
      }).listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo
        void fetch(`http://127.0.0.1:${port}/sms`, {
          method: 'POST',
          headers: { 'x-twilio-signature': signature },
          body: form,
        })
      })
    })
    const found = read(`${printed}\n${form}`)
    expect(found.method).toBe('POST')
    expect(found.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/sms$/)
    expect(bodyOf(found)).toBe(form)
  })
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

describe('variables of an .http file', () => {
  const write = (url: string) =>
    `@host = https://example.com\n@base = {{host}}/v1\n@s = ${signature}\n\n### a\nPOST ${url} HTTP/1.1\nX-Twilio-Signature: {{s}}\nContent-Type: ${formType}\n\nFrom=%2B1\n&Body=a\n\n### b\nGET {{host}}/health\n`

  test('that it defines are filled, in the request with a signature', () => {
    const found = read(write('{{base}}/sms'))
    expect(found).toMatchObject({ method: 'POST', url: 'https://example.com/v1/sms' })
    expect(found.headers).toContainEqual(['X-Twilio-Signature', signature])
    expect(bodyOf(found)).toBe('From=%2B1&Body=a')
  })

  test('that it does not define are named', () => {
    const named = '{{other}} is a variable; write its value in its place.'
    for (const text of [
      write('{{other}}/sms'),
      `POST {{other}}/sms HTTP/1.1\nX-Twilio-Signature: ${signature}\n\n`,
      `curl '{{other}}/sms' -H 'X-Twilio-Signature: ${signature}'`,
    ])
      expect(() => read(text)).toThrow(named)
    // Another fault is named as before.
    expect(() => read('{{other}} is no request')).toThrow('this is not JSON')
  })
})

test('a list of alerts has no requests, and the first is named', () => {
  const row = (digit: string) =>
    `NO${digit.repeat(32)}  Mon Nov 30 2026  11200  error  https://example.com/sms?a=private`
  const text = `SID  Date Created  Error Code\n${row('1')}\n${row('2')}\n`
  expect(() => read(text)).toThrow(
    `these are alerts, without their requests; npx @tollgate/cli diagnose --alert NO${'1'.repeat(32)} --public-url https://…`,
  )
  expect(() => read(text)).not.toThrow('private')
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

test('what curl -v printed has no body, and what Wireshark shows has the answer behind it', () => {
  const head = ['POST /sms HTTP/1.1', 'Host: e.com', `X-Twilio-Signature: ${signature}`, `Content-Type: ${formType}`]
  const sized = [...head, 'Content-Length: 8', '']
  const verbose = [
    '* Trying',
    ...sized.map((line) => `> ${line}`),
    '* sent',
    '< HTTP/1.1 403 Forbidden',
    '<',
    'No',
  ].join('\n')
  expect(read(verbose)).toMatchObject({ method: 'POST', url: 'https://e.com/sms', headers: expect.anything() })
  expect(read(verbose).body).toBeUndefined()
  const stream = `${[...sized, 'From=%2B'].join('\r\n')}HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nNo`
  expect(bodyOf(read(stream))).toBe('From=%2B')
})

test("the text of Twilio's Request Inspector has no signature, so --alert is named", () => {
  const text = 'Request Inspector\nURL https://example.com/sms\nMethod POST\nMessageSid SM1\nBody private\n'
  expect(() => read(text)).toThrow(
    /Request Inspector, which has no signature; you can also ask Twilio.* --alert NO…\.$/,
  )
  expect(() => read('not a request')).toThrow(/neither .* --alert NO…\.$/)
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

describe('a message of a queue', () => {
  const attributes = (write: (text: string) => object, more: Record<string, string> = {}) =>
    Object.fromEntries(
      Object.entries({ 'X-Twilio-Signature': signature, 'Content-Type': formType, Host: 'e.com', ...more }).map(
        ([name, text]) => [name, write(text)],
      ),
    )
  const inQueue = (text: string) => ({ StringValue: text, DataType: 'String' })
  const inEvent = (text: string) => ({ stringValue: text, stringListValues: [], dataType: 'String' })
  const inTopic = (text: string) => ({ Type: 'String', Value: text })
  const path = { Path: '/sms?a=b' }

  test.each<[string, object]>([
    ['SQS', { Messages: [{ MessageId: 'a', Body: 'Body=x+y', MessageAttributes: attributes(inQueue, path) }] }],
    ['an event of SQS', { Records: [{ body: 'Body=x+y', messageAttributes: attributes(inEvent, path) }] }],
    ['SNS', { Type: 'Notification', body: 'Body=x+y', MessageAttributes: attributes(inTopic, path) }],
  ])('%s has the headers, and the path, as attributes', (_name, copy) => {
    const found = read(JSON.stringify(copy))
    expect(found).toMatchObject({ method: 'POST', url: 'https://e.com/sms?a=b' })
    expect(found.headers).toContainEqual(['X-Twilio-Signature', signature])
    expect(bodyOf(found)).toBe('Body=x+y')
  })

  test('but no header of a sender names the URL or the method', () => {
    const headers = { 'x-twilio-signature': signature, path: '/evil', url: 'https://evil.example/sms', method: 'PUT' }
    expect(() => read(JSON.stringify({ headers, body: 'Body=x' }))).toThrow('has no "url"')
    expect(read(JSON.stringify({ headers, body: 'Body=x', url: '/sms' }))).toMatchObject({
      method: 'POST',
      url: '/sms',
    })
  })

  test('has the method of an attribute, and no URL without a path', () => {
    const event = (more: Record<string, string>) =>
      read(JSON.stringify({ Body: 'Body=x', MessageAttributes: attributes(inQueue, more) }))
    expect(event({ ...path, Method: 'put' }).method).toBe('PUT')
    expect(() => event({})).toThrow('has no "url"')
  })
})

test.each([
  ['as_bytes', btoa('Body=x+y')],
  ['as_string', 'Body=x+y'],
])('a tap of Envoy, with the body %s', (name, text) => {
  const headers = Object.entries({
    ...{ ':authority': 'e.com', ':path': '/sms', ':method': 'POST', ':scheme': 'http' },
    ...{ 'content-type': formType, 'x-twilio-signature': signature, 'x-envoy-original-path': '/v1/sms' },
  }).map(([key, value]) => ({ key, value }))
  const response = { headers: [{ key: ':status', value: '403' }], body: { as_bytes: btoa('Forbidden') } }
  const request = { headers, body: { truncated: false, [name]: text }, trailers: [] }
  const found = read(JSON.stringify({ http_buffered_trace: { request, response } }))
  expect(found).toMatchObject({ method: 'POST', url: 'https://e.com/sms' })
  expect(bodyOf(found)).toBe('Body=x+y')
})

test('the path of Hookdeck is in the id of the source', () => {
  const data = { path: '/a', query: 'b=c', headers: { host: 'hkdk.events', 'x-twilio-signature': signature }, body: {} }
  expect(read(JSON.stringify({ source_id: 'src_zq81', data })).url).toBe('https://hkdk.events/zq81/a?b=c')
  const other = { ...data, headers: { ...data.headers, host: 'example.com' } }
  expect(read(JSON.stringify({ source_id: 'src_zq81', data: other })).url).toBe('https://example.com/a?b=c')
})

test.each<[string, string]>([
  ['a colon', `map[A:x Body:see http://a.b note: c MessageSid:SM1]`],
  ['a bracket', `Array\n(\n    [Body] => see http://a.b note: c\n    [MessageSid] => SM1\n)\n`],
])('a value of a map without quotes may have %s', (_name, map) => {
  const found = read(`POST /sms map[Content-Type:${formType} Host:e.com X-Twilio-Signature:${signature}] ${map}`)
  expect(bodyOf(found)).toContain('Body=see+http%3A%2F%2Fa.b+note%3A+c&MessageSid=SM1')
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
  const go = `map[${Object.entries(headers)
    .map(([name, value]) => `${name}:[${value}]`)
    .join(' ')}]`
  for (const text of [`${inspect(headers)} ${inspect(events)}`, `${go}\n${JSON.stringify(events, undefined, 2)}`]) {
    const found = read(`POST /events ${text}`)
    expect([bodyOf(found), found.bodyDecoded]).toEqual([JSON.stringify(events), true])
  }
  // The list is cut off.
  const cut = read(`POST /events ${go} ${JSON.stringify(events).slice(0, -1)}`)
  expect(cut.body).toBeUndefined()
  expect(cut.parsedBody).toEqual(events[0])
})

test('a list of texts that Java printed as its class is no body', () => {
  const map = '{MessageSid=[Ljava.lang.String;@1b2c, Body=[Ljava.lang.String;@1b2d}'
  expect(read(`POST /sms {host=e.com, x-twilio-signature=${signature}} ${map}`).body).toBeUndefined()
})

test('quotes keep a map in a value from being one', () => {
  const headers = { host: 'e.com', 'x-twilio-signature': signature, 'content-type': formType }
  const found = read(`POST /sms ${inspect(headers)} ${inspect({ Body: 'map[a:[b]] {c=d, e=f} Array ( [g] => h )' })}`)
  expect(new URLSearchParams(bodyOf(found)).get('Body')).toBe('map[a:[b]] {c=d, e=f} Array ( [g] => h )')
})

describe('a log without the signature', () => {
  const rails =
    `I, [2026-11-30T09:31:10 #8]  INFO -- : Started POST "/voice" for 1.2.3.4\n` +
    `  Parameters: {"CallSid"=>"CA${'1'.repeat(32)}", "From"=>"private"}\n`
  test('of Rails says what is missing, and asks with the id of its call', () => {
    expect(() => read(rails)).toThrow(
      `The text: this is a log of Rails, without the header X-Twilio-Signature, so nothing can be compared; ` +
        `log request.original_url and request.headers['X-Twilio-Signature'] too; you can also ask Twilio what it sent, ` +
        `without a copy: npx @tollgate/cli diagnose --call CA${'1'.repeat(32)} --public-url https://….`,
    )
    expect(() => read(rails)).not.toThrow('private')
    expect(() => read(`${rails}CA${'2'.repeat(32)}`)).toThrow('--recent, and then --alert NO…')
  })

  test('of another program too', () => {
    for (const text of ['[info] got MessageSid=SM1', '[2026-11-30 09:00:00] got {MessageSid=SM1}'])
      expect(() => read(text)).toThrow('this has parameters of a webhook, without the header X-Twilio-Signature')
  })

  test('that begins with a word in brackets is not taken for JSON', () => {
    for (const text of ['[debug] POST /sms', '[2026-11-30 09:00:00] GET /sms', '[a][b] x'])
      expect(() => read(text)).toThrow(/^The text: this is neither .* --recent/)
    for (const text of ['[1 2]', '[debug]', '["a"] b', '[{"a": 1} b'])
      expect(() => read(text)).toThrow('this is not JSON')
  })
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

describe('ngrep -W byline', () => {
  const form = `From=%2B1555&MessageSid=SM${'0a'.repeat(16)}&Body=All+is+well.`
  const dotted = (body: string, length = body.length): string =>
    `POST /sms?x=1 HTTP/1.1.\nHost: a.example.\nContent-Type: ${formType}.\nX-Twilio-Signature: ${signature}.\nContent-Length: ${length}.\n.\n${body}`
  const answer = 'HTTP/1.1 403 Forbidden.\nContent-Length: 9.\n.\nForbidden\n'
  const [there, back] = ['10.0.0.4:52114 -> 10.0.0.9:3000', '10.0.0.9:3000 -> 10.0.0.4:52114']

  test.each<[string, string]>([
    ['with the answer', `T ${there} [AP] #4\n${dotted(form)}\n\nT ${back} [AP] #6\n${answer}`],
    [
      'with times, marks and the end',
      `interface: eth0 (10.0.0.0/255.255.255.0)\nfilter: port 3000\n####\nT 2026/11/30 16:58:40.118123 ${there} [AP]\n${dotted(form)}\n\n##\nexit\n9 received, 0 dropped\n`,
    ],
    [
      'without a length',
      `T ${there} [AP]\n${dotted(form).replace(/Content-Length.*\n/, '')}\n\nT ${back} [AP]\n${answer}`,
    ],
    [
      'in two packets',
      `T ${there} [A] #1\n${dotted(form.slice(0, 20), form.length)}\n\nT ${there} [AP] #2\n${form.slice(20)}\n\nT ${back} [AP]\n${answer}`,
    ],
    [
      'behind another request, as Windows saves it',
      `T ${there}\nGET /up HTTP/1.1.\nHost: a.example.\n.\n\n\nT ${back}\n${answer}\nT ${there}\n${dotted(form)}\n`.replaceAll(
        '\n',
        '\r\n',
      ),
    ],
    ['only the message', dotted(form)],
  ])('%s', (_name, text) => {
    const { form: name, requests } = readRequests(text)
    expect(name).toBe('raw')
    expect(requests).toMatchObject([{ method: 'POST', url: 'https://a.example/sms?x=1', body: encodeUtf8(form) }])
    expect(read(text).headers).toContainEqual(['X-Twilio-Signature', signature])
  })

  test('dots that a header or a body has are kept', () => {
    const own = dotted(form).replaceAll('.\n', '\n').replace('a.example', 'a.example.')
    expect(read(own)).toMatchObject({ url: 'https://a.example./sms?x=1' })
    // One line of the head has none, so they are no carriage returns.
    expect(removeDots(dotted(form).replace('a.example.', 'a.example'))).toContain(`${signature}.`)
    expect(removeDots(own)).toBe(own)
  })
})

describe('attributes of a span', () => {
  const body = `From=%2B1555&MessageSid=SM${'0a'.repeat(16)}`
  const attributes: [string, string | number | string[]][] = [
    ['http.request.method', 'POST'],
    ['url.scheme', 'http'],
    ['server.address', 'a.example'],
    ['server.port', 80],
    ['url.path', '/sms'],
    ['url.query', 'x=1'],
    ['http.request.header.x-twilio-signature', [signature]],
    ['http.request.header.content-type', [formType]],
    ['http.request.body', body],
  ]
  const toValue = (value: string | number | string[]): object =>
    Array.isArray(value)
      ? { arrayValue: { values: value.map(toValue) } }
      : typeof value === 'number'
        ? { intValue: String(value) }
        : { stringValue: value }
  const toSpan = (list: typeof attributes): object => ({
    name: 'POST',
    kind: 2,
    attributes: list.map(([key, value]) => ({ key, value: toValue(value) })),
  })
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'a' } }] }
  const wrap = (...spans: object[]): object => ({ resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans }] }] })
  const inner = toSpan([['db.system', 'postgresql']])
  const old: typeof attributes = [
    ['http.method', 'POST'],
    ['http.scheme', 'http'],
    ['http.host', 'a.example'],
    ['http.target', '/sms?x=1'],
    ['http.request.header.x_twilio_signature', [signature]],
    ['http.request.header.content_type', [formType]],
    ['http.request.body.content', body],
  ]
  const whole = attributes.filter(([name]) => !/^(?:url|server)/.test(name))

  test.each<[string, string]>([
    ['OTLP', JSON.stringify(wrap(inner, toSpan(attributes)), undefined, 2)],
    ['OTLP with old names', JSON.stringify(wrap(toSpan(old)))],
    ['OTLP with url.full', JSON.stringify(wrap(toSpan([...whole, ['url.full', 'https://a.example/sms?x=1']])))],
    ['OTLP in lines', `${JSON.stringify(wrap(inner))}\n${JSON.stringify(wrap(toSpan(attributes)))}\n`],
    ['one span', JSON.stringify(toSpan(attributes))],
    [
      'Jaeger, which writes a list as JSON',
      JSON.stringify({
        data: [
          {
            spans: [
              {
                tags: attributes.map(([key, value]) => ({
                  key,
                  type: 'string',
                  value: Array.isArray(value) ? JSON.stringify(value) : value,
                })),
              },
            ],
          },
        ],
      }),
    ],
    ['flat attributes', JSON.stringify({ name: 'POST', attributes: Object.fromEntries(attributes) })],
  ])('%s', (_name, text) => {
    const found = read(text)
    expect(found).toMatchObject({ method: 'POST', url: 'https://a.example/sms?x=1' })
    expect(bodyOf(found)).toBe(body)
    expect(found.headers).toContainEqual(['x-twilio-signature', signature])
    expect(found.headers).toContainEqual(['content-type', formType])
  })

  test('each span with a signature is a request', () => {
    expect(readRequests(JSON.stringify(wrap(toSpan(attributes), inner, toSpan(old)))).requests).toHaveLength(2)
  })

  test('without a signature it is no request, and the body of a request is no span', () => {
    const unsigned = attributes.filter(([name]) => !name.includes('signature'))
    expect(() => read(JSON.stringify(wrap(toSpan(unsigned))))).toThrow(RequestError)
    const headers = { 'x-twilio-signature': signature }
    const own = { method: 'POST', url: 'https://b.example/own', headers, body: wrap(toSpan(attributes)) }
    for (const value of [own, [own], { captures: [own] }]) expect(read(JSON.stringify(value)).url).toBe(own.url)
  })
})
