import { createHmac } from 'node:crypto'
import { showHidden as showInTerminal } from 'tollgate/internal'
import { sampleWebhook, signRequest, webhookKinds } from 'tollgate/testing'
import { describe, expect, test } from 'vitest'
import { captureExchange } from '../src/server/capture-exchange.ts'
import { listSigned } from '../src/server/hide.ts'
import type { CaptureSummary } from '../src/shared/capture.ts'
import { compareUrlParts, splitAtBreaks } from '../src/shared/url-parts.ts'
import { cut, showHidden, splitHidden } from '../src/shared/visible-text.ts'
import { type Filters, matchesFilters, noFilters } from '../src/ui/filters.ts'
import { describeOutcome, nameOrigin } from '../src/ui/format.ts'
import { groupKinds, nameResult } from '../src/ui/labels.ts'
import { authToken, makeExchange, publicUrl, signSample } from './kit.ts'

test.each(webhookKinds)('the signed text that is shown is the one that was signed: %s', async (kind) => {
  const exchange = await makeExchange(signSample(kind))
  const parts = listSigned(captureExchange(exchange, { origin: 'received' }))
  const signature = createHmac('sha1', authToken)
    .update(parts.map(({ text }) => text).join(''))
    .digest('base64')
  expect(signature).toBe(signSample(kind).headers['x-twilio-signature'])
})

test('shows a repeated name once for each distinct value, in order', async () => {
  const params = [
    ['b', '2'],
    ['a', '9'],
    ['b', '1'],
    ['b', '2'],
  ] as [string, string][]
  const signed = signRequest({ url: `${publicUrl}/x`, params, authToken })
  const parts = listSigned(captureExchange(await makeExchange(signed), { origin: 'received' }))
  expect(parts.slice(1).map(({ text }) => text)).toEqual(['a', '9', 'b', '1', 'b', '2'])
})

describe('invisible text', () => {
  test('is shown as its code point', () => {
    expect(splitHidden('a\u202eb\u0000\u200b')).toEqual([
      { text: 'a' },
      { hidden: 'U+202E' },
      { text: 'b' },
      { hidden: 'U+0000' },
      { hidden: 'U+200B' },
    ])
    expect(showHidden('evil\u2066.exe\u{e0041}')).toBe('evil[U+2066].exe[U+E0041]')
  })

  test('is the same on the page and in a terminal', () => {
    const differ: string[] = []
    for (let code = 0; code <= 0x10ffff; code++) {
      const text = `a${String.fromCodePoint(code)}b`
      if (showHidden(text) !== showInTerminal(text)) differ.push(code.toString(16))
    }
    expect(differ).toEqual([])
  })

  test('lone surrogates are shown as code points, pairs and line breaks are kept', () => {
    expect(showHidden('\ud83d\ude00 \ud83d x \ude00\n\tend')).toBe('😀 [U+D83D] x [U+DE00]\n\tend')
  })

  test('a cut does not split a surrogate pair', () => {
    expect(cut('ab😀', 3)).toBe('ab')
    expect(cut('ab😀', 4)).toBe('ab😀')
  })
})

describe('filters', () => {
  const one: CaptureSummary = {
    id: '1',
    time: 1,
    origin: 'received',
    method: 'POST',
    target: '/sms',
    kind: 'message.inbound',
    from: '+14155550142',
    to: '+12025550123',
    code: 'signature_mismatch',
    status: 403,
    by: 'gateway',
    body: 'Where is my order?',
  }
  const accepted = { ...one, id: '2', code: 'accepted', status: 200, kind: 'call.inbound', target: '/voice' }
  const imported = { ...one, id: '3', code: 'none', by: undefined, status: undefined }
  const unread = { ...one, id: '4', code: 'none', status: 400 }
  const failed = { ...accepted, id: '5', target: '/broken', status: 502, by: 'upstream' as const, body: undefined }
  const reported = { ...accepted, id: '6', target: '/json', reported: 12300, body: undefined }
  const pass = (filters: Partial<Filters>) =>
    [one, accepted, imported, unread, failed, reported]
      .filter((each) => matchesFilters(each, { ...noFilters, ...filters }))
      .map(({ id }) => id)

  test.each<[Partial<Filters>, string[]]>([
    [{}, ['1', '2', '3', '4', '5', '6']],
    [{ verdict: 'accepted' }, ['2']],
    [{ verdict: 'failed' }, ['5', '6']],
    [{ verdict: 'refused' }, ['1', '4']],
    [{ search: 'call.inbound' }, ['2', '5', '6']],
    [{ search: 'incoming sms' }, ['1', '3', '4']],
    [{ search: 'signature_mismatch' }, ['1']],
    [{ search: 'VOICE' }, ['2']],
    [{ search: 'order' }, ['1', '2', '3', '4']],
    [{ search: '4155550142 403' }, ['1']],
    [{ search: 'sms voice' }, []],
    [{ search: '12300' }, ['6']],
    [{ search: '  ' }, ['1', '2', '3', '4', '5', '6']],
    [{ verdict: 'refused', search: 'voice' }, []],
  ])('%j', (filters, ids) => {
    expect(pass(filters)).toEqual(ids)
  })

  test('the kinds of a menu have names, and frequent ones come first', () => {
    const groups = groupKinds(webhookKinds)
    expect(groups.map(([name]) => name)).toEqual(['Messages', 'Calls', 'Others'])
    expect(groups[0]?.[1][0]).toEqual(['message.inbound', 'Incoming SMS'])
    const ids = groups.flatMap(([, kinds]) => kinds.map(([id]) => id))
    expect(ids.sort()).toEqual([...webhookKinds].sort())
  })
})

