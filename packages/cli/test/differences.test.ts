import { createHash } from 'node:crypto'
import type { DiagnosableRequest } from 'tollgate/diagnose'
import { signRequest } from 'tollgate/testing'
import { describe, expect, test } from 'vitest'
import { compareSent, compareWithoutBody } from '../src/twilio-api/compare.ts'
import { authToken } from './support.ts'

type Pairs = readonly (readonly [string, string])[]

const url = 'https://example.com/sms?team=blue'
const known: Pairs = [
  ['MessageSid', `SM${'1'.repeat(32)}`],
  ['From', '+15551230001'],
]
const formType = { 'content-type': 'application/x-www-form-urlencoded' }

/** Compares a webhook of a record without a signature with what a server saw. */
async function compareWith(
  seen: DiagnosableRequest,
  sent: { readonly url: string; readonly params: Pairs },
  use: typeof compareWithoutBody = compareSent,
) {
  const record = { method: 'POST', signature: undefined, namesAreExact: true, about: '', ...sent }
  const options = { publicUrl: 'https://example.com', authToken }
  return await use(record, seen, { options, tokens: [authToken], sharedKey: undefined })
}

/** Compares a form with the one in a log entry, which has no signature. */
async function compare(
  sent: Pairs,
  seen: { readonly pairs?: Pairs; readonly body?: string; readonly url?: string; readonly headers?: object },
  calledUrl = url,
) {
  const params = [...known, ...sent]
  const form = new URLSearchParams([...known, ...(seen.pairs ?? sent)].map(([name, value]) => [name, value]))
  const body = seen.body ?? form.toString()
  const headers = { host: 'example.com', ...formType, ...seen.headers }
  return await compareWith(
    { method: 'POST', url: seen.url ?? '/sms?team=blue', headers, body },
    { url: calledUrl, params },
  )
}

// A change that cannot be undone, so that no search explains it together with another.
const lossy = { sent: ['Other', 'one two'], seen: ['Other', 'three'] } as const

describe('a difference that cannot be undone', () => {
  test.each<[string, string, Pairs, Pairs]>([
    ['a parameter is gone', 'params_missing', [['Body', 'gone']], []],
    ['a blank parameter is gone', 'params_blank_dropped', [['ToCity', '']], []],
    ['a parameter was added', 'params_missing', [], [['Added', 'x']]],
    ['a parameter was renamed', 'params_missing', [['Body', 'a']], [['text', 'a']]],
    ['names with brackets became objects', 'params_nested', [['Meta[a]', '1']], [['Meta', '[object Object]']]],
    ['names with dots became underscores', 'params_nested', [['A.B', '1']], [['A_B', '1']]],
    [
      'repeated names became a list',
      'params_repeats_dropped',
      [
        ['A', '1'],
        ['A', '2'],
      ],
      [['A', '1,2']],
    ],
    ['a value became a number', 'params_converted', [['A', '007']], [['A', '7']]],
    ['letters became lower case', 'params_converted', [['A', 'Stop']], [['A', 'stop']]],
    ['quotes became plain', 'params_converted', [['A', 'I’m “in”…']], [['A', 'I\'m "in"...']]],
    ['a blank became null', 'params_null', [['A', '']], [['A', 'null']]],
    ['white space was joined', 'params_trimmed', [['A', ' a  b ']], [['A', 'a b']]],
    ['CR became LF', 'body_whitespace', [['A', 'a\rb\r\nc']], [['A', 'a\nb\nc']]],
    ['a form was decoded twice', 'params_plus_as_space', [['A', '1+1 %26 2']], [['A', '1 1 & 2']]],
    ['a value was escaped', 'params_escaped', [['A', '<b>&amp;"']], [['A', '&lt;b&gt;&amp;amp;&#x22;']]],
    ['characters were lost', 'body_charset', [['A', 'Grüße']], [['A', 'Gr\ufffd\ufffde']]],
    ['a number was masked', 'params_missing', [['To', '+15551230002']], [['To', '+1555123****']]],
    ['a text was replaced by a mark', 'params_missing', [['Body', 'private']], [['Body', '[Filtered]']]],
    ['an emoji was removed', 'params_missing', [['Body', 'Hi \u{1f600} you']], [['Body', 'Hi  you']]],
    ['a value was cut', 'params_missing', [['Body', 'Hello there']], [['Body', 'He']]],
  ])('%s, beside another', async (_name, id, sent, seen) => {
    const { isGenuine, causes, unexplained } = await compare([...sent, lossy.sent], { pairs: [...seen, lossy.seen] })
    expect(causes.map((cause) => cause.id)).toEqual([id])
    expect(unexplained).toEqual([{ what: 'parameter', name: 'Other', sent: ['one two'], seen: ['three'] }])
    expect(isGenuine).toBe(false)
    expect(JSON.stringify(causes)).not.toMatch(/Grüße|one two|gone/)
  })

  test('the URL is named too, in parts that no search can guess', async () => {
    const seen = { pairs: [lossy.seen], url: '/v7/other?team=red&team=blue' }
    const { causes, unexplained } = await compare([lossy.sent], seen)
    expect(causes.map(({ id }) => id).sort()).toEqual(['path_prefix', 'query_extra'])
    expect(unexplained).toMatchObject([{ name: 'Other' }])
  })

  test('a cause that the length and the parameters show is named once, with both', async () => {
    const headers = { 'content-length': '500' }
    const { causes } = await compare([['Body', 'gone']], { pairs: [], headers })
    expect(causes).toMatchObject([{ id: 'params_missing', detail: expect.stringMatching(/Content-Length.* Body\./) }])
    const repeated = [
      ['A', '1'],
      ['A', '2'],
    ] as const
    const reduced = await compare(repeated, { pairs: [['A', '2']], headers })
    expect(reduced.causes.map(({ id }) => id)).toEqual(['params_repeats_dropped'])
  })

  test('a parameter whose name is another text is not printed', async () => {
    const encoded = Buffer.from('Body=a private text').toString('base64')
    const { causes } = await compare([lossy.sent], { pairs: [lossy.seen, [`${encoded}!`, '']] })
    expect(causes).toMatchObject([{ id: 'params_missing', detail: expect.stringContaining('a name of 29 characters') }])
  })
})

