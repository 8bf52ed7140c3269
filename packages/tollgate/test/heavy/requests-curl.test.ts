import { execFile } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'
import { type RecordedRequest, RequestError, readRequests, writeRequests } from '../../src/requests/index.ts'
import { readCurl } from '../../src/requests/read-curl.ts'
import { bodies } from '../request-samples.ts'

// Slow, because each command starts a shell and curl.

interface Arrived {
  readonly line: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

interface Seen {
  readonly method: string
  readonly target: string
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  readonly extra: string | undefined
  readonly body: string
}

let arrived: Arrived[] = []
let origin = ''
// Bytes, because a server of node:http would read some of them in its own way.
const server = createServer((socket) => {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    answer(socket, text)
  })
  socket.on('error', () => undefined)
})

function answer(socket: Socket, text: string): void {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const headers = fields.map((field) => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
  })
  const find = (name: string) => headers.find(([each]) => each === name)?.[1]
  const body = text.slice(end + 4)
  if (body.length < Number(find('content-length') ?? 0)) {
    if (find('expect') !== undefined) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
    return
  }
  arrived.push({ line, headers, body })
  socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
}

beforeAll(async () => {
  requireProgram('curl')
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

/** Runs a script, and returns the requests that arrived. */
async function runScript(shell: string, script: string | Uint8Array): Promise<Arrived[]> {
  arrived = []
  const running = promisify(execFile)(shell)
  running.child.stdin?.end(script)
  await running
  return arrived
}

/** Runs the command in a shell, and returns the request that the server received. */
async function runInShell(command: string): Promise<Seen | undefined> {
  const [{ line, headers, body } = { line: '', headers: [], body: '' }] = await runScript('bash', command)
  const [method = '', target = ''] = line.split(' ')
  const find = (name: string) => headers.find(([each]) => each === name)?.[1]
  return {
    ...{ method, target, body },
    contentType: find('content-type'),
    authorization: find('authorization'),
    extra: String(find('x-extra')),
  }
}

function readCommand(command: string): Seen {
  const { method, url, headers, body } = readCurl(command, (path) => Buffer.from(path === '/dev/null' ? '' : 'a\r\nb'))
  const find = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1]
  return {
    method,
    target: url.replace(/^[a-z]+:\/\/[^/]*/, ''),
    contentType: find('content-type'),
    authorization: find('authorization'),
    extra: String(find('x-extra')),
    body: Buffer.from(body ?? '').toString('latin1'),
  }
}

const commands = [
  "curl -sS 'URL/sms?x=1' -H 'X-Extra: a: b' --data-raw $'Body=it\\'s\\u0021&From=%2B1\\xc3\\xa9\\u20ac\\t\\101'",
  'curl -s -X PUT "URL/" -d "a=\\"1\\"" -d \'b=\'"2"\\ 3',
  "curl -s -G URL/x --data-urlencode 'Body=a b&c+é' --data-urlencode '=x=y' --data-urlencode plain",
  "curl -s -G 'URL/x?q=%2B' -d a=%2B -d b=2",
  "curl -s -G 'URL/x?' -d a=1",
  "curl -s -G 'URL/x?y&' -d ''",
  'curl -s --json \'{"a":1}\' URL/ -u me:secret',
  "curl -sd '' URL/",
  "curl -s URL/ -H 'Content-Type: application/json' --data-binary '{}\n'",
  "curl -s URL/ -H 'Content-Type:' -d a=1",
  "curl -s URL/ -H 'X-Extra;' -d @/dev/null",
  "curl -s URL/a \\\n  -H 'X-Extra:   spaced  ' \\\n  --compressed --data-raw '@not-a-file'",
  'curl -s URL/ -d a=1 2>/dev/null >/dev/null',
  "curl -sLXPOST -H'X-Extra: b' -da=1 URL/x",
  'curl -s URL/~x -d "`"\'`\' 2>/dev/null || true'.replace('"`"', ''),
  "curl -s -I URL/head; echo 'more'",
  "curl --json '{\"a\":' --json '1}' -s --url URL/json -o /dev/null",
  "curl -H 'X-Extra: b' -d ' a= b ' HOST/p -s",
]

test.each(commands)('reads as curl sends it: %s', async (template) => {
  const command = template.replaceAll('URL', origin).replace('HOST', origin.slice(7))
  expect(readCommand(command)).toEqual(await runInShell(command))
})

test('any text in any quotes is read as the shell and curl read it', async () => {
  // The second kind has many characters that are special to a shell or to cmd.exe.
  const text = fc
    .oneof(fc.stringMatching(/^[ -~\n\té€]{0,40}$/), fc.stringMatching(/^[a ^"'\\$%`\n]{0,12}$/))
    .map((some) => some.replaceAll('!', '.'))
  const quotes: ((some: string) => string)[] = [
    (some) => `'${some.replaceAll("'", "'\\''")}'`,
    (some) => `"${some.replace(/[\\"$`]/g, '\\$&')}"`,
    (some) => `$'${some.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('é', '\\u00e9')}'`,
    (some) => (some === '' ? "''" : some.replace(/[^A-Za-z0-9\n]/gu, '\\$&').replaceAll('\n', "'\n'")),
  ]
  const options = fc.constantFrom('--data-raw', '--data-urlencode', '-d', '--data-binary')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(options, fc.constantFrom(...quotes), text), { minLength: 1, maxLength: 4 }),
      async (parts) => {
        // A leading @ would name a file.
        const data = parts.map(([option, quote, some]) => `${option} ${quote(`n${some.replaceAll('@', '.')}`)}`)
        const command = `curl -s ${origin}/x ${data.join(' ')}`
        expect(readCommand(command)).toEqual(await runInShell(command))
      },
    ),
    { numRuns: 60 },
  )
})

