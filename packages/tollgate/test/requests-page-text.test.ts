import { describe, expect, test } from 'vitest'
import { type RecordedRequest, RequestError, readRequests } from '../src/requests/index.ts'

const signature = `${'Ab+/'.repeat(6)}xyz=`
const formType = 'application/x-www-form-urlencoded'
const form = `ToCountry=US&AccountSid=AC${'0a'.repeat(16)}&Body=Tom+%26+me+%3C3&From=%2B1`
const head = (type: string, length: number): [string, string][] => [
  ['host', 'webhook.site'],
  ['x-twilio-signature', signature],
  ['content-type', type],
  ['content-length', `${length}`],
]
const raw = (body: string, headers = head(formType, body.length)): string =>
  `POST /in?a=1&b=2 HTTP/1.1\n${headers.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${body}`
const withoutLength = (text: string): string => text.replace(/^content-length.*\n/im, '')

function read(text: string): Omit<RecordedRequest, 'body'> & { readonly title: string; readonly body: string } {
  const { title, requests } = readRequests(text)
  const [request] = requests
  if (request === undefined || request instanceof RequestError) throw request ?? new Error('Nothing was read')
  return { ...request, title, body: Buffer.from(request.body ?? '').toString() }
}

const toHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')

describe('escapes of a page', () => {
  const json = '[{"email":"a@example.com","url":"https://example.com/?a=1&b=2"}]'
  const curl = `curl 'https://webhook.site/in?a=1&b=2' -H 'X-Twilio-Signature: ${signature}' --data-raw '${form}'`
  const printed = `POST https://webhook.site/in?a=1&b=2 { 'x-twilio-signature': '${signature}' }\n${form}`

  test.each<[string, string, string]>([
    ['raw HTTP', toHtml(raw(form)), form],
    ['raw HTTP without a length', toHtml(withoutLength(raw(form))), form],
    ['raw HTTP in the escapes of JSON', raw(form).replaceAll('&', '\\u0026'), form],
    ['JSON', toHtml(raw(json, head('application/json', json.length))), json],
    // Chats leave quotes as they are.
    ['JSON with its quotes', raw(json, head('application/json', json.length)).replaceAll('&', '&amp;'), json],
    ['a command of curl', toHtml(curl), form],
    ['printed headers', toHtml(printed), form],
    [
      'a request as JSON',
      toHtml(
        JSON.stringify({
          method: 'POST',
          url: 'https://webhook.site/in?a=1&b=2',
          headers: { 'x-twilio-signature': signature },
          body: form,
        }),
      ),
      form,
    ],
  ])('are undone: %s', (_name, text, body) => {
    const found = read(text)
    expect(found).toMatchObject({ method: 'POST', url: 'https://webhook.site/in?a=1&b=2', body })
    expect(found.title).toMatch(/, whose escapes \(&amp;\) were undone$/)
  })

  test.each<[string, string]>([
    ['a body with its length', raw(form.replaceAll('&', '&amp;'))],
    ['a value that has them', raw('Body=&amp;x&AccountSid=AC1')],
    [
      'JSON with a text in HTML',
      withoutLength(raw('{"a":"x?a=1&amp;b=2","b":"&quot;c&quot;: d"}', head('application/json', 1))),
    ],
    [
      'escapes in a request as JSON',
      JSON.stringify({ method: 'POST', url: 'https://a.example/', headers: {}, body: 'a=&amp;b=\\u0026' }),
    ],
  ])('that arrived stay: %s', (_name, text) => {
    const found = read(text)
    expect(found.title).not.toContain('escapes')
    expect(found.body).toMatch(/&amp;/)
  })
})

describe('the text of a page with a table', () => {
  const events = [{ email: 'a@example.com', event: 'open' }]
  const json = JSON.stringify(events)
  const page = (rows: string, body: string): string =>
    `Details\nPOST\thttps://webhook.site/4be0\nDate\t11/30/2026\nHeaders\n${rows}\nQuery strings\nNone\n${body}\n`
  const rows = (length: number, join: string, type = formType): string =>
    head(type, length)
      .map((pair) => pair.join(join))
      .join('\n')

  test.each(['\t', '\t ', ' \t', ':\t'])('with %j between name and value', (join) => {
    const found = read(page(rows(form.length, join), `Form values\nBody\thttps://a.example/?b=c\nRaw Content\n${form}`))
    expect(found).toMatchObject({ method: 'POST', url: 'https://webhook.site/4be0', body: form })
    expect(found.headers).toEqual(head(formType, form.length))
    expect(found.title).toBe('printed headers')
  })

  test('without a raw body, from its parameters', () => {
    const values = `AccountSid\tAC${'0a'.repeat(16)}\nBody\tHi & bye\nToCity\t(empty)`
    expect(read(page(rows(60, '\t'), `Form values\n${values}`))).toMatchObject({
      body: `AccountSid=AC${'0a'.repeat(16)}&Body=Hi+%26+bye&ToCity=`,
      bodyDecoded: true,
    })
  })

  test('with JSON as it arrived, and formatted', () => {
    const table = rows(json.length, '\t', 'application/json')
    expect(read(page(table, `Content\n${json}`))).toMatchObject({ body: json, title: 'printed headers' })
    const formatted = JSON.stringify(events, null, 2)
    const found = read(page(table, `Format JSON\tCopy\n${formatted}`))
    expect(found.body).toBe(formatted)
    expect(found.title).toBe(
      `printed headers, whose JSON was formatted (Content-Length: ${json.length}, here: ${formatted.length}), so copy the raw body`,
    )
  })

  test('a table without a signature is no request', () => {
    expect(() => read(page('host\ta.example', form))).toThrow('neither a raw HTTP request')
  })
})

