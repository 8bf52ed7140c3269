import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { diagnoseSendGrid, type SendGridDiagnoseOptions, withSendGridHints } from '../src/diagnose/index.ts'
import type { IncomingRequest } from '../src/index.ts'
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

/** A request that differs from the vector `of`. */
interface Given {
  of?: typeof genuine
  method?: string
  body?: unknown
  timestamp?: string | undefined
  signature?: string | undefined
  headers?: Record<string, string>
  options?: SendGridVerifierOptions & SendGridDiagnoseOptions
}

function diagnose({ of = two, method = 'POST', headers, options, ...given }: Given = {}) {
  const { signature, timestamp, body } = { ...of, ...given }
  const request = post({ signature, timestamp })
  const changed = { ...request, method, headers: { ...request.headers, ...headers }, body } as IncomingRequest
  return diagnoseSendGrid(changed, { publicKey: of.publicKey, ...options })
}

/** Writes the kind and the ids in the first line, and then what a user reads. */
async function show(given: Given): Promise<string> {
  const { verdict, proven, suspected } = await diagnose(given)
  const causes = proven?.causes ?? suspected
  for (const { detail, fix } of causes) expect([detail, fix]).not.toContain('')
  if (proven !== undefined) expect(suspected).toEqual([])
  const head = [proven === undefined ? 'suspected' : 'proven', ...causes.map(({ id }) => id)].join(' ')
  const message = verdict.ok ? 'accepted' : verdict.message
  return [head, ...causes.map(({ detail, fix }) => `${detail} | ${fix}`), message].join('\n')
}

/** Returns what the option `diagnose` of a verifier writes. */
async function explain(
  request: IncomingRequest,
  options: SendGridVerifierOptions,
  { native, diagnoser = diagnoseSendGrid }: { native?: object; diagnoser?: SendGridVerifierOptions['diagnose'] } = {},
): Promise<string> {
  stopClock()
  passTime(60_000)
  const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  lines.mockClear()
  const verdict = await createSendGridVerifier({ ...options, diagnose: diagnoser }).verify(request, native)
  expect(verdict.ok).toBe(false)
  await vi.waitFor(() => expect(lines).toHaveBeenCalledTimes(1), { timeout: 20_000 })
  return String(lines.mock.calls[0]?.[0])
}

/** A key of its own, for texts that no vector has. */
const own = makeKeys()

function signed(body: string | Uint8Array, timestamp = now()): typeof genuine {
  const signature = sign(own.privateKey, timestamp, body)
  return { ...two, publicKey: own.publicKey, timestamp, signature, body: `${body}` }
}

/** Two events with letters that are not ASCII. */
const umlauts = '[{"event":"click","url":"https://example.com/café"},\r\n{"event":"open","name":"Ä"}]\r\n'
const mail = Buffer.concat([Buffer.from('--x\r\n'), Buffer.from([0xff, 0xfe, 0x80]), Buffer.from('\r\n--x--\r\n')])
const boundary = (text: string) => ({ 'content-type': `multipart/form-data; boundary=${text}` })

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
const written = write('xYzZY', fields)
/** The mail as something else than SendGrid wrote it. */
const rewritten = (body: string | Uint8Array, by = 'b'): Given => ({
  of: signed(written),
  headers: boundary(by),
  body,
})

const headers = 'Received: by a\nReceived: by b\nSubject: Hi\n'
const toLf = (text: string): string => text.replaceAll('\r\n', '\n')
const inTextMode = (text: string): string => text.replaceAll('\n', '\r\n')

const text = two.body
const none = { signature: undefined, timestamp: undefined }
const later = { timestamp: '1800000000' }
const toBase64 = (...parts: (Uint8Array | number[])[]): string =>
  Buffer.concat(parts.map((part) => Buffer.from(part))).toString('base64')
const event = (name: number) => `{"event":"open","id":"${name}","n":[1,{"a":"]},{\\""}],"ratio":1.50}`
const events = (from: number, to: number, between = ',\r\n', end = ']\r\n') =>
  `[${Array.from({ length: to - from + 1 }, (_, index) => event(from + index)).join(between)}${end}`
