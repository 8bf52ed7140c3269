import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RecordedRequest, RequestError } from '../src/requests/index.ts'
import { findCurl, readCurl } from '../src/requests/read-curl.ts'
import { signRequest } from '../src/testing/index.ts'

const authToken = '0123456789abcdef0123456789abcdef'

function read(command: string): Omit<RecordedRequest, 'body'> & { body: string | undefined } {
  const request = readCurl(command)
  return { ...request, body: request.body === undefined ? undefined : Buffer.from(request.body).toString('utf8') }
}

const form = ['content-type', 'application/x-www-form-urlencoded'] as const

describe('commands that browsers and consoles copy', () => {
  test('Chrome, for bash', () => {
    const copied = [
      "curl 'https://example.com/sms?x=1' \\",
      "  -H 'accept: */*' \\",
      "  -H 'content-type: application/x-www-form-urlencoded' \\",
      "  -b 'a=b; c=d' \\",
      "  -H 'x-twilio-signature: AAAA=' \\",
      "  --data-raw $'Body=it\\'s\\u0021&From=%2B1555' \\",
      '  --compressed ;',
    ].join('\n')
    expect(read(copied)).toMatchObject({
      method: 'POST',
      url: 'https://example.com/sms?x=1',
      body: "Body=it's!&From=%2B1555",
    })
    expect(read(copied).headers).toContainEqual(['x-twilio-signature', 'AAAA='])
    expect(read(copied).headers).toContainEqual(['cookie', 'a=b; c=d'])
  })

  test('Firefox, for bash, with bytes and characters in escapes', () => {
    expect(read("curl 'https://example.com/' -X POST --data-raw $'a=\\xc3\\xa9\\u20ac\\t'").body).toBe('a=é€\t')
    // Older versions write one escape per character.
    expect(read("curl 'https://example.com/' --data-raw $'a=\\xe9'").body).toBe('a=é')
  })

  test.each([
    `--data-raw "Body=up ^" -d ''`,
    `--data-raw 'Body=up ^' -d ""`,
    `--data-raw 'Body=up ^"' -d ""`,
    `--data-raw $'Body=it\\'s up ^\n' -d ""`,
  ])('a caret at the end of a message does not make it a command for cmd: %s', (options) => {
    expect(read(`curl https://example.com/sms ${options}`).body).toMatch(/^Body=.*\^/)
    expect(read(`curl https://example.com/sms ${options}`).body?.endsWith('&')).toBe(true)
  })

  test('PowerShell goes on in the next line behind a backtick', () => {
    for (const end of ['\n', '\r\n'])
      expect(readCurl(`curl.exe -X POST 'https://example.com/sms' \`${end}  -H 'Host: example.com'`)).toMatchObject({
        method: 'POST',
        url: 'https://example.com/sms',
        headers: [['Host', 'example.com']],
      })
    expect(() => readCurl('curl `cat url`')).toThrow('another command')
  })

  test('a command for cmd is called so', () => {
    expect(() => readCurl('curl ^"https://example.com/^" ^\r\n  --data-raw ^"a=b^"')).toThrow('copied for cmd')
    expect(() => readCurl('curl "https://example.com/" ^\r\n  --data-raw "a=b"')).toThrow('copied for cmd')
  })

  test("Twilio's console and documentation", () => {
    const copied = [
      "curl -X POST 'https://example.com/sms' \\",
      '--data-urlencode "Body=Hello there & more" \\',
      '--data-urlencode "From=+15551230001" \\',
      '-u ACxxxxxxxx:token',
    ].join('\n')
    expect(read(copied).body).toBe('Body=Hello+there+%26+more&From=%2B15551230001')
    expect(read(copied).headers).toContainEqual(form)
  })

  test('the output of tollgate sign', () => {
    const signed = signRequest({
      authToken,
      url: 'https://example.com/sms?q=it%27s',
      params: { Body: "it's {[100%]} \n$HOME `x` é" },
    }).toCurl()
    expect(read(signed)).toMatchObject({ method: 'POST', url: 'https://example.com/sms?q=it%27s' })
    expect(new URLSearchParams(read(signed).body).get('Body')).toBe("it's {[100%]} \n$HOME `x` é")
  })

  test('a terminal session with prompts, colours, second prompts and output', () => {
    const session = [
      '\u001b[32mme@box\u001b[0m:~/app$ cd app',
      "\u001b[32mme@box\u001b[0m:~/app$ curl -sS 'http://127.0.0.1:3000/sms' \\",
      "> -H 'X-Twilio-Signature: AAAA=' \\",
      "> -d 'a=1' | cat",
      'Twilio Request Validation Failed.',
      'me@box:~/app$ ',
    ].join('\n')
    expect(read(session)).toMatchObject({ method: 'POST', url: 'http://127.0.0.1:3000/sms', body: 'a=1' })
    expect(read(session).headers).toContainEqual(['X-Twilio-Signature', 'AAAA='])
  })
})

