import { describe, expect, test, vi } from 'vitest'
import {
  type AuthTokenLookup,
  createVerifier,
  type IncomingRequest,
  type UnverifiedClaim,
  type VerifierOptions,
} from '../src/index.ts'
import { accountSid, authToken, formRequest, jsonRequest, origin, otherSid, otherToken, sign } from './requests.ts'

const own: [string, string][] = [
  ['AccountSid', accountSid],
  ['Body', 'hi'],
]
const foreign: [string, string][] = [['AccountSid', otherSid]]

type Given = Partial<VerifierOptions>
const verify = (given: Given, request: IncomingRequest) =>
  createVerifier({ publicUrl: origin, ...given }).verify(request)

async function outcome(given: Given, request: IncomingRequest): Promise<string> {
  const verdict = await verify(given, request)
  return verdict.ok ? 'accepted' : verdict.code
}

describe("one account's tokens", () => {
  test('the verdict says which matched', async () => {
    const tokens = [otherToken, authToken]
    expect(await verify({ authToken: tokens }, formRequest(own))).toMatchObject({
      ok: true,
      accountSid,
      matched: { key: { kind: 'auth_token', index: 1 }, algorithm: 'HMAC_SHA1', url: `${origin}/sms` },
    })
    expect(await verify({ authToken: tokens }, formRequest(own, { secret: otherToken }))).toMatchObject({
      matched: { key: { index: 0 } },
    })
    expect(await outcome({ authToken: tokens }, formRequest(own, { secret: 'retired' }))).toBe('signature_mismatch')
  })

  test('the verdict names no account if the request names two', async () => {
    const verdict = await verify({ authToken }, formRequest([...own, ...foreign]))
    expect(verdict).toMatchObject({ ok: true, accountSid: undefined })
  })
})

describe('a key of one account', () => {
  const bound: [string, VerifierOptions['authToken']][] = [
    ['in a record', { [accountSid]: authToken }],
    ['from a look-up', () => authToken],
  ]
  // Another parser may find the account of a victim in each of them.
  const unreadable = [`\ufeff{"AccountSid":"${otherSid}"}`, `{}\n{"AccountSid":"${otherSid}"}`, 'AccountSid']
  test.each(bound)('%s verifies no body that is not one JSON text', async (_what, token) => {
    for (const body of unreadable)
      expect(await outcome({ authToken: token }, jsonRequest(body))).toBe('account_not_allowed')
    expect(await outcome({ authToken: token }, jsonRequest('{}'))).toBe('accepted')
  })
})

describe('a record', () => {
  const record = { authToken: { [accountSid]: ['old-token', authToken], [otherSid]: otherToken } }
  const two: [string, string][] = [...own, ...foreign]

  const cases: [what: string, request: IncomingRequest, expected: string][] = [
    ["an account's own token", formRequest(own), 'accepted'],
    ["another account's token", formRequest(own, { secret: otherToken }), 'signature_mismatch'],
    ['an account without a token', formRequest([['AccountSid', `AC${'9'.repeat(32)}`]]), 'key_unknown'],
    ['a malformed SID', formRequest([['AccountSid', 'junk']]), 'key_unknown'],
    ['two accounts, by the second', formRequest(two, { secret: otherToken }), 'account_not_allowed'],
    ['the same account twice', formRequest([...own, ['account_sid', accountSid]]), 'accepted'],
    ['two names, two accounts', formRequest([...own, ['account_sid', otherSid]]), 'account_not_allowed'],
    ['JSON that names its owner', jsonRequest(JSON.stringify([{ data: { accountSid } }])), 'accepted'],
    ['JSON that names another', jsonRequest(JSON.stringify({ accountSid: otherSid })), 'account_not_allowed'],
    [
      'JSON that names two',
      jsonRequest(JSON.stringify([{ accountSid }, { accountSid: otherSid }])),
      'account_not_allowed',
    ],
  ]
  for (const [what, request, expected] of cases)
    test(`${what}: ${expected}`, async () => {
      expect(await outcome(record, request)).toBe(expected)
    })

  test('the verdict names the owner, even if the request names no account', async () => {
    const verdict = await verify(record, jsonRequest('[]', { secret: otherToken }))
    expect(verdict).toMatchObject({ ok: true, accountSid: otherSid })
  })

  test('a request without an account is tried with at most 16 tokens', async () => {
    const tokens = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`AC${String(index).padStart(32, '0')}`, `token-${index}`]),
      )
    const last = (count: number) => jsonRequest('[]', { secret: `token-${count - 1}` })
    expect(await outcome({ authToken: tokens(16) }, last(16))).toBe('accepted')
    expect(await outcome({ authToken: tokens(17) }, last(17))).toBe('key_unknown')
  })
})

