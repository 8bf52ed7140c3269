import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'
import { parseCurl } from '../../src/inputs/curl.ts'
import { listen, type Running, writeScratch } from '../support.ts'

interface Seen {
  readonly method: string
  readonly target: string
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  readonly extra: string | undefined
  readonly body: string
}

let seen: Seen | undefined
let server: Running

beforeAll(async () => {
  requireProgram('curl')
  server = await listen(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    const { 'content-type': contentType, authorization, 'x-extra': extra } = req.headers
    const body = Buffer.concat(chunks).toString('latin1')
    seen = { method: req.method ?? '', target: req.url ?? '', contentType, authorization, extra: String(extra), body }
    res.end()
  })
})
afterAll(() => server.close())

/** Runs the command in a shell, and returns the request that the server received. */
async function runInShell(command: string): Promise<Seen | undefined> {
  seen = undefined
  const script = writeScratch('')
  writeFileSync(script, command)
  await promisify(execFile)('bash', [script])
  return seen
}

function readCommand(command: string): Seen {
  const { method, url, headers, body } = parseCurl(command, (path) => Buffer.from(path === '/dev/null' ? '' : 'a\r\nb'))
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
]

test.each(commands)('reads as curl sends it: %s', async (template) => {
  const command = template.replaceAll('URL', server.origin)
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
        const command = `curl -s ${server.origin}/x ${data.join(' ')}`
        expect(readCommand(command)).toEqual(await runInShell(command))
      },
    ),
    { numRuns: 60 },
  )
})
