import { describe, expect, test } from 'vitest'
import published from '../../../conformance/data/published.json' with { type: 'json' }
import { createVerifier } from '../src/index.ts'
import { findMisshapen, hasWebhookShape, kindOf } from '../src/params/index.ts'
import { ReceivedParams } from '../src/schemes/twilio/webhook.ts'
import { kinds } from '../src/schemes/twilio/webhooks/index.ts'
import { recogniseForm } from '../src/schemes/twilio/webhooks/shapes.ts'
import { sampleWebhook, webhookKinds } from '../src/testing/index.ts'
import { accountSid, formRequest, getRequest, jsonRequest, naiveJoin, options } from './requests.ts'
import { twilioFixtures } from './testing-fixtures.ts'

type Pair = readonly [name: string, value: string]

const find = (pairs: readonly Pair[]) => findMisshapen(new URLSearchParams(pairs.map(([...pair]) => pair)))

const sid = (letters: string, digit: string): string => letters + digit.repeat(32)
const messageSid = sid('SM', 'd')

/** A genuine SMS with a text that its sender chose. */
function makeSms(body: string, more: Readonly<Record<string, string>> = {}): Pair[] {
  const params: Record<string, string> = {
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    Body: body,
    From: '+14155550142',
    MessageSid: messageSid,
    NumMedia: '0',
    NumSegments: '1',
    SmsMessageSid: messageSid,
    SmsSid: messageSid,
    SmsStatus: 'received',
    To: '+12025550123',
    ...more,
  }
  return Object.entries(params)
}

const places = {
  FromCity: 'SAN FRANCISCO',
  FromCountry: 'US',
  FromState: 'CA',
  FromZip: '94103',
  ToCity: '',
  ToCountry: 'US',
  ToState: 'DC',
  ToZip: '20001',
}
const surroundings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'an SMS': places,
  'an SMS without places': {},
  'an SMS from a short code': { ...places, From: '72345' },
  'an SMS from a name': { From: 'CityBank', FromCity: 'LONDON', FromCountry: 'GB', FromState: '', FromZip: '' },
  'an SMS from a name, without places': { From: 'Brand' },
  'an MMS': {
    ...places,
    MediaContentType0: 'image/jpeg',
    MediaUrl0: 'https://api.twilio.com/2010-04-01/Accounts/AC/Messages/MM/Media/ME',
    MessagingServiceSid: sid('MG', 'a'),
    NumMedia: '1',
  },
  'a WhatsApp message': {
    From: 'whatsapp:+14155550142',
    ProfileName: 'Bob',
    To: 'whatsapp:+12025550123',
    WaId: '14155550142',
  },
}

describe('genuine parameters fit', () => {
  test.each(twilioFixtures.map((fixture) => [fixture.id, fixture.params] as const))('%s', (_id, params) => {
    expect(find(params)).toEqual([])
  })

  const vectors = published.flatMap(({ title, params }): [string, Pair[]][] =>
    params === null || params === undefined
      ? []
      : [
          [
            title,
            Object.entries(params).flatMap(([name, value]) => [value].flat().map((one): Pair => [name, String(one)])),
          ],
        ],
  )
  test.each(vectors)('the vector "%s"', (_title, params) => {
    expect(find(params)).toEqual([])
  })

  const texts = [
    '',
    'hi',
    ' From me to you\n',
    'pay bob 900From+19005550000MessageSid',
    `pay bob 900From+19005550000MessageSid${sid('SM', 'e')}NumMedia0`,
    'SmsStatusreceived ToCity FromCityX',
    '{"From":"+14155550142"}',
  ]
  for (const [what, more] of Object.entries(surroundings))
    test(`${what}, with any text`, () => {
      for (const text of texts.slice(0, 'ProfileName' in more ? 3 : undefined))
        expect(find(makeSms(text, more))).toEqual([])
    })

  test('parameters that Twilio may add one day', () => {
    for (const [name, value] of [
      ['RiskScore', '17'],
      ['MessageIntent', 'support'],
      ['GeoPermissions', '{"allowed":["US"]}'],
      ['Tags2', ''],
      ['SenderId', 'whatsapp:US.1A2B3C'],
    ] as const)
      expect(find(makeSms('hi', { ...places, [name]: value }))).toEqual([])
  })
})