const fromSeveral = 'proven events_regrouped'
/** One body that was signed, and another that arrived. */
const arrived = (sent: string | Uint8Array, body: string | Uint8Array): Given => ({ of: signed(sent), body })
const ofLength = (length: number, body: string | Uint8Array, of = signed(umlauts), more = {}): Given => ({
  of,
  headers: { 'content-length': `${length}`, ...more },
  body,
})
const unknown = { ...signed('x'), publicKey }
const lostTimestamp = { timestamp: undefined, body: mail }
const latin1 = Buffer.from(umlauts, 'latin1')
const asLatin1 = Buffer.from(umlauts).toString('latin1')
const ofDotNet = 'Content-Type: text/plain\r\nContent-Disposition: form-data; name=NAME'
const ofSendGrid = { ...none, headers: { 'user-agent': 'SendGrid Event API' }, body: '[]' }
const gzip = { 'content-encoding': 'gzip' }
const notGzip = Buffer.from([0x1f, 0x8c, 0x08, 0xff])
// With a number that JSON.stringify writes in another way, the bytes cannot be found again.
const ratio = '[{"event":"open","ratio":1.50,"id":"\\u003ca@b.example\\u003e"}]\r\n'
const consumed = { consumedBy: "Nest's body parser", fix: 'Create the application with rawBody: true.' }
const hosted = '[{"event":"open","url":"https://a.example/?b=1&c=2","smtp-id":"\\u003ca@b.example\\u003e"}]'

type Row = [what: string, given: Given, found: string, said?: RegExp | undefined, unsaid?: RegExp]

