import { assert, assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import { makeJsonRequest, makeRequest, sms } from '../kit/draft.ts'
import type { Library } from '../kit/library.ts'
import { hashHex, toBytes } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { ask, makeStream } from './ask.ts'

export function bodiesSuite(library: Library): Suite {
  return defineSuite('bodies', {
    'a body as text': async () => {
      const { params, body, covers } = assertAccepted(await ask(library, await makeRequest()))
      assertEqual([...params], sms, 'parameters')
      assertEqual(covers, 'params', 'covers')
      assert(body instanceof Uint8Array, 'the body is not bytes')
    },
    'an empty stream is an empty body': async () => {
      const request = await makeRequest({ params: [], contentType: null })
      const { covers } = assertAccepted(await ask(library, { ...request, body: makeStream([]) }))
      assertEqual(covers, 'url', 'covers')
    },
    'a stream that breaks': async () => {
      const body = {
        async *[Symbol.asyncIterator]() {
          yield Uint8Array.of(97)
          throw new Error('reset')
        },
      }
      assertRejected(await ask(library, { ...(await makeRequest()), body }), 'body_malformed')
    },
    'a body that was read before': async () => {
      const body = { consumedBy: 'the test', fix: 'Do not read it.' }
      const { message, status } = assertRejected(
        await ask(library, { ...(await makeRequest()), body }),
        'body_already_consumed',
      )
      assertEqual(status, 500, 'status')
      assert(message.includes('the test') && message.includes('Do not read it.'), message)
    },
    'bytes changed after the verdict change nothing': async () => {
      const request = await makeRequest()
      const bytes = toBytes(request.body ?? '')
      const verdict = assertAccepted(await ask(library, { ...request, body: bytes }))
      bytes.fill(65)
      assertEqual(new TextDecoder().decode(verdict.body), request.body, 'the body')
    },
    'JSON bound by its hash': async () => {
      const verdict = assertAccepted(await ask(library, await makeJsonRequest({ a: [1] })))
      assertEqual(verdict.covers, 'body', 'covers')
      assertEqual(verdict.json(), { a: [1] }, 'the JSON')
      assertEqual([...verdict.params], [], 'parameters')
    },
    'invalid JSON throws only when it is parsed': async () => {
      const verdict = assertAccepted(await ask(library, await makeJsonRequest('{"a":')))
      let thrown: unknown
      try {
        verdict.json()
      } catch (error) {
        thrown = error
      }
      assert(thrown instanceof SyntaxError, 'no SyntaxError')
    },
    'a POST without a body, whose URL has the hash of an empty one': async () => {
      const path = `/x?bodySHA256=${await hashHex('')}`
      assertAccepted(await ask(library, await makeRequest({ path, params: [], contentType: null })))
    },
    'a form is verified by its parameters, and bodySHA256 is ignored': async () => {
      const { covers } = assertAccepted(
        await ask(library, await makeRequest({ path: `/x?bodySHA256=${'0'.repeat(64)}` })),
      )
      assertEqual(covers, 'params', 'covers')
    },
    'the parameters of a GET are those of its query': async () => {
      const { params, covers } = assertAccepted(
        await ask(library, await makeRequest({ method: 'GET', path: '/x?a=1&a=2&b=%C3%A9+c' })),
      )
      assertEqual(
        [...params],
        [
          ['a', '1'],
          ['a', '2'],
          ['b', 'é c'],
        ],
        'parameters',
      )
      assertEqual(covers, 'url', 'covers')
    },
    'parameters can be looked up, and cannot be changed': async () => {
      const request = await makeRequest({
        params: [
          ['a', '2'],
          ['__proto__', 'x'],
          ['a', '1'],
        ],
      })
      const { params } = assertAccepted(await ask(library, request))
      assertEqual(
        [params.get('a'), params.getAll('a'), params.has('b'), params.get('b')],
        ['2', ['2', '1'], false, undefined],
        'reads',
      )
      assertEqual(Object.getPrototypeOf(params.toObject()), null, 'the prototype')
      assertEqual(Object.keys(params.toObject()), ['a', '__proto__'], 'names')
      assert(Object.isFrozen(params), 'not frozen')
    },
    'invalid percent-encoding and invalid UTF-8': async () => {
      for (const body of ['a=%', 'a=%zz', 'a=%FF', 'a=%C3', '%=1', 'a=%ED%A0%80', 'a=%C0%80'])
        assertRejected(
          await ask(library, await makeRequest({ body, signed: 'https://app.example.com/sms' })),
          'body_malformed',
        )
      const body = Uint8Array.of(97, 61, 255)
      assertRejected(await ask(library, { ...(await makeRequest()), body }), 'body_malformed')
    },
    'the content encoding identity is accepted': async () => {
      const request = await makeRequest({ headers: { 'content-encoding': 'identity' } })
      assertAccepted(await ask(library, request))
    },
  })
}
