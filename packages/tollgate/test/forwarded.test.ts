import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVerifier, type FromRequestOptions, fromRequest, type IncomingRequest } from '../src/index.ts'
import { parseAddressRanges } from '../src/verify/forwarded.ts'
import { testProperty } from './property.ts'
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
  const hosts: [allowed: string, host: string | string[], expected: string][] = [
    ['a.example', 'a.example:443', 'accepted'],
    ['a.example:443', 'a.example', 'accepted'],
    ['a.example', 'a.example:8443', 'url_not_allowed'],
    ['a.example:8443', 'a.example:8443', 'accepted'],
    ['a.example', 'b.example', 'url_not_allowed'],
    ['a.example', 'x.a.example', 'url_not_allowed'],
    ['*.a.example', 'x.a.example', 'accepted'],
    ['*.a.example', 'a.example', 'url_not_allowed'],
    ['*.a.example', '.a.example', 'url_not_allowed'],
    ['*.a.example', 'evil/.a.example', 'url_not_allowed'],
    ['[::1]', '[::1]', 'accepted'],
    ['a.example', ['a.example', 'evil.example'], 'url_not_allowed'],
  ]
  for (const [allowed, host, expected] of hosts)
    test(`${allowed} allowed, Host ${JSON.stringify(host)}: ${expected}`, async () => {
      const given: Given = { rule: { allowedHosts: [allowed] }, headers: { host }, encrypted: true }
      expect(await outcome(`https://${host}/sms`, given)).toBe(expected)
    })

  for (const name of ['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'forwarded', 'X-Forwarded-Host'])
    test(`${name} is refused from every client`, async () => {
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
    ['no forwarding headers', {}, 'http://a.example/sms', 'accepted'],
    ['a port that is not allowed', { 'x-forwarded-port': '8443' }, 'http://a.example:8443/sms', 'url_not_allowed'],
    ['a header twice', { 'x-forwarded-proto': ['https', 'https'] }, 'https://a.example/sms', 'url_not_allowed'],
    ['a prefix is not added', { 'x-forwarded-prefix': '/p' }, 'http://a.example/p/sms', 'signature_mismatch'],
    ['Forwarded is ignored', { forwarded: 'host=b.example' }, 'http://b.example/sms', 'signature_mismatch'],
  ]
  for (const [what, headers, signed, expected] of cases)
    test(what, async () => {
      for (const from of ['127.0.0.1', '10.1.2.3', '::ffff:10.1.2.3'])
        expect(await outcome(signed, { rule: trusting, headers, from })).toBe(expected)
    })
})

describe('Forwarded', () => {
  const rule = { ...trusting, forwardedBy: 'forwarded' } as const
  const cases: [forwarded: string | string[], signed: string, expected: string][] = [
    ['proto=https;host=b.example', 'https://b.example/sms', 'accepted'],
    ['for=1.2.3.4; Proto=HTTPS; Host="b.example:443"', 'https://b.example/sms', 'accepted'],
    ['host=a.example, host=b.example', 'http://a.example/sms', 'url_not_allowed'],
    ['host=a.example;host=b.example', 'http://a.example/sms', 'url_not_allowed'],
    [['host=a.example', 'host=b.example'], 'http://a.example/sms', 'url_not_allowed'],
    ['host', 'http://a.example/sms', 'url_not_allowed'],
  ]
  for (const [forwarded, signed, expected] of cases)
    test(`${JSON.stringify(forwarded)}: ${expected}`, async () => {
      expect(await outcome(signed, { rule, headers: { forwarded }, from: '127.0.0.1' })).toBe(expected)
    })
})

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6()
const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

describe('parseAddressRanges', () => {
  const bits4 = fc.integer({ min: 0, max: 32 })
  const bits6 = fc.integer({ min: 0, max: 128 })
  for (const [name, address, bits] of [
    ['IPv4', ipv4, bits4],
    ['IPv6', ipv6, bits6],
  ] as const) {
    testProperty(
      `${name}: agrees with node:net's BlockList`,
      1000,
      [address, bits, fc.array(address, { maxLength: 20 })],
      (network, prefix, others) => {
        const list = new BlockList()
        list.addSubnet(network, prefix, family(network))
        const matches = parseAddressRanges([`${network}/${prefix}`], 'trustedProxies')
        for (const one of [network, ...others]) expect(matches(one)).toBe(list.check(one, family(one)))
      },
    )
  }

  testProperty(
    'a single address is a range of one',
    100,
    [fc.oneof(ipv4, ipv6), fc.oneof(ipv4, ipv6)],
    (one, other) => {
      const list = new BlockList()
      list.addAddress(one, family(one))
      const matches = parseAddressRanges([one], 'trustedProxies')
      expect(matches(one)).toBe(true)
      if (family(one) === family(other)) expect(matches(other)).toBe(list.check(other, family(other)))
    },
  )

  test('a zone does not change the address', () => {
    expect(parseAddressRanges(['fe80::/10'], 'trustedProxies')('fe80::1%eth0')).toBe(true)
  })

  const matches = parseAddressRanges(['0.0.0.0/0', '::/0'], 'trustedProxies')
  const near = fc.string({
    unit: fc.constantFrom('1', '255', '.', ':', '::', 'f', 'g', '/', '%', '0x', ' '),
    maxLength: 10,
  })
  testProperty('a text that is not an address is in no range', 3000, [fc.oneof(near, fc.string())], (text) => {
    if (!text.includes('%')) expect(matches(text)).toBe(isIP(text) !== 0)
    else if (isIP(text) === 0) expect(matches(text)).toBe(false)
  })

  const wrong: unknown[] = ['', '10.0.0.0/33', '10.0.0.0/', '10.0.0/8', '010.0.0.1', '::1/129', true, null]
  for (const range of wrong)
    test(`${String(range)} (${typeof range}) is a TypeError that names the option`, () => {
      expect(() => parseAddressRanges([range], 'trustedProxies')).toThrow(TypeError)
      expect(() => parseAddressRanges([range], 'trustedProxies')).toThrow('"trustedProxies"')
    })
})

test.each([null, 5, {}, [null]])('trustedProxies: %o is a TypeError', (trustedProxies) => {
  const rule = { allowedHosts: ['a.example'], trustedProxies, forwardedBy: 'forwarded' }
  expect(() => fromRequest(rule as never)).toThrow(/"trustedProxies" holds/)
})

describe('allowedHosts as a function', () => {
  const tenants = new Set(['shop.example', 'a.example:8443'])
  const isTenant = (host: string): boolean => tenants.has(host)

  test.each([
    ['Shop.Example', 'https://Shop.Example/sms', 'accepted'],
    ['shop.example:443', 'https://shop.example:443/sms', 'accepted'],
    ['a.example:8443', 'https://a.example:8443/sms', 'accepted'],
    ['a.example', 'https://a.example/sms', 'url_not_allowed'],
    ['evil.example/', 'https://evil.example/sms', 'url_not_allowed'],
  ])('for the host %s it decides, sync or async', async (host, signed, expected) => {
    for (const allowedHosts of [isTenant, async (name: string) => isTenant(name)])
      expect(await outcome(signed, { rule: { allowedHosts }, headers: { host }, encrypted: true })).toBe(expected)
  })

  const signed = 'http://a.example/sms'
  const outcomeOf = (allowedHosts: unknown): Promise<string> =>
    outcome(signed, { rule: { allowedHosts } as Partial<FromRequestOptions> })

  test('only true allows a host', async () => {
    for (const answer of [false, undefined, null, 1, 'a.example', {}, []]) {
      expect(await outcomeOf(() => answer)).toBe('url_not_allowed')
      expect(await outcomeOf(async () => answer)).toBe('url_not_allowed')
    }
  })

  test('if it fails, or takes too long, the look-up has failed', async () => {
    const fail = (): never => {
      throw new Error('down')
    }
    expect(await outcomeOf(fail)).toBe('key_lookup_failed')
    expect(await outcomeOf(() => Promise.reject(new Error('down')))).toBe('key_lookup_failed')
    const publicUrl = fromRequest({ allowedHosts: () => new Promise<never>(() => undefined) })
    const verifier = createVerifier({ publicUrl, authToken, lookupTimeoutMs: 20 })
    const headers = { host: 'a.example', 'x-twilio-signature': sign(signed) }
    expect(await verifier.verify({ method: 'GET', url: '/sms', headers })).toMatchObject({ code: 'key_lookup_failed' })
  })

  test('it is called once, with what a proxy forwards, and not for a request without a signature', async () => {
    const asked: string[] = []
    const allowedHosts = (host: string): boolean => asked.push(host) > 0
    const rule = { allowedHosts, trustedProxies: 'loopback', forwardedBy: 'x-forwarded' } as const
    const headers = { host: 'internal', 'x-forwarded-host': 'A.Example', 'x-forwarded-proto': 'https' }
    expect(await outcome('https://A.Example/sms', { rule, headers, from: '127.0.0.1' })).toBe('accepted')
    expect(await outcome('https://a.example/sms', { rule, headers, from: '192.0.2.1' })).toBe('url_not_allowed')
    for (const signature of ['', 'short', ['a', 'b']])
      await outcome(signed, { rule: { allowedHosts }, headers: { 'x-twilio-signature': signature } })
    expect(asked).toEqual(['a.example'])
  })
})
