import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type FormName,
  type RecordedRequest,
  RequestError,
  readRequests,
  requestForms,
  type WrittenFormName,
  writeRequests,
} from '../src/requests/index.ts'
import { requestSamples } from './request-samples.ts'

const forms = Object.keys(requestForms) as FormName[]

/** Returns the message of each refusal, of the text or of an entry. */
function readMessages(text: string | Uint8Array, form?: FormName): string[] {
  try {
    const { requests } = readRequests(text, { form, from: '"file.txt"' })
    return requests.flatMap((one) => (one instanceof RequestError ? one.message : []))
  } catch (error) {
    if (error instanceof RequestError) return [error.message]
    throw error
  }
}

describe('a refusal names the source and the position', () => {
  const form = 'application/x-www-form-urlencoded'
  const request = { method: 'POST', url: 'https://e.com/' }
  const har = (...requests: object[]) => JSON.stringify({ log: { entries: requests.map((one) => ({ request: one })) } })
  const advice =
    'you can also ask Twilio what it sent, without a copy: npx @tollgate/cli diagnose --alert, and then --alert NO….'
  const needs = `it needs { "method", "url", "headers", "body" or "bodyBase64" }, and has no "url"; ${advice}`
  test.each<[text: string | Uint8Array, message: string]>([
    ['{"a": 1,\n  b: 2}', `"file.txt", line 2, column 3: this is not JSON; ${advice}`],
    ['[1 2]', `"file.txt", line 1, column 4: this is not JSON; ${advice}`],
    ['{"a"', `"file.txt", line 1, column 5: this is not JSON; ${advice}`],
    ['[{"method": "GET"}, {"method": "GET", "url": "/"}]', `"file.txt", entry 1: ${needs}`],
    // The only one has no number.
    ['{"method": "PUT", "headers": {}}', `"file.txt": ${needs}`],
    [
      JSON.stringify([{ ...request, headers: Object.entries({ X: 'y', Z: 'a\nb' }) }]),
      '"file.txt", header 2: this is not a header of HTTP.',
    ],
    [
      har({ ...request }, { ...request, url: 'ftp://e.com/' }),
      '"file.txt", entry 2: the URL must begin with http, https, ws or wss.',
    ],
    [har({ ...request, postData: { text: '*', encoding: 'base64' } }), '"file.txt": "postData.text" is not Base64.'],
    [
      har({ ...request, postData: { mimeType: 'multipart/form-data', params: [{ name: 'a', value: 'b' }] } }),
      '"file.txt": it has a multipart form without its text, so the bytes are lost.',
    ],
    [
      har({ ...request, postData: { mimeType: form, params: [{ name: 'a', value: {} }] } }),
      '"file.txt": a parameter of its form is not a text.',
    ],
    [
      'GET / HTTP/1.1\nHost: a\nnonsense\n\n',
      '"file.txt", line 3: this is not a header; an empty line ends the headers.',
    ],
    [
      "\n$ curl https://e.com/ -d 'a",
      '"file.txt", line 2, column 3: a quote (\') is never closed: the command is incomplete.',
    ],
    [
      'hello',
      `"file.txt": no request is read in this form; copy it with its headers, as a curl command (bash), HAR, raw HTTP or JSON, or use --last; ${advice}`,
    ],
    [Buffer.from([0xff, 0x80, 0x41]), '"file.txt": this is not UTF-8 text.'],
  ])('%j', (text, message) => {
    expect(readMessages(text)).toEqual([message])
  })
})