const rows: Row[] = [
  ['JSON that was written again', { body: vectors[5]?.body }, 'proven body_reserialized'],
  ['JSON with blanks', { body: JSON.stringify(JSON.parse(text), null, 2) }, 'proven body_reserialized'],
  ['JSON as a JSON text', { body: JSON.stringify(text) }, 'proven body_reserialized'],
  ...[hosted, `${hosted}\r\n`, hosted.replace('&', '\\u0026')].map((sent): Row => {
    const body = JSON.stringify(JSON.parse(sent))
    return [`JSON that lost its escapes, of ${sent}`, arrived(sent, body), 'proven body_reserialized', /escapes/]
  }),
  ['a trimmed body', { body: text.trim() }, 'proven body_whitespace'],
  ['CRLF that was added', { body: `${text}\r\n` }, 'proven body_whitespace', /added/],
  ['LF that was added', { body: `${text}\n` }, 'proven body_whitespace', /added/],
  ['a blank that was added', { body: `${text} ` }, 'proven body_whitespace', /added/],
  ['LF behind a mail', arrived(`${mail}`, `${mail}\n`), 'proven body_whitespace', /added/],
  ['lost \\r', { body: toLf(text) }, 'proven body_line_ends'],
  ['lost \\r, trimmed', { body: toLf(text).trim() }, 'proven body_line_ends'],
  ['a byte order mark', { body: `\ufeff${text}` }, 'proven body_decoded'],
  ['a body in Base64', { body: btoa(text) }, 'proven body_decoded'],
  ['a body decoded as Latin-1', arrived(umlauts, asLatin1), 'proven body_decoded', /Latin-1/],
  [
    'a body written in Latin-1',
    arrived(umlauts, latin1),
    'proven body_decoded',
    /^The body was written in Latin-1\. /m,
  ],
  ['letters that are not UTF-8', { body: latin1 }, 'suspected body_decoded', /is not UTF-8/],
  ['a mail decoded as UTF-8', arrived(mail, `${mail}`), 'suspected body_decoded', /U\+FFFD/],
  ['a parsed body', { body: JSON.parse(text) }, 'proven body_already_parsed'],
  ['a timestamp of a later request', { timestamp: '1700000000' }, 'proven timestamp_other'],
  ['a timestamp one second off', { timestamp: String(Number(two.timestamp) - 1) }, 'proven timestamp_other'],
  ['a lost timestamp', { timestamp: undefined }, 'proven signature_missing'],
  ['a date as timestamp', { timestamp: new Date(+two.timestamp * 1000).toISOString() }, 'proven timestamp_malformed'],
  ['a timestamp in milliseconds', { timestamp: `${two.timestamp}000` }, 'proven timestamp_malformed'],
  ["another webhook's key", { options: { publicKey, otherKeys: { marketing: two.publicKey } } }, 'proven key_other'],
  ['Base64 for URLs', { signature: der.toString('base64url') }, 'proven signature_encoding'],
  ['lost padding', { of: genuine, signature: genuine.signature.replace(/=+$/, '') }, 'proven signature_encoding'],
  ['a signature in quotes', { signature: `"${two.signature}"` }, 'proven signature_encoding'],
  ['blanks for +', { signature: two.signature.replaceAll('+', ' ') }, 'proven signature_encoding'],
  ['a percent-encoded signature', { signature: encodeURIComponent(two.signature) }, 'proven signature_encoding'],
  ['a signature twice', { signature: `${two.signature}, ${two.signature}` }, 'proven signature_encoding'],
  ['a signature in hex', { signature: der.toString('hex') }, 'proven signature_encoding'],
  ['a long form', { signature: toBase64([0x30, 0x81, der.length - 2], der.subarray(2)) }, 'proven signature_encoding'],
  ['r beside s', { signature: toBase64(der.subarray(5, 37), der.subarray(40, 72)) }, 'proven signature_encoding'],
  [
    'two causes',
    { body: text.trim(), signature: der.toString('base64url') },
    'proven signature_encoding body_whitespace',
  ],
  ['no header at all', none, 'suspected signature_missing not_from_sendgrid'],
  ['a missing signature', { signature: undefined }, 'suspected signature_missing', /the webhook signs/, /Turn on/],
  ['a missing timestamp', lostTimestamp, 'suspected signature_missing', /the webhook signs/, /Turn on/],
  ['a truncated signature', { signature: two.signature.slice(0, 40) }, 'suspected signature_truncated'],
  ['something else as signature', { signature: 'AAAA' }, 'suspected signature_encoding'],
  ['an object as text', { body: '[object Object]' }, 'suspected body_already_parsed'],
  [
    'a body without bytes',
    { body: consumed },
    'suspected body_already_parsed',
    /\(Nest's body parser\)\. \| Create the/,
  ],
  // A parser gives what the sender wrote.
  [
    'a body of a stranger',
    { body: { consumedBy: 'a\nb', fix: 'c' } },
    'suspected body_already_parsed',
    /\| Let nothing/,
  ],
  ['a body that something read', ofLength(9, '', two), 'suspected body_already_parsed', /got no body, but .* is 9/],
  ['events that were cut off', { body: text.slice(0, 99) }, 'suspected body_truncated'],
  ['wrapped events', { body: `{"body":${text}}` }, 'suspected body_reserialized'],
  ['nothing known', { body: '[{}]\r\n', ...later }, 'suspected'],
  ['a body that begins with a digit', { body: '1' }, 'suspected'],
  ['events without the line break of SendGrid', { body: '[{}]', ...later }, 'suspected body_reserialized'],
  [
    'events with a mark',
    { body: text.replace(/"email":"[^"]*"/, '"email":"[REDACTED]"') },
    'suspected body_reserialized',
  ],
  ...[
    [ratio, '[{"event":"open","ratio":1.5}]'],
    [text, JSON.stringify(JSON.parse(text)[0])],
  ].map(([sent = '', body = '']): Row => {
    const lengths = `Content-Length is ${sent.length}, and the verifier got ${body.length} bytes\\.`
    const said = new RegExp(`complete JSON.*Verify the bytes that arrived[\\s\\S]*${lengths}`)
    const given = { ...arrived(sent, body), headers: { 'content-length': `${sent.length}` } }
    return [`shorter JSON that was written again: ${body}`, given, 'suspected body_reserialized', said, /\bcut|no end/]
  }),
  [
    'the first of 102 bytes',
    ofLength(102, umlauts.slice(0, 60)),
    'suspected body_truncated',
    /the middle.* 61 bytes.* 102\. \| Pass/,
  ],
  [
    'the first of a mail',
    ofLength(18, mail.subarray(0, 8), two, boundary('x')),
    'suspected body_truncated',
    /no boundary at its end.* 8 bytes.* is 18\. \| Pass/,
  ],
  ['another body that is shorter', ofLength(18, 'a=1'), 'suspected body_truncated', /cut off.* 3 bytes.* \| Pass/],
  [
    'a mail without its last boundary',
    { ...arrived(mail, mail.subarray(0, 8)), headers: boundary('"x"') },
    'suspected body_truncated',
  ],
  ['an old timestamp', { options: { whenStale: 'reject' } }, 'suspected timestamp_old'],
  ['another method', { method: 'PUT' }, 'suspected method'],
  // Mails that were written again.
  ['a mail of Python', rewritten(write('9f86d081', fields), '9f86d081'), 'proven body_reserialized'],
  ['a mail of .NET', rewritten(write('0c6f2b0e', fields, ofDotNet), '"0c6f2b0e"'), 'proven body_reserialized'],
  ['a mail without its last line break', rewritten(write('b', fields).trimEnd()), 'proven body_reserialized'],
  ['a mail with CRLF', rewritten(write('b', { ...fields, text: 'One\r\nTwo\r\n' })), 'proven body_reserialized'],
  ['a mail with other fields', rewritten(write('b', { ...fields, text: 'Other' })), 'suspected body_reserialized'],
  ['a mail with the boundary of SendGrid', rewritten(written.replace('Zoë', 'Zoe'), 'xYzZY'), 'suspected'],
  // Line ends.
  ...[
    { headers, text: 'One\r\n\r\nTwo\r\n', to: 'a@b.example' },
    { to: 'a@b.example', text: 'One\nTwo\n', headers },
    { headers, text: 'One\r\nTwo\n' },
    { headers, text: 'One\nTwo\r\n', subject: '' },
    { headers: 'A: b\r\nC: d\r\n', text: 'One\r\nTwo' },
    { headers, html: '<p>\n</p>', text: 'One\r\nTwo\r\n' },
    { subject: 'Zoë', text: 'One' },
  ].flatMap((list) => {
    const sent = write('other-1', list)
    return [toLf(sent), toLf(sent).trimEnd()].map((body): Row => {
      const given = { ...arrived(sent, body), headers: boundary('other-1') }
      return [
        `a mail whose \\r\\n became \\n: ${JSON.stringify(list)}`,
        given,
        'proven body_line_ends',
        /multipart has/,
      ]
    })
  }),
  ['a mail whose delimiters are whole', rewritten(written.replace('One', 'Two'), 'xYzZY'), 'suspected'],
  ['another mail with \\n', rewritten(toLf(written).replace('One', 'Two'), 'xYzZY'), 'suspected body_line_ends'],
  [
    'a mail that was cut off',
    rewritten(toLf(written).slice(0, -20), 'xYzZY'),
    'suspected body_truncated body_line_ends',
  ],
  ...[umlauts, '[{"event":"open"}]\r\n', write('xYzZY', { text: 'a\nb' })].map((sent): Row => {
    const given = arrived(sent, inTextMode(sent))
    return [`one carriage return too many: ${sent}`, given, 'proven body_line_ends', /too many.*text mode/]
  }),
  ['such line ends', { of: unknown, body: inTextMode(umlauts) }, 'suspected body_line_ends', /too many/],
  ...[umlauts, '[{"event":"a\\r\\r\\n"}]\r\n', `${umlauts}\r`, `${umlauts}\r\n`].map((body): Row => {
    const title = `other line ends: ${JSON.stringify(body.slice(-10))}`
    return [title, { of: unknown, body }, 'suspected', undefined, /too many/]
  }),
  // Events of several deliveries.
  ['the first of two', arrived(events(1, 2), events(1, 5)), fromSeveral, /first 2 events of these 5.* \| Pass each/],
  ['the last of two', arrived(events(4, 5), events(1, 5)), fromSeveral, /the last 2 events of these 5/],
  ['one event', arrived(events(1, 1), events(1, 2)), fromSeveral, /the first event of these 2/],
  ['many', arrived(events(1, 7), events(1, 50)), fromSeveral, /the first 7 events of these 50/],
  ['joined in another way', arrived(events(1, 2), events(1, 3, ',', ']')), fromSeveral, /first 2 events of these 3/],
  [
    'written in another way',
    arrived(events(1, 2, ', ', ']'), events(1, 3, ', ', ']')),
    fromSeveral,
    /first 2 events of these 3/,
  ],
  // Other senders, and compressed bodies.
  ...['curl/8.5.0', 'PostmanRuntime/7.43', 'HTTPie/3.2', 'Mozilla/5.0 (X11)'].map((agent): Row => {
    const given = { ...none, headers: { 'user-agent': agent }, body: '[]' }
    return [agent, given, 'suspected not_from_sendgrid', /send sendgrid\.events --to/]
  }),
  ['an unsigned request of SendGrid', ofSendGrid, 'suspected signature_missing not_from_sendgrid'],
  ...[gzipSync(text), gzipSync(text, { level: 1 }), gzipSync(mail), Buffer.from('28b52ffd2000', 'hex')].flatMap(
    (body) =>
      [{ 'content-length': `${text.length}` }, boundary('xYzZY')].map((headers): Row => {
        const given = { headers: headers as Record<string, string>, body }
        return ['a compressed body', given, 'suspected body_decoded', /^The body is compressed.* \| .*compress/m]
      }),
  ),
  ['bytes like those of gzip', { body: notGzip }, 'suspected body_decoded', undefined, /is compressed/],
  ['a Content-Encoding', { headers: gzip, body: gzipSync('[]') }, 'suspected body_decoded', /uncompressed/],
]

test.each(rows)('%s', async (_what, given, found, said, unsaid) => {
  const shown = await show(given)
  expect(shown.split('\n')[0]).toBe(found)
  if (said) expect(shown).toMatch(said)
  if (unsaid) expect(shown).not.toMatch(unsaid)
})

test('a mail that FormData wrote again is proven', async () => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  const made = new Response(form)
  const by = made.headers.get('content-type')?.split('boundary=')[1]
  expect(await show(rewritten(new Uint8Array(await made.arrayBuffer()), by))).toMatch(/^proven body_reserialized\n/)
})

test('nothing in a mail that is too large for a search', async () => {
  const body = Buffer.concat([mail, Buffer.alloc(18_000_000, 'a')])
  const found = await diagnose({ body, ...later, options: { maxBodyBytes: 32_000_000 } })
  expect(found).toMatchObject({ tried: 0, suspected: [], question: { bytes: body.length } })
})

test('DER that was changed or cut off is not called another form of its numbers', async () => {
  for (const signature of [der.toString('base64url'), der.toString('hex'), der.subarray(0, 64).toString('base64')])
    expect(JSON.stringify(await diagnose({ signature }))).not.toContain('two numbers')
})

test('hostile content costs little, and causes no exception', async () => {
  const circular: unknown[] = []
  circular.push(circular)
  const lists = [events(1, 5000), `[${'{},'.repeat(60_000)}{}]\r\n`, `[${'['.repeat(90_000)}`]
  const forms = [
    ...['--b'.repeat(300_000), `--b\r\n${'; name="'.repeat(100_000)}\r\n--b--`, '--b--b--', '--b'],
    ...[`--b\n${'--b'.repeat(300_000)}--`, `--b\n${'\n'.repeat(250_000)}\n--b--`, '--b\n--b--', '--b\n'],
  ]
  const others = ['['.repeat(500_000), '[{"a":'.repeat(100_000), circular, {}, 1, null, undefined, '"', '""']
  for (const given of [...[...lists, ...others].map((body) => ({ body })), ...forms.map((form) => rewritten(form))]) {
    const started = performance.now()
    const { proven, tried } = await diagnose(given)
    expect(proven).toBeUndefined()
    expect(tried).toBeLessThanOrEqual(400)
    expect(performance.now() - started).toBeLessThan(3000)
  }
  for (const signature of ['', '"', '%', 'MEUC'.repeat(9000), '\0', 'MA==', 'MEQCIA=='])
    expect((await diagnose({ signature })).proven).toBeUndefined()
})

test('a fix is one sentence of at most 160 characters', () => {
  for (const { fix, fixes = {} } of Object.values(sendGridCauses))
    for (const one of [fix, ...Object.values(fixes)]) expect(one.length, one).toBeLessThanOrEqual(160)
})

test('the age of an old request is said', async () => {
  stopClock()
  vi.spyOn(Date, 'now').mockReturnValue(Date.now())
  const of = signed('[{}]\r\n', String(Number(now()) - 400))
  expect(await show({ of, options: { whenStale: 'reject' } })).toContain(
    'suspected timestamp_old\nThe timestamp is 400 seconds old, and "maxAgeSeconds" is 300.',
  )
})

test('finds nothing in a genuine request', async () => {
  expect(await diagnose()).toMatchObject({ verdict: { ok: true }, suspected: [], tried: 0 })
})

test('checks at most maxTries signatures, and bodies of 16 MB in all', async () => {
  for (const maxTries of [0, 1, 7])
    expect((await diagnose({ body: '[{}]', options: { maxTries } })).tried).toBe(maxTries)
  const { tried } = await diagnose({ body: `[${' '.repeat(1_000_000)}]` })
  expect(tried).toBeLessThan(20)
  await expect(diagnose({ options: { maxTries: -1 } })).rejects.toThrow('"maxTries"')
  await expect(diagnose({ options: { otherKeys: { marketing: 'x' } } })).rejects.toThrow('"otherKeys.marketing"')
})

test('a parser of uploads that ran first has no place for captureRawBody', async () => {
  const read = (type: string, fix: string, isParser = true) =>
    show({ headers: { 'content-type': type }, body: { consumedBy: 'a body parser', fix, isParser } })
  const captured = 'Put twilioWebhook first, or give express.json or urlencoded { verify: captureRawBody }.'
  for (const fix of [captured, 'Give koaBody { includeUnparsed: true }.']) {
    const shown = await read('multipart/form-data; boundary=xYzZY', fix)
    expect(shown).toMatch(/^suspected body_already_parsed\n.*parse webhook\.body/)
    expect(shown.split('\n')[1]).not.toContain(fix)
    expect(await read('application/json', fix)).toContain(`| ${fix}\n`)
  }
  // A clone works for multipart too.
  const clone = 'Let twilioWebhook be the first to read it, or give it a clone that was made before.'
  expect(await read('multipart/form-data; boundary=xYzZY', clone, false)).toContain(`| ${clone}\n`)
})

describe('as the option of a verifier, it explains', () => {
  test('on standard error, without a key or content', async () => {
    const { publicKey, ...request } = await signSendGridRequest()
    const said = await explain({ ...request, body: Buffer.from(request.body).toString().trim() }, { publicKey })
    expect(said).toMatch(/was refused: signature_mismatch\. Fix: [\s\S]*body_whitespace/)
    expect(said.split('\n').length).toBeLessThanOrEqual(8)
    for (const secret of ['ada@example.com', publicKey]) expect(said).not.toContain(secret)
  })

  test('a connection that ended', async () => {
    const body = (async function* () {
      yield Buffer.from(two.body.slice(0, 20))
      throw new Error('aborted')
    })()
    expect(await explain(post({}, body), { publicKey })).toMatch(
      /body_malformed\. Fix: Pass the whole body.*\n.*body_truncated: The conn/,
    )
  })

  test('a mail that API Gateway decoded as UTF-8', async () => {
    const { publicKey, ...request } = await signSendGridRequest({ body: mail })
    const native = { requestContext: {}, headers: {} }
    expect(await explain({ ...request, body: mail.toString() }, { publicKey }, { native })).toMatch(
      /mismatch\. Fix: Let API Gateway pass the bytes: add multipart/,
    )
  })

  test('a delivery that arrived before', async () => {
    const replay = { reserve: async () => ({ delivery: 'repeated' as const, refuse: true as const }) }
    const said = await explain(post(), { publicKey, replay })
    expect(said).toMatch(/replayed\. Fix: None is needed if .*whenRepeated: 'mark'/)
  })

  test('JSON that was written again, before the length of the body', async () => {
    const { publicKey, ...request } = await signSendGridRequest({ body: ratio })
    const headers = { ...request.headers, 'content-length': `${ratio.length}` }
    const said = await explain({ ...request, headers, body: JSON.stringify(JSON.parse(ratio)) }, { publicKey })
    expect(said).toMatch(/body_malformed\. Fix: Verify the bytes that arrived/)
  })

  test('and keeps a request that another key may have signed, unless a hint turns it off', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'tollgate-kept-'))
    onTestFinished(() => {
      vi.unstubAllEnvs()
      rmSync(cache, { recursive: true })
    })
    vi.stubEnv('XDG_CACHE_HOME', cache)
    vi.stubEnv('NODE_ENV', 'development')
    const { publicKey: other } = makeKeys()
    const { publicKey, ...request } = await signSendGridRequest({ url: 'https://example.com/events' })
    const refuse = (diagnoser: SendGridVerifierOptions['diagnose']) =>
      explain(request, { publicKey: other }, { diagnoser })
    expect(await refuse(withSendGridHints({ keepRefused: false }))).not.toContain('--last')
    expect(await refuse(withSendGridHints({ otherKeys: { marketing: publicKey } }))).toContain('The key "marketing"')
    expect(listKeptRequests()).toHaveLength(0)
    expect((await refuse(diagnoseSendGrid)).split('\n')).toEqual([
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
})
