import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  diagnoseSendGrid,
  type SendGridCauseId,
  type SendGridDiagnoseOptions,
  withSendGridHints,
} from '../src/diagnose/index.ts'
import type { Diagnoser, IncomingRequest } from '../src/index.ts'
import { listKeptRequests, readRequests, toIncoming } from '../src/requests/index.ts'
import { sendGridCauses } from '../src/schemes/sendgrid/causes.ts'
import { createSendGridVerifier, type SendGridVerifierOptions } from '../src/schemes/sendgrid/index.ts'
import { signSendGridRequest } from '../src/testing/index.ts'
import { passTime, stopClock } from './process-clock.ts'
import { genuine, makeKeys, now, post, sign, vectors } from './sendgrid-support.ts'

const { publicKey } = genuine
const two = vectors[1] as typeof genuine
const der = Buffer.from(two.signature, 'base64')

afterEach(() => vi.restoreAllMocks())

type Parts = { body?: unknown; timestamp?: string | undefined; signature?: string | undefined }

/** Two events with letters that are not ASCII, signed with a key of their own. */
const own = makeKeys()
const umlauts = '[{"event":"click","url":"https://example.com/café"},\r\n{"event":"open","name":"Ä"}]\r\n'
const mail = Buffer.concat([Buffer.from('--x\r\n'), Buffer.from([0xff, 0xfe, 0x80]), Buffer.from('\r\n--x--\r\n')])

async function diagnose(given: Parts, options: SendGridVerifierOptions & SendGridDiagnoseOptions = {}, vector = two) {
  const { signature, timestamp, body } = { ...vector, ...given }
  const request = { ...post({ signature, timestamp }), body }
  return diagnoseSendGrid(request as IncomingRequest, { publicKey: vector.publicKey, ...options })
}

function signed(body: string | Uint8Array): typeof genuine {
  const timestamp = now()
  return {
    ...two,
    publicKey: own.publicKey,
    timestamp,
    signature: sign(own.privateKey, timestamp, body),
    body: `${body}`,
  }
}

describe('diagnoseSendGrid proves', () => {
  const text = two.body
  const lines = (end: string): string => text.replaceAll('\r\n', end)
  test.each<[string, Parts, SendGridCauseId[], (SendGridVerifierOptions & SendGridDiagnoseOptions)?]>([
    ['JSON that was written again', { body: vectors[5]?.body }, ['body_reserialized']],
    ['JSON that was written with blanks', { body: JSON.stringify(JSON.parse(text), null, 2) }, ['body_reserialized']],
    ['JSON as a JSON text', { body: JSON.stringify(text) }, ['body_reserialized']],
    ['a trimmed body', { body: text.trim() }, ['body_whitespace']],
    ['lost \\r', { body: lines('\n') }, ['body_line_ends']],
    ['lost \\r, trimmed', { body: lines('\n').trim() }, ['body_line_ends']],
    ['a byte order mark', { body: `\ufeff${text}` }, ['body_decoded']],
    ['a body in Base64', { body: Buffer.from(text).toString('base64') }, ['body_decoded']],
    ['a parsed body', { body: JSON.parse(text) }, ['body_already_parsed']],
    ['a timestamp of a later request', { timestamp: '1700000000' }, ['timestamp_other']],
    ['a timestamp one second off', { timestamp: String(Number(two.timestamp) - 1) }, ['timestamp_other']],
    ['a lost timestamp', { timestamp: undefined }, ['signature_missing']],
    ['a timestamp as a date', { timestamp: new Date(+two.timestamp * 1000).toISOString() }, ['timestamp_malformed']],
    ['a timestamp in milliseconds', { timestamp: `${two.timestamp}000` }, ['timestamp_malformed']],
    ["another webhook's key", {}, ['key_other'], { publicKey, otherKeys: { marketing: two.publicKey } }],
    ['Base64 for URLs', { signature: der.toString('base64url') }, ['signature_encoding']],
    ['lost padding', { signature: genuine.signature.replace(/=+$/, '') }, ['signature_encoding']],
    ['a signature in quotes', { signature: `"${two.signature}"` }, ['signature_encoding']],
    ['blanks for +', { signature: two.signature.replaceAll('+', ' ') }, ['signature_encoding']],
    ['a percent-encoded signature', { signature: encodeURIComponent(two.signature) }, ['signature_encoding']],
    ['a signature that is there twice', { signature: `${two.signature}, ${two.signature}` }, ['signature_encoding']],
    ['a signature in hex', { signature: der.toString('hex') }, ['signature_encoding']],
    [
      'a long form',
      { signature: Buffer.concat([Buffer.from([0x30, 0x81, der.length - 2]), der.subarray(2)]).toString('base64') },
      ['signature_encoding'],
    ],
    [
      'r and s side by side',
      {
        signature: Buffer.concat([der.subarray(5, 37), der.subarray(40, 72)]).toString('base64'),
      },
      ['signature_encoding'],
    ],
    [
      'two causes',
      { body: text.trim(), signature: der.toString('base64url') },
      ['signature_encoding', 'body_whitespace'],
    ],
  ])('%s', async (what, given, ids, options) => {
    const { verdict, proven, suspected, tried } = await diagnose(
      given,
      options,
      what === 'lost padding' ? genuine : two,
    )
    expect(verdict.ok).toBe(false)
    expect(proven?.causes.map(({ id }) => id)).toEqual(ids)
    for (const { detail, fix } of proven?.causes ?? []) expect([detail, fix]).not.toContain('')
    expect(suspected).toEqual([])
    expect(tried).toBeGreaterThan(0)
  })

  test.each(['\r\n', ''])('JSON that lost the escapes of "<" and ">", with "%s" at its end', async (end) => {
    const sent = `[{"event":"open","url":"https://a.example/?b=1&c=2","smtp-id":"\\u003ca@b.example\\u003e"}]${end}`
    for (const whole of [sent, sent.replace('&', '\\u0026')]) {
      const { proven } = await diagnose({ body: JSON.stringify(JSON.parse(whole)) }, {}, signed(whole))
      expect(proven?.causes).toMatchObject([{ id: 'body_reserialized', detail: expect.stringContaining('escapes') }])
    }
  })

  test('a line end that was added', async () => {
    for (const end of ['\r\n', '\n', ' ']) {
      const { proven } = await diagnose({ body: text + end })
      expect(proven?.causes).toMatchObject([{ id: 'body_whitespace', detail: expect.stringContaining('added') }])
    }
    const { proven } = await diagnose({ body: `${mail}\n` }, {}, signed(mail.toString()))
    expect(proven?.causes).toMatchObject([{ id: 'body_whitespace', detail: expect.stringContaining('added') }])
  })

  test('a body that was decoded as Latin-1', async () => {
    const body = Buffer.from(umlauts).toString('latin1')
    const { proven } = await diagnose({ body }, {}, signed(umlauts))
    expect(proven?.causes).toMatchObject([{ id: 'body_decoded', detail: expect.stringContaining('Latin-1') }])
  })
})