describe('the tone of a row', () => {
  const good = { code: 'accepted', origin: 'received', by: 'upstream', status: 200 } as const
  test.each<[Partial<CaptureSummary>, string, string]>([
    [{}, 'accepted', 'good'],
    [{ status: 101 }, 'accepted', 'good'],
    [{ status: 307 }, 'accepted', 'good'],
    [{ status: 403 }, 'failed', 'failed'],
    [{ status: 404 }, 'failed', 'failed'],
    [{ status: 502 }, 'failed', 'failed'],
    [{ status: 502, by: 'gateway' }, 'failed', 'failed'],
    [{ reported: 12300 }, 'failed', 'failed'],
    [{ status: undefined, by: undefined }, 'failed', 'failed'],
    [{ status: undefined, by: undefined, origin: 'imported' }, 'accepted', 'good'],
    [{ code: 'signature_mismatch', status: 403, by: 'gateway' }, 'refused', 'bad'],
    [{ code: 'signature_mismatch' }, 'refused', 'bad'],
    [{ code: 'none', status: 400, by: 'gateway' }, 'refused', 'bad'],
    [{ code: 'none', status: undefined, by: undefined, origin: 'imported' }, 'not verified', 'plain'],
  ])('%j is %s, %s', (changed, word, tone) => {
    expect(describeOutcome({ ...good, ...changed })).toEqual({ word, tone })
  })

  test.each<[Partial<CaptureSummary>, string]>([
    [{}, '200'],
    [{ status: undefined, by: undefined }, 'no answer'],
    [{ status: 502, by: 'gateway' }, '502 · no answer'],
    [{ status: 500, reported: 11200 }, '500 · app failed'],
    [{ reported: 12300 }, 'Twilio would report 12300'],
    [{ code: 'signature_mismatch', status: 403, by: 'gateway' }, '403 · wrong signature'],
    [{ code: 'signature_mismatch', status: 403, causeName: 'wrong token' }, '403 · wrong token?'],
    [{ code: 'signature_mismatch', status: 403, causeName: 'wrong token', isProven: true }, '403 · wrong token'],
  ])('%j is named %s', (changed, result) => {
    expect(nameResult({ id: '1', time: 1, method: 'POST', target: '/sms', ...good, ...changed })).toBe(result)
  })

  test('a test with a random token is called spoofed, also when it is sent again', () => {
    expect(nameOrigin({ origin: 'test', signedWith: 'random' })).toBe('spoofed test')
    expect(nameOrigin({ origin: 'replayed', signedWith: 'random' })).toBe('spoofed replay')
    expect(nameOrigin({ origin: 'test', signedWith: 'throw-away' })).toBe('test')
    expect(nameOrigin({ origin: 'received' })).toBe('')
  })
})

describe('two URLs', () => {
  const differing = (one: string, other: string) =>
    compareUrlParts(one, other)
      .filter(({ differs }) => differs)
      .map(({ name, text }) => `${name} ${text}`)

  test.each<[string, string, string[]]>([
    ['https://a.example/x', 'https://a.example/x', []],
    ['https://a.example/x', 'http://a.example/x', ['scheme https://']],
    ['wss://a.example/x', 'https://a.example/x', ['scheme wss://']],
    ['https://a.example:8443/x', 'https://a.example/x', ['port :8443']],
    ['https://a.example/x', 'https://a.example:443/x', ['port ']],
    ['https://app.example/x', 'https://api.example/x', ['host app.example']],
    ['https://u:p@a.example/x', 'https://a.example/x', ['host u:p@a.example']],
    ['https://[::1]:80/x', 'https://[::2]:80/x', ['host [::1]']],
    ['https://a.example/api/sms', 'https://a.example/sms', ['path /api/sms']],
    ['https://a.example', 'https://a.example/', ['path ']],
    ['https://a.example/x?a=1&b=2', 'https://a.example/x?a=1&b=3', ['query ?a=1&b=2']],
    ['https://a.example?a', 'https://a.example/?a', ['path ']],
    [
      'https://a.example:8443/y?a',
      'http://b.example/x',
      ['scheme https://', 'host a.example', 'port :8443', 'path /y', 'query ?a'],
    ],
    ['/sms', 'https://a.example/sms', ['scheme ', 'host ']],
  ])('%s and %s differ in whole parts', (one, other, parts) => {
    expect(differing(one, other)).toEqual(parts)
  })

  test.each([
    '',
    'no URL',
    'https://',
    'https://a.example:x/',
    'https://a?b?c#d',
    '://',
    '/a?b',
    'https://u@a:1:2/\n?x',
  ])('the parts are the whole text: %j', (url) => {
    const texts = compareUrlParts(url, 'https://b.example/').map(({ text }) => text)
    expect(texts.join('')).toBe(url)
  })
})

test.each<[string, string[]]>([
  ['https://a.example/sms?a=1&b=2', ['https://a.example/', 'sms?', 'a=1&', 'b=2']],
  ['//x/?&a=b/', ['//', 'x/?&', 'a=b/']],
  ['/voice', ['/', 'voice']],
  ['', ['']],
])('a line may break after the separators of %j', (url, pieces) => {
  expect(splitAtBreaks(url)).toEqual(pieces)
})

test('names the kind of JSON by the type of its first event', async () => {
  const signed = signRequest({ url: `${publicUrl}/x`, ...sampleWebhook('events.batch'), authToken })
  expect(captureExchange(await makeExchange(signed), { origin: 'received' }).kind).toBe(
    'messaging.inbound-message.received',
  )
})
