import { describe, expect, test } from 'vitest'
import { createVerifier, type IncomingRequest, type VerifierOptions } from '../src/index.ts'
import { readTarget } from '../src/verify/public-url.ts'
import { authToken, formRequest, getRequest, options, origin, sign } from './requests.ts'

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
  const cases: [what: string, publicUrl: string, target: string, signed: string, expected: string][] = [
    ['path and query of the target', origin, '/sms?x=1', `${origin}/sms?x=1`, 'accepted'],
    ['a path prefix', `${origin}/prefix`, '/sms', `${origin}/prefix/sms`, 'accepted'],
    ['a path prefix that ends in a slash', `${origin}/prefix/`, '/sms', `${origin}/prefix/sms`, 'accepted'],
    ['a port', `${origin}:8443`, '/sms', `${origin}:8443/sms`, 'accepted'],
    ['the port dropped', `${origin}:8443`, '/sms', `${origin}/sms`, 'accepted'],
    ['http is http', 'http://api.example.com', '/sms', `${origin}/sms`, 'signature_mismatch'],
    ['a host as it was configured', 'https://API.example.com', '/sms', 'https://API.example.com/sms', 'accepted'],
    ['which another case is not', 'https://API.example.com', '/sms', `${origin}/sms`, 'signature_mismatch'],
    ['userinfo and a fragment are dropped', 'https://u:p@api.example.com/#rc=2', '/sms', `${origin}/sms`, 'accepted'],
    [
      'an absolute URL: its path and query count',
      origin,
      'http://evil.example/sms?x=1',
      `${origin}/sms?x=1`,
      'accepted',
    ],
    ['and not its host', origin, 'https://evil.example/sms', 'https://evil.example/sms', 'signature_mismatch'],
    ['nothing is decoded', origin, '/%73ms', `${origin}/sms`, 'signature_mismatch'],
    ['nothing is resolved', origin, '/a/../sms', `${origin}/sms`, 'signature_mismatch'],
    ['bytes as they are', origin, '/a/../s%6Ds//?b=%2f+\'"', `${origin}/a/../s%6Ds//?b=%2f+'"`, 'accepted'],
    ['an empty query', origin, '/sms?', `${origin}/sms?`, 'accepted'],
    ['an empty query is not none', origin, '/sms?', `${origin}/sms`, 'signature_mismatch'],
    ['a bare origin', origin, '/', origin, 'accepted'],
  ]
  for (const [what, publicUrl, target, signed, expected] of cases)
    test(what, async () => {
      expect(await outcome({ publicUrl }, target, signed)).toBe(expected)
    })

  test('whatever Host says, and whatever proxies forward', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { host: '' },
      { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', 'x-forwarded-prefix': '/x' },
      { forwarded: 'host=evil.example;proto=http' },
      { 'x-original-url': '/other', 'x-rewrite-url': '/other' },
    ])
      expect(await outcome({ publicUrl: origin }, '/sms', `${origin}/sms`, headers)).toBe('accepted')
  })

  for (const target of ['', 'sms', '*', '?x', '/a b', '/a\r\nb', '/sms#x', 'api.example.com:443', '/\u0000'])
    test(`a malformed target: ${JSON.stringify(target)}`, async () => {
      expect(await outcome({ publicUrl: origin }, target, `${origin}${target}`)).toBe('url_not_allowed')
    })
})

