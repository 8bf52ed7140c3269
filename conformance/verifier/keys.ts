import type { AuthTokenLookup, UnverifiedClaim } from 'tollgate'
import { assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import {
  account,
  makeHandshake,
  makeJsonRequest,
  makeRequest,
  otherAccount,
  otherToken,
  sharedKey,
  sms,
  token,
} from '../kit/draft.ts'
import type { Library } from '../kit/library.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { ask } from './ask.ts'

const record = { [account]: token, [otherAccount]: [otherToken, 'third-token-of-the-test'] }

export function keysSuite(library: Library): Suite {
  return defineSuite('keys', {
    'rotation: the verdict says which token matched': async () => {
      const request = await makeRequest()
      const { matched } = assertAccepted(await ask(library, request, { authToken: [otherToken, token] }))
      assertEqual(
        matched,
        { key: { kind: 'auth_token', index: 1 }, algorithm: 'HMAC_SHA1', url: 'https://app.example.com/sms' },
        'matched',
      )
      assertRejected(await ask(library, request, { authToken: [otherToken] }), 'signature_mismatch')
    },
    'a record chooses the token by account, and binds the request to it': async () => {
      const { accountSid } = assertAccepted(await ask(library, await makeRequest(), { authToken: record }))
      assertEqual(accountSid, account, 'account')
      const foreign = sms.map(([name, value]): [string, string] => [name, name === 'AccountSid' ? otherAccount : value])
      assertRejected(
        await ask(library, await makeRequest({ params: foreign }), { authToken: record }),
        'signature_mismatch',
      )
      const own = await makeRequest({ params: foreign, token: 'third-token-of-the-test' })
      const { matched } = assertAccepted(await ask(library, own, { authToken: record }))
      assertEqual(matched.key, { kind: 'auth_token', index: 1 }, 'the key')
    },
    "an account without a token does not use another account's": async () => {
      const params: [string, string][] = [['AccountSid', `AC${'c'.repeat(32)}`]]
      assertRejected(await ask(library, await makeRequest({ params }), { authToken: record }), 'key_unknown')
    },
    'a malformed AccountSid reaches no record and no look-up': async () => {
      const request = await makeRequest({ params: [['AccountSid', '__proto__']] })
      assertRejected(await ask(library, request, { authToken: record }), 'key_unknown')
      assertRejected(await ask(library, request, { authToken: () => token }), 'key_unknown')
    },
    'JSON names its account only after verification': async () => {
      const event = [{ data: { accountSid: otherAccount } }]
      assertRejected(await ask(library, await makeJsonRequest(event), { authToken: record }), 'account_not_allowed')
      const { accountSid } = assertAccepted(
        await ask(library, await makeJsonRequest(event, { token: otherToken }), { authToken: record }),
      )
      assertEqual(accountSid, otherAccount, 'account')
    },
    'allowedAccounts accepts only those accounts': async () => {
      const request = await makeRequest()
      assertAccepted(await ask(library, request, { allowedAccounts: account }))
      assertAccepted(await ask(library, request, { allowedAccounts: [otherAccount, account] }))
      assertRejected(await ask(library, request, { allowedAccounts: otherAccount }), 'account_not_allowed')
      assertAccepted(await ask(library, await makeRequest({ params: [['a', 'b']] }), { allowedAccounts: otherAccount }))
    },
    'a look-up gets the claim': async () => {
      const claims: UnverifiedClaim[] = []
      const authToken = async (claim: UnverifiedClaim): Promise<string> => {
        claims.push(claim)
        return token
      }
      assertAccepted(await ask(library, await makeRequest({ path: '/sms?a=1' }), { authToken }))
      assertEqual(claims, [{ url: 'https://app.example.com/sms?a=1', method: 'POST', accountSid: account }], 'claims')
      assertAccepted(await ask(library, await makeJsonRequest({}), { authToken }))
      assertAccepted(await ask(library, await makeHandshake(), { authToken }))
      assertEqual(claims[2]?.url, 'wss://app.example.com/media', 'the claim of a handshake')
    },
    'a look-up that returns an account binds the request to it': async () => {
      const request = await makeRequest()
      assertAccepted(await ask(library, request, { authToken: () => ({ authToken: token, accountSid: account }) }))
      const foreign = () => ({ authToken: token, accountSid: otherAccount })
      assertRejected(await ask(library, request, { authToken: foreign }), 'account_not_allowed')
    },
    'a look-up without a token': async () => {
      assertRejected(await ask(library, await makeRequest(), { authToken: () => undefined }), 'key_unknown')
    },
    'a look-up that fails': async () => {
      const failing: AuthTokenLookup[] = [
        () => Promise.reject(new Error('down')),
        () => {
          throw new Error('down')
        },
        () => '',
        () => [],
        () => 42 as unknown as string,
        () => ({ authToken: token, accountSid: 'no account' }),
        () => Array.from({ length: 17 }, () => token),
      ]
      for (const authToken of failing) {
        const { status } = assertRejected(await ask(library, await makeRequest(), { authToken }), 'key_lookup_failed')
        assertEqual(status, 503, 'status')
      }
    },
    'a look-up that hangs times out': async () => {
      const never = (): Promise<string> => new Promise(() => undefined)
      const request = await makeRequest()
      assertRejected(await ask(library, request, { authToken: never, lookupTimeoutMs: 20 }), 'key_lookup_failed')
      const late: AuthTokenLookup = Object.assign(() => otherToken, { refresh: never })
      assertRejected(await ask(library, request, { authToken: late, lookupTimeoutMs: 20 }), 'key_lookup_failed')
    },
    'refresh is called once after a mismatch, and verified once after a match': async () => {
      const calls: string[] = []
      const lookup = (first: string, fresh: string | undefined): AuthTokenLookup =>
        Object.assign(() => first, {
          refresh: () => {
            calls.push('refresh')
            return fresh
          },
          verified: () => {
            calls.push('verified')
            throw new Error('dropped')
          },
        })
      const request = await makeRequest()
      assertAccepted(await ask(library, request, { authToken: lookup(token, undefined) }))
      assertEqual(calls.splice(0), ['verified'], 'at a match')
      assertAccepted(await ask(library, request, { authToken: lookup(otherToken, token) }))
      assertEqual(calls.splice(0), ['refresh', 'verified'], 'after a rotation')
      assertRejected(await ask(library, request, { authToken: lookup(otherToken, undefined) }), 'signature_mismatch')
      assertEqual(calls.splice(0), ['refresh'], 'at a mismatch')
    },
    'SharedKeys by record, by owner and by look-up': async () => {
      const request = await makeRequest({ sharedKey })
      const { id, secret } = sharedKey
      const { matched } = assertAccepted(await ask(library, request, { sharedKeys: { [id]: secret } }))
      assertEqual([matched.key, matched.algorithm], [{ kind: 'shared_key', id }, 'HMAC_SHA256'], 'matched')
      assertAccepted(await ask(library, request, { sharedKeys: { [id]: { secret, accountSid: account } } }))
      assertRejected(
        await ask(library, request, { sharedKeys: { [id]: { secret, accountSid: otherAccount } } }),
        'account_not_allowed',
      )
      assertAccepted(await ask(library, request, { sharedKeys: async (key) => (key === id ? secret : undefined) }))
      assertRejected(await ask(library, request, { sharedKeys: async () => undefined }), 'key_unknown')
      assertRejected(
        await ask(library, request, { sharedKeys: () => Promise.reject(new Error('down')) }),
        'key_lookup_failed',
      )
      assertRejected(await ask(library, request, { sharedKeys: { other: secret } }), 'key_unknown')
    },
    'with SharedKeys alone, an Auth Token signature is refused': async () => {
      const sharedKeys = { [sharedKey.id]: sharedKey.secret }
      assertRejected(await ask(library, await makeRequest(), { sharedKeys }), 'key_unknown')
    },
    'sharedKeysOnly accepts handshakes': async () => {
      const sharedKeys = { [sharedKey.id]: sharedKey.secret }
      assertAccepted(await ask(library, await makeHandshake(), { authToken: token, sharedKeys, sharedKeysOnly: true }))
    },
  })
}