describe('any text is a request or a refusal, which has no secret', () => {
  const secret = '0123456789abcdef0123456789abcdef'
  const marks = ['\r\n\r\n', '--', '-H ', "$'", '^"', 'curl ', 'Transfer-Encoding: chunked\n']
  const pieces = [...`"'{}\\\n :@$&`, ...marks, secret, ` --${secret} `, `"${secret}": `]
  test.each(forms)('%s', (form) => {
    const edit = fc.tuple(fc.nat(), fc.nat(6), fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary' })))
    const sample = fc.constantFrom(...requestSamples[form])
    fc.assert(
      fc.property(sample, fc.array(edit, { minLength: 1, maxLength: 4 }), (text, edits) => {
        const changed = edits.reduce((kept, [at, removed, more]) => {
          const start = at % (kept.length + 1)
          return kept.slice(0, start) + more + kept.slice(start + removed)
        }, text)
        for (const given of [form, undefined])
          for (const message of readMessages(changed, given)) {
            expect(message).not.toContain(secret)
            expect(message).toMatch(/^"file\.txt"(?:, (?:line|column|entry|header) \d+)*: .+\.$/)
          }
      }),
      { numRuns: 500 },
    )
  })

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const form of [undefined, ...forms]) readMessages(bytes, form)
      }),
      { numRuns: 500 },
    )
  })
})