describe('a written command', () => {
  const segment = fc.constantFrom(...`a.'"@$\`!*~|^;:`, '..', '{a,b}', '[1-3]', '%2f')
  const path = fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`)
  const query = fc.option(
    fc.array(segment).map((parts) => `?${parts.join('&')}`),
    { nil: '' },
  )
  const names = fc.constantFrom(
    'X-A',
    'x-a',
    'Content-Type',
    'User-Agent',
    'Accept',
    'X-Twilio-Signature',
    'Cookie',
    'Referer',
  )
  const value = fc.oneof(
    fc.constantFrom('', ';', ':', '@x', "it's", '"', '\\', '$HOME'),
    fc.string({ unit: 'grapheme-ascii' }),
  )
  const request: fc.Arbitrary<RecordedRequest> = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
    url: fc.tuple(path, query).map((parts) => parts.join('')),
    headers: fc.array(fc.tuple(names, value), { maxLength: 4 }),
    body: bodies,
  })

  test.each(['dash', 'bash'])('sends in %s exactly the bytes of the record, once', async (shell) => {
    await fc.assert(
      fc.asyncProperty(request, async (given) => {
        const [read] = readRequests(writeRequests('capture', [{ ...given, url: origin + given.url }])).requests
        if (read === undefined || read instanceof RequestError) throw read
        const [one, ...others] = await runScript(shell, writeRequests('curl', [read]))
        expect(others).toEqual([])
        expect(one?.line).toBe(`${read.method} ${read.url.slice(origin.length)} HTTP/1.1`)
        expect(one?.body).toBe(Buffer.from(read.body ?? '').toString('latin1'))
        const own = (headers: Arrived['headers']) =>
          headers.flatMap(([name, some]) =>
            /^(x-|content-type|cookie|referer)/i.test(name) ? [`${name.toLowerCase()}: ${some}`] : [],
          )
        expect(own(one?.headers ?? [])).toEqual(own(read.headers))
      }),
      // Longer than a shell takes as an argument.
      { numRuns: 60, examples: [[{ method: 'POST', url: '/', headers: [], body: Buffer.alloc(250_000, 'long ') }]] },
    )
  })
})
