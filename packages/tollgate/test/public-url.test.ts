import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVerifier, fromRequest, type IncomingRequest, type VerifierOptions } from '../src/index.ts'
import { readHeaders } from '../src/verify/head.ts'
import { parseHost, readHost } from '../src/verify/public-url.ts'
import { testProperty } from './property.ts'
import { authToken, getRequest, origin, sign } from './requests.ts'

/** Verifies a GET for `target` that was signed as `signed`. */
async function outcome(
  given: VerifierOptions,
  target: string,
  signed: string,
  headers: Record<string, string | string[]> = {},
): Promise<string> {
  const request: IncomingRequest = {
    method: 'GET',
    url: target,
    headers: { host: 'api.example.com', 'x-twilio-signature': sign(signed), ...headers },
  }
  const verdict = await createVerifier({ authToken, ...given }).verify(request)
  return verdict.ok ? 'accepted' : verdict.code
}

describe('one public URL', () => {
  for (const target of ['', 'sms', '*', '?x', '/a b', '/a\r\nb', '/sms#x', 'api.example.com:443', '/\u0000', '/\u00a0'])
    test(`a malformed target: ${JSON.stringify(target)}`, async () => {
      expect(await outcome({ publicUrl: origin }, target, `${origin}${target}`)).toBe('url_not_allowed')
    })
})

describe('an address that servers read in two ways', () => {
  const unreadable = [
    ...['/a/../sms', '/%2e%2E/sms', '/./sms', '/sms/..', '/.%2e', '/a\\sms', '/sms?x=\u00a0'],
    ...['http:///sms', 'http://a%/sms', 'http://a:acme/sms', 'http://a\\b/sms', 'http://u@h/sms', 'acme://x/sms'],
    ...['http://a?next=/sms', 'http://a', 'http://a#/sms', 'file:///sms'],
  ]
  for (const target of unreadable)
    test(`${JSON.stringify(target)}`, async () => {
      for (const path of [target, '/sms', '/', '/b/sms', '/?next=/sms'])
        expect(await outcome({ publicUrl: origin }, target, origin + path)).toBe('url_not_allowed')
      const signedUrl = (): string => `${origin}/sms`
      expect(await outcome({ signedUrl }, target, `${origin}/sms`)).toBe('url_not_allowed')
    })

  test('an absolute URL beside a Host that is none, for every kind of "publicUrl"', async () => {
    const host = 'api.example.com/x'
    const publicUrls = [origin, [origin], fromRequest({ allowedHosts: ['api.example.com'] })]
    for (const publicUrl of publicUrls)
      expect(await outcome({ publicUrl }, `https://${host}/sms`, `${origin}/x/sms`, { host })).toBe('url_not_allowed')
    expect(await outcome({ signedUrl: () => origin }, `https://${host}/sms`, origin, { host })).toBe('url_not_allowed')
  })

  test('what only looks like it is accepted', async () => {
    for (const target of [
      '/...',
      '/a..b',
      '/.well-known/x',
      '/x?y=/../z',
      '/a/%2f../b',
      '//sms',
      '/a:b@c',
      '/%252e%252e/x',
    ])
      expect(await outcome({ publicUrl: origin }, target, origin + target)).toBe('accepted')
    for (const url of ['https://api.example.com:8443/sms', 'wss://[::1]/sms', 'HTTP://A_b/sms'])
      expect(await outcome({ publicUrl: origin }, url, `${origin}/sms`)).toBe('accepted')
  })

  test('a host with one dot at its end has one reading', async () => {
    const publicUrl = origin
    const send = (host: string) => outcome({ publicUrl }, `http://${host}/sms`, `${origin}/sms`, { host })
    for (const host of ['app.web.svc.cluster.local.', 'app.web.svc.cluster.local.:3000'])
      expect(await send(host)).toBe('accepted')
    for (const host of ['.', 'a..', 'a.:', 'a.:x', 'a./b', '[::1].', 'a:80.'])
      expect(await send(host)).toBe('url_not_allowed')
  })
})

describe('signedUrl', () => {
  const unusable: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error(authToken)
      },
    ],
    ['returns undefined', () => undefined],
    ['returns a URL object', () => new URL(origin)],
  ]
  for (const [what, signedUrl] of unusable)
    test(`a function that ${what} is url_not_allowed`, async () => {
      const verdict = await createVerifier({ authToken, signedUrl: signedUrl as () => string }).verify(getRequest())
      expect(verdict).toMatchObject({ ok: false, code: 'url_not_allowed' })
      expect(JSON.stringify(verdict)).not.toContain(authToken)
    })
})

describe('parseHost', () => {
  const refused = ['.', 'example.com/path', 'user@example.com', 'example.com:0', 'a'.repeat(262), '::1', '[::1']
  for (const text of refused)
    test(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseHost(text)).toBeUndefined()
    })

  const near = fc.string({
    unit: fc.constantFrom('a', 'B', '1', '.', ':', '-', '_', '@', '/', '?', '[', ']', '%'),
    maxLength: 10,
  })
  testProperty(
    'the URL parser reads every accepted text as a host only',
    3000,
    [
      fc.oneof(
        near,
        fc.domain(),
        fc.ipV6().map((ip) => `[${ip}]`),
        fc.string(),
      ),
    ],
    (text) => {
      const parsed = parseHost(text)
      if (parsed === undefined) return
      expect(parsed.host + parsed.port).toBe(text)
      // The URL parser refuses some texts, such as 1.2.3.999 and [::1::].
      if (!URL.canParse(`https://${text}/path`)) return
      const url = new URL(`https://${text}/path`)
      expect([url.username, url.password, url.pathname, url.search]).toEqual(['', '', '/path', ''])
    },
  )

  testProperty('reads every IPv6 address in brackets', 100, [fc.ipV6()], (address) => {
    expect(isIPv6(address)).toBe(true)
    expect(parseHost(`[${address}]:80`)).toEqual({ host: `[${address}]`, port: ':80' })
  })
})

describe('readHost', () => {
  const cases: [string, Record<string, string | string[] | undefined>, string, string | undefined][] = [
    ['Host in any letter case', { HOST: 'a.example' }, '/', 'a.example'],
    [':authority', { ':authority': 'a.example' }, '/', 'a.example'],
    ['equal Host and :authority', { host: 'a.example', ':authority': 'A.example' }, '/', 'a.example'],
    ['different Host and :authority', { host: 'a.example', ':authority': 'b.example' }, '/', undefined],
    ['Host in two letter cases', { host: 'a.example', Host: 'b.example' }, '/', undefined],
    ['two Hosts with an absolute URL', { host: ['a.example', 'b.example'] }, 'https://a.example/', undefined],
    ['an absolute URL without Host', {}, 'https://a.example:1/x', 'a.example'],
    ['no host', {}, '/', undefined],
    ['Host before an absolute URL', { host: 'a.example' }, 'https://b.example/', 'a.example'],
  ]
  for (const [what, headers, url, host] of cases)
    test(what, () => {
      expect(readHost(readHeaders(headers), url)?.host).toBe(host)
    })
})
