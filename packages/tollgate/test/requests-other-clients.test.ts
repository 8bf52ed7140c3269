import { describe, expect, test } from 'vitest'
import { RequestError, readRequests } from '../src/requests/index.ts'

function read(text: string) {
  const { title, requests } = readRequests(text)
  const [request] = requests
  if (request === undefined || request instanceof RequestError) throw request ?? new Error('No request')
  return { ...request, title, body: request.body && Buffer.from(request.body).toString() }
}

const signature = 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='

describe('HTTPie', () => {
  const cases: [name: string, command: string, expected: object][] = [
    [
      'a form',
      `http -f POST http://a.example/sms 'X-Twilio-Signature: ${signature}' Body='it'\\''s fine' From=+1555 ToCity=`,
      { method: 'POST', url: 'http://a.example/sms', body: 'Body=it%27s+fine&From=%2B1555&ToCity=' },
    ],
    [
      'options with values, a prompt and several lines',
      `me@box:~$ https --timeout 30 -vf --verify=no post a.example/sms x==1 \\\n> X-Twilio-Signature:${signature} \\\n> Body=a:b=c`,
      { method: 'POST', url: 'https://a.example/sms?x=1', body: 'Body=a%3Ab%3Dc' },
    ],
    [
      'a port of this machine',
      `xh -f :3000/sms X-Twilio-Signature:${signature} a=1`,
      { method: 'POST', url: 'http://localhost:3000/sms' },
    ],
    [
      'a query and no data',
      `http 'http://a.example/voice?From=1' X-Twilio-Signature:${signature}`,
      { method: 'GET', url: 'http://a.example/voice?From=1', body: undefined },
    ],
    [
      'JSON, as Python writes it',
      `http a.example/e X-Twilio-Signature:${signature} a=é n:=1`,
      { body: '{"a": "\\u00e9", "n": 1}' },
    ],
    [
      'a raw body',
      `http --raw '{"a":1}' POST a.example/e X-Twilio-Signature:${signature} Accept:`,
      { body: '{"a":1}' },
    ],
  ]
  test.each(cases)('%s', (_name, command, expected) => {
    const found = read(command)
    expect(found).toMatchObject({ title: 'a command of HTTPie', ...expected })
    expect(found.headers).toContainEqual(['X-Twilio-Signature', signature])
  })

  test('a value from a file is refused', () => {
    expect(() => read(`http -f a.example X-Twilio-Signature:${signature} a=@/etc/passwd`)).toThrow('from a file')
  })
})

describe('wget', () => {
  const cases: [name: string, command: string, expected: object][] = [
    [
      'options in one word',
      `wget -qO- --header='X-Twilio-Signature: ${signature}' --post-data='Body=a+b&To=' https://b.example/sms`,
      { method: 'POST', url: 'https://b.example/sms', body: 'Body=a+b&To=' },
    ],
    [
      'options in two words, and others',
      `$ wget -nv -O /dev/null --tries 1 --header "X-Twilio-Signature: ${signature}" \\\n  --method PUT --body-data 'a=1' \\\n  b.example/sms`,
      { method: 'PUT', url: 'http://b.example/sms', body: 'a=1' },
    ],
    [
      'the address first',
      `wget "http://b.example/v?x=1&y=2" --header "X-Twilio-Signature: ${signature}" -U TwilioProxy/1.1 -S`,
      { method: 'GET', url: 'http://b.example/v?x=1&y=2', body: undefined },
    ],
  ]
  test.each(cases)('%s', (_name, command, expected) => {
    const found = read(command)
    expect(found).toMatchObject({ title: 'a command of wget', ...expected })
    expect(found.headers).toContainEqual(['X-Twilio-Signature', signature])
  })

  test('a file is read as that of curl: only with a function that reads it', () => {
    const command = `wget --post-file=body.txt --header='X-Twilio-Signature: ${signature}' http://b.example/`
    expect(() => read(command)).toThrow('another source')
    const { requests } = readRequests(command, { readFile: () => new TextEncoder().encode('a=1') })
    expect(requests).toMatchObject([{ method: 'POST', body: new TextEncoder().encode('a=1') }])
  })
})

describe('Bruno', () => {
  const file = (body: string, block: string) =>
    `meta {\n  name: a\n  type: http\n}\n\npost {\n  url: http://d.example/sms?x=1\n  body: ${body}\n  auth: none\n}\n\nheaders {\n  X-Twilio-Signature: ${signature}\n  ~Accept: */*\n}\n\n${block}\n`
  test('a form', () => {
    const found = read(file('formUrlEncoded', 'body:form-urlencoded {\n  Body: at 4: ok?\n  ToCity: \n  ~Off: 1\n}'))
    expect(found).toMatchObject({
      title: 'a request of Bruno',
      method: 'POST',
      url: 'http://d.example/sms?x=1',
      body: 'Body=at+4%3A+ok%3F&ToCity=',
      bodyDecoded: true,
    })
    expect(found.headers.map(([name]) => name)).toEqual(['X-Twilio-Signature', 'Content-Type'])
  })

  test('JSON, text and none', () => {
    expect(read(file('json', 'body:json {\n  {\n    "a": [1]\n  }\n}')).body).toBe('{\n  "a": [1]\n}')
    expect(read(file('text', 'body:text {\n  a=1\n}')).body).toBe('a=1')
    expect(read(file('none', '').replace('post {', 'get {'))).toMatchObject({ method: 'GET', body: undefined })
  })

  test('a variable and another kind of body are refused', () => {
    expect(() => read(file('none', '').replace('http://d.example', '{{host}}'))).toThrow('replace it with its value')
    expect(() => read(file('multipartForm', 'body:multipart-form {\n  a: 1\n}'))).toThrow('send it as curl')
  })
})