describe('options of curl', () => {
  const cases: [name: string, command: string, expected: object][] = [
    ['the URL may be anywhere', "curl -H 'a: b' -d x=1 example.com/p -s", { url: 'http://example.com/p', body: 'x=1' }],
    [
      'short options can be combined',
      'curl -sSLXPUT https://example.com/',
      { method: 'PUT', url: 'https://example.com/' },
    ],
    [
      'several data options are joined by &',
      'curl -d a=1 --data b=2 --data-binary c=3 https://e.com/',
      { body: 'a=1&b=2&c=3' },
    ],
    [
      '-G moves data into the query',
      'curl -G -d a=1 "https://e.com/?x=1"',
      { method: 'GET', url: 'https://e.com/?x=1&a=1' },
    ],
    ['--data-raw keeps its @', 'curl --data-raw @me https://e.com/', { body: '@me' }],
    ['--json joins without &', "curl --json '{\"a\":' --json '1}' https://e.com/", { method: 'POST', body: '{"a":1}' }],
    ['-I is HEAD', 'curl -I https://e.com/', { method: 'HEAD' }],
    ['-X wins', 'curl -X DELETE -d a=1 https://e.com/', { method: 'DELETE', body: 'a=1' }],
    ['--url gives the URL', 'curl --url https://e.com/x -o /dev/null', { url: 'https://e.com/x' }],
    ['data is not trimmed', "curl -d ' a= b ' https://e.com/", { body: ' a= b ' }],
    ['double quotes', 'curl -d "a=\\"\\$5\\" \\x" https://e.com/', { body: 'a="$5" \\x' }],
    ['redirections are skipped', 'curl https://e.com/ -d a=1 2>/dev/null >out.txt', { body: 'a=1' }],
    ['an empty body', "curl -d '' https://e.com/", { method: 'POST', body: '' }],
  ]
  test.each(cases)('%s', (_name, command, expected) => {
    expect(read(command)).toMatchObject(expected)
  })

  test('a colon removes a header, and a semicolon sends it empty', () => {
    const { headers } = read("curl -H 'Content-Type:' -H 'X-Empty;' -d a=1 https://e.com/")
    expect(headers).toEqual([
      ['X-Empty', ''],
      ['host', 'e.com'],
    ])
  })

  test('reads files if allowed: --data drops their line breaks, --data-binary keeps them', () => {
    const readFile = (path: string): Uint8Array => Buffer.from(`${path}=1\r\n`)
    const command = (option: string): string => `curl ${option} @f https://e.com/`
    expect(Buffer.from(readCurl(command('-d'), readFile).body ?? '').toString()).toBe('f=1')
    expect(Buffer.from(readCurl(command('--data-binary'), readFile).body ?? '').toString()).toBe('f=1\r\n')
    expect(() => readCurl(command('-d'))).toThrow(/--body FILE/)
  })
})

describe('refuses other commands and says why', () => {
  const cases: [command: string, message: RegExp][] = [
    ['curl -F a=1 https://e.com/', /multipart/],
    ['curl --form a=1 https://e.com/', /multipart/],
    ['curl -T file https://e.com/', /PUT/],
    ['curl -K file', /into the command/],
    ['curl https://e.com/ --next https://e.com/2', /several requests/],
    ['curl https://e.com/a https://e.com/b', /2 URLs/],
    ['curl -d a=1', /no URL/],
    ['curl --dta a=1 https://e.com/', /--dta; did you mean --data\?/],
    ['curl -d', /-d, which needs a value/],
    ["curl -d 'a=1 https://e.com/", /never closed/],
    ['curl -d "a=1 https://e.com/', /never closed/],
    ["curl -d $'a=1 https://e.com/", /never closed/],
    ['curl https://e.com/ \\', /a line is missing/],
    ['curl https://e.com/?a=1&b=2', /& outside quotes/],
    ['curl -d "Body=$BODY" https://e.com/', /variable/],
    ['curl -d $(cat x) https://e.com/', /variable/],
    ['curl -d `cat x` https://e.com/', /variable/],
    ["curl -d $'a\\0' https://e.com/", /NUL/],
    ['curl -H nonsense https://e.com/', /without a colon/],
    ['curl ftp://e.com/', /must begin with http/],
    ['wget https://e.com/', /no curl command/],
    ['', /no curl command/],
  ]
  test.each(cases)('%s', (command, message) => {
    expect(() => readCurl(command)).toThrow(RequestError)
    expect(() => readCurl(command)).toThrow(message)
  })
})

describe('properties', () => {
  const text = fc.string({ unit: 'binary' }).map((some) => some.replaceAll('\0', ''))
  const noise = fc.oneof(
    text,
    fc.stringMatching(/^[ "'$\\^`&|;<>(){}@=:\nuxU0-9a-zH-]{0,80}$/),
    fc
      .array(
        fc.constantFrom(
          '-H',
          '-d',
          "'",
          '"',
          "$'",
          '\\',
          '\\\n',
          '^\r\n',
          '^"',
          'a: b',
          '--json',
          '-F',
          '@x',
          ' ',
          '-sX',
        ),
      )
      .map((parts) => parts.join(' ')),
  )

  test('any pasted text is a request or a refusal', () => {
    fc.assert(
      fc.property(
        noise,
        fc.constantFrom('', 'curl ', 'curl https://e.com/ ', 'curl ^"https://e.com/^" ^\r\n'),
        (rest, start) => {
          try {
            const request = readCurl(start + rest)
            expect(request.url).toMatch(/^(https?|wss?):\/\//i)
          } catch (error) {
            expect(error).toBeInstanceOf(RequestError)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  test("the library's curl command is read back byte for byte", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), text), (params) => {
        const command = signRequest({ authToken, url: 'https://example.com/sms', params }).toCurl()
        const body = new TextDecoder().decode(readCurl(`$ ${command}\nsome output`).body)
        expect(Object.fromEntries(new URLSearchParams(body))).toEqual(
          Object.fromEntries(new URLSearchParams(new URLSearchParams(params).toString())),
        )
      }),
      { numRuns: 200 },
    )
  })

  test('finds no command in a text without one', () => {
    expect(findCurl('the curls of her hair')).toBeUndefined()
    expect(findCurl('recurl x')).toBeUndefined()
  })
})
