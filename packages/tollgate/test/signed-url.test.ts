import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  findInForms,
  listSignedForms,
  type SignedForm,
  type UrlFormOptions,
} from '../src/schemes/twilio/sign/signed-url.ts'
import { findDefaultPort, isPort, isWebSocketScheme, splitUrl, type UrlParts } from '../src/url.ts'
import { testProperty } from './property.ts'

function join(parts: UrlParts): string {
  return `${parts.scheme}://${parts.userinfo}${parts.host}${parts.port}${parts.path}${parts.query}`
}

function split(url: string): UrlParts {
  const parts = splitUrl(url)
  if (parts === undefined) throw new Error(`${url} did not split`)
  return parts
}

function listUrls(url: string, options: UrlFormOptions = {}): string[] {
  return [...listSignedForms(split(url), '', options)].map((form) => form.url)
}

function listSigned(url: string, paramsText = '', options: UrlFormOptions = {}): string[] {
  return [...listSignedForms(split(url), paramsText, options)].map((form) => form.signingString)
}

const scheme = fc.constantFrom('http', 'https', 'ws', 'wss', 'HTTPS')
const userinfo = fc.constantFrom('', 'user:pass@', 'u@', "o'hara:%27@")
const host = fc.constantFrom(
  'example.com',
  'API.Example.com',
  '[::1]',
  '127.0.0.1',
  'xn--bcher-kva.example',
  "o'neill.example",
)
const port = fc.constantFrom('', ':443', ':80', ':8443', ':1', ':65535')
const pathUnit = fc.constantFrom('/', 'a', 'B', "'", '%27', '%20', '+', '%2f', '.', '~', ';', '@', ':', '\u00e9')
const path = fc.oneof(
  fc.constant(''),
  fc.string({ unit: pathUnit, maxLength: 8 }).map((text) => `/${text}`),
)
const query = fc.oneof(
  fc.constant(''),
  fc.string({ unit: fc.oneof(pathUnit, fc.constantFrom('&', '=', '?')), maxLength: 10 }).map((text) => `?${text}`),
)
const anyParts: fc.Arbitrary<UrlParts> = fc.record({ scheme, userinfo, host, port, path, query })
const anyOptions: fc.Arbitrary<UrlFormOptions> = fc.record({
  eitherSlash: fc.boolean(),
  respelled: fc.boolean(),
  userinfo: fc.boolean(),
})