test('proves a body that was written in Latin-1, and does not say that it is no list', async () => {
  const { proven } = await diagnose({ body: Buffer.from(umlauts, 'latin1') }, {}, signed(umlauts))
  expect(proven?.causes).toMatchObject([{ id: 'body_decoded', detail: 'The body was written in Latin-1.' }])
  const { suspected } = await diagnose({ body: Buffer.from(umlauts, 'latin1') })
  expect(suspected[0]?.detail).toMatch(/^The body is not UTF-8/)
})

describe('diagnoseSendGrid suspects', () => {
  test.each<[string, Parts, SendGridCauseId[]]>([
    ['no header at all', { signature: undefined, timestamp: undefined }, ['signature_missing', 'not_from_sendgrid']],
    ['a missing signature', { signature: undefined }, ['signature_missing']],
    ['a missing timestamp', { timestamp: undefined, body: mail }, ['signature_missing']],
    ['a truncated signature', { signature: two.signature.slice(0, 40) }, ['signature_truncated']],
    ['something else as signature', { signature: 'AAAA' }, ['signature_encoding']],
    ['an object as text', { body: '[object Object]' }, ['body_already_parsed']],
    ['a body without bytes', { body: { consumedBy: 'a parser', fix: 'x' } }, ['body_already_parsed']],
    ['compressed events', { body: gzipSync(two.body) }, ['body_decoded']],
    ['events that were cut off', { body: two.body.slice(0, 99) }, ['body_truncated']],
    ['wrapped events', { body: `{"body":${two.body}}` }, ['body_reserialized']],
    ['nothing known', { body: '[{}]\r\n', timestamp: '1800000000' }, []],
    [
      'events without the line break at their end, which SendGrid sends',
      { body: '[{}]', timestamp: '1800000000' },
      ['body_reserialized'],
    ],
    [
      'events with a mark of a filter',
      { body: two.body.replace(/"email":"[^"]*"/, '"email":"[REDACTED]"') },
      ['body_reserialized'],
    ],
  ])('%s', async (_, given, ids) => {
    const { proven, suspected } = await diagnose(given)
    expect(proven).toBeUndefined()
    expect(suspected.map(({ id }) => id)).toEqual(ids)
  })

  test.each<[string, string, string]>([
    // With a number that JSON.stringify writes in another way, the bytes cannot be found again.
    [
      'events',
      '[{"event":"open","ratio":1.50,"id":"\\u003ca@b.example\\u003e"}]\r\n',
      '[{"event":"open","ratio":1.5}]',
    ],
    ['one event of the list', two.body, JSON.stringify(JSON.parse(two.body)[0])],
  ])('JSON that was written again and is shorter than its Content-Length: %s', async (_, sent, body) => {
    const vector = signed(sent)
    const request = post({ signature: vector.signature, timestamp: vector.timestamp }, body)
    const headers = { ...request.headers, 'content-length': `${sent.length}` } as IncomingRequest['headers']
    const { verdict, suspected } = await diagnoseSendGrid({ ...request, headers }, { publicKey: own.publicKey })
    expect(suspected).toMatchObject([
      {
        id: 'body_reserialized',
        detail: expect.stringContaining('complete JSON'),
        fix: expect.stringContaining('Verify the bytes that arrived'),
      },
    ])
    const { message } = verdict as { readonly message: string }
    expect(message).toContain(`Content-Length is ${sent.length}, and the verifier got ${body.length} bytes.`)
    expect(message).not.toMatch(/\bcut|arrived|no end/)
  })

  test.each<[string, string | Uint8Array, number, RegExp]>([
    ['events that end in the middle', umlauts.slice(0, 60), 102, /JSON ends in the middle.* 61 bytes.* is 102\.$/],
    ['a mail without its last boundary', mail.subarray(0, 8), 18, /no boundary at its end.* 8 bytes.* is 18\.$/],
    ['another body that is shorter', 'a=1', 18, /cut off.* 3 bytes/],
  ])('%s, with its Content-Length', async (_, body, length, detail) => {
    const headers = {
      ...post({ ...signed(umlauts) }).headers,
      'content-length': `${length}`,
      ...(typeof body !== 'string' && { 'content-type': 'multipart/form-data; boundary=x' }),
    }
    const { verdict, suspected } = await diagnoseSendGrid({ ...post(), headers, body }, { publicKey: own.publicKey })
    expect(verdict).toMatchObject({ code: 'body_malformed' })
    const fix = expect.stringContaining('Pass the whole body')
    expect(suspected).toEqual([{ id: 'body_truncated', detail: expect.stringMatching(detail), fix }])
  })

  test('a mail without its last boundary, whose length something corrected', async () => {
    const headers = { ...post({ ...signed(mail) }).headers, 'content-type': 'multipart/form-data; boundary="x"' }
    const diagnoseMail = (body: Uint8Array) =>
      diagnoseSendGrid({ ...post(), headers, body }, { publicKey: own.publicKey })
    expect((await diagnoseMail(mail.subarray(0, 8))).suspected[0]?.id).toBe('body_truncated')
    const changed = (await diagnoseMail(Buffer.concat([mail, Buffer.from('x')]))).suspected
    expect(changed.map(({ id }) => id)).not.toContain('body_truncated')
  })

  test('a connection that ended, and a body that something read before', async () => {
    const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { publicKey, ...request } = await signSendGridRequest({ body: two.body })
    const verifier = createSendGridVerifier({ publicKey, diagnose: diagnoseSendGrid })
    const body = (async function* () {
      yield Buffer.from(two.body.slice(0, 20))
      throw new Error('aborted')
    })()
    await verifier.verify({ ...request, body })
    await vi.waitFor(() => expect(lines).toHaveBeenCalledTimes(1))
    expect(String(lines.mock.calls[0]?.[0])).toMatch(
      /body_malformed\. Fix: Pass the whole body.*\n.*body_truncated: The conn/,
    )
    const headers = { ...request.headers, 'content-length': '9' }
    const { suspected } = await diagnoseSendGrid({ ...request, headers, body: '' }, { publicKey })
    expect(suspected[0]).toMatchObject({
      id: 'body_already_parsed',
      detail: expect.stringContaining('got no body, but Content-Length is 9'),
    })
  })

  test('a body that begins with a digit is not called shorter than its Content-Length', async () => {
    expect((await diagnose({ body: '1' })).suspected).toEqual([])
  })

  test('a mail that was decoded as UTF-8', async () => {
    const { suspected } = await diagnose({ body: mail.toString() }, {}, signed(mail))
    expect(suspected).toMatchObject([{ id: 'body_decoded', detail: expect.stringContaining('U+FFFD') }])
  })

  test('a mail that API Gateway decoded as UTF-8', async () => {
    const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { publicKey, ...request } = await signSendGridRequest({ body: mail })
    // Its own copy has a limit of its own for what it explains.
    vi.resetModules()
    const { diagnoseSendGrid } = await import('../src/diagnose/index.ts')
    const verifier = createSendGridVerifier({ publicKey, diagnose: diagnoseSendGrid })
    await verifier.verify({ ...request, body: mail.toString() }, { requestContext: {}, headers: {} })
    await vi.waitFor(() => expect(lines).toHaveBeenCalled())
    expect(String(lines.mock.calls[0]?.[0])).toMatch(/mismatch\. Fix: Let API Gateway pass the bytes: add multipart/)
  })

  test('nothing in a mail that is too large for a search', async () => {
    const large = Buffer.concat([mail, Buffer.alloc(18_000_000, 'a')])
    const found = await diagnose({ body: large, timestamp: '1800000000' }, { maxBodyBytes: 32_000_000 })
    expect(found).toMatchObject({ tried: 0, suspected: [], question: { bytes: large.length } })
  })

  test.each([{ timestamp: undefined, body: mail }, { signature: undefined }])(
    'a lost header is not a webhook without signatures',
    async (given) => {
      const { suspected } = await diagnose(given)
      expect(suspected[0]?.detail).toMatch(/the webhook signs/)
      expect(suspected[0]?.fix).not.toMatch(/Turn on/)
    },
  )

  test('an old timestamp, and another method', async () => {
    expect((await diagnose({}, { whenStale: 'reject' })).suspected).toMatchObject([{ id: 'timestamp_old' }])
    const request = { ...post(), method: 'PUT' }
    expect((await diagnoseSendGrid(request, { publicKey })).suspected).toMatchObject([{ id: 'method' }])
  })
})

/** A mail as SendGrid writes it. */
const fields = {
  headers: 'Received: by mx.sendgrid.net',
  from: 'Zoë <zoe@example.org>',
  subject: 'xYzZY',
  text: 'One\nTwo\n',
}
function write(boundary: string, list: Record<string, string>, head = 'Content-Disposition: form-data; name="NAME"') {
  const parts = Object.entries(list).map(
    ([name, value]) => `--${boundary}\r\n${head.replace('NAME', name)}\r\n\r\n${value}\r\n`,
  )
  return `${parts.join('')}--${boundary}--\r\n`
}

describe('a mail that was written again', () => {
  const sent = write('xYzZY', fields)
  async function diagnoseMail(body: string | Uint8Array, boundary: string) {
    const vector = signed(sent)
    const type = { 'content-type': `multipart/form-data; boundary=${boundary}` }
    const request = { ...post(vector), headers: { ...post(vector).headers, ...type }, body }
    return diagnoseSendGrid(request as IncomingRequest, { publicKey: vector.publicKey })
  }

  test.each<[string, string, string]>([
    ['Python', '9f86d081884c7d659a2feaa0c55ad015', write('9f86d081884c7d659a2feaa0c55ad015', fields)],
    [
      '.NET',
      '"0c6f2b0e-7a1e-4d7c-9a3f-6a7e2f1b8c55"',
      write(
        '0c6f2b0e-7a1e-4d7c-9a3f-6a7e2f1b8c55',
        fields,
        'Content-Type: text/plain\r\nContent-Disposition: form-data; name=NAME',
      ),
    ],
    ['a program without a last line break', 'b', write('b', fields).trimEnd()],
    ['a program that writes CRLF', 'b', write('b', { ...fields, text: 'One\r\nTwo\r\n' })],
  ])('by %s is proven', async (_, boundary, body) => {
    const { proven } = await diagnoseMail(body, boundary)
    expect(proven?.causes).toMatchObject([{ id: 'body_reserialized' }])
  })

  test('by FormData is proven', async () => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    const made = new Response(form)
    const boundary = made.headers.get('content-type')?.split('boundary=')[1] ?? ''
    const body = new Uint8Array(await made.arrayBuffer())
    expect((await diagnoseMail(body, boundary)).proven?.causes).toMatchObject([{ id: 'body_reserialized' }])
  })

  test('with other fields is suspected before the key', async () => {
    const { proven, suspected } = await diagnoseMail(write('b', { ...fields, text: 'Other' }), 'b')
    expect(proven).toBeUndefined()
    expect(suspected.map(({ id }) => id)).toEqual(['body_reserialized'])
  })

  test('is not suspected with the boundary of SendGrid', async () => {
    const { suspected } = await diagnoseMail(sent.replace('Zoë', 'Zoe'), 'xYzZY')
    expect(suspected.map(({ id }) => id)).toEqual([])
  })

  test('of a hostile form costs little', async () => {
    for (const body of ['--b'.repeat(300_000), `--b\r\n${'; name="'.repeat(100_000)}\r\n--b--`, '--b--b--', '--b'])
      expect((await diagnoseMail(body, 'b')).proven).toBeUndefined()
  })
})

