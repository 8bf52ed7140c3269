import { createHash } from 'node:crypto'
import { parse, stringify } from 'node:querystring'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as compat from '../src/compat/index.ts'
import {
  authToken,
  fakeRequest,
  formType,
  hmac,
  joinForm,
  jsonType,
  original as newest,
  older,
  outcome,
  signForm,
} from './compat-fixtures.ts'
import { testProperty } from './property.ts'

const numRuns = 2000

const piece = fc.constantFrom(
  ...[
    'a',
    'B',
    '7',
    "'",
    '%27',
    '+',
    '%20',
    '%2B',
    '@',
    '%40',
    ':',
    '%3A',
    '%3a',
    '~',
    '!',
    '(',
    '*',
    'é',
    '%C3%A9',
    '漢',
    '/',
    '%2F',
    '?',
    '.',
    '-',
  ],
)
const value = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
const name = fc.constantFrom('a', 'b', 'Caller', 'To', '1', '2', 'x-y', '_', 'a%5B%5D', '%27')
const field = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(name, value).map((pair) => pair.join('=')) },
  { weight: 1, arbitrary: name },
)
const query = fc.array(field, { maxLength: 5 }).map((fields) => (fields.length > 0 ? `?${fields.join('&')}` : ''))
const segment = fc.constantFrom(
  'sms',
  'a b',
  "it's",
  '%27',
  'caf\u00e9',
  '%C3%A9',
  'A',
  '{id}',
  '.',
  '..',
  '%2e%2E',
  'a;b',
  '',
)
const path = fc.array(segment, { maxLength: 3 }).map((segments) => segments.map((one) => `/${one}`).join(''))
const parts = fc.record({
  scheme: fc.constantFrom('https', 'http', 'HTTPS'),
  userinfo: fc.constantFrom('', '', '', 'u:p@', 'u@', "o'k:p%40@"),
  host: fc.constantFrom(
    'example.com',
    'Example.COM',
    'xn--bcher-kva.example',
    'b\u00fccher.example',
    '[::1]',
    '127.0.0.1',
  ),
  port: fc.constantFrom('', '', '', ':443', ':80', ':8443', ':1'),
  path,
  query,
  fragment: fc.constantFrom('', '', '', '#rc=2'),
})
type Parts = typeof parts extends fc.Arbitrary<infer P> ? P : never
const params = fc.dictionary(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.array(fc.string({ maxLength: 2 }), { maxLength: 3 })),
  { maxKeys: 5 },
)

function join({ scheme, userinfo, host, port, path, query, fragment }: Parts): string {
  return `${scheme}://${userinfo}${host}${port}${path}${query}${fragment}`
}

/** The URLs that the package tries, computed independently. */
function listOriginalSpellings(url: string): string[] {
  const normalized = new URL(url).toString()
  return [url, normalized, respell(normalized)].flatMap((one) => [dropPort(one), addPort(one)])
}

function respell(url: string): string {
  const start = url.indexOf('?')
  return start === -1 ? url : `${url.slice(0, start)}?${stringify(parse(url.slice(start + 1)))}`
}

