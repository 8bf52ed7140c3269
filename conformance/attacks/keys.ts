import type { IncomingRequest, Verdict } from 'tollgate'
import { assert, assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import {
  account,
  formType,
  makeHandshake,
  makeJsonRequest,
  makeRequest,
  origin,
  otherAccount,
  otherToken,
  type Signed,
  sharedKey,
  sms,
  token,
  withHeaders,
} from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'
import { joinParams, signText } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { ask } from '../verifier/ask.ts'

/** Classes C4 to C8: the keys that may sign a request, and secrets in verdicts. */
export function keyAttacksSuite(library: Library): Suite {
  return defineSuite('attacks on keys', {
    'C4 the algorithm is bound to the key': async () => {
      const { id, secret } = sharedKey
      const keys: Options = { authToken: token, sharedKeys: { [id]: secret } }
      const text = `${origin}/sms${joinParams(sms)}`
      const base: Signed = await makeRequest({ sharedKey })
      const settings = 'x-twilio-webhooks-signature-settings'
      const sign = (signature: string, value?: string): Promise<Verdict> =>
        ask(library, withHeaders(base, { 'x-twilio-signature': signature, [settings]: value }), keys)
      assertAccepted(await ask(library, base, keys))
      assertRejected(await sign(await signText(text, secret)), 'signature_mismatch')
      assertRejected(await sign(await signText(text, secret), `key=${id},algorithm=HMAC_SHA1`), 'algorithm_unsupported')
      assertRejected(await sign(await signText(text, secret), `key=${id},algorithm=HMAC_SHA256`), 'signature_malformed')
      assertRejected(await sign(await signText(text, token, 'SHA-256')), 'signature_malformed')
      assertRejected(
        await sign(await signText(text, token, 'SHA-256'), `key=${id},algorithm=HMAC_SHA256`),
        'signature_mismatch',
      )
      const genuine = await signText(text, secret, 'SHA-256')
      for (const name of [
        'none',
        'NONE',
        'hmac_sha256',
        'HMAC_SHA512',
        'SHA256',
        '__proto__',
        'constructor',
        'toString',
      ])
        assertRejected(await sign(genuine, `key=${id},algorithm=${name}`), 'algorithm_unsupported')
      for (const value of [
        '',
        `key=${id}`,
        'algorithm=HMAC_SHA256',
        `algorithm=HMAC_SHA256,key=${id}`,
        `key=${id},algorithm=`,
        `key=,algorithm=HMAC_SHA256`,
        `key=${id},algorithm=HMAC_SHA256,`,
        `key=${id}, algorithm=HMAC_SHA256`,
        `key=${id},key=b,algorithm=HMAC_SHA256`,
        `KEY=${id},algorithm=HMAC_SHA256`,
        `key=${id},algorithm=HMAC_SHA256, key=${id},algorithm=HMAC_SHA256`,
      ])
        assertRejected(await sign(genuine, value), 'signature_settings_malformed')
      for (const key of ['other', '__proto__', 'constructor', 'toString', id.toUpperCase()])
        assertRejected(await sign(genuine, `key=${key},algorithm=HMAC_SHA256`), 'key_unknown')
    },
    'C4 the settings header is removed, with sharedKeysOnly': async () => {
      const keys: Options = { authToken: token, sharedKeys: { [sharedKey.id]: sharedKey.secret }, sharedKeysOnly: true }
      assertRejected(await ask(library, await makeRequest(), keys), 'key_not_allowed')
      assertAccepted(await ask(library, await makeRequest({ sharedKey }), keys))
    },
    'C5 a retired token, and a token that is not listed': async () => {
      const retired = await makeRequest({ token: 'the-retired-token' })
      assertRejected(await ask(library, retired, { authToken: [token, otherToken] }), 'signature_mismatch')
      assertRejected(
        await ask(library, await makeRequest({ token: token.slice(0, 31) }), { authToken: token }),
        'signature_mismatch',
      )
      assertRejected(
        await ask(library, await makeRequest({ token: `${token}${otherToken}` }), { authToken: [token, otherToken] }),
        'signature_mismatch',
      )
    },
    'C6 the key must belong to the account that the request names': async () => {
      const authToken = { [account]: token, [otherAccount]: otherToken }
      const as = (sid: string): [string, string][] =>
        sms.map(([name, value]) => [name, name === 'AccountSid' ? sid : value])
      const refuse = async (request: Signed, ...codes: Parameters<typeof assertRejected>[1][]): Promise<void> => {
        assertRejected(await ask(library, request, { authToken }), ...codes)
      }
      await refuse(await makeRequest({ params: as(otherAccount) }), 'signature_mismatch')
      await refuse(await makeRequest({ params: [...sms, ['AccountSid', otherAccount]] }), 'account_not_allowed')
      await refuse(await makeRequest({ params: [...sms, ['account_sid', otherAccount]] }), 'account_not_allowed')
      await refuse(await makeRequest({ params: as(account.toLowerCase()) }), 'key_unknown')
      await refuse(await makeRequest({ params: as('') }), 'key_unknown')
      await refuse(await makeRequest({ params: as('constructor') }), 'key_unknown')
      await refuse(await makeRequest({ method: 'GET', path: `/x?AccountSid=${otherAccount}` }), 'signature_mismatch')
      await refuse(await makeJsonRequest({ AccountSid: otherAccount }), 'account_not_allowed')
      await refuse(
        await makeJsonRequest([{ data: { accountSid: account } }, { data: { accountSid: otherAccount } }]),
        'account_not_allowed',
      )
      // If the request has a form, its query belongs to the application and chooses no key.
      assertAccepted(await ask(library, await makeRequest({ path: `/x?AccountSid=${otherAccount}` }), { authToken }))
    },
    'C6 the query names the account if only the URL is signed, by POST and by GET': async () => {
      const authToken = { [account]: token, [otherAccount]: otherToken }
      for (const method of ['GET', 'POST'])
        for (const name of ['AccountSid', 'account_sid', 'interactionAccountSid']) {
          const as = (sid: string, key: string) =>
            makeRequest({ method, path: `/x?${name}=${sid}`, params: [], token: key, contentType: null })
          const empty = (request: Signed): IncomingRequest => ({ ...request, body: undefined })
          const hollow = withHeaders({ ...(await as(account, otherToken)), body: '&' }, { 'content-type': formType })
          if (method === 'POST') assertRejected(await ask(library, hollow, { authToken }), 'signature_mismatch')
          assertRejected(await ask(library, empty(await as(account, otherToken)), { authToken }), 'signature_mismatch')
          const single: Options = { authToken: otherToken, allowedAccounts: otherAccount }
          assertRejected(await ask(library, empty(await as(account, otherToken)), single), 'account_not_allowed')
          const lookup: Options = { authToken: () => ({ authToken: otherToken, accountSid: otherAccount }) }
          assertRejected(await ask(library, empty(await as(account, otherToken)), lookup), 'account_not_allowed')
          const genuine = assertAccepted(await ask(library, empty(await as(account, token)), { authToken }))
          assertEqual(genuine.accountSid, account, 'the account')
        }
    },
    'C6 JSON that names another tenant, in each place that a handler may read': async () => {
      const authToken = { [account]: token, [otherAccount]: otherToken }
      const name = { AccountSid: otherAccount }
      for (const json of [
        name,
        [name],
        [[[name]]],
        { data: name },
        { data: [name] },
        [{ data: { call: name } }],
        { data: { calls: [[name]] } },
        { AccountSid: [otherAccount] },
        { AccountSid: [[account], [otherAccount]] },
        { data: { account_sid: [otherAccount] } },
        { data: { accountsid: otherAccount } },
        { data: { accountId: otherAccount } },
        { accountId: otherAccount, operatorResults: [] },
        `\ufeff${JSON.stringify(name)}`,
        `{"AccountSid":"${account}"}\n${JSON.stringify(name)}`,
        `${JSON.stringify(name)};`,
        `<AccountSid>${otherAccount}</AccountSid>`,
      ])
        assertRejected(await ask(library, await makeJsonRequest(json), { authToken }), 'account_not_allowed')
      // A genuine event may name other accounts deeper in its data.
      const event = { data: { accountSid: account, request: { parameters: { accountSid: otherAccount } } } }
      assertAccepted(await ask(library, await makeJsonRequest([event]), { authToken }))
      // In the body of a Studio flow, an `accountId` may be the application's own.
      assertAccepted(await ask(library, await makeJsonRequest({ accountId: 'acme-42' }), { authToken }))
      // A single token is not bound to an account, so the body may name any.
      assertAccepted(await ask(library, await makeJsonRequest('\ufeff{}'), { authToken: token }))
    },
    'C6 more accounts than are allowed, in one request': async () => {
      const sids = Array.from({ length: 5000 }, (_, index) => `AC${String(index).padStart(32, '0')}`)
      const form = (list: readonly string[]) =>
        makeRequest({ body: list.map((sid) => `AccountSid=${sid}`).join('&'), signed: `${origin}/sms${sign(list)}` })
      const sign = (list: readonly string[]): string => list.map((sid) => `AccountSid${sid}`).join('')
      const allowed = sids.slice(0, 3)
      assertAccepted(await ask(library, await form(allowed), { allowedAccounts: allowed }))
      for (const list of [sids, sids.slice(0, 4), sids.slice(1, 4)])
        assertRejected(await ask(library, await form(list), { allowedAccounts: allowed }), 'account_not_allowed')
    },
    'C6 a look-up cannot be sent to another tenant': async () => {
      const asked: (string | undefined)[] = []
      const authToken = ({ accountSid }: { accountSid?: string }): string => {
        asked.push(accountSid)
        return token
      }
      const request = await makeRequest({ params: [...sms, ['AccountSid', otherAccount]] })
      const verdict = await ask(library, request, { authToken })
      assertEqual(asked, [undefined], 'the claim')
      assertRejected(verdict, 'account_not_allowed')
    },
    'C8 a tenant with a key of known owner cannot name another account': async () => {
      for (const [way, options] of Object.entries(ownedKeys))
        for (const [what, request] of await claimAccount(account, options)) {
          const verdict = await ask(library, request, options)
          assert(!verdict.ok && verdict.status === 403, `${way}, ${what}: not refused`)
        }
    },
    'C8 a key without a known owner proves no account': async () => {
      for (const [way, options] of Object.entries(bareKeys))
        for (const sid of [account, otherAccount])
          for (const [what, request] of await claimAccount(sid, options)) {
            const verdict = assertAccepted(await ask(library, request, options))
            assertEqual(verdict.accountSid, undefined, `${way}, ${what}: the account`)
          }
    },
    'C8 a key of known owner names its owner': async () => {
      for (const [way, options] of Object.entries(ownedKeys))
        for (const [what, request] of await claimAccount(otherAccount, options)) {
          const verdict = assertAccepted(await ask(library, request, options))
          assertEqual(verdict.accountSid, otherAccount, `${way}, ${what}: the account`)
        }
    },
    'C7 no secret in a verdict, a message or an error': async () => {
      const secret = `${token}secret`
      const genuine = await signText(`${origin}/sms?q=private${joinParams(sms)}`, secret)
      const request = await makeRequest({ path: '/sms?q=private', token: otherToken })
      const verdicts = [
        await ask(library, request, { authToken: secret }),
        await ask(library, request, { authToken: () => Promise.reject(new Error(secret)) }),
        await ask(library, withHeaders(request, { 'x-twilio-signature': 'private' }), { authToken: secret }),
        await ask(library, { ...request, url: '/x#private' }, { authToken: secret }),
      ]
      for (const text of verdicts.map((verdict) => JSON.stringify(verdict)))
        for (const word of [secret, genuine, 'private', 'ünï', '+14155550142'])
          assert(!text.includes(word), `${word} is in ${text}`)
      let message = ''
      try {
        library.createVerifier({ publicUrl: origin, authToken: ` ${secret}` })
      } catch (error) {
        message = String(error)
      }
      assert(message !== '' && !message.includes(secret), message)
    },
  })
}

/**
 * The ways to give the keys of a hostile tenant. It owns `otherAccount`, `otherToken` and the
 * SharedKey.
 */
const owned = { authToken: otherToken, accountSid: otherAccount }
const ownedKeys: Record<string, Options> = {
  'a record': { authToken: { [account]: token, [otherAccount]: otherToken } },
  'a record of one account': { authToken: { [otherAccount]: [token, otherToken] } },
  'a Map': { authToken: new Map([[otherAccount, otherToken]]) },
  'a look-up by URL': { authToken: () => owned },
  'an asynchronous look-up by URL': { authToken: async () => owned },
  'a refresh': {
    authToken: Object.assign(() => ({ ...owned, authToken: 'the-token-before' }), { refresh: async () => owned }),
  },
  'a SharedKey': { sharedKeys: { [sharedKey.id]: { secret: sharedKey.secret, accountSid: otherAccount } } },
  'a look-up of SharedKeys': { sharedKeys: async () => ({ secret: sharedKey.secret, accountSid: otherAccount }) },
}
const bareKeys: Record<string, Options> = {
  'a look-up by URL': { authToken: () => otherToken },
  'a look-up by URL, a list': { authToken: async () => [token, otherToken] },
  'a look-up by the claimed account': { authToken: (claim) => (claim.accountSid === 'AC' ? token : otherToken) },
  'a refresh': { authToken: Object.assign(() => 'the-token-before', { refresh: () => otherToken }) },
  'a SharedKey': { sharedKeys: { [sharedKey.id]: sharedKey.secret } },
  'a look-up of SharedKeys': { sharedKeys: () => ({ secret: sharedKey.secret }) },
}

/** Signs requests that name an account, in each place, with the keys of the hostile tenant. */
async function claimAccount(sid: string, { sharedKeys }: Options): Promise<[what: string, request: Signed][]> {
  const key = sharedKeys === undefined ? { token: otherToken } : { sharedKey }
  const named: [string, Promise<Signed>][] = [
    ...['AccountSid', 'account_sid', 'interactionAccountSid'].flatMap((name): [string, Promise<Signed>][] => [
      [
        `a form with ${name}`,
        makeRequest({
          ...key,
          params: [
            [name, sid],
            ['Body', 'hi'],
          ],
        }),
      ],
      [`a GET with ${name}`, makeRequest({ ...key, method: 'GET', path: `/x?${name}=${sid}` })],
      [`a POST without a body, with ${name}`, makeRequest({ ...key, path: `/x?${name}=${sid}`, params: [] })],
    ]),
    ...[
      { AccountSid: sid },
      [{ account_sid: sid }],
      { data: { accountSid: sid } },
      [{ data: [{ call: { accountId: sid } }] }],
    ].map((json): [string, Promise<Signed>] => [JSON.stringify(json), makeJsonRequest(json, key)]),
  ]
  // Twilio signs handshakes with Auth Tokens.
  if (sharedKeys === undefined) named.push(['a handshake', makeHandshake(`/media?AccountSid=${sid}`, key)])
  return Promise.all(named.map(async ([what, request]): Promise<[string, Signed]> => [what, await request]))
}