describe('a mail whose \\r\\n became \\n', () => {
  const headers = 'Received: by a\nReceived: by b\nSubject: Hi\n'
  const toLf = (text: string): string => text.replaceAll('\r\n', '\n')
  async function diagnoseMail(sent: string, body: string, more: object = {}, boundary = 'xYzZY') {
    const vector = signed(sent)
    const type = { 'content-type': `multipart/form-data; boundary=${boundary}`, ...more }
    const request = { ...post(vector), headers: { ...post(vector).headers, ...type }, body }
    return diagnoseSendGrid(request as IncomingRequest, { publicKey: vector.publicKey })
  }

  test.each<[string, Record<string, string>, string]>([
    ['text with \\r\\n', { headers, text: 'One\r\n\r\nTwo\r\n', to: 'a@b.example' }, 'xYzZY'],
    ['text with \\n', { to: 'a@b.example', text: 'One\nTwo\n', headers }, 'xYzZY'],
    ['both in text', { headers, text: 'One\r\nTwo\n' }, 'other-1'],
    ['\\r\\n at the end of the text', { headers, text: 'One\nTwo\r\n', subject: '' }, 'xYzZY'],
    ['\\r\\n everywhere', { headers: 'A: b\r\nC: d\r\n', text: 'One\r\nTwo' }, 'xYzZY'],
    ['\\n in HTML', { headers, html: '<p>\n</p>', text: 'One\r\nTwo\r\n' }, 'xYzZY'],
    ['one line', { subject: 'Zoë', text: 'One' }, 'xYzZY'],
  ])('is proven: %s', async (_, list, boundary) => {
    const sent = write(boundary, list)
    for (const body of [toLf(sent), toLf(sent).trimEnd()]) {
      const { proven } = await diagnoseMail(sent, body, {}, boundary)
      expect(proven?.causes).toMatchObject([{ id: 'body_line_ends', detail: expect.stringContaining('multipart has') }])
    }
  })

  test('is named, and nothing else, if it cannot be proven', async () => {
    const sent = write('xYzZY', { headers, text: 'One' })
    const body = toLf(sent).replace('One', 'Two')
    const { proven, suspected } = await diagnoseMail(sent, body, { 'content-length': `${Buffer.byteLength(sent)}` })
    expect(proven).toBeUndefined()
    expect(suspected.map(({ id }) => id)).toEqual(['body_line_ends'])
  })

  test('is not said of a mail whose delimiters are whole, and of one that was cut off', async () => {
    const sent = write('xYzZY', { headers, text: 'One\nTwo\n' })
    const other = await diagnoseMail(sent, sent.replace('One', 'Two'))
    expect(other.suspected.map(({ id }) => id)).toEqual([])
    const cut = await diagnoseMail(sent, toLf(sent).slice(0, -20))
    expect(cut.suspected.map(({ id }) => id)).toContain('body_truncated')
  })

  test('of a hostile form costs little', async () => {
    for (const body of [
      `--b\n${'--b'.repeat(300_000)}--`,
      `--b\n${'\n'.repeat(250_000)}\n--b--`,
      '--b\n--b--',
      '--b\n',
    ])
      expect((await diagnoseMail('x', body, {}, 'b')).proven).toBeUndefined()
  })
})