describe('a look-up', () => {
  test('gets the claim', async () => {
    const lookup = vi.fn((_claim: UnverifiedClaim) => authToken)
    await verify({ authToken: lookup }, formRequest([...own, ['ParentAccountSid', otherSid]], { target: '/sms?x=1' }))
    expect(lookup).toHaveBeenLastCalledWith({
      accountSid,
      parentAccountSid: otherSid,
      url: `${origin}/sms?x=1`,
      method: 'POST',
    })
    const json = jsonRequest(JSON.stringify({ accountSid }))
    await verify({ authToken: lookup }, json)
    expect(lookup).toHaveBeenLastCalledWith({ url: origin + json.url, method: 'POST' })
    await verify({ authToken: lookup }, formRequest([...own, ...foreign]))
    expect(lookup).toHaveBeenLastCalledWith({ url: `${origin}/sms`, method: 'POST' })
    await verify({ authToken: lookup }, formRequest([...own, ['ParentAccountSid', 'junk']]))
    expect(lookup).toHaveBeenLastCalledWith({ accountSid, url: `${origin}/sms`, method: 'POST' })
  })

  test('is not called with a malformed SID', async () => {
    const lookup = vi.fn(() => authToken)
    for (const sid of ['', 'junk', `${accountSid} `, `AC${'g'.repeat(32)}`, '../../etc/passwd'])
      expect(await outcome({ authToken: lookup }, formRequest([['AccountSid', sid]]))).toBe('key_unknown')
    expect(lookup).not.toHaveBeenCalled()
  })

  const gives: [what: string, lookup: () => unknown, expected: string][] = [
    ['tokens', () => [otherToken, authToken], 'accepted'],
    ['a promise', async () => authToken, 'accepted'],
    ['its owner too', () => ({ authToken, accountSid }), 'accepted'],
    ['undefined', () => undefined, 'key_unknown'],
    ['another token', () => otherToken, 'signature_mismatch'],
    ['an empty token', () => '', 'key_lookup_failed'],
    ['an empty list', () => [], 'key_lookup_failed'],
    ['seventeen tokens', () => Array(17).fill(authToken), 'key_lookup_failed'],
    ['sixteen tokens', () => [...Array(15).fill('none'), authToken], 'accepted'],
    ['one bad token of two', () => [authToken, ''], 'key_lookup_failed'],
    ['a malformed owner', () => ({ authToken, accountSid: 'AC1' }), 'key_lookup_failed'],
    [
      'an error',
      () => {
        throw new Error('database password is hunter2')
      },
      'key_lookup_failed',
    ],
    [
      'a rejection',
      async () => {
        throw new Error('database password is hunter2')
      },
      'key_lookup_failed',
    ],
  ]
  for (const [what, lookup, expected] of gives)
    test(`gives ${what}: ${expected}`, async () => {
      const verdict = await verify({ authToken: lookup as AuthTokenLookup }, formRequest(own))
      expect(verdict.ok ? 'accepted' : verdict.code).toBe(expected)
      if (!verdict.ok) expect(JSON.stringify(verdict)).not.toMatch(/hunter2|0123456789abcdef/)
    })

  test('gives one token: a request that names two accounts is refused', async () => {
    expect(await outcome({ authToken: () => authToken }, formRequest([...own, ...foreign]))).toBe('account_not_allowed')
  })

  test('refresh that gives nothing, or fails', async () => {
    const make = (refresh: () => unknown) =>
      Object.assign(() => 'stale-token', { refresh }) as unknown as AuthTokenLookup
    expect(await outcome({ authToken: make(() => undefined) }, formRequest(own))).toBe('signature_mismatch')
    expect(await outcome({ authToken: make(() => Promise.reject()) }, formRequest(own))).toBe('key_lookup_failed')
    expect(await outcome({ authToken: make(() => '') }, formRequest(own))).toBe('key_lookup_failed')
  })
})