describe('what is said of a query and of a body is true', () => {
  test.each<[string, string, string, RegExp]>([
    ['got a value', '/sms?debug&flow=a', '/sms?debug=true&flow=a', /the value of "debug" is another/],
    ['has another value', '/sms?tenant=acme', '/sms?tenant=acme/', /the value of "tenant" is another/],
  ])('a field that %s is not lost', async (_name, called, seen, detail) => {
    const { causes } = await compare([lossy.sent], { pairs: [lossy.seen], url: seen }, `https://example.com${called}`)
    expect(causes).toMatchObject([{ id: 'query_encoding', detail: expect.stringMatching(detail) }])
  })

  test('JSON in place of a form lost no query', async () => {
    for (const agent of ['Zapier', 'TwilioProxy/1.1']) {
      const headers = {
        'content-type': 'application/json',
        'user-agent': agent,
        'x-twilio-signature': `${'A'.repeat(27)}=`,
      }
      const { causes } = await compare([], { body: '{"text":"Hello","sender":"+15551230001"}', headers })
      expect(causes[0]).toMatchObject({ id: 'form_taken_as_json' })
      expect(JSON.stringify(causes)).not.toMatch(/bodySHA256|query/)
    }
  })
})

describe('a request of another webhook than the record', () => {
  const other: Pairs = [
    ['CallSid', `CA${'5'.repeat(32)}`],
    ['Digits', '1'],
  ]
  async function compareSigned(sentUrl: string, sentParams: Pairs, seenPath: string, seenParams: Pairs) {
    // The server is asked for another query than the signed one, so that the search explains nothing.
    const signed = signRequest({ url: `https://example.com${seenPath}?k=7q1z`, params: seenParams, authToken })
    const seen = { method: 'POST', url: seenPath, headers: signed.headers, body: signed.body }
    return await compareWith(seen, { url: sentUrl, params: sentParams })
  }

  test.each<[string, readonly string[], string, Pairs]>([
    ['has another id', ['CallSid'], url, [['CallSid', `CA${'6'.repeat(32)}`]]],
    ['is a form, and the record an event', ['URL', 'parameters'], `${url}&bodySHA256=${'0'.repeat(64)}`, []],
    ['has none of the parameters', ['URL', 'parameters'], url, [['Body', 'x']]],
  ])('that %s proves nothing', async (_name, otherWebhook, sentUrl, sentParams) => {
    const found = await compareSigned(sentUrl, sentParams, '/gather', other)
    expect(found).toEqual({ isGenuine: false, causes: [], unexplained: [], signedBy: 'unknown', otherWebhook })
  })

  test('with the same id, what is not explained does not show another key', async () => {
    const sent: Pairs = [...other, ['SpeechResult', 'x']]
    const found = await compareSigned('https://example.com/voice', sent, '/gather', other)
    expect(found.causes.map(({ id }) => id)).toEqual(['path_prefix', 'params_missing'])
    expect(found).toMatchObject({ isGenuine: false, signedBy: 'unknown' })
  })
})

