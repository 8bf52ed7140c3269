import { describe, expect, test } from 'vitest'
import { createVerifier, type FromRequestOptions, fromRequest, type IncomingRequest } from '../src/index.ts'
import { authToken, sign } from './requests.ts'

type Headers = Record<string, string | string[]>

interface Given {
  rule?: Partial<FromRequestOptions>
  headers?: Headers
  from?: string
  encrypted?: boolean
}

/** Verifies a GET of /sms that was signed as `signed`. */
async function outcome(signed: string, { rule, headers, from, encrypted }: Given): Promise<string> {
  const request: IncomingRequest = {
    method: 'GET',
    url: '/sms',
    headers: { host: 'a.example', 'x-twilio-signature': sign(signed), ...headers },
    remoteAddress: from,
    encrypted,
  }
  const publicUrl = fromRequest({ allowedHosts: ['a.example'], ...rule })
  const verdict = await createVerifier({ publicUrl, authToken }).verify(request)
  return verdict.ok ? 'accepted' : verdict.code
}

describe('without proxies', () => {
  test('the scheme is that of the connection', async () => {
    expect(await outcome('https://a.example/sms', { encrypted: true })).toBe('accepted')
    expect(await outcome('http://a.example/sms', { encrypted: false })).toBe('accepted')
    expect(await outcome('http://a.example/sms', {})).toBe('accepted')
    expect(await outcome('https://a.example/sms', {})).toBe('signature_mismatch')
  })

  const hosts: [allowed: string, host: string | string[], expected: string][] = [
    ['a.example', 'a.example', 'accepted'],
    ['a.example', 'a.example:443', 'accepted'],
    ['a.example:443', 'a.example', 'accepted'],
    ['A.example', 'a.EXAMPLE', 'accepted'],
    ['a.example', 'a.example:8443', 'url_not_allowed'],
    ['a.example:8443', 'a.example:8443', 'accepted'],
    ['a.example:8443', 'a.example', 'url_not_allowed'],
    ['a.example', 'b.example', 'url_not_allowed'],
    ['a.example', 'x.a.example', 'url_not_allowed'],
    ['a.example', 'a.example.evil', 'url_not_allowed'],
    ['a.example', 'xa.example', 'url_not_allowed'],
    ['*.a.example', 'x.a.example', 'accepted'],
    ['*.a.example', 'X.A.example:443', 'accepted'],
    ['*.a.example', 'a.example', 'url_not_allowed'],
    ['*.a.example', 'y.x.a.example', 'url_not_allowed'],
    ['*.a.example', '.a.example', 'url_not_allowed'],
    ['*.a.example', 'evil/.a.example', 'url_not_allowed'],
    ['*.a.example', 'x.a.example:1', 'url_not_allowed'],
    ['*.a.example:1', 'x.a.example:1', 'accepted'],
    ['[::1]', '[::1]', 'accepted'],
    ['a.example', 'a.example@evil.example', 'url_not_allowed'],
    ['a.example', ['a.example', 'evil.example'], 'url_not_allowed'],
    ['a.example', '', 'url_not_allowed'],
  ]
  for (const [allowed, host, expected] of hosts)
    test(`${allowed} allowed, Host ${JSON.stringify(host)}: ${expected}`, async () => {
      const given: Given = { rule: { allowedHosts: [allowed] }, headers: { host }, encrypted: true }
      expect(await outcome(`https://${host}/sms`, given)).toBe(expected)
    })

  for (const name of ['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'forwarded', 'X-Forwarded-Host'])
    test(`${name} from anyone is refused`, async () => {
      const given = { headers: { [name]: 'a.example' }, from: '127.0.0.1', encrypted: true }
      expect(await outcome('https://a.example/sms', given)).toBe('url_not_allowed')
    })
})

const trusting = {
  allowedHosts: ['a.example', 'b.example'],
  trustedProxies: ['loopback', '10.0.0.0/8'],
  forwardedBy: 'x-forwarded',
} as const

describe('behind a trusted proxy', () => {
  const cases: [what: string, headers: Headers, signed: string, expected: string][] = [
    [
      'scheme and host',
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'b.example' },
      'https://b.example/sms',
      'accepted',
    ],
    ['the scheme alone', { 'x-forwarded-proto': 'https' }, 'https://a.example/sms', 'accepted'],
    ['nothing', {}, 'http://a.example/sms', 'accepted'],
    ['wss is https', { 'x-forwarded-proto': 'wss' }, 'https://a.example/sms', 'accepted'],
    [
      'the default port',
      { 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
      'https://a.example/sms',
      'accepted',
    ],
    ['a port that is not allowed', { 'x-forwarded-port': '8443' }, 'http://a.example:8443/sms', 'url_not_allowed'],
    ['a host that is not allowed', { 'x-forwarded-host': 'c.example' }, 'http://c.example/sms', 'url_not_allowed'],
    ['a list of hosts', { 'x-forwarded-host': 'a.example, b.example' }, 'http://a.example/sms', 'url_not_allowed'],
    ['a list of schemes', { 'x-forwarded-proto': 'https,http' }, 'https://a.example/sms', 'url_not_allowed'],
    ['a header twice', { 'x-forwarded-proto': ['https', 'https'] }, 'https://a.example/sms', 'url_not_allowed'],
    [
      'two spellings of a name',
      { 'x-forwarded-proto': 'https', 'X-Forwarded-Proto': 'http' },
      'https://a.example/sms',
      'url_not_allowed',
    ],
    ['an empty host', { 'x-forwarded-host': '' }, 'http://a.example/sms', 'url_not_allowed'],
    ['another scheme', { 'x-forwarded-proto': 'javascript' }, 'http://a.example/sms', 'url_not_allowed'],
    ['a port that is none', { 'x-forwarded-port': '443x' }, 'http://a.example/sms', 'url_not_allowed'],
    ['a prefix never counts', { 'x-forwarded-prefix': '/p' }, 'http://a.example/p/sms', 'signature_mismatch'],
    ['and is ignored', { 'x-forwarded-prefix': '/p' }, 'http://a.example/sms', 'accepted'],
    ['the other family does not count', { forwarded: 'host=b.example' }, 'http://b.example/sms', 'signature_mismatch'],
  ]
  for (const [what, headers, signed, expected] of cases)
    test(what, async () => {
      for (const from of ['127.0.0.1', '10.1.2.3', '::ffff:10.1.2.3'])
        expect(await outcome(signed, { rule: trusting, headers, from })).toBe(expected)
    })

  for (const from of ['11.0.0.1', '::2', '', undefined, 'localhost'])
    test(`from ${from}, which is not trusted, headers are refused`, async () => {
      const headers = { 'x-forwarded-proto': 'https' }
      expect(
        await outcome('https://a.example/sms', { rule: trusting, headers, ...(from !== undefined && { from }) }),
      ).toBe('url_not_allowed')
    })

  test('from elsewhere without such headers, the connection counts', async () => {
    expect(await outcome('http://a.example/sms', { rule: trusting, from: '11.0.0.1' })).toBe('accepted')
  })
})

describe('Forwarded', () => {
  const rule = { ...trusting, forwardedBy: 'forwarded' } as const
  const cases: [forwarded: string | string[], signed: string, expected: string][] = [
    ['proto=https;host=b.example', 'https://b.example/sms', 'accepted'],
    ['for=1.2.3.4; Proto=HTTPS; Host="b.example:443"', 'https://b.example/sms', 'accepted'],
    ['for="[2001:db8::1]:4711";proto=https', 'https://a.example/sms', 'accepted'],
    ['for=1.2.3.4', 'http://a.example/sms', 'accepted'],
    ['host=c.example', 'http://c.example/sms', 'url_not_allowed'],
    ['host=a.example, host=b.example', 'http://a.example/sms', 'url_not_allowed'],
    ['host=a.example;host=b.example', 'http://a.example/sms', 'url_not_allowed'],
    [['host=a.example', 'host=b.example'], 'http://a.example/sms', 'url_not_allowed'],
    ['host="a.example', 'http://a.example/sms', 'url_not_allowed'],
    ['host', 'http://a.example/sms', 'url_not_allowed'],
    ['', 'http://a.example/sms', 'url_not_allowed'],
  ]
  for (const [forwarded, signed, expected] of cases)
    test(`${JSON.stringify(forwarded)}: ${expected}`, async () => {
      expect(await outcome(signed, { rule, headers: { forwarded }, from: '127.0.0.1' })).toBe(expected)
    })

  test('the other family does not count', async () => {
    const headers = { 'x-forwarded-host': 'b.example', 'x-forwarded-proto': 'https' }
    expect(await outcome('https://b.example/sms', { rule, headers, from: '::1' })).toBe('signature_mismatch')
    expect(await outcome('http://a.example/sms', { rule, headers, from: '::1' })).toBe('accepted')
  })
})

describe('what is said to be the peer', () => {
  test('comes from the connection and from nothing in the request', async () => {
    const headers = { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'x-forwarded-proto': 'https' }
    expect(await outcome('https://a.example/sms', { rule: trusting, headers, from: '11.0.0.1' })).toBe(
      'url_not_allowed',
    )
  })
})