describe('parameters that do not fit', () => {
  const change = (changes: Readonly<Record<string, string>>) => find(makeSms('hi', { ...places, ...changes }))

  test.each([
    ['AccountSid', 'AC123'],
    ['AccountSid', ''],
    ['MessageSid', `${messageSid}From+1`],
    ['From', '+14155550142FromCitySAN'],
    ['To', '+1 (202) 555-0123'],
    ['ToZip', '20001 and more than that'],
    ['NumMedia', '0NumSegments'],
    ['FromCountry', 'USA'],
    ['900', ''],
    ['lower', ''],
    ['/archive', ''],
    ['?tenant', '5'],
    ['Two Words', ''],
    ['From+1', ''],
    ['', 'x'],
    ['GFrom', '+14155550142'],
    ['OptOutTypeS', 'TOP'],
    ['FromMyBrand', ''],
    ['ToCityToCountry', 'US'],
    ['SmsStatu', 'sreceived'],
    ['Zzz', 'From+14155550142'],
    ['Zzz', `MessageSid${messageSid}`],
    ['Zzz', 'FromCityFromCountryFromStateFromZip'],
  ])('%s: %j', (name, value) => {
    expect(change({ [name]: value })).toMatchObject([{ name }])
  })

  test('the names of one form change nothing about the next one', () => {
    const genuine = makeSms('hi', places)
    const names: Pair[] = genuine.map(([, value], index) => [`Two Words ${index}`, value])
    for (const pairs of [genuine, names, [...genuine].reverse(), genuine]) {
      const fault = pairs === names ? 'is not the name of a parameter' : undefined
      expect(new Set(find(pairs).map(({ reason }) => reason))).toEqual(new Set(fault && [fault]))
    }
  })

  test('a repeated name, none, and any pairs', () => {
    expect(find([...makeSms('hi'), ['From', '+10005550000']])).toEqual([{ name: 'From', reason: 'is repeated' }])
    expect(find([])).toEqual([])
    const hostile = Array.from({ length: 3000 }, (_, index): Pair => [`__proto__${index}`, 'From'.repeat(50)])
    expect(find([...makeSms('hi'), ...hostile]).length).toBe(3000)
  })
})

/** A generator of random numbers below a limit, the same in every run. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

/** Texts that put parameters of the sender's own choice before the genuine ones. */
const own = [
  'pay bob 900',
  'hi',
  'From+19005550000',
  'FromCityX',
  'FromCountryUS',
  'FromX',
  'G',
  'Zzz',
  'Note',
  `MessageSid${sid('SM', 'e')}`,
  'MediaUrl0https://evil.example/',
  'MessageStatusdelivered',
  'NumMedia0',
  'NumSegments1',
  'ProfileName',
  `SmsMessageSid${sid('SM', 'e')}`,
  `SmsSid${sid('SM', 'e')}`,
  'SmsStatusreceived',
  'To+19005550001',
  'ToCity',
  'ToZip',
  'Body',
  `AccountSidAC${'9'.repeat(32)}`,
  'ApiVersion2010-04-01',
  'Forwarded',
  'State',
  'Sms',
]
const names = [
  ...new Set(
    [...makeSms('', { ...places, ...surroundings['an MMS'], ...surroundings['a WhatsApp message'] })].map(
      ([name]) => name,
    ),
  ),
  'FromX',
  'GFrom',
  'Zzz',
  'ZzzFrom',
  'Note',
  'NoteFrom',
  'FromBrand',
  'FromBrandFromCity',
  'MessageStatus',
  'MediaUrl0',
  'ForwardedFrom',
  'StateFrom',
  'Account',
  'SmsStatu',
  'Fro',
  'B',
  'T',
  'City',
  'ToCityToCountry',
]

interface Place {
  readonly at: number
  readonly names: readonly string[]
}

/** Finds where a name could begin. */
function findPlaces(text: string): readonly Place[] {
  return Array.from(text, (_, at) => ({ at, names: names.filter((name) => text.startsWith(name, at)) })).filter(
    (place) => place.names.length > 0,
  )
}

/** Cuts a text into names and values, so that Twilio's rule joins them to the same text again. */
function cut(text: string, places: readonly Place[], random: (limit: number) => number): Pair[] | undefined {
  const pairs: Pair[] = []
  let at = 0
  let last = ''
  while (at < text.length) {
    const here = places.find((place) => place.at === at)?.names.filter((name) => name > last) ?? []
    const name = here[random(here.length)]
    if (name === undefined) return undefined
    const start = at + name.length
    const ends = places.filter((place) => place.at >= start && place.names.some((next) => next > name))
    // Near ends mostly, since far ones soon leave nothing to cut.
    const end = ends[Math.min(random(ends.length + 1), random(4), random(4))]?.at ?? text.length
    pairs.push([name, text.slice(start, end)])
    last = name
    at = end
  }
  return pairs
}