describe('line ends with one carriage return too many', () => {
  const inTextMode = (text: string) => text.replaceAll('\n', '\r\n')
  const form = '--xYzZY\r\nContent-Disposition: form-data; name="text"\r\n\r\na\nb\r\n--xYzZY--\r\n'

  test.each([umlauts, '[{"event":"open"}]\r\n', form])('are proven: %s', async (text) => {
    const { proven } = await diagnose({ body: inTextMode(text) }, {}, signed(text))
    expect(proven?.causes).toMatchObject([
      { id: 'body_line_ends', detail: expect.stringContaining('too many'), fix: expect.stringContaining('text mode') },
    ])
  })

  test('are named if they cannot be proven, and not said of other line ends', async () => {
    const { suspected } = await diagnose({ body: inTextMode(umlauts) }, {}, { ...signed(umlauts), publicKey })
    expect(suspected[0]).toMatchObject({ id: 'body_line_ends', detail: expect.stringContaining('too many') })
    for (const body of [umlauts, '[{"event":"a\\r\\r\\n"}]\r\n', `${umlauts}\r`, `${umlauts}\r\n`]) {
      const found = await diagnose({ body }, {}, { ...signed('x'), publicKey })
      expect(JSON.stringify(found)).not.toContain('too many')
    }
  })
})

