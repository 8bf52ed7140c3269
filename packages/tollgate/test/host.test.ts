import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readHeaders } from '../src/verify/head.ts'
import { parseHost, readHost } from '../src/verify/public-url.ts'

describe('parseHost', () => {
  const accepted: [string, string, string][] = [
    ['example.com', 'example.com', ''],
    ['API.Example.com:8443', 'API.Example.com', ':8443'],
    ['localhost:3000', 'localhost', ':3000'],
    ['my_host', 'my_host', ''],
    ['127.0.0.1', '127.0.0.1', ''],
    ['[::1]:443', '[::1]', ':443'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', ''],
  ]
  for (const [text, host, port] of accepted)
    test(`reads ${text}`, () => {
      expect(parseHost(text)).toEqual({ host, port })
    })

  const refused = [
    '',
    ' ',
    '.',
    'example.com.',
    '.example.com',
    'a..b',
    'example.com/path',
    'example.com?x=',
    'example.com#',
    'user@example.com',
    'example.com:',
    'example.com:0',
    'example.com:65536',
    'example.com:80:80',
    'example.com:80@evil.example',
    'example.com:8x',
    'example.com\\evil',
    'a'.repeat(262),
    'example.com\r\nX: y',
    'example.com\n',
    'example.com ',
    'a b',
    'a,b',
    'bücher.example',
    'example．com',
    '%65xample.com',
    '::1',
    '[::1',
    '[::1]x',
    '[example.com]',
    'https://example.com',
  ]
  for (const text of refused)
    test(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseHost(text)).toBeUndefined()
    })

  test('what it accepts, the URL parser takes for a host and nothing more', () => {
    const near = fc.string({
      unit: fc.constantFrom('a', 'B', '1', '.', ':', '-', '_', '@', '/', '?', '[', ']', '%'),
      maxLength: 10,
    })
    fc.assert(
      fc.property(
        fc.oneof(
          near,
          fc.domain(),
          fc.ipV6().map((ip) => `[${ip}]`),
          fc.string(),
        ),
        (text) => {
          const parsed = parseHost(text)
          if (parsed === undefined) return
          expect(parsed.host + parsed.port).toBe(text)
          if (!URL.canParse(`https://${text}/path`)) return // 1.2.3.999, [::1::], a--: nothing that a list would hold
          const url = new URL(`https://${text}/path`)
          expect([url.username, url.password, url.pathname, url.search]).toEqual(['', '', '/path', ''])
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('reads every IPv6 address in its brackets', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(isIPv6(address)).toBe(true)
        expect(parseHost(`[${address}]:80`)).toEqual({ host: `[${address}]`, port: ':80' })
      }),
    )
  })
})

describe('readHost', () => {
  const cases: [string, Record<string, string | string[] | undefined>, string, string | undefined][] = [
    ['Host', { host: 'a.example' }, '/', 'a.example'],
    ['Host in any letter case', { HOST: 'a.example' }, '/', 'a.example'],
    [':authority', { ':authority': 'a.example' }, '/', 'a.example'],
    ['both, the same', { host: 'a.example', ':authority': 'A.example' }, '/', 'a.example'],
    ['both, another', { host: 'a.example', ':authority': 'b.example' }, '/', undefined],
    ['Host twice', { host: ['a.example', 'a.example'] }, '/', undefined],
    ['Host in two letter cases', { host: 'a.example', Host: 'b.example' }, '/', undefined],
    ['a list', { host: 'a.example, b.example' }, '/', undefined],
    ['a malformed one, whatever the URL says', { host: 'a/b' }, 'https://a.example/', undefined],
    ['an empty one', { host: '' }, 'https://a.example/', undefined],
    ['none, an absolute URL', {}, 'https://a.example:1/x', 'a.example'],
    ['none, an absolute URL with userinfo', {}, 'https://a.example@b.example/x', undefined],
    ['none at all', {}, '/', undefined],
    ['Host before an absolute URL', { host: 'a.example' }, 'https://b.example/', 'a.example'],
  ]
  for (const [what, headers, url, host] of cases)
    test(what, () => {
      expect(readHost(readHeaders(headers), url)?.host).toBe(host)
    })
})
