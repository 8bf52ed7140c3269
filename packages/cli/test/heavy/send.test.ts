import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { twilioWebhook } from 'tollgate/node'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { signRequest, webhookKinds } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  authToken,
  expectUsage,
  listen,
  listenForTest,
  type Running,
  readJson,
  sharedSecret,
  tollgate,
  tollgateAtTerminal,
  writeScratch,
} from '../support.ts'

// Slow, because each case starts the command.

const publicUrl = 'https://example.com/api'
const options = { publicUrl, authToken, sharedKeys: { k1: sharedSecret } }
const answers: Record<string, [type: string, body: string]> = {
  '/sms': ['text/xml', '<?xml version="1.0"?><Response><Message to="+1">Hi &amp; bye</Message></Response>'],
  '/bad': ['text/xml', '<Response><Message>Hi & bye</Response>'],
  '/evil': ['text/plain', 'a\u001b]0;title\u0007b\u009b31m'],
}
const seen: { params: string[]; body: string }[] = []
let app: Running

beforeAll(async () => {
  const handle = twilioWebhook(options, (webhook, req, res) => {
    const texts = webhook.params.getAll('MessageSid')
    seen.push({ params: texts, body: Buffer.from(webhook.body).toString('utf8') })
    const [type, body] = answers[(req.url ?? '').replace(/\?.*/, '')] ?? ['application/json', '{}']
    res.setHeader('content-type', type).end(body)
  })
  app = await listen(handle, options)
})
afterAll(() => app.close())

const send = (words: string[], how = {}) => tollgate(['send', ...words, '--public-url', publicUrl], how)
const to = (path: string) => ['--to', `${app.origin}${path}`]

const breakOff: RequestListener = (_req, res) => {
  res.writeHead(200, { 'content-length': '100' }).write('x')
  setImmediate(() => res.destroy())
}

