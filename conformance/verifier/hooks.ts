import type { Delivery, RejectedRequest, ReplayGuard, Verdict } from 'tollgate'
import { assert, assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import { makeHandshake, makeJsonRequest, makeRequest, otherToken, sms, token, withHeaders } from '../kit/draft.ts'
import type { Library } from '../kit/library.ts'
import { hashHex } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { ask, makeStream, withDefaults } from './ask.ts'

export function replaySuite(library: Library): Suite {
  return defineSuite('the replay interface', {
    'the guard is called after the signature check, with the hash of the signing string': async () => {
      const deliveries: Delivery[] = []
      const replay: ReplayGuard = {
        reserve(delivery) {
          deliveries.push(delivery)
          return { delivery: deliveries.length > 1 ? 'repeated' : 'first' }
        },
      }
      const request = await makeRequest({ params: [['a', 'b']] })
      assertRejected(await ask(library, request, { replay, authToken: otherToken }), 'signature_mismatch')
      assertEqual(assertAccepted(await ask(library, request, { replay })).delivery, 'first', 'the first time')
      assertEqual(assertAccepted(await ask(library, request, { replay })).delivery, 'repeated', 'the second time')
      const [{ key, handshake, covers } = {}] = deliveries
      assertEqual(
        [deliveries.length, key, handshake, covers],
        [2, await hashHex('https://app.example.com/smsab'), false, 'params'],
        'deliveries',
      )
      assertAccepted(await ask(library, await makeHandshake(), { replay }))
      assertEqual(deliveries[2]?.handshake, true, 'a handshake')
    },
    'the guard can refuse, and its failure is a 503': async () => {
      const request = await makeRequest()
      assertRejected(
        await ask(library, request, { replay: { reserve: () => ({ delivery: 'repeated', refuse: true }) } }),
        'replayed',
      )
      const failing: ReplayGuard[] = [
        { reserve: () => Promise.reject(new Error('down')) },
        {
          reserve: () => {
            throw new Error('down')
          },
        },
      ]
      for (const replay of failing) assertRejected(await ask(library, request, { replay }), 'replay_store_failed')
    },
    'a delivery that is pending elsewhere is a 503': async () => {
      const replay: ReplayGuard = { reserve: () => ({ delivery: 'unknown', refuse: 'pending' }) }
      const rejected = assertRejected(await ask(library, await makeRequest(), { replay }), 'replay_pending')
      assertEqual(rejected.status, 503, 'the status')
    },
    'confirm confirms the reservation, which is done at once for who reports no outcome': async () => {
      let confirmed = 0
      const confirm = (): void => void confirmed++
      const replay: ReplayGuard = { reserve: () => ({ delivery: 'first', confirm }) }
      assertAccepted(await ask(library, await makeRequest(), { replay }))
      assertEqual(confirmed, 1, 'without a report')
      const verdict = assertAccepted(await ask(library, { ...(await makeRequest()), reportsOutcome: true }, { replay }))
      assertEqual(confirmed, 1, 'before the report')
      await verdict.confirm()
      assertEqual(confirmed, 2, 'after the report')
    },
    'release releases the reservation': async () => {
      let released = 0
      const replay: ReplayGuard = {
        reserve: () => ({
          delivery: 'unknown',
          release: () => {
            released++
          },
        }),
      }
      const verdict = assertAccepted(await ask(library, await makeRequest(), { replay }))
      assertEqual([verdict.delivery, released], ['unknown', 0], 'before')
      await verdict.release()
      assertEqual(released, 1, 'after')
    },
    'without a guard, nothing is known of the delivery, and release does nothing': async () => {
      const verdict = assertAccepted(await ask(library, await makeRequest()))
      assertEqual(verdict.delivery, undefined, 'delivery')
      await verdict.release()
    },
  })
}

export function hooksSuite(library: Library): Suite {
  return defineSuite('observe, onVerdict and diagnose', {
    'observe passes rejected requests to the handler': async () => {
      const observe = { mode: 'observe' } as const
      const forged = await ask(library, await makeRequest({ token: otherToken }), observe)
      assertRejected(forged, 'signature_mismatch')
      assert('params' in forged, 'no parameters')
      assertEqual([...forged.params], sms, 'parameters')
      const unsigned = withHeaders(await makeRequest(), { 'x-twilio-signature': undefined })
      const missing = await ask(library, unsigned, observe)
      assertRejected(missing, 'signature_missing')
      assert('body' in missing, 'no body')
      assertAccepted(await ask(library, await makeRequest(), observe))
    },
    'observe returns JSON as well': async () => {
      const verdict = await ask(library, await makeJsonRequest({ a: 1 }, { token: otherToken }), { mode: 'observe' })
      assert('json' in verdict && !verdict.ok, 'no body was returned')
      assertEqual(verdict.json(), { a: 1 }, 'the JSON')
    },
    'observe refuses requests whose body cannot be read': async () => {
      const request = await makeRequest()
      const consumed = { ...request, body: { consumedBy: 'a', fix: 'b' } }
      for (const verdict of [
        await ask(library, request, { mode: 'observe', maxBodyBytes: 3 }),
        await ask(library, withHeaders(request, { 'content-encoding': 'br' }), { mode: 'observe' }),
        await ask(library, consumed, { mode: 'observe' }),
      ]) {
        assertRejected(verdict, 'body_too_large', 'content_encoding_unsupported', 'body_already_consumed')
        assert(!('params' in verdict), 'parameters were returned')
      }
    },
    'enforce returns no parameters of a rejected request': async () => {
      assert(!('params' in (await ask(library, await makeRequest({ token: otherToken })))), 'parameters were returned')
    },
    'onVerdict gets each verdict, the request and the native request': async () => {
      const seen: unknown[][] = []
      const onVerdict = (verdict: Verdict, request: unknown, native: unknown): void => {
        seen.push([verdict.ok, request, native])
        throw new Error('dropped')
      }
      const request = await makeRequest()
      const verifier = library.createVerifier(withDefaults({ onVerdict }))
      assertAccepted(await verifier.verify(request, 'native'))
      assertRejected(await verifier.verify({ ...request, url: '/other' }, 'native'), 'signature_mismatch')
      assertEqual(
        seen.map(([ok, , native]) => [ok, native]),
        [
          [true, 'native'],
          [false, 'native'],
        ],
        'calls',
      )
      assert(seen[0]?.[1] === request, 'the request differs')
    },
    'an onVerdict that rejects changes nothing': async () => {
      const onVerdict = () => Promise.reject(new Error('dropped')) as unknown as undefined
      assertAccepted(await ask(library, await makeRequest(), { onVerdict }))
    },
    'diagnose explains rejections, with the body that was read': async () => {
      const explained: RejectedRequest[] = []
      const diagnose = {
        explain(rejected: RejectedRequest) {
          explained.push(rejected)
          return Promise.reject(new Error('dropped'))
        },
      }
      const request = await makeRequest({ token: otherToken })
      const body = makeStream([new TextEncoder().encode(request.body)])
      assertAccepted(await ask(library, await makeRequest(), { diagnose }))
      assertRejected(await ask(library, { ...request, body }, { diagnose, authToken: token }), 'signature_mismatch')
      assertEqual(explained.length, 1, 'explanations')
      const [first] = explained
      assertEqual(first?.rejection.code, 'signature_mismatch', 'the code')
      assertEqual(new TextDecoder().decode(first?.request.body as Uint8Array), request.body, 'the body')
    },
  })
}