// Each would take minutes, or overflow a stack, if one step read it again for each character.
describe('a long text costs time in proportion to its length', () => {
  const size = 512 * 1024
  const mostTimes = 10
  const mostEntries = 9_900
  const fill = (part: string) => part.repeat(Math.floor(size / part.length))
  const quote = (text: string) => JSON.stringify(text)
  const afterHeaders = [
    ...['{a:{b:c,', '{}', '{a=>', 'A(1) {', '[Symbol(a)]', '{a:{', "{'a=b", '\nPOST /', '[[', "[['a',", '(', '<', 'a:'],
    ...['`', "{'", '{a:1,', "'", '[Object', '\\', 'A {', "'' + ", '[{', 'Map(', '"body":"'],
  ]
  const texts: [string, string | Uint8Array][] = [
    ['blanks at the start', `${fill(' ')}x`],
    ['line feeds at the start', `${fill('\n')}x`],
    ['prompts', fill('$ ')],
    ['variables', `$ ${fill('A=b ')}`],
    ['a long variable', `$ A=${fill('b')}`],
    ['escape sequences', fill('\x1b[1')],
    ['titles of a terminal', fill('\x1b]0;')],
    ['notes', `${fill('# Left out, because a: "b: c"\n')}curl https://e.com/`],
    ['one note', `# Left out, because a: "${fill('a: ')}"\ncurl https://e.com/`],
    ['options with data', `curl https://e.com/ ${fill('-d a ')}`],
    ['one option', `curl https://e.com/ -${fill('s')}`],
    ['an unknown option', `curl https://e.com/ --${fill('x')}`],
    ['headers of curl', `curl https://e.com/ ${fill("-H 'a: b' ")}`],
    ['open quotes', `curl https://e.com/ ${fill(`'"'`)}`],
    ['escapes in a quote', `curl https://e.com/ -d $'${fill('\\xff')}'`],
    ['an escaped quote', `curl https://e.com/ -d "${fill('\\"')}`],
    ['credentials', `curl https://e.com/ -u ${fill('a')}`],
    ['redirections', `curl https://e.com/ ${fill('< ')}`],
    ['a body from printf', `printf '${fill('\\000')}' | curl https://e.com/ --data-binary @-`],
    ['a printf without curl', `printf '${fill('%')}' | sh`],
    ['blanks in a raw header', `GET / HTTP/1.1\nA: b${fill(' ')}c\n\n`],
    ['raw headers', `GET / HTTP/1.1\n${fill('a: b\n')}\n`],
    ['line feeds in a raw body', `POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\n${fill('\n')}x`],
    ['chunks', `POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n${fill('1\na\n')}`],
    ['deep JSON', fill('[')],
    ['deep objects', fill('{"a":')],
    ['a long string', `{"a": "${fill('\\u0000')}`],
    ['JSON in a string', `{"method": ${quote(fill('"'))}`],
    ['entries', `[${fill('{},')}{}]`],
    ['header values in JSON', `{"method":"GET","url":"/","headers":{"a":[${fill('"b",')}"c"]}}`],
    ['Base64', `{"method":"GET","url":"/","bodyBase64":"${fill('AAAA')}="}`],
    ['userinfo', `{"method":"GET","url":"https://${fill('a@')}e.com/"}`],
    ['a fragment', `{"method":"GET","url":"https://e.com/${fill('#')}"}`],
    [
      'parameters',
      `{"log":{"entries":[{"request":{"method":"GET","url":"/","postData":{"mimeType":"x-www-form-urlencoded","params":[${fill('{"name":"+1"},')}{}]}}}]}}`,
    ],
    ['objects in objects', `{${fill('"a":{"b":{"c":{}}},')}"d":1}`],
    ['lists of requests', `{"a":[${fill('{"b":{"headers":{}}},')}{}]}`],
    ['signed requests', `[${fill('{"headers":{"x-twilio-signature":""}},')}{}]`],
    ['lines of JSON', fill('{"req":{"headers":{"x-twilio-signature":""}}}\n')],
    // Ten thousand are read, and more are refused at once.
    ['the most requests, all refused', `[${'{"headers":{"x-twilio-signature":""}},'.repeat(mostEntries)}{}]`],
    ['the most lines, all refused', '{"req":{"headers":{"x-twilio-signature":""}}}\n'.repeat(mostEntries)],
    ['lines with text', fill('{"log":"x-twilio-signature: \\n"}\n')],
    ['a form in a log', `{"method":"GET","path":"/","headers":{"a":"b"},"text":"${fill('a=')}"}`],
    ['a message in a log', `{"method":"GET","path":"/","headers":{"a":"b"},"raw":"${fill('AAAA')}"}`],
    [
      'a list of bytes',
      `{"method":"GET","path":"/","headers":{"a":"b"},"body":{"type":"Buffer","data":[${fill('1,')}1]}}`,
    ],
    ['headers as printed', `${fill('POST / {')}{'x-twilio-signature': 'a'}`],
    ['lines after headers', `POST / {'x-twilio-signature': 'a'}\n${fill('a b=c\n')}`],
    ['one line after headers', `POST / {'x-twilio-signature': 'a'}\n${fill('a')} ${fill('=')}`],
    ['lines of headers', `x-twilio-signature: a\n${fill('a: b\n')}`],
    ['header names', `x-twilio-signature: a\n${fill('a')}`],
    ['colours', fill('\x1b[1m')],
    ['fences', fill('```\n')],
    ['pairs as printed', `x-twilio-signature: {a: ${fill("[['a','b'],")}`],
    ['lists of texts', `{"a":[${fill('{"b":"x-twilio-signature: "},')}{}]}`],
    ...afterHeaders.map((part): [string, string] => [part, `x-twilio-signature: rawPath: ${fill(part)}`]),
    ['names in a log', fill('web | ')],
    ['lines of a log', fill('web | \n')],
    ['numbers of lines', fill('1: \n')],
    ['line feeds for a longer body', `POST / HTTP/1.1\nContent-Length: 300000\n\n${fill('\n')}`],
    ['line feeds for a shorter body', `POST / HTTP/1.1\nContent-Length: 3\n\n${fill('\n')}]`],
    ['deep JSON as a body', `POST / HTTP/1.1\nContent-Length: 900000\n\n${'['.repeat(90_000)}${']'.repeat(90_000)}`],
    ['typed request lines', fill('POST /a\n')],
    ['UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.alloc(size, 'curl ', 'utf16le')])],
  ]
  // As many bytes of requests that can be read.
  const ordinary = `[${fill('{"method":"GET","url":"/sms","headers":{"host":"e.com"}},')}{}]`
  const measure = (text: string | Uint8Array): number => {
    const start = process.cpuUsage()
    for (const message of readMessages(text)) expect(message.length).toBeLessThan(300)
    const { user, system } = process.cpuUsage(start)
    return user + system
  }
  const measureBest = (text: string | Uint8Array): number => Math.min(...Array.from({ length: 5 }, () => measure(text)))
  let usual: number | undefined
  test.each(texts)('%s', (_name, text) => {
    usual ??= measureBest(ordinary)
    // Other tests run beside this one, so that what seems too expensive is measured again.
    if (measure(text) > mostTimes * usual) expect(measureBest(text) / measureBest(ordinary)).toBeLessThan(mostTimes)
  })
})

const written = forms.filter((form) => requestForms[form].write !== undefined) as WrittenFormName[]

test.each(written)('many headers are written in time in proportion to their number, as %s', (form) => {
  const headers = Array.from({ length: 100_000 }, (_, index) => [`a${index}`, 'b'] as const)
  const bytes = writeRequests(form, [{ method: 'GET', url: 'https://e.com/', headers }])
  expect(Buffer.from(bytes).toString()).toContain('a99999')
})

// zsh reads comments as commands in a terminal, unless its user has set INTERACTIVE_COMMENTS.
describe('a shell that takes comments as commands runs nothing of a request', () => {
  const hostile = '\xe9$(id)`id`!!"; id; "\\'
  const request = { method: 'POST', url: 'wss://e.com/$(id)`id`!!', headers: [['X-A', hostile]] } as const
  const requests: readonly RecordedRequest[] = [
    { ...request, target: '/\xe9$(id)`id`!!"\\', bodyTruncated: true, bodyDecoded: true },
    { ...request, parsedBody: { [hostile]: hostile, 'a$(id)': ['`id`'] } },
    { ...request, headers: [['Content-Length', '$(id)'], ...request.headers] },
  ]
  test('curl', () => {
    const notes = requests.flatMap((one) =>
      Buffer.from(writeRequests('curl', [one]))
        .toString('latin1')
        .split('\n')
        .filter((line) => line.startsWith('# ')),
    )
    expect(notes.length).toBeGreaterThan(requests.length)
    expect(notes.join()).not.toMatch(/[!$`]/)
    // An escaped # is the name of a command.
    const input = notes.map((note) => `\\${note}\n`).join('')
    const { stdout, stderr } = spawnSync('sh', { input, encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(stderr.trim().split('\n')).toHaveLength(notes.length)
  })
})

test.each(['\x1b[201~\revil\r', '\x9b201~', '\x7f', '\0', '\x03', '\nevil\n', '\u0085'])(
  'a URL with a control character (%j) is refused in every form',
  (text) => {
    const url = `https://example.com/${text}`
    const capture = { method: 'GET', url, headers: [] }
    const files: Readonly<Record<string, string>> = {
      capture: JSON.stringify(capture),
      target: JSON.stringify({ ...capture, url: 'https://example.com/', target: `/${text}` }),
      har: JSON.stringify({ log: { entries: [{ request: { ...capture, queryString: [] } }] } }),
      curl: `curl 'https://example.com/${text}'`,
      ansi: `curl $'https://example.com/${[...text].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}'`,
      raw: `GET /${text} HTTP/1.1\r\nHost: example.com\r\n\r\n`,
    }
    for (const [name, file] of Object.entries(files)) {
      const read = (): unknown => {
        try {
          return readRequests(file).requests[0]
        } catch (error) {
          return error
        }
      }
      expect(read(), name).toBeInstanceOf(RequestError)
    }
  },
)

describe('an object with thousands of levels, which no JSON can be written of, is refused', () => {
  const request = { method: 'POST', url: 'https://example.com/', headers: {} }
  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('%s', (_name, start, end) => {
    const deep = `{"a":${start.repeat(50_000)}1${end.repeat(50_000)}}`
    const text = JSON.stringify(request)
    const entry = JSON.stringify({ ...request, headers: [] }).replace(/}$/, `,"_parsedBody":${deep}}`)
    for (const file of [
      text.replace(/}$/, `,"body":${deep}}`),
      `{"log":{"entries":[{"request":${entry}}]}}`,
      `# A parser left of the body: ${deep}\ncurl https://example.com/ --request POST`,
    ])
      expect(readMessages(file)).toEqual([expect.stringContaining('more than 100 levels')])
    const [read] = readRequests(text.replace(/}$/, `,"body":{"a":${start.repeat(90)}1${end.repeat(90)}}}`)).requests
    expect(writeRequests('capture', [read as RecordedRequest]).length).toBeGreaterThan(180)
  })
})