test('other text is left alone', () => {
  const printed = `http server got POST /sms\nX-Twilio-Signature: ${signature}\nHost: a.example\n\nBody=hi`
  expect(readRequests(printed).form).toBe('printed')
  const curl = `wget is not installed here, so:\ncurl http://a.example -d a=1 -H 'X-Twilio-Signature: ${signature}'`
  expect(readRequests(curl)).toMatchObject({ form: 'curl', title: 'a curl command' })
})

describe('a line of an access log', () => {
  const signature = `${'Ab+/'.repeat(6)}xyz=`
  const form = 'CallSid=CA1&CallStatus=completed'
  const line = '1.2.3.4 - - [30/Nov/2026:10:12:09 +0000] "POST /status?a=1 HTTP/1.1" 403 33 "-" "TwilioProxy/1.1"'

  test.each(['sig', 'twilio_signature', 'xsig'])('with the signature as %s and the body is read', (name) => {
    const text = `${line} host="calls.example.com" ${name}="${signature}" ct="application/x-www-form-urlencoded" body="${form}"`
    const request = read(text)
    expect(request).toMatchObject({ method: 'POST', url: 'https://calls.example.com/status?a=1', body: form })
    expect(request.headers).toContainEqual(['X-Twilio-Signature', signature])
    const lost = text.replace(form, '-')
    expect(() => read(lost)).toThrow('access log, which has no body; you can')
    expect(() => read(lost)).not.toThrow(/X-Twilio-Signature|Ab\+/)
  })

  test.each([
    '54.172.60.13 - - [30/Nov/2026:09:22:51 +0000] "POST /twilio/status?order=8812 HTTP/1.1" 403 29 "-" "TwilioProxy/1.1"',
    'INFO:     127.0.0.1:50312 - "POST /sms HTTP/1.1" 403 Forbidden',
    '[30/Nov/2026 09:22:51] "POST /sms HTTP/1.1" 403 9',
    'https 2026-11-30T09:22:51.1Z app/lb/5 1.2.3.4:5 10.0.0.1:80 0 0 0 403 403 1 2 "POST https://a.example:443/sms HTTP/1.1" "TwilioProxy/1.1"',
    '2026-11-30T09:50:12.1+00:00 heroku[router]: at=info method=POST path="/twilio/status" host=a.example status=403',
    'POST /sms 403 3.2 ms - 29',
    '[GIN] 2026/11/30 - 09:22:51 | 403 | 1.1ms | 127.0.0.1 | POST     "/sms"',
  ])('%s', (line) => {
    expect(() => readRequests(line)).toThrow(/a line of an access log.* --recent, and then --alert NO/)
    expect(() => readRequests(line, { isCompared: true })).not.toThrow('--recent')
  })

  test('other text is no command', () => {
    for (const text of ['POST /sms', 'MessageSid=SM1 "POST /sms HTTP/1.1"', '[1, 2]'])
      expect(() => {
        for (const one of readRequests(text).requests) if (one instanceof RequestError) throw one
      }).not.toThrow('access log')
  })
})

test('text behind printed headers that is not read is marked', () => {
  const head = `X-Twilio-Signature: ${signature}\nHost: a.example`
  expect(read(`/sms\n${head}\n\nBody is Hello, From is +1555`)).toMatchObject({ hasUnread: true })
  expect(read(`GET /sms?a=1\n${head}\n\n403 in 3 ms`).hasUnread).toBeUndefined()
  expect(read(`/sms\n${head}\n\nBody=Hi`).hasUnread).toBeUndefined()
})

test('the time is linear', () => {
  const n = 200_000
  const texts = [
    `http -f a.example ${'\\'.repeat(n)}`,
    `http -f a.example ${'a\\:'.repeat(n)}`,
    `iwr ${'@{a='.repeat(n)}`,
    `iwr '${"'".repeat(n + 1)}`,
    `iwr ${'('.repeat(n)}`,
    `${'$a = "b"\n'.repeat(n)}iwr`,
    `${'> '.repeat(n)}\niwr x`,
    `wget -${'q'.repeat(n)} http://a.example`,
    `post {\n${'  a: '.repeat(n)}\n}`,
    `post {\n${'a:'.repeat(n)} {\n`,
    `${'"POST /'.repeat(n)}`,
    `${'[GIN] | '.repeat(n)}`,
    `POST /${'a'.repeat(n)}`,
  ]
  const start = performance.now()
  for (const text of texts)
    try {
      readRequests(text)
    } catch (error) {
      expect(error).toBeInstanceOf(RequestError)
    }
  expect(performance.now() - start).toBeLessThan(15_000)
})

test.each([
  [
    'of Postman',
    (headers: string) => `import requests\n\nheaders = ${headers}\n\nrequests.request("POST", url, headers=headers)`,
  ],
  [
    'of the standard library',
    (headers: string) => `import http.client\nconn.request("POST", "/secret", 'a=b', ${headers})`,
  ],
])('a program in Python %s is refused', (_name, write) => {
  const refusal = (): unknown => read(write(`{'User-Agent': 'a', 'X-Twilio-Signature': '${signature}'}`))
  expect(refusal).toThrow('is not run here; copy the request as curl or as raw HTTP')
  expect(refusal).not.toThrow('secret')
})

test('a log of a program in Python has its printed headers', () => {
  const log = `    res = requests.post(url, json=payload)\nPOST https://a.example/sms {'X-Twilio-Signature': '${signature}'} a=b`
  expect(readRequests(log).form).toBe('printed')
})
