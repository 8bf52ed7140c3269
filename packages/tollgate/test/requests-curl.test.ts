import { describe, expect, test } from 'vitest'
import { type RecordedRequest, RequestError } from '../src/requests/index.ts'
import { findCurl, readCurl } from '../src/requests/read-curl.ts'

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

test('reads files if allowed: --data drops their line breaks, --data-binary keeps them', () => {
  const readFile = (path: string): Uint8Array => Buffer.from(`${path}=1\r\n`)
  const command = (option: string): string => `curl ${option} @f https://e.com/`
  expect(Buffer.from(readCurl(command('-d'), readFile).body ?? '').toString()).toBe('f=1')
  expect(Buffer.from(readCurl(command('--data-binary'), readFile).body ?? '').toString()).toBe('f=1\r\n')
  expect(() => readCurl(command('-d'))).toThrow(/--body FILE/)
})

test.each<[command: string, message: RegExp]>([
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
])('refuses another command and says why: %s', (command, message) => {
  expect(() => readCurl(command)).toThrow(RequestError)
  expect(() => readCurl(command)).toThrow(message)
})

test('finds no command in a text without one', () => {
  for (const text of ['the curls of her hair', 'recurl x']) expect(findCurl(text)).toBeUndefined()
})