describe('a body that is another as a whole', () => {
  test('a request without its body is named, and a log entry without one is shown', async () => {
    const whole = await compare([], { body: '', headers: { 'user-agent': 'TwilioProxy/1.1' } })
    expect(whole.causes.map(({ id }) => id)).toEqual(['body_missing', 'signature_missing'])
    const entry = await compare([], { body: '', headers: { 'content-type': undefined } })
    expect(entry).toMatchObject({
      isGenuine: false,
      causes: [],
      unexplained: [{ what: 'body', sent: ['2 parameters'], seen: ['no body in this record'] }],
    })
  })

  test('a body with none of the parameters is shown as a body, not as many lost parameters', async () => {
    const { causes, unexplained } = await compare([], { body: 'a=1&b=2' })
    expect(causes).toEqual([])
    expect(unexplained).toEqual([
      { what: 'body', name: undefined, sent: ['2 parameters'], seen: ['none of these parameters'] },
    ])
  })
})

test('a JSON event with another body is named beside a URL that no search can guess', async () => {
  const bodySHA256 = createHash('sha256').update('{"a": 1.0}').digest('hex')
  const headers = { host: 'example.com', 'content-type': 'application/json' }
  const { causes, unexplained } = await compareWith(
    { method: 'POST', url: `/v7/other?bodySHA256=${bodySHA256}`, headers, body: '{"a":2}' },
    { url: `https://example.com/events?key=blue&bodySHA256=${bodySHA256}`, params: [] },
  )
  expect(causes.map(({ id }) => id)).toEqual(['body_reserialized'])
  expect(unexplained).toMatchObject([{ what: 'url' }])
})

describe('a copy without a body', () => {
  const form = signRequest({ url, params: known, authToken })
  const event = signRequest({ url: 'https://example.com/events?team=blue', body: '{"a":1}', authToken })
  const eventUrl = event.url
  const missingBody = { what: 'body', seen: ['no body in this copy'] }
  async function compareCopy(isEvent: boolean, target: string, headers: object = {}) {
    const seen = { method: 'POST', url: target, headers: { host: 'example.com', ...headers } }
    const sent = { url: isEvent ? eventUrl : url, params: isEvent ? [] : known }
    return await compareWith(seen, sent, compareWithoutBody)
  }
  const [hash = ''] = /bodySHA256=\w+/.exec(eventUrl) ?? []

  test.each<[string, boolean, string, object]>([
    ['a form', false, '/sms?team=blue', form.headers],
    ['a form with its length', false, '/sms?team=blue', { ...form.headers, 'content-length': '46' }],
    ['an event', true, `/events?team=blue&${hash}`, event.headers],
    ['an event with its length', true, `/events?team=blue&${hash}`, { ...event.headers, 'content-length': '7' }],
  ])('of %s shows nothing else', async (_name, isEvent, target, headers) => {
    const found = await compareCopy(isEvent, target, headers)
    expect(found).toMatchObject({
      isGenuine: true,
      causes: [],
      unexplained: [missingBody],
      signedBy: 'a configured key',
    })
    expect(found.unexplained).toHaveLength(1)
  })

  test.each<[string, boolean, string, object]>([
    ['a form', false, '/sms', form.headers],
    ['an event', true, `/events?${hash}`, event.headers],
    ['a log entry of a form', false, '/sms', {}],
    ['a log entry of an event', true, `/events?${hash}`, {}],
  ])('of %s shows what is wrong with the URL', async (_name, isEvent, target, headers) => {
    const found = await compareCopy(isEvent, target, headers)
    expect(found).toMatchObject({ isGenuine: false, causes: [{ id: 'query_missing' }], unexplained: [missingBody] })
    expect(found.causes).toHaveLength(1)
  })

  test('of a form with another type shows the type', async () => {
    const { causes } = await compareCopy(false, '/sms?team=blue', { ...form.headers, 'content-type': 'text/plain' })
    expect(causes.map(({ id }) => id)).toEqual(['form_taken_as_json'])
  })
})

describe('a request that is right', () => {
  test('says that the signature is not in the record', async () => {
    expect(await compare([], {})).toMatchObject({
      isGenuine: true,
      causes: [],
      unexplained: [{ what: 'header', name: 'X-Twilio-Signature' }],
    })
  })

  test('two slashes at the start of the path are not a prefix', async () => {
    const { causes } = await compare([], {}, 'https://example.com//sms?team=blue')
    expect(causes.map(({ id }) => id)).toEqual(['path_encoding'])
  })
})