describe('splitUrl', () => {
  testProperty('splits a URL into parts that join to the same URL', 2000, [anyParts], (parts) => {
    expect(splitUrl(join(parts))).toEqual(parts)
  })

  test('drops only the fragment', () => {
    fc.assert(
      fc.property(anyParts, fc.string(), (parts, fragment) => {
        expect(splitUrl(`${join(parts)}#${fragment.replaceAll('\n', '')}`)).toEqual(parts)
      }),
    )
    expect(splitUrl('https://example.com/sms#rc=2&rp=all')).toEqual(split('https://example.com/sms'))
  })

  const near = fc.string({
    unit: fc.constantFrom('https', '://', '/', '@', ':', '#', '?', '[', ']', 'a', '443', '\\', ' ', '\n', '%'),
    maxLength: 10,
  })
  testProperty(
    'splits any text correctly or returns undefined, and never throws',
    3000,
    [fc.oneof(near, fc.string({ unit: 'binary' }), fc.webUrl())],
    (text) => {
      const parts = splitUrl(text)
      if (parts !== undefined) expect(join(parts)).toBe(text.replace(/#.*$/s, ''))
    },
  )

  const refused = [
    'https://user@/sms',
    'https://example.com:0/sms',
    'https://example.com:65536/sms',
    'https://example.com/\r\nHost: evil.example',
    ' https://example.com/sms',
  ]
  for (const url of refused)
    test(`refuses ${JSON.stringify(url)}`, () => {
      expect(splitUrl(url)).toBeUndefined()
    })

  test('ws and wss are WebSocket schemes, and the default port of https and wss is 443', () => {
    for (const scheme of ['ws', 'wss', 'WSS']) expect(isWebSocketScheme(scheme)).toBe(true)
    for (const scheme of ['http', 'https', 'wsx', 'wssx', 'xws', '']) expect(isWebSocketScheme(scheme)).toBe(false)
    for (const scheme of ['https', 'wss', 'HTTPS']) expect(findDefaultPort(scheme)).toBe(':443')
    for (const scheme of ['http', 'ws', 'HTTP', 'httpsx', 'xhttps']) expect(findDefaultPort(scheme)).toBe(':80')
  })

  test('a port is a number from 1 to 65535 in plain digits', () => {
    for (const digits of ['1', '80', '443', '65535']) expect(isPort(digits)).toBe(true)
    for (const digits of ['', '0', '65536', '123456', '4.3', '0x50', '+80', ' 80', '１'])
      expect(isPort(digits)).toBe(false)
  })
})

describe('listSignedForms', () => {
  test('userinfo: first without it, as Twilio documents, then with it', () => {
    const urls = listUrls('http://u:p@example.com:80/sms', { userinfo: true })
    expect(urls).toEqual([
      'http://example.com:80/sms',
      'http://example.com/sms',
      'http://u:p@example.com:80/sms',
      'http://u:p@example.com/sms',
    ])
  })

  test('respells the spaces of a query in both ways, and not those of the path', () => {
    const url = 'https://example.com:443/a+b%20c?d=e+f%20g'
    const urls = listUrls(url, { respelled: true })
    for (const query of ['e+f%20g', 'e+f+g', 'e%20f%20g']) expect(urls).toContain(`${url.slice(0, -7)}${query}`)
    expect(listUrls(url)).not.toContain(`${url.slice(0, -7)}e+f+g`)
    for (const one of urls) expect(one).toContain('/a+b%20c?')
  })

  test('exchanges an apostrophe that only one spelling of the query has', () => {
    const respelled = () => ["?a='", '?a=1']
    expect(listUrls('https://example.com:443/sms?a=1', { respelled })).toContain('https://example.com:443/sms?a=%27')
  })

  test('lists at most 12 forms, or 24 with userinfo or for a WebSocket', () => {
    const many = "u:p@example.com:8443/it's%27?a=1"
    const options = { eitherSlash: true, userinfo: true }
    expect(listUrls(`https://${many}`, { eitherSlash: true })).toHaveLength(12)
    expect(listUrls(`https://${many}`, options)).toHaveLength(24)
    expect(listUrls(`wss://${many}`)).toHaveLength(24)
    expect(listUrls(`wss://${many}`, options)).toHaveLength(24)
    expect(listUrls("https://example.com/it's%27?a=1", options)).toHaveLength(12)
  })

  test('appends the parameters to every URL, except for handshakes', () => {
    for (const { url, signingString } of listSignedForms(split("https://example.com:1/it's?a=1"), 'Bodyhi'))
      expect(signingString).toBe(`${url}Bodyhi`)
  })

  testProperty(
    'lists a bounded number of distinct forms, with the URL itself first',
    2000,
    [anyParts, anyOptions],
    (parts, options) => {
      const listed = [...listSignedForms(parts, 'Bodyhi', options)]
      const urls = listed.map((form) => form.url)
      const doubled = /^ws/i.test(parts.scheme) || (options.userinfo === true && parts.userinfo !== '')
      expect(urls.length).toBeLessThanOrEqual(doubled ? 24 : 12)
      expect(new Set(listed.map((form) => form.signingString)).size).toBe(listed.length)
      expect(urls[0]).toBe(join({ ...parts, userinfo: '' }))
    },
  )

  const plain = (text: string) => text.replaceAll('%27', "'")
  const spaced = (text: string) => text.replaceAll('%20', '+')
  const ownPaths = (own: string) => [own, `${own}/`, own.replace(/\/$/, '')]
  testProperty(
    'never changes scheme, host, path, letter case or parameters',
    2000,
    [anyParts, anyOptions],
    (parts, options) => {
      for (const { url, signingString } of listSignedForms(parts, 'Bodyhi', options)) {
        const form = split(url)
        expect(form.scheme).toBe(parts.scheme)
        expect(form.host).toBe(parts.host)
        expect(['', parts.port, ':80', ':443']).toContain(form.port)
        expect(ownPaths(plain(parts.path))).toContain(plain(form.path))
        expect(spaced(plain(form.query))).toBe(spaced(plain(parts.query)))
        if (options.respelled !== true) expect(plain(form.query)).toBe(plain(parts.query))
        expect(signingString.endsWith('Bodyhi')).toBe(true)
      }
    },
  )
})

describe('handshakes', () => {
  const bothWays = 'wss://example.com/relay?b=2&a=1+x'

  test('lists the query in the URL and as sorted parameters, with and without a trailing slash', () => {
    const signed = listSigned(bothWays)
    for (const text of [
      'wss://example.com/relaya1 xb2',
      'wss://example.com/relay/a1 xb2',
      bothWays,
      'wss://example.com/relay/?b=2&a=1+x',
      'wss://example.com:443/relaya1 xb2',
    ])
      expect(signed).toContain(text)
  })

  test('lists a URL without a query', () => {
    expect(listSigned('wss://example.com/media')).toEqual([
      'wss://example.com/media',
      'wss://example.com/media/',
      'wss://example.com:443/media',
      'wss://example.com:443/media/',
    ])
  })
})

describe('findInForms', () => {
  testProperty(
    'gives the forms of listSignedForms in their order, until one is found',
    100,
    [anyParts, anyOptions, fc.nat(25)],
    (parts, options, wanted) => {
      const listed = listSignedForms(parts, 'Bodyhi', options)
      const given: SignedForm[] = []
      const found = findInForms(parts, 'Bodyhi', options, (form) => {
        given.push(form)
        return given.length > wanted ? given.length : undefined
      })
      expect(given).toEqual(listed.slice(0, wanted + 1))
      expect(found).toBe(listed.length > wanted ? wanted + 1 : undefined)
    },
  )
})