describe('several public URLs', () => {
  const publicUrl = ['https://a.example', 'https://b.example:8443/prefix', 'http://c.example:80']
  const cases: [host: string | string[], signed: string, expected: string][] = [
    ['a.example', 'https://a.example/sms', 'accepted'],
    ['A.EXAMPLE', 'https://a.example/sms', 'accepted'],
    ['a.example:443', 'https://a.example/sms', 'accepted'],
    ['c.example', 'http://c.example/sms', 'accepted'],
    ['b.example:8443', 'https://b.example:8443/prefix/sms', 'accepted'],
    ['b.example', 'https://b.example:8443/prefix/sms', 'url_not_allowed'],
    ['a.example:8443', 'https://a.example/sms', 'url_not_allowed'],
    ['b.example:8443', 'https://a.example/sms', 'signature_mismatch'],
    ['d.example', 'https://d.example/sms', 'url_not_allowed'],
    ['a.example.', 'https://a.example/sms', 'url_not_allowed'],
    ['a.example@b.example', 'https://a.example/sms', 'url_not_allowed'],
    ['a.example/x', 'https://a.example/sms', 'url_not_allowed'],
    ['a.example, b.example:8443', 'https://a.example/sms', 'url_not_allowed'],
    [['a.example', 'a.example'], 'https://a.example/sms', 'url_not_allowed'],
    ['', 'https://a.example/sms', 'url_not_allowed'],
  ]
  for (const [host, signed, expected] of cases)
    test(`Host ${JSON.stringify(host)}: ${expected}`, async () => {
      expect(await outcome({ publicUrl }, '/sms', signed, { host })).toBe(expected)
    })
})

describe('signedUrl', () => {
  const rule = (request: IncomingRequest) => `https://tenant.example${request.url}`

  test('gives the whole URL, and wins over publicUrl', async () => {
    const given = { publicUrl: origin, signedUrl: rule }
    expect(await outcome(given, '/sms?x', 'https://tenant.example/sms?x')).toBe('accepted')
    expect(await outcome(given, '/sms?x', `${origin}/sms?x`)).toBe('signature_mismatch')
  })

  test('userinfo and fragment are dropped', async () => {
    const signedUrl = () => 'https://u:p@tenant.example/x#y'
    expect(await outcome({ signedUrl }, '/sms', 'https://tenant.example/x')).toBe('accepted')
    expect(await outcome({ signedUrl }, '/sms', 'https://u:p@tenant.example/x')).toBe('signature_mismatch')
  })

  const unusable: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error(authToken)
      },
    ],
    ['gives nothing', () => undefined],
    ['gives a path', () => '/sms'],
    ['gives a URL object', () => new URL(origin)],
    ['gives another scheme', () => 'ftp://example.com/'],
    ['gives a promise', async () => origin],
  ]
  for (const [what, signedUrl] of unusable)
    test(`${what}: url_not_allowed`, async () => {
      const verdict = await createVerifier({ authToken, signedUrl: signedUrl as () => string }).verify(getRequest())
      expect(verdict).toMatchObject({ ok: false, code: 'url_not_allowed' })
      expect(JSON.stringify(verdict)).not.toContain(authToken)
    })
})

describe('trailingSlash', () => {
  test("'exact' by default; 'either' takes both", async () => {
    for (const [target, signed] of [
      ['/sms', '/sms/'],
      ['/sms/', '/sms'],
      ['/sms?x=1', '/sms/?x=1'],
    ] as const) {
      expect(await outcome({ publicUrl: origin }, target, origin + signed)).toBe('signature_mismatch')
      const given = { publicUrl: origin, trailingSlash: 'either' } as const
      expect(await outcome(given, target, origin + signed)).toBe('accepted')
      expect(await outcome(given, target, origin + target)).toBe('accepted')
      expect(await outcome(given, target, `${origin}/sms//`)).toBe('signature_mismatch')
    }
  })
})

describe('urlIsNormalized', () => {
  test('tries the query with all spaces as +, and all as %20', async () => {
    const { verify } = createVerifier(options)
    for (const [target, signed] of [
      ['/sms?a=b+c', '/sms?a=b%20c'],
      ['/sms?a=b%20c', '/sms?a=b+c'],
    ] as const) {
      const request = getRequest({ target, headers: { 'x-twilio-signature': sign(origin + signed) } })
      expect(await verify(request)).toMatchObject({ ok: false, code: 'signature_mismatch' })
      expect(await verify({ ...request, urlIsNormalized: true })).toMatchObject({ ok: true })
    }
  })

  test('a form stays as it is', async () => {
    const request = { ...formRequest([['Body', 'a b']]), urlIsNormalized: true }
    expect(await createVerifier(options).verify(request)).toMatchObject({ ok: true })
  })
})

test('readTarget takes what is no text for malformed', () => {
  for (const url of [undefined, null, 1, {}, ['/sms'], new URL(origin)]) expect(readTarget(url)).toBeUndefined()
})
