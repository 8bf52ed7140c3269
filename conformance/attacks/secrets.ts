import { assert, assertAccepted, assertRejected, assertThrows } from '../kit/assert.ts'
import { account, makeJsonRequest, makeRequest, origin, otherToken, sms, token, withHeaders } from '../kit/draft.ts'
import type { Library } from '../kit/library.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import { ask } from '../verifier/ask.ts'

const badTokens: readonly unknown[] = [
  '',
  ' ',
  '\t\n',
  null,
  0,
  false,
  {},
  [''],
  [token, ''],
  `${token}\n`,
  ` ${token}`,
  `"${token}"`,
  `'${token}'`,
  'undefined',
  'null',
  '[object Object]',
  '<your token>',
  'your_auth_token',
  'xxxxxxxx',
  '…',
  '...',
  'changeme',
  'TWILIO_AUTH_TOKEN',
  '$TWILIO_AUTH_TOKEN',
  'process.env.TWILIO_AUTH_TOKEN',
  'its Auth Token',
  `SK${'0'.repeat(32)}`,
  account,
  Symbol('x'),
]

/** Classes C1 to C3: empty and placeholder secrets, and malformed signatures. */
export function secretAttacksSuite(library: Library): Suite {
  const tokens: CaseTable = Object.fromEntries(
    badTokens.map((bad) => [
      `C1 the token ${typeof bad === 'symbol' ? 'a symbol' : JSON.stringify(bad)}`,
      () => {
        const authToken = bad as string
        assertThrows(() => library.createVerifier({ publicUrl: origin, authToken }), 'authToken')
        assertThrows(() => new library.RequestValidator(authToken), 'authToken')
        if (typeof bad === 'string')
          assertThrows(() => library.createVerifier({ publicUrl: origin, authToken: { [account]: bad } }), 'authToken')
      },
    ]),
  )
  return defineSuite('attacks on secrets and signatures', {
    ...tokens,
    'C1 a signature made with the empty key': async () => {
      const request = await makeRequest({ token: '' })
      assertRejected(await ask(library, request), 'signature_mismatch')
      for (const empty of ['', ' ', null, [], ['']])
        assertRejected(
          await ask(library, request, { authToken: () => empty as string }),
          'key_lookup_failed',
          'key_unknown',
        )
      const keyed = await makeRequest({ sharedKey: { id: 'a', secret: '' } })
      assertRejected(await ask(library, keyed, { sharedKeys: () => '' }), 'key_lookup_failed')
    },
    'C2 malformed signatures': async () => {
      const request = await makeRequest()
      const genuine = request.headers['x-twilio-signature'] ?? ''
      const validator = new library.RequestValidator(token)
      const urlSafe = `${'-_'.repeat(13)}A=`
      const texts = [
        '',
        ' ',
        genuine.slice(0, 27),
        genuine.slice(1),
        `${genuine}=`,
        genuine.replace('=', ''),
        genuine.replace('=', 'A'),
        `${genuine} `,
        `\t${genuine}`,
        `${genuine},${genuine}`,
        `${genuine}\0`,
        urlSafe,
        '='.repeat(28),
        `${'A'.repeat(27)}B`,
        `${'A'.repeat(26)}B=`,
        'A'.repeat(100_000),
        '\u{1f600}'.repeat(14),
        genuine.toLowerCase(),
        'undefined',
        '[object Object]',
      ]
      for (const text of texts) {
        assertRejected(
          await ask(library, withHeaders(request, { 'x-twilio-signature': text })),
          'signature_malformed',
          'signature_mismatch',
        )
        assert(!validator.validate(`${origin}/sms`, sms, text), `${text.slice(0, 40)} was accepted`)
      }
      for (const value of [null, undefined, 1, {}, [genuine], Symbol('x')])
        assert(!validator.validate(`${origin}/sms`, sms, value as string), 'a value that is not a string was accepted')
      assert(validator.validate(`${origin}/sms`, sms, genuine), 'the genuine signature was refused')
    },
    'C2 the signature as a list': async () => {
      const { headers, ...request } = await makeRequest()
      const signature = headers['x-twilio-signature'] ?? ''
      for (const list of [[signature, signature], [], [signature, 'x'], [1 as unknown as string]])
        assertRejected(
          await ask(library, { ...request, headers: { ...headers, 'x-twilio-signature': list } }),
          'signature_malformed',
          'signature_missing',
        )
    },
    'C3 a signature that shares a beginning, or an end': async () => {
      const request = await makeRequest()
      const genuine = request.headers['x-twilio-signature'] ?? ''
      const forged = (await makeRequest({ token: otherToken })).headers['x-twilio-signature'] ?? ''
      for (let at = 0; at < 26; at++)
        for (const mixed of [genuine.slice(0, at) + forged.slice(at), forged.slice(0, at) + genuine.slice(at)])
          if (mixed !== genuine)
            assertRejected(
              await ask(library, withHeaders(request, { 'x-twilio-signature': mixed })),
              'signature_mismatch',
              'signature_malformed',
            )
    },
    'C3 a signature with one other bit': async () => {
      const request = await makeRequest()
      const bytes = Uint8Array.from(atob(request.headers['x-twilio-signature'] ?? ''), (one) => one.charCodeAt(0))
      const validator = new library.RequestValidator(token)
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const changed = bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (128 >> (bit & 7)) : byte))
        const signature = btoa(String.fromCharCode(...changed))
        assertRejected(
          await ask(library, withHeaders(request, { 'x-twilio-signature': signature })),
          'signature_mismatch',
        )
        assert(!validator.validate(`${origin}/sms`, sms, signature), `bit ${bit} does not count`)
      }
    },
    'C3 bytes of a pooled buffer': async () => {
      const request = await makeJsonRequest({ a: 1 })
      const pool = new TextEncoder().encode(`junk${request.body}junk`)
      const body = pool.subarray(4, pool.length - 4)
      assertAccepted(await ask(library, { ...request, body }))
      pool.set([88], 5)
      assertRejected(await ask(library, { ...request, body }), 'body_hash_mismatch')
    },
  })
}