describe('a body that has not its Content-Length', () => {
  const events = '{"a":"1"},\r\n{"b":"2"}'
  const array = `[${events}]\r\n`
  const mail = '--x\r\nContent-Disposition: form-data; name="to"\r\n\r\na\r\n--x--\r\n'
  const asJson = (body: string, length = array.length): string => raw(body, head('application/json', length))

  test.each<[string, string, string]>([
    ['JSON, CRLF to LF', asJson(array.replaceAll('\r', '')), array],
    ['JSON without its last line end', asJson(array.replaceAll('\r', '').trimEnd()), array],
    ['a mail', raw(mail.replaceAll('\r', ''), head('multipart/form-data; boundary=x', mail.length)), mail],
    ['LF to CRLF', asJson('{\r\n"a": 1\r\n}', 10), '{\n"a": 1\n}'],
  ])('gets its line ends back: %s', (_name, text, body) => {
    expect(read(text)).toMatchObject({ body, title: expect.stringContaining('line ends were put back') })
  })

  test('is formatted JSON, if only white space or escapes are other', () => {
    const formatted = JSON.stringify(JSON.parse(array), null, 4)
    for (const [text, body] of [
      [asJson(`${formatted}\n`), formatted],
      [asJson(JSON.stringify(JSON.parse(array))), JSON.stringify(JSON.parse(array))],
    ] as const)
      expect(read(text)).toMatchObject({ body, title: expect.stringContaining('JSON was formatted') })
  })

  test.each<[string, string, RegExp]>([
    ['JSON that ends early', asJson(array.slice(0, -6)), /cut off/],
    ['a form that ends early', raw('a=1&b=', head(formType, 8)), /cut off/],
    ['JSON with another text behind', asJson(`${array}HTTP is old`), /continues after its body/],
    ['more JSON than was announced', asJson(array, 9), /continues after its body/],
  ])('is refused otherwise: %s', (_name, text, message) => {
    expect(() => read(text)).toThrow(message)
  })
})

test('a typed request line above lines with a prefix', () => {
  const lines = ['{', `  'x-twilio-signature': '${signature}',`, "  host: 'a.example'", '}', "{ CallSid: 'CA1' }"]
  for (const prefix of ['2026-11-30T10:12:09.123456+00:00 app[web.1]: ', 'web-1  | ', 'Nov 30 10:12:09 h node[8]: '])
    for (const typed of ['POST /sms?a=1', 'POST https://a.example/sms?a=1', 'POST /sms?a=1\n', '/sms?a=1'])
      expect(read(`${typed}\n${lines.map((line) => prefix + line).join('\n')}\n`)).toMatchObject({
        method: 'POST',
        url: 'https://a.example/sms?a=1',
      })
})

describe('items that Burp Suite saved', () => {
  const crlf = raw(form).replaceAll('\n', '\r\n')
  const toItem = (text: string, isEncoded = true): string =>
    `  <item>\n    <url><![CDATA[http://webhook.site/in?a=1&amp;b=2]]></url>\n    <request base64="${isEncoded}"><![CDATA[${
      isEncoded ? btoa(text) : text
    }]]></request>\n    <response base64="true"><![CDATA[${btoa('HTTP/1.1 403 Forbidden\r\n\r\n')}]]></response>\n  </item>\n`
  const wrap = (...items: string[]): string =>
    `<?xml version="1.0"?>\n<!DOCTYPE items [\n<!ATTLIST request base64 (true|false) "false">\n]>\n<items burpVersion="2026.1">\n${items.join('')}</items>\n`
  const other = 'GET /robots.txt HTTP/1.1\r\nHost: webhook.site\r\n\r\n'

  test.each<[string, string]>([
    ['in Base64', wrap(toItem(crlf))],
    ['as text', wrap(toItem(crlf, false))],
    ['behind others, with a byte order mark', `\ufeff${wrap(toItem(other), toItem(other, false), toItem(crlf))}`],
    ['one item alone', toItem(crlf)],
    ['of HTTP/2', wrap(toItem(crlf.replace('HTTP/1.1', 'HTTP/2')))],
  ])('%s', (_name, text) => {
    const found = read(text)
    expect(found).toMatchObject({ title: 'a raw HTTP request', method: 'POST', body: form })
    expect(found.url).toBe('https://webhook.site/in?a=1&b=2')
  })

  test('without a signature it is the first, and a body that has such an item is a body', () => {
    expect(read(wrap(toItem(other), toItem(other.replace('robots', 'other')))).url).toMatch(/robots/)
    const own = raw(toItem(crlf), head('application/xml', toItem(crlf).length))
    expect(read(own).body).toBe(toItem(crlf))
  })

  test('what a request of another sender holds is no item', () => {
    const inner = `<request base64="true"><![CDATA[${btoa(crlf.replaceAll('/in?', '/evil?'))}`
    const outer = toItem(`POST /first HTTP/1.1\r\nHost: webhook.site\r\n\r\n${inner}`, false)
    expect(read(wrap(outer)).url).toMatch(/first/)
    expect(read(wrap(outer, toItem(crlf))).url).toBe('https://webhook.site/in?a=1&b=2')
  })

  test('a request that is cut off is refused', () => {
    expect(() => read(wrap(toItem(crlf)).replace('<![CDATA[UE9', '<![CDATA[*UE9'))).toThrow('"request" is not Base64')
    expect(() => read(wrap(toItem(crlf)).slice(0, 400))).toThrow(RequestError)
  })
})