const secret = 'a shared secret'

function sharedRequest(
  params = own,
  settings = 'key=key1,algorithm=HMAC_SHA256',
  hash: 'sha1' | 'sha256' = 'sha256',
): IncomingRequest {
  const unsigned = formRequest(params)
  const text = `${origin}/sms${params.map((pair) => pair.join('')).join('')}`
  return {
    ...unsigned,
    headers: {
      ...(unsigned.headers as Record<string, string>),
      'x-twilio-signature': sign(text, secret, hash),
      'x-twilio-webhooks-signature-settings': settings,
    },
  }
}

describe('shared keys', () => {
  test('the verdict says which matched', async () => {
    expect(await verify({ sharedKeys: { key1: secret } }, sharedRequest())).toMatchObject({
      ok: true,
      covers: 'params',
      accountSid: undefined,
      matched: { key: { kind: 'shared_key', id: 'key1' }, algorithm: 'HMAC_SHA256' },
    })
  })

  test("a SharedKey's match does not call `verified` of a look-up for Auth Tokens", async () => {
    const verified = vi.fn()
    const lookup: AuthTokenLookup = Object.assign(() => authToken, { verified })
    expect(await outcome({ authToken: lookup, sharedKeys: { key1: secret } }, sharedRequest())).toBe('accepted')
    expect(verified).not.toHaveBeenCalled()
  })

  const keys: [what: string, sharedKeys: unknown, expected: string][] = [
    ['a record', { key1: secret }, 'accepted'],
    ['another id', { key2: secret }, 'key_unknown'],
    ['another secret', { key1: 'another' }, 'signature_mismatch'],
    ['its owner', { key1: { secret, accountSid } }, 'accepted'],
    ['a look-up', () => secret, 'accepted'],
    ['a look-up with an owner', async () => ({ secret, accountSid }), 'accepted'],
    ['a look-up that gives nothing', () => undefined, 'key_unknown'],
    ['a look-up that gives a blank', () => ' ', 'key_lookup_failed'],
    ['a look-up that gives a wrong owner', () => ({ secret, accountSid: 'AC1' }), 'key_lookup_failed'],
    ['a look-up that fails', () => Promise.reject(new Error(secret)), 'key_lookup_failed'],
  ]
  for (const [what, sharedKeys, expected] of keys)
    test(`${what}: ${expected}`, async () => {
      const verdict = await verify({ sharedKeys: sharedKeys as Record<string, string> }, sharedRequest())
      expect(verdict.ok ? 'accepted' : verdict.code).toBe(expected)
      expect(JSON.stringify(verdict)).not.toContain(secret)
    })

  test('Auth Tokens and SharedKeys work together, each for its own requests', async () => {
    const given = { sharedKeys: { key1: secret }, authToken }
    // The SharedKey may be of another account than the Auth Token, so it proves no account.
    expect(await verify(given, sharedRequest())).toMatchObject({ ok: true, accountSid: undefined })
    expect(await verify(given, formRequest(own))).toMatchObject({ ok: true, accountSid })
  })
})

describe('allowedAccounts', () => {
  const cases: [what: string, given: Given, request: IncomingRequest, expected: string][] = [
    ['the one allowed', { allowedAccounts: accountSid }, formRequest(own), 'accepted'],
    ['another', { allowedAccounts: accountSid }, formRequest(foreign), 'account_not_allowed'],
    [
      'JSON of another',
      { allowedAccounts: accountSid },
      jsonRequest(JSON.stringify({ accountSid: otherSid })),
      'account_not_allowed',
    ],
    [
      'forged for another',
      { allowedAccounts: accountSid },
      formRequest(foreign, { secret: 'wrong' }),
      'signature_mismatch',
    ],
  ]
  for (const [what, given, request, expected] of cases)
    test(`${what}: ${expected}`, async () => {
      expect(await outcome({ authToken, ...given }, request)).toBe(expected)
    })

  test('a token of an account that is not allowed, in a request that names no account', async () => {
    const given = { authToken: { [accountSid]: authToken, [otherSid]: otherToken }, allowedAccounts: accountSid }
    expect(await outcome(given, jsonRequest('[]'))).toBe('accepted')
    expect(await outcome(given, jsonRequest('[]', { secret: otherToken }))).toBe('account_not_allowed')
  })
})