describe.each(Object.entries(surroundings))('the text that Twilio signed for %s, cut anew', (_what, more) => {
  test('only the end of the text can become other parameters', () => {
    const random = createRandom(7)
    let cuts = 0
    const passed = new Set<string>()
    for (let round = 0; round < 400; round++) {
      const pieces = Array.from({ length: 1 + random(9) }, () => own[random(own.length)] as string)
      // An attacker keeps the order of the names, and ends with a name that takes up the rest.
      const body = round % 2 === 0 ? pieces.join('') : `hi${[...new Set(pieces)].sort().join('')}`
      const sms = makeSms(body, more)
      const genuine = new Map(sms)
      const text = naiveJoin(sms)
      const places = findPlaces(text)
      for (let attempt = 0; attempt < 20; attempt++) {
        const pairs = cut(text, places, random)
        if (pairs === undefined) continue
        cuts++
        const params = new Map(pairs)
        const isSame = [...genuine].every(([name, value]) => name === 'Body' || params.get(name) === value)
        if (isSame && body.startsWith(params.get('Body') ?? '-')) continue
        expect(naiveJoin(pairs)).toBe(text)
        if (find(pairs).length === 0) passed.add(JSON.stringify({ body, pairs }))
      }
    }
    expect([...passed]).toEqual([])
    expect(cuts).toBeGreaterThan(500)
  })
})

describe('a replay guard', () => {
  // What is kept about names has only Twilio's own.
  test('finds every name of a rule among the parameters of the kinds', () => {
    const all = Object.values(kinds)
    const known = new Set(all.flatMap(({ parameters }) => parameters.map(({ name }) => name)))
    const forms = all.filter(({ body }) => body === 'form' || body === 'query')
    expect(forms.flatMap(({ rule }) => rule.map(({ name }) => name)).filter((name) => !known.has(name))).toEqual([])
  })

  test('keeps nothing that a caller can change', () => {
    const pairs = makeSms('hi').filter(([name]) => name !== 'To')
    const missing = [{ name: 'To', reason: 'is missing' }]
    for (let round = 0; round < 3; round++) {
      const found = find(pairs) as { name: string; reason: string }[]
      expect(found).toEqual(missing)
      for (const fault of found) fault.name = 'changed'
      found.length = 0
    }
  })

  test('recognises the same kinds and faults in any order of requests', () => {
    const random = createRandom(11)
    const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T
    const more = [
      ...names,
      'RiskScore',
      'SipHeader_X-a',
      'SipHeader_X-b',
      'MediaUrl1',
      'EventType',
      'Direction',
      'CallSid',
    ]
    const values = [...own, '', 'received', 'ringing', 'inbound', 'whatsapp:+14155550142', '+14155550142', 'CityBank']
    const forms = Array.from({ length: 3000 }, () => {
      const pairs = (sampleWebhook(pick(webhookKinds)).params ?? []).map(([name, value]): Pair => [name, String(value)])
      for (let changes = random(4); changes > 0; changes--) {
        const at = random(pairs.length + 1)
        const name = random(2) === 0 ? pick(more) : (pairs[at]?.[0] ?? 'From')
        pairs.splice(at, random(2), ...(random(3) === 0 ? [] : [[name, pick(values)] as const]))
      }
      return new ReceivedParams(pairs)
    })
    const recognise = (params: ReceivedParams) => {
      const found = findMisshapen(params)
      const kind = kindOf(params)
      const recognised = recogniseForm(params)
      expect(recognised?.kind).toBe(kind)
      if (kind !== undefined && found.length > 0) expect(recognised?.isDoubtful).toBe(true)
      return [found, recognised]
    }
    const first = forms.map(recognise)
    expect(forms.toReversed().map(recognise).reverse()).toEqual(first)
  })
})

describe('the option checkParams', () => {
  const reserved: string[] = []
  const replay = {
    reserve(delivery: { key: string }) {
      reserved.push(delivery.key)
      return { delivery: 'first' as const }
    },
  }
  const { verify } = createVerifier({ ...options, checkParams: hasWebhookShape, replay })
  const genuine = makeSms('hiFrom+19005550000G')
  const recut: Pair[] = [
    ...genuine.filter(([name]) => name !== 'Body' && name !== 'From'),
    ['Body', 'hi'],
    ['From', '+19005550000'],
    ['GFrom', '+14155550142'],
  ]

  test('A11: refuses an SMS that was cut anew, before it is reserved, and accepts the genuine one', async () => {
    expect(await createVerifier(options).verify(formRequest(recut))).toMatchObject({ ok: true })
    expect(await verify(formRequest(recut))).toMatchObject({ ok: false, code: 'params_misshapen', status: 403 })
    expect(reserved).toEqual([])
    expect(await verify(formRequest(genuine))).toMatchObject({ ok: true })
    expect(reserved).toHaveLength(1)
  })

  test('does not concern JSON, a query, or a request with a wrong signature', async () => {
    expect(await verify(jsonRequest('{"a b":1}'))).toMatchObject({ ok: true })
    expect(await verify(getRequest({ target: '/voice?a+b=1' }))).toMatchObject({ ok: true })
    expect(await verify(formRequest(recut, { secret: 'wrong' }))).toMatchObject({ code: 'signature_mismatch' })
  })
})
