import { execFile } from 'node:child_process'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { twilioWebhook } from 'tollgate/node'
import { expect, test } from 'vitest'
import { captureExchange } from '../src/server/capture-exchange.ts'
import { writeCopy } from '../src/server/copy/copy.ts'
import type { Capture } from '../src/shared/capture.ts'
import { makeExchange, publicUrl, runCopied, serve, signSample } from './kit.ts'

interface Seen {
  readonly line: string
  readonly headers: string[]
  readonly body: Buffer
}

const hostileTexts: readonly (readonly [string, string | Uint8Array])[] = [
  ['quotes of all kinds', `it's "quoted" \`and\` $(touch /tmp/no) \\' !`],
  ['line breaks', 'one\ntwo\r\nthree\n'],
  ['the end of a bracketed paste', '\x1b[201~\ntouch /tmp/no\n'],
  ['a NUL', 'a\0b'],
  ['bidi controls', 'a\u202eb\u2066c'],
  ['a leading at sign', '@/etc/passwd'],
  ['bytes that are not UTF-8', new Uint8Array([0xff, 0xfe, 0x00, 0x41])],
  ['nothing special', 'From=%2B1&Body=x'],
]

function makeCapture(base: string, body: string | Uint8Array, target = "/a'b?x=[1-3]&y={a,b}&z=%00"): Capture {
  const content = typeof body === 'string' ? { body } : { bodyBase64: Buffer.from(body).toString('base64') }
  const headers = [
    ['Host', 'app.example.com'],
    ['X-Twilio-Signature', 'c2lnbmF0dXJl'],
    ['Content-Type', 'text/plain; note="it\'s"'],
    ['X-Empty', ''],
    ['X-Latin', 'gr\xfc\xdfe'],
  ] as const
  return { id: 'x', time: 1, origin: 'received', method: 'POST', url: `${base}${target}`, target, headers, ...content }
}

function write(...given: Parameters<typeof writeCopy>): string {
  return Buffer.from(writeCopy(...given)).toString()
}

test.each(hostileTexts)(
  'a curl command sends the same bytes, and nothing that a terminal would run: %s',
  async (_name, body) => {
    let seen: Seen | undefined
    const base = await serve(async (req, res) => {
      seen = { line: `${req.method} ${req.url}`, headers: req.rawHeaders, body: await buffer(req) }
      res.end('ok')
    })
    const command = write('curl', makeCapture(base, body))
    expect(command).toMatch(/^[\n\x20-\x7e]+$/)
    await promisify(execFile)('sh', ['-c', command])
    expect(seen?.line).toBe("POST /a'b?x=[1-3]&y={a,b}&z=%00")
    expect(seen?.body).toEqual(Buffer.from(body))
    expect(seen?.headers).toEqual(expect.arrayContaining(['X-Twilio-Signature', 'X-Empty', 'text/plain; note="it\'s"']))
    expect(command).toContain('# Left out, because its value is not plain ASCII: "X-Latin: ')
  },
)

test.each([
  ['message.inbound', { Body: `it's "quoted" \u202e \${x} \`y\` \\` }],
  ['events.batch', {}],
  ['regulatory.bundle', {}],
  ['call.status', {}],
] as const)('a copied test passes against an application that verifies: %s', async (kind, overrides) => {
  const authToken = '0123456789abcdef0123456789abcdef'
  const APP_URL = await serve(
    twilioWebhook({ publicUrl, authToken, onVerdict: () => {} }, (_webhook, _req, res) => void res.end('<Response/>')),
  )
  const code = write('test', captureExchange(await makeExchange(signSample(kind, overrides)), { origin: 'received' }))
  expect(code).toMatch(/^[\n\x20-\x7e]+$/)
  expect(await runCopied(code, { APP_URL })).toMatch(/^# pass 1$/m)
  await expect(runCopied(code, { APP_URL, TWILIO_AUTH_TOKEN: 'f'.repeat(32) })).rejects.toThrow()
})