test('DER that was changed or cut off is not called another form of its numbers', async () => {
  for (const signature of [der.toString('base64url'), der.toString('hex'), der.subarray(0, 64).toString('base64')])
    expect(JSON.stringify(await diagnose({ signature }))).not.toContain('two numbers')
})

describe('events of several deliveries', () => {
  const event = (name: number) => `{"event":"open","id":"${name}","n":[1,{"a":"]},{\\""}],"ratio":1.50}`
  const write = (names: readonly number[], between = ',\r\n', end = ']\r\n') =>
    `[${names.map(event).join(between)}${end}`
  const list = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

  test.each<[string, string, string, string]>([
    ['the first of two', write([1, 2]), write([1, 2, 3, 4, 5]), 'the first 2 events of these 5'],
    ['the last of two', write([4, 5]), write([1, 2, 3, 4, 5]), 'the last 2 events of these 5'],
    ['one event', write([1]), write([1, 2]), 'the first event of these 2'],
    ['joined in another way', write([1, 2]), write([1, 2, 3], ',', ']'), 'the first 2 events of these 3'],
    ['written in another way', write([1, 2], ', ', ']'), write([1, 2, 3], ', ', ']'), 'the first 2 events of these 3'],
    ['many', write(list(1, 7)), write(list(1, 50)), 'the first 7 events of these 50'],
  ])('are proven: %s', async (_, sent, body, said) => {
    const { proven } = await diagnose({ body }, {}, signed(sent))
    expect(proven?.causes).toMatchObject([
      {
        id: 'events_regrouped',
        detail: expect.stringContaining(said),
        fix: expect.stringMatching(/^Pass each delivery/),
      },
    ])
  })

  test('cost little if there are many', async () => {
    for (const body of [write(list(1, 5000)), `[${'{},'.repeat(60_000)}{}]\r\n`, `[${'['.repeat(90_000)}`]) {
      const started = performance.now()
      const { proven, tried } = await diagnose({ body })
      expect(proven).toBeUndefined()
      expect(tried).toBeLessThanOrEqual(400)
      expect(performance.now() - started).toBeLessThan(3000)
    }
  })
})