const authority = /^([a-z]+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^/?#:]*))(:\d+)?/i

function dropPort(url: string): string {
  return url.replace(authority, '$1')
}

function addPort(url: string): string {
  return url.replace(
    authority,
    (_, before: string, port?: string) => before + (port ?? (/^https:/i.test(url) ? ':443' : ':80')),
  )
}

/**
 * The decoded path and the parameters of the query in their order, as an application may read them.
 */
function read(url: string): string {
  const [, pathText = '', queryText = ''] = /^[a-z]+:\/\/[^/?#]*([^?#]*)(\?[^#]*)?/i.exec(url) ?? []
  return JSON.stringify([decodeURIComponent(pathText || '/'), [...new URLSearchParams(queryText)]])
}

/** Removes the listed differences. Two URLs that are equal without them count as the same. */
function forgive(url: string): string {
  return url
    .replace(/#.*$/, '')
    .replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1')
    .replace(
      authority,
      (_, before: string, port?: string) =>
        before + (port === (/^https:/i.test(url) ? ':443' : ':80') ? '' : (port ?? '')),
    )
    .replace(/^([a-z]+:\/\/[^/?#]*)(?=[?#]|$)/i, '$1/')
    .replaceAll('%27', "'")
}

const versions = [
  ['the newest twilio package', newest],
  ['twilio 6.2.0', older as unknown as typeof newest],
] as const

describe.each(versions)('compared with %s', (_, original) => {
  test('accepts what it accepts, unless the application would read something else', () => {
    const seen = { accepted: 0, respelled: 0, refused: 0 }
    fc.assert(
      fc.property(parts, params, fc.nat(5), (given, form, index) => {
        const url = join(given)
        const signed = listOriginalSpellings(url)[index] ?? url
        const signature = signForm(signed, form)
        expect(original.validateRequest(authToken, signature, url, form)).toBe(true)
        const accepted = compat.validateRequest(authToken, signature, url, form)
        const same = read(signed) === read(url) || forgive(signed) === forgive(url)
        expect(accepted, `${url} signed as ${signed}`).toBe(same && !signed.includes('#'))
        seen[accepted ? (signed === url ? 'accepted' : 'respelled') : 'refused']++
      }),
      { numRuns },
    )
    expect(Math.min(seen.accepted, seen.respelled, seen.refused)).toBeGreaterThan(50)
  })

  const mutations: readonly ((url: string) => string)[] = [
    (url) => url.replace(/#.*$/, ''),
    (url) => url.replace(/\/\/[^/?#]*@/, '//'),
    (url) => url.replace(authority, '$1:444'),
    (url) => url.replace(authority, '$1:443'),
    (url) => url.replaceAll("'", '%27'),
    (url) => url.replaceAll('%27', "'"),
    (url) => url.replaceAll('%20', '+'),
    (url) => url.replaceAll('+', '%20'),
    (url) => url.replaceAll('%40', '@'),
    (url) => url.replace(/([^:/])\/(\?|$)/, '$1$2'),
    (url) => `${url}/`,
    (url) => `${url}${url.includes('?') ? '&' : '?'}x=1`,
    (url) => url.replace(/\?([^&#]*)&([^#]*)/, '?$2&$1'),
    (url) => url.replace(/^https?/i, 'http'),
    (url) => url.replace('example', 'other'),
    (url) => url.toLowerCase(),
    (url) => url.toUpperCase(),
    (url) => url.replace(/[?].*/, ''),
  ]

  test('refuses what it refuses, except the listed spellings', () => {
    const seen = { both: 0, neither: 0, ours: 0 }
    fc.assert(
      fc.property(parts, params, fc.constantFrom(...mutations), (given, form, mutate) => {
        const url = join(given)
        const signed = mutate(url)
        const signature = signForm(signed, form)
        const theirs = original.validateRequest(authToken, signature, url, form)
        const ours = compat.validateRequest(authToken, signature, url, form)
        if (!theirs && ours) {
          const known = listOriginalSpellings(url).flatMap((one) => [
            forgive(one),
            forgive(dropPort(one)),
            forgive(addPort(dropPort(one))),
          ])
          expect(known, `${url} signed as ${signed}`).toContain(forgive(signed))
        }
        seen[theirs && ours ? 'both' : ours ? 'ours' : 'neither']++
      }),
      { numRuns },
    )
    expect(Math.min(seen.both, seen.ours, seen.neither)).toBeGreaterThan(50)
  })

  test('both refuse any other change to the parameters or the signature', () => {
    fc.assert(
      fc.property(parts, params, fc.string({ maxLength: 3 }), fc.boolean(), (given, form, text, inSignature) => {
        const url = join({ ...given, fragment: '' })
        const signature = signForm(url, form)
        const changed = inSignature ? form : { ...form, [`Added${text}`]: text }
        const presented = inSignature ? text + signature.slice(text.length + 1) : signature
        expect(original.validateRequest(authToken, presented, url, changed)).toBe(false)
        expect(compat.validateRequest(authToken, presented, url, changed)).toBe(false)
      }),
      { numRuns },
    )
  })

  testProperty(
    'computes the same signature and hash',
    100,
    [parts.map(join), params, fc.string({ unit: 'binary' })],
    (url, form, body) => {
      const ours = compat.getExpectedTwilioSignature(authToken, url, form)
      expect(ours).toBe(original.getExpectedTwilioSignature(authToken, url, form))
      const hash = compat.getExpectedBodyHash(body)
      expect(hash).toBe(original.getExpectedBodyHash(body))
      for (const given of [hash, [...Buffer.from(hash)], Buffer.from(hash), hash.toUpperCase(), '', `${hash} `])
        expect(compat.validateBody(body, given)).toBe(original.validateBody(body, given))
    },
  )

  testProperty(
    'accepts a body that bodySHA256 covers, and refuses a changed one',
    1000,
    [parts, fc.string({ unit: 'binary' }), fc.nat(5), fc.boolean()],
    (given, body, index, change) => {
      const hash = createHash('sha256').update(body).digest('hex')
      const full = join({
        ...given,
        path: '/json',
        fragment: '',
        query: `${given.query || '?z=1'}&bodySHA256=${hash}`,
      })
      const signed = listOriginalSpellings(full)[index] ?? full
      const received = change ? `${body}x` : body
      const theirs = original.validateRequestWithBody(authToken, hmac(signed), full, received)
      expect(theirs).toBe(!change)
      const same = read(signed) === read(full)
      expect(compat.validateRequestWithBody(authToken, hmac(signed), full, received)).toBe(
        !change && (same || forgive(signed) === forgive(full)),
      )
    },
  )

  test('gives the same answer for requests of Express', () => {
    const seen = { accepted: 0, refused: 0 }
    const body = fc.dictionary(
      fc.constantFrom('Body', 'From', 'a', '__proto__'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    )
    fc.assert(
      fc.property(query, body, fc.boolean(), fc.boolean(), (queryText, form, json, forged) => {
        const text = JSON.stringify(form)
        const hash = createHash('sha256').update(text).digest('hex')
        const originalUrl = `/sms${queryText}${json ? `${queryText === '' ? '?' : '&'}bodySHA256=${hash}` : ''}`
        const escaped = encodeURI(originalUrl).replaceAll('%25', '%')
        const url = `https://example.com${escaped}`
        const signature = forged ? hmac('something else') : json ? hmac(url) : signForm(url, form)
        const request = fakeRequest({
          headers: { 'x-twilio-signature': signature, ...(json ? jsonType : formType) },
          originalUrl: escaped,
          body: form,
          ...(json && { rawBody: Buffer.from(text) }),
        })
        const theirs = original.validateIncomingRequest(request, authToken)
        expect(theirs).toBe(!forged)
        expect(compat.validateIncomingRequest(request, authToken), escaped).toBe(theirs)
        seen[theirs ? 'accepted' : 'refused']++
      }),
      { numRuns: 1000 },
    )
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(50)
  })

  const anything = fc.oneof(fc.anything(), fc.string({ unit: 'binary' }), fc.webUrl())
  testProperty(
    'no value in a request throws',
    1000,
    [anything, anything, anything, anything],
    (one, two, three, four) => {
      const boolean = expect.any(Boolean)
      const headers = { host: String(outcome(() => `${three}`)), 'x-twilio-signature': hmac(''), ...formType }
      expect(
        outcome(() =>
          compat.validateRequest(authToken, one as string, two as string, three as object as compat.FormParams),
        ),
      ).toEqual(boolean)
      expect(
        outcome(() => compat.validateRequestWithBody(authToken, one as string, two as string, three as string)),
      ).toEqual(boolean)
      expect(outcome(() => compat.validateBody(one as string, two as string))).toEqual(boolean)
      const request = fakeRequest({
        headers,
        originalUrl: one as string,
        body: two,
        rawBody: three,
        protocol: four as string,
      })
      for (const opts of [{}, { url: four as string }, { host: four as string }, { protocol: four as string }])
        expect(outcome(() => compat.validateIncomingRequest(request, authToken, opts))).toBe(false)
    },
  )
})

test('gives the answers of the newest twilio package with both algorithms', () => {
  const seen = { accepted: 0, refused: 0 }
  const secret = 'a-shared-secret'
  const algorithm = fc.constantFrom(undefined, 'HMAC_SHA1', 'HMAC_SHA256')
  fc.assert(
    fc.property(parts, params, algorithm, algorithm, fc.boolean(), (given, form, signedWith, presented, byToken) => {
      const url = join({ ...given, fragment: '' })
      const key = byToken ? authToken : secret
      const signature = hmac(joinForm(url, form), key, signedWith === 'HMAC_SHA256' ? 'sha256' : 'sha1')
      const theirs = newest.validateRequest(secret, signature, url, form, presented)
      expect(compat.validateRequest(secret, signature, url, form, presented)).toBe(theirs)
      expect(compat.getExpectedTwilioSignature(secret, url, form, presented)).toBe(
        newest.getExpectedTwilioSignature(secret, url, form, presented),
      )
      seen[theirs ? 'accepted' : 'refused']++
    }),
    { numRuns: 2 * numRuns },
  )
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(50)
})