describe('send', () => {
  test('delivers a signed webhook and shows the answer with its TwiML', async () => {
    const ran = await send(['message.inbound', ...to('/sms')])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout.replace(/\d+ ms/, 'N ms')).toBe(
      [
        '200 OK  text/xml, N ms',
        'TwiML: well-formed',
        '',
        '<?xml version="1.0"?>',
        '<Response>',
        '  <Message to="+1">Hi &amp; bye</Message>',
        '</Response>',
        '',
      ].join('\n'),
    )
  })

  test('each webhook has SIDs of its own, unless --set gives them or --repeat asks for a replay', async () => {
    const guarded = twilioWebhook(
      { ...options, replay: replayGuard({ store: memoryStore(), whenRepeated: 'reject' }) },
      (webhook, _req, res) => void res.end(webhook.params.get('MessageSid') ?? ''),
    )
    const server = await listenForTest(guarded, options)
    const words = ['message.inbound', '--to', `${server.origin}/sms`]
    const first = await send(words)
    const again = await send(['sms', ...words.slice(1)])
    expect([first.code, again.code]).toEqual([0, 0])
    expect(again.stdout).not.toBe(first.stdout)
    const set = ['--set', `MessageSid=SM${'1'.repeat(32)}`]
    expect((await send([...words, ...set])).stdout).toContain(`SM${'1'.repeat(32)}`)
    const repeated = await send([...words, '--repeat', '2'])
    expect(repeated).toMatchObject({ code: 1, stderr: expect.stringContaining('this is what a replay guard does') })
  })

  test('malformed TwiML exits 1, and the output says where it is', async () => {
    const ran = await send(['message.inbound', ...to('/bad')])
    expect(ran).toMatchObject({ code: 1 })
    expect(ran.stdout).toMatch(/TwiML: malformed, Twilio would refuse it; line 1, column \d+/)
  })

  test('a rejection exits 1', async () => {
    const ran = await tollgate(['send', 'message.inbound', ...to('/sms')])
    expect(ran).toMatchObject({ code: 1 })
    expect(ran.stdout).toMatch(/^403 Forbidden .*\n\nTwilio Request Validation Failed\.\n$/)
    expect(ran.stderr).toContain(`Signed for ${app.origin}/sms with TWILIO_AUTH_TOKEN.\n`)
    expect(ran.stderr).toContain('--public-url')
    const withFile = ['--auth-token-file', writeScratch(`${authToken}\n${authToken}\n`)]
    const other = await tollgate(['send', 'message.inbound', ...to('/sms?a=secret'), ...withFile])
    expect(other.stderr).toContain('/sms?… with the Auth Token of --auth-token-file (its first line).')
  })

  test.each<[string, RequestListener, number, RegExp]>([
    ['502', (_req, res) => res.writeHead(502).end(), 1, /^502: 127\.0\.0\.1:\d+ is a proxy/],
    ['nothing in time', () => undefined, 3, /no answer within 1 s/],
    ['a part of what it promised', breakOff, 3, /^tollgate: 127\.0\.0\.1:\d+ cannot be reached/],
  ])('a server that answers with %s', async (_what, listener, code, message) => {
    const { origin } = await listenForTest(listener)
    const ran = await tollgate(['send', 'message.inbound', '--to', origin, '--timeout', '1'])
    expect(ran).toMatchObject({ code, stderr: expect.stringMatching(message) })
  })

  test('an address needs no scheme', async () => {
    expect(await send(['message.inbound', '--to', `${app.origin.slice(7)}/sms`])).toMatchObject({ code: 0 })
    expect(await send(['media-stream.handshake', '--to', `${app.origin.slice(7)}/media`])).toMatchObject({ code: 0 })
    expectUsage(await send(['message.inbound', '--to', 'example.com/sms']), '--to: the URL is not absolute')
  })

  test('a capture is sent again, byte for byte', async () => {
    const { headers, body } = signRequest({ url: `${publicUrl}/sms`, params: [['MessageSid', 'SM1']], authToken })
    const capture = {
      method: 'POST',
      url: `${publicUrl}/sms`,
      target: '/sms',
      headers: [...Object.entries(headers), ['Authorization', '(hidden)'], ['Content-Length', '999']],
      body,
    }
    const file = writeScratch(JSON.stringify({ captures: [{ ...capture, body: 'MessageSid=SM2' }, capture] }))
    seen.length = 0
    const how = { withToken: false }
    const words = ['send', '--to', app.origin, '--capture']
    expect(await tollgate([...words, file, '--entry', '2', '--repeat', '2'], how)).toMatchObject({ code: 0 })
    expect(seen).toEqual([1, 2].map(() => ({ params: ['SM1'], body })))
    const changed = await tollgate([...words, file, '--entry', '1'], how)
    expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining('with the signature that it has') })
    expectUsage(await tollgate([...words, file], how), /has 2 entries; choose one with --entry N:\n {2}1 {2}POST/)
    const parsed = writeScratch(JSON.stringify({ ...capture, body: { MessageSid: 'SM1' } }))
    expectUsage(await tollgate([...words, parsed], how), 'The capture has the body as an object')
    const har = {
      request: { method: 'POST', url: `${publicUrl}/sms`, headers: capture.headers, postData: { text: body } },
    }
    const harFile = writeScratch(JSON.stringify({ log: { entries: [har] } }))
    expect(await tollgate(['send', '--to', `${app.origin}/sms`, '--har', harFile], how)).toMatchObject({ code: 0 })
  })

  test('a closed port exits 3, with a document for --json', async () => {
    const gone = await listen(() => undefined)
    await gone.close()
    const ran = await tollgate(['send', 'message.inbound', '--to', gone.origin, '--json'])
    expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining('nothing listens there') })
    expect(readJson(ran)).toMatchObject({ error: 'unreachable' })
  })

  test('https to a server without TLS, and a host without an address, exit 3', async () => {
    const secure = app.origin.replace('http:', 'https:')
    expect(await send(['message.inbound', '--to', secure])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('it does not speak TLS'),
    })
    expect(await send(['message.inbound', '--to', 'http://nowhere.invalid/'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('nowhere.invalid:80 cannot be reached'),
    })
  })

  test('an answer that is no HTTP is not called unreachable', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9\r\n'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const ran = await tollgate(['send', 'message.inbound', '--to', `127.0.0.1:${port}`])
    server.close()
    expect(ran.code).toBe(3)
    expect(ran.stderr).toMatch(/^tollgate: 127\.0\.0\.1:\d+ gives no valid HTTP answer: .* Does it speak TLS .*\?\n$/)
  })

  test.each<[string, (text: string) => Buffer]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('an answer in %s is shown as text', async (encoding, compress) => {
    const text = '<Response><Say>Hi</Say></Response>'
    const server = await listenForTest((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/xml', 'content-encoding': encoding }).end(compress(text))
    })
    const ran = await tollgate(['send', 'call.inbound', '--to', server.origin, '--json'])
    expect(ran.code).toBe(0)
    expect(readJson(ran).answers).toEqual([expect.objectContaining({ body: text, twiml: { wellFormed: true } })])
  })

  test('a redirect says where it leads, without a password or a query', async () => {
    const location = 'https://u:private@example.com/sms/?a=private'
    const server = await listenForTest((_req, res) => res.writeHead(301, { location }).end())
    const words = ['send', 'message.inbound', '--to', server.origin]
    const [ran, json] = [await tollgate(words), await tollgate([...words, '--json'])]
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining('\nLocation: https://example.com/sms/?…\n') })
    expect(readJson(json).answers).toEqual([expect.objectContaining({ location: 'https://example.com/sms/?…' })])
  })

  test('--set changes the sample, in forms and in JSON', async () => {
    const form = await send(['message.inbound', ...to('/x'), '--set', 'Body=Hällo & more=1', '--set', 'Extra=1'])
    expect(form).toMatchObject({ code: 0 })
    const params = new URLSearchParams(seen.at(-1)?.body)
    expect([params.get('Body'), params.get('Extra')]).toEqual(['Hällo & more=1', '1'])
    await send(['events.batch', ...to('/x'), '--set', 'data.from=+15550001111'])
    expect(JSON.parse(seen.at(-1)?.body ?? '')[0].data.from).toBe('+15550001111')
  })

  test("sends the user's own bodies unchanged", async () => {
    expect(await send(['--form', writeScratch('a=%201&a=2\n'), ...to('/x')])).toMatchObject({ code: 0 })
    expect(seen.at(-1)?.body).toBe('a=%201&a=2')
    expect(await send(['--json-body', '-', ...to('/x?q=1')], { input: '{ "a": 1 }' })).toMatchObject({ code: 0 })
    expect(seen.at(-1)?.body).toBe('{ "a": 1 }')
    expect(await send(['--param', 'a=1', '--param', 'a=2', ...to('/x')])).toMatchObject({ code: 0 })
    expect(seen.at(-1)?.body).toBe('a=1&a=2')
  })

  test('--count gives each webhook its own SIDs, --repeat sends the same bytes', async () => {
    seen.length = 0
    const ran = await send(['message.inbound', ...to('/sms'), '--count', '3', '--repeat', '2', '--json'])
    expect(readJson(ran).answers).toHaveLength(6)
    const bodies = seen.map(({ body }) => body)
    expect([bodies[0], bodies[2], bodies[4]]).toEqual([bodies[1], bodies[3], bodies[5]])
    expect(new Set(bodies).size).toBe(3)
    expect(new Set(seen.flatMap(({ params }) => params)).size).toBe(3)
  })

  test('counts at a terminal, and prints one line for each status', async () => {
    const words = ['message.inbound', ...to('/sms'), '--public-url', publicUrl, '--repeat', '4']
    const terminal = await tollgateAtTerminal(['send', ...words])
    expect(terminal.stdout).toContain('4/4')
    expect(terminal.stdout).toMatch(/200 OK {2}4 deliveries/)
    const pipe = await tollgate(['send', ...words])
    expect(pipe).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^200 OK\t4\n/) })
  })

  test('signs with a SharedKey whose secret is in a file', async () => {
    const words = ['call.inbound', ...to('/sms'), '--shared-key', 'k1', '--shared-key-file', writeScratch(sharedSecret)]
    expect(await send(words, { withToken: false })).toMatchObject({ code: 0 })
  })

  test('a handshake opens a WebSocket, or shows the rejection', async () => {
    const words = ['media-stream.handshake', '--to', `${app.origin.replace('http', 'ws')}/stream`]
    const opened = await send(words)
    expect(opened).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^101 Switching Protocols .*\nThe WebSocket was opened and closed/),
    })
    expect(await tollgate(['send', ...words])).toMatchObject({ code: 1, stdout: expect.stringMatching(/^403 /) })
  })

  test('an answer cannot control the terminal', async () => {
    const ran = await send(['message.inbound', ...to('/evil')])
    expect(ran.stdout).not.toMatch(/(?!\n)\p{Cc}/u)
  })

  test('--list prints every kind', async () => {
    const ran = await tollgate(['send', '--list'], { withToken: false })
    expect(
      ran.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/\s/)[0]),
    ).toEqual([...webhookKinds, 'sendgrid.events'])
    expect(JSON.parse((await tollgate(['send', '--list', '--json'])).stdout)).toHaveLength(webhookKinds.length + 1)
  })
})