describe('the fix', () => {
  test('is one sentence of at most 160 characters', () => {
    for (const { fix, fixes = {} } of Object.values(sendGridCauses))
      for (const one of [fix, ...Object.values(fixes)]) expect(one.length, one).toBeLessThanOrEqual(160)
  })

  test('is that of the adapter whose framework read the body', async () => {
    const consumed = { consumedBy: "Nest's body parser", fix: 'Create the application with rawBody: true.' }
    const { suspected } = await diagnose({ body: consumed })
    expect(suspected[0]).toMatchObject({
      id: 'body_already_parsed',
      detail: "Something read the body and kept no bytes (Nest's body parser).",
      fix: consumed.fix,
    })
    // A parser gives what the sender wrote.
    const forged = await diagnose({ body: { consumedBy: 'a\nb', fix: 'c' } })
    expect(forged.suspected[0]?.fix).toMatch(/^Let nothing read/)
  })
})

describe('an unsigned request', () => {
  test.each(['curl/8.5.0', 'PostmanRuntime/7.43', 'HTTPie/3.2', 'Mozilla/5.0 (X11)'])('of %s', async (agent) => {
    const request = { method: 'POST', url: '/events', headers: { 'user-agent': agent }, body: '[]' }
    expect((await diagnoseSendGrid(request, { publicKey })).suspected).toMatchObject([
      { id: 'not_from_sendgrid', fix: expect.stringContaining('send sendgrid.events --to') },
    ])
  })

  test('of SendGrid', async () => {
    const request = { method: 'POST', url: '/mail', headers: { 'user-agent': 'SendGrid Event API' }, body: '[]' }
    expect((await diagnoseSendGrid(request, { publicKey })).suspected[0]?.id).toBe('signature_missing')
  })
})

test('the age of an old request is said', async () => {
  stopClock()
  vi.spyOn(Date, 'now').mockReturnValue(Date.now())
  const timestamp = String(Number(now()) - 400)
  const request = post({ timestamp, signature: sign(own.privateKey, timestamp, '[{}]\r\n') }, '[{}]\r\n')
  const { suspected } = await diagnoseSendGrid(request, { publicKey: own.publicKey, whenStale: 'reject' })
  expect(suspected).toMatchObject([
    { id: 'timestamp_old', detail: 'The timestamp is 400 seconds old, and "maxAgeSeconds" is 300.' },
  ])
})

describe('a compressed body without Content-Encoding', () => {
  const isCompressed = { id: 'body_decoded', detail: expect.stringMatching(/^The body is compressed/) }
  test.each<[string, Uint8Array, Record<string, string>]>([
    ['events', gzipSync(two.body), {}],
    ['events in level 1', gzipSync(two.body, { level: 1 }), { 'content-length': `${two.body.length}` }],
    ['a mail', gzipSync(mail), { 'content-type': 'multipart/form-data; boundary=xYzZY' }],
    ['Zstandard', Buffer.from('28b52ffd2000', 'hex'), {}],
  ])('is named: %s', async (_, body, more) => {
    const request = { ...post(two, body), headers: { ...post(two).headers, ...more } }
    const { suspected } = await diagnoseSendGrid(request, { publicKey: two.publicKey })
    expect(suspected[0]).toMatchObject({ ...isCompressed, fix: expect.stringContaining('compress') })
    expect(suspected.map(({ id }) => id)).not.toContain('key_other')
    expect(suspected.map(({ id }) => id)).not.toContain('body_truncated')
  })

  test('is not said of other bytes', async () => {
    const { suspected } = await diagnose({ body: Buffer.from([0x1f, 0x8c, 0x08, 0xff]) })
    expect(suspected[0]?.detail).not.toMatch(/compressed/)
  })
})

test('a body with a Content-Encoding', async () => {
  const request = { ...post(), headers: { ...post().headers, 'content-encoding': 'gzip' }, body: gzipSync('[]') }
  const { suspected } = await diagnoseSendGrid(request, { publicKey })
  expect(suspected).toMatchObject([{ id: 'body_decoded', fix: expect.stringContaining('uncompressed') }])
})

test('a delivery that arrived before', async () => {
  const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  vi.resetModules()
  const { diagnoseSendGrid } = await import('../src/diagnose/index.ts')
  const replay = { reserve: async () => ({ delivery: 'repeated' as const, refuse: true as const }) }
  const verifier = createSendGridVerifier({ publicKey, replay, diagnose: diagnoseSendGrid })
  expect(await verifier.verify(post())).toMatchObject({ code: 'replayed' })
  await vi.waitFor(() => expect(lines).toHaveBeenCalled())
  expect(String(lines.mock.calls[0]?.[0])).toMatch(/replayed\. Fix: None is needed if .*whenRepeated: 'mark'/)
})

describe('diagnoseSendGrid', () => {
  test('finds nothing in a genuine request', async () => {
    expect(await diagnose({})).toMatchObject({ verdict: { ok: true }, suspected: [], tried: 0 })
  })

  test('checks at most maxTries signatures, and bodies of 16 MB in all', async () => {
    for (const maxTries of [0, 1, 7]) expect((await diagnose({ body: '[{}]' }, { maxTries })).tried).toBe(maxTries)
    const { tried } = await diagnose({ body: `[${' '.repeat(1_000_000)}]` })
    expect(tried).toBeLessThan(20)
    await expect(diagnose({}, { maxTries: -1 })).rejects.toThrow('"maxTries"')
    await expect(diagnose({}, { otherKeys: { marketing: 'x' } })).rejects.toThrow('"otherKeys.marketing"')
  })

  test('no content causes an exception', async () => {
    const circular: unknown[] = []
    circular.push(circular)
    for (const body of ['['.repeat(500_000), '[{"a":'.repeat(100_000), circular, {}, 1, null, undefined, '"', '""'])
      expect((await diagnose({ body })).proven).toBeUndefined()
    for (const signature of ['', '"', '%', 'MEUC'.repeat(9000), '\0', 'MA==', 'MEQCIA=='])
      expect((await diagnose({ signature })).proven).toBeUndefined()
  })

  test('as the option of a verifier, it explains on standard error without a key or content', async () => {
    const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { publicKey, ...request } = await signSendGridRequest()
    const verifier = createSendGridVerifier({ publicKey, diagnose: diagnoseSendGrid })
    const body = Buffer.from(request.body).toString().trim()
    expect(await verifier.verify({ ...request, body })).toMatchObject({ ok: false })
    await vi.waitFor(() => expect(lines).toHaveBeenCalled())
    const said = String(lines.mock.calls[0]?.[0])
    expect(said).toContain('was refused: signature_mismatch')
    expect(said).toContain('body_whitespace')
    expect(said).toContain('Fix: ')
    expect(said.split('\n').length).toBeLessThanOrEqual(8)
    expect(said).not.toContain('ada@example.com')
    expect(said).not.toContain(publicKey)
  })

  test('keeps a request that another key may have signed, unless a hint turns it off', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tollgate-kept-'))
    onTestFinished(() => {
      vi.unstubAllEnvs()
      rmSync(cache, { recursive: true })
    })
    stopClock()
    vi.stubEnv('XDG_CACHE_HOME', cache)
    vi.stubEnv('NODE_ENV', 'development')
    const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { publicKey: other } = makeKeys()
    const { publicKey, ...request } = await signSendGridRequest({ url: 'https://example.com/events' })
    const refuse = async (diagnoser: Diagnoser<SendGridVerifierOptions>) => {
      passTime(60_000)
      lines.mockClear()
      await createSendGridVerifier({ publicKey: other, diagnose: diagnoser }).verify(request)
      await vi.waitFor(() => expect(lines).toHaveBeenCalled(), { timeout: 20_000 })
      return String(lines.mock.calls[0]?.[0])
    }
    expect(await refuse(withSendGridHints({ keepRefused: false }))).not.toContain('--last')
    expect(listKeptRequests()).toHaveLength(0)
    expect(await refuse(withSendGridHints({ otherKeys: { marketing: publicKey } }))).toContain('The key "marketing"')
    expect(listKeptRequests()).toHaveLength(0)
    const said = await refuse(diagnoseSendGrid)
    expect(said.split('\n')).toEqual([
      expect.stringMatching(/signature_mismatch\. Nothing that this server knows makes the signature match\.$/),
      `  Checked ${request.body.length} bytes with the public key that ends in ${other.slice(-8)}`,
      expect.stringContaining(` npx @tollgate/cli diagnose --last --other-key-file other.pub --public-key ${other}`),
      expect.stringContaining('something changed the body on its way'),
    ])
    const [kept] = listKeptRequests()
    const [read] = readRequests(kept?.bytes ?? '').requests
    const { body } = read as { body: Uint8Array }
    const again = toIncoming(read as never)
    expect(await createSendGridVerifier({ publicKey }).verify({ ...again, body })).toMatchObject({ ok: true })
    expect(() => withSendGridHints({ keepRefused: 'no' } as never)).toThrow('"keepRefused"')
    expect(() => withSendGridHints({ otherKeys: { marketing: 'x' } })).toThrow('"otherKeys.marketing"')
  })

  test('a parser of uploads that ran first has no place for captureRawBody', async () => {
    const { publicKey, ...request } = await signSendGridRequest({ url: 'https://example.com/inbound' })
    const read = async (type: string, fix: string) => {
      const headers = { ...request.headers, 'content-type': type }
      const body = { consumedBy: 'a body parser', fix }
      return (await diagnoseSendGrid({ ...request, headers, body }, { publicKey })).suspected[0]
    }
    const captured = 'Put twilioWebhook first, or give express.json or urlencoded { verify: captureRawBody }.'
    for (const fix of [captured, 'Give koaBody { includeUnparsed: true }.']) {
      const mail = await read('multipart/form-data; boundary=xYzZY', fix)
      expect(mail).toMatchObject({ id: 'body_already_parsed', fix: expect.stringMatching(/parse webhook\.body/) })
      expect(mail?.fix).not.toContain(fix)
      expect((await read('application/json', fix))?.fix).toBe(fix)
    }
    // A clone works for multipart too.
    const clone = 'Let twilioWebhook be the first to read it, or give it a clone that was made before.'
    expect((await read('multipart/form-data; boundary=xYzZY', clone))?.fix).toBe(clone)
  })

  test('as the option, it names JSON that was written again before the length of the body', async () => {
    const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const sent = '[{"event":"open","ratio":1.50}]\r\n'
    const { publicKey, ...request } = await signSendGridRequest({ body: sent })
    const headers = { ...request.headers, 'content-length': `${sent.length}` }
    const verifier = createSendGridVerifier({ publicKey, diagnose: diagnoseSendGrid })
    await verifier.verify({ ...request, headers, body: JSON.stringify(JSON.parse(sent)) })
    await vi.waitFor(() => expect(lines).toHaveBeenCalled())
    expect(String(lines.mock.calls[0]?.[0])).toMatch(/body_malformed\. Fix: Verify the bytes that arrived/)
  })
})
