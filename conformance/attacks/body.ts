import type { IncomingRequest, Params } from 'tollgate'
import { assert, assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import {
  account,
  formType,
  makeJsonRequest,
  makeRequest,
  origin,
  type Signed,
  sms,
  token,
  withHeaders,
} from '../kit/draft.ts'
import type { Library } from '../kit/library.ts'
import { encodeForm, hashHex, joinParams, type Pairs, signText } from '../kit/sign.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { ask } from '../verifier/ask.ts'

const types = [
  undefined,
  '',
  'text/plain',
  'text/xml',
  'multipart/form-data; boundary=x',
  'application/json',
  'application/octet-stream',
  'application/x-www-form-urlencoded2',
  `${formType}; charset=utf-16`,
  `${formType}; charset=iso-8859-1`,
  `${formType}, text/plain`,
  `text/plain; a=${formType}`,
]

/** Classes B1 to B11: the body, and the part of it that is signed. */
export function bodyAttacksSuite(library: Library): Suite {
  const refuse = async (
    request: Signed | IncomingRequest,
    ...codes: Parameters<typeof assertRejected>[1][]
  ): Promise<void> => {
    assertRejected(await ask(library, request), ...codes)
  }
  return defineSuite('attacks on the body', {
    'B1 a GET signature on other methods': async () => {
      const get = await makeRequest({ method: 'GET', path: '/sms?a=1' })
      for (const method of ['PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'GET ', 'POST\n', 'Post'])
        await refuse({ ...get, method, body: 'To=evil' }, 'method_not_allowed')
      await refuse({ ...get, method: 'POST', body: 'To=evil' }, 'body_unsigned')
      await refuse(
        withHeaders({ ...get, method: 'POST', body: 'To=evil' }, { 'content-type': formType }),
        'signature_mismatch',
      )
    },
    'B1 a signed GET with a body': async () => {
      const get = await makeRequest({ method: 'GET', path: '/sms?a=1' })
      await refuse({ ...get, body: 'To=evil' }, 'body_unsigned')
      await refuse({ ...get, body: new Uint8Array(1) }, 'body_unsigned')
    },
    ...Object.fromEntries(
      types.map((type) => [
        `B2 a URL-only signature with the content type ${JSON.stringify(type)}`,
        async () => {
          const request = await makeRequest({ body: '<evil/>', contentType: type ?? null, signed: `${origin}/sms` })
          await refuse(request, 'body_unsigned')
        },
      ]),
    ),
    'B2 a form sent with another content type': async () => {
      for (const type of types)
        await refuse(withHeaders(await makeRequest(), { 'content-type': type }), 'body_unsigned')
    },
    'B2 JSON sent as a form': async () => {
      const json = await makeJsonRequest({ To: 'evil' })
      await refuse(withHeaders(json, { 'content-type': formType }), 'signature_mismatch')
    },
    'B2 Content-Type twice': async () => {
      const { headers, ...request } = await makeRequest()
      await refuse(
        { ...request, headers: { ...headers, 'content-type': [formType, 'application/json'] } },
        'body_unsigned',
      )
    },
    'B2 JSON under a charset that parsers would decode': async () => {
      // UTF-7, as body-parser reads it: {"text":"","admin":"true"}
      const body = '{"text":"+ACIALAAiAGEAZABtAGkAbgAiADoAIgB0AHIAdQBl-"}'
      const path = `/x?bodySHA256=${await hashHex(body)}`
      for (const charset of ['utf-7', '"utf-7"', 'UTF-16LE', 'iso-8859-1', 'utf-8; charset=utf-7', 'utf-80'])
        await refuse(
          await makeRequest({ body, path, contentType: `application/json; charset=${charset}` }),
          'body_unsigned',
        )
      const { headers, ...request } = await makeRequest({ body, path })
      const types = ['application/json', 'application/json; charset=utf-7']
      await refuse({ ...request, headers: { ...headers, 'content-type': types } }, 'body_unsigned')
      for (const charset of ['utf-8', 'UTF-8', ' "utf-8"'])
        assertAccepted(
          await ask(library, await makeRequest({ body, path, contentType: `application/json; charset=${charset}` })),
        )
    },
    'B3 JSON without bodySHA256, and with a bad one': async () => {
      const body = '{"a":1}'
      const hash = await hashHex(body)
      const contentType = 'application/json'
      await refuse(await makeRequest({ body, contentType }), 'body_unsigned')
      await refuse(await makeRequest({ body, contentType, path: `/bodySHA256=${hash}` }), 'body_unsigned')
      await refuse(await makeRequest({ body, contentType, path: `/x?a=bodySHA256=${hash}` }), 'body_unsigned')
      await refuse(await makeRequest({ body, contentType, path: `/x?bodysha256=${hash}` }), 'body_unsigned')
      for (const query of [
        'bodySHA256',
        'bodySHA256=',
        `bodySHA256=${hash.toUpperCase()}`,
        `bodySHA256=${hash}0`,
        `bodySHA256=${hash.slice(1)}`,
        `bodySHA256=${hash}&bodySHA256=${'0'.repeat(64)}`,
        `bodySHA256=${'0'.repeat(64)}&bodySHA256=${hash}`,
        `bodySHA256=${hash}&bodySHA256=`,
        `bodySHA256=%${hash}`,
      ])
        await refuse(await makeRequest({ body, contentType, path: `/x?${query}` }), 'body_hash_mismatch')
      assertAccepted(
        await ask(library, await makeRequest({ body, contentType, path: `/x?bodySHA256=${hash}&bodySHA256=${hash}` })),
      )
    },
    'B3 a signed JSON URL with another body, handled as a form': async () => {
      const json = await makeJsonRequest({ a: 1 })
      await refuse(withHeaders({ ...json, body: 'To=evil' }, { 'content-type': formType }), 'signature_mismatch')
      await refuse({ ...json, body: '{"a":2}' }, 'body_hash_mismatch')
    },
    'B4 a missing body is not "{}"': async () => {
      const empty = await makeJsonRequest('{}')
      const { body: _body, ...rest } = empty
      await refuse(rest, 'body_hash_mismatch')
      await refuse({ ...empty, body: '{"a":1}' }, 'body_hash_mismatch')
      await refuse({ ...empty, body: {} as unknown as string }, 'body_already_consumed')
      assertAccepted(await ask(library, empty))
    },
    'B4 a captured JSON event, sent again without its body, by GET and by POST': async () => {
      const { body: _body, ...event } = await makeJsonRequest([{ specversion: '1.0', data: { accountSid: account } }])
      for (const method of ['GET', 'POST']) {
        await refuse({ ...event, method }, 'body_hash_mismatch')
        await refuse(withHeaders({ ...event, method }, { 'content-type': undefined }), 'body_hash_mismatch')
        await refuse({ ...event, method, body: '' }, 'body_hash_mismatch')
      }
      for (const query of ['bodySHA256', 'bodySHA256=', `bodySHA256=${'0'.repeat(64)}`, 'a=1&bodySHA256=x&b=2'])
        await refuse(await makeRequest({ method: 'GET', path: `/x?${query}` }), 'body_hash_mismatch')
      const ofNothing = await makeRequest({ method: 'GET', path: `/x?bodySHA256=${await hashHex('')}` })
      assertEqual(assertAccepted(await ask(library, ofNothing)).covers, 'url', 'covers')
    },
    'B4 a form without a signed pair counts as an empty body': async () => {
      const event = withHeaders(await makeJsonRequest({ a: 1 }), { 'content-type': formType })
      for (const body of ['&', '=', '&&=&', '=&=']) {
        await refuse({ ...event, body }, 'body_hash_mismatch')
        const plain = await makeRequest({ body, signed: `${origin}/sms` })
        assertEqual(assertAccepted(await ask(library, plain)).covers, 'url', 'covers')
      }
    },
    'B4 the callback of a regulatory bundle has the hash of another body': async () => {
      const hash = `bodySHA256=${'5e'.repeat(32)}`
      const bundle = `AccountSid=${account}&BundleSid=BU${'0'.repeat(32)}&Status=pending-review&FailureReason=`
      const signed = (path: string, method = 'GET') => makeRequest({ method, path, params: [] })
      const genuine = await signed(`/x?${hash}&${hash}&${bundle}`)
      const { covers, params } = assertAccepted(await ask(library, { ...genuine, body: undefined }))
      assertEqual([covers, params.get('Status')], ['url', 'pending-review'], 'covers and the status')
      await refuse({ ...(await signed(`/x?${hash}&${bundle}`, 'POST')), body: '' }, 'body_hash_mismatch')
      for (const name of ['AccountSid', 'BundleSid'])
        await refuse(await signed(`/x?${hash}&${bundle.replace(name, 'x')}`), 'body_hash_mismatch')
      await refuse(await signed(`/x?${hash}&${hash.replace('=5', '=6')}&${bundle}`), 'body_hash_mismatch')
    },
    'B5 repeated names, other letter cases, array syntax': async () => {
      const request = await makeRequest()
      for (const more of [
        '&Body=evil',
        '&body=evil',
        '&Body[]=evil',
        '&Body[0]=evil',
        '&Body.x=evil',
        '&Body%5B%5D=evil',
        '&=evil',
        '&evil',
      ])
        await refuse({ ...request, body: request.body + more }, 'signature_mismatch')
    },
    'B5 a repeated equal pair changes neither the signature nor the parameters': async () => {
      const request = await makeRequest({
        params: [
          ['M', 'b'],
          ['M', 'a'],
        ],
      })
      const { params } = assertAccepted(await ask(library, { ...request, body: `${request.body}&M=a&M=b&M=a` }))
      assertEqual(params.getAll('M'), ['b', 'a'], 'values')
      assertEqual([...params], [...params.entries()], 'the entries')
      assertEqual(params.toObject(), { M: ['b', 'a'] }, 'the object')
      const message = await makeRequest()
      const doubled = assertAccepted(await ask(library, { ...message, body: `${message.body}&${message.body}` }))
      assertEqual([...doubled.params], sms, 'parameters')
      assertEqual(doubled.params.toObject(), Object.fromEntries(sms), 'the object')
    },
    'B5 an empty pair does not change the signature': async () => {
      const request = await makeRequest()
      const { params } = assertAccepted(await ask(library, { ...request, body: `${request.body}&=` }))
      assertEqual([...params], [...sms, ['', '']], 'parameters')
    },
    'B6 a parameter that moves between the URL and the body': async () => {
      const get = await makeRequest({ method: 'GET', path: '/sms?a=1b2' })
      await refuse(
        withHeaders({ ...get, method: 'POST', url: '/sms?a=1', body: 'b=3' }, { 'content-type': formType }),
        'signature_mismatch',
      )
      // The signing string has no delimiters, so it cannot tell these two apart. The verdict does.
      const moved = withHeaders({ ...get, method: 'POST', url: '/sms?a=1', body: 'b=2' }, { 'content-type': formType })
      assertEqual(assertAccepted(await ask(library, moved)).covers, 'params', 'covers')
    },
    'B6 a documented limit: a form POST to /hook also verifies as a GET or POST of a longer path': async () => {
      const params: Pairs = [
        ['AccountSid', account],
        ['CallStatus', 'ringing'],
      ]
      const post = await makeRequest({ path: '/hook', params })
      const path = `/hook${joinParams(params)}`
      const { body: _body, ...rest } = post
      const get = withHeaders({ ...rest, method: 'GET', url: path }, { 'content-type': undefined })
      const verdict = assertAccepted(await ask(library, get))
      assertEqual([verdict.covers, verdict.matched.url, [...verdict.params]], ['url', origin + path, []], 'the verdict')
      const moved = { ...post, url: `/hookAccountSid${account}`, body: 'CallStatus=ringing' }
      assertEqual(assertAccepted(await ask(library, moved)).covers, 'params', 'covers')
    },
    'B6 a documented limit: a form POST to /sms/archive?a=1 also verifies as a POST of a shorter URL': async () => {
      const post = await makeRequest({ path: '/sms/archive?a=1', params: [['AccountSid', account]] })
      for (const [url, name] of [
        ['/sms', '%2Farchive%3Fa%3D1'],
        ['/sms/archive', '%3Fa%3D1'],
      ] as const)
        assertAccepted(await ask(library, { ...post, url, body: `${name}=&AccountSid=${account}` }))
    },
    'B7 the validator refuses values that are neither text nor number': async () => {
      const validator = new library.RequestValidator(token)
      const values: unknown[] = [['h', {}], null, undefined, {}, { toString: () => 'hi' }, [[]], 1n, Symbol('x')]
      for (const value of values) {
        const text = typeof value === 'object' ? '[object Object]' : String(value)
        const signature = await signText(`${origin}/smsa${text}`, token)
        assert(!validator.validate(`${origin}/sms`, { a: value } as Params, signature), `${text} was accepted`)
      }
      const signature = await signText(`${origin}/smsahi`, token)
      assert(validator.validate(`${origin}/sms`, { a: 'hi' }, signature), 'a string was refused')
      assert(!validator.validate(`${origin}/sms`, { a: ['h', 'i'] }, signature), 'a list was joined')
      for (const scalar of [0, -1.5, true, false])
        for (const text of [`${scalar}`, `${scalar}0`, JSON.stringify(`${scalar}`)])
          assertEqual(
            validator.validate(`${origin}/sms`, { a: scalar }, await signText(`${origin}/smsa${text}`, token)),
            text === `${scalar}`,
            `${scalar} for ${text}`,
          )
    },
    'B8 names from prototypes are ordinary names': async () => {
      const params: Pairs = [
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['prototype', 'c'],
        ['hasOwnProperty', 'd'],
        ['__proto__[x]', 'e'],
      ]
      const { params: received } = assertAccepted(await ask(library, await makeRequest({ params })))
      assertEqual([...received], params, 'parameters')
      assertEqual(Object.entries(received.toObject()), params, 'the object')
      assert(!('x' in {}), 'the prototype was polluted')
      const request = await makeRequest()
      await refuse({ ...request, body: `${request.body}&__proto__=x` }, 'signature_mismatch')
      assert(
        !new library.RequestValidator(token).validate(
          `${origin}/x`,
          JSON.parse('{"__proto__":"x"}'),
          await signText(`${origin}/x`, token),
        ),
        '__proto__ was dropped',
      )
    },
    'B9 the handler gets the parameters that were verified': async () => {
      const wire = 'a=+1%2B&&b&=c&d=%00&e=%EF%BB%BFx&f=%F0%9F%98%80&g=1=2&%61=z;y'
      const pairs: Pairs = [
        ['a', ' 1+'],
        ['b', ''],
        ['', 'c'],
        ['d', '\0'],
        ['e', '\ufeffx'],
        ['f', '😀'],
        ['g', '1=2'],
        ['a', 'z;y'],
      ]
      const request = await makeRequest({ body: wire, signed: `${origin}/sms${joinParams(pairs)}` })
      assertEqual([...assertAccepted(await ask(library, request)).params], pairs, 'parameters')
    },
    'B9 a leading ?, which formData() drops, is refused, and a byte order mark belongs to the name': async () => {
      for (const signed of ['a1', '?a1'])
        await refuse(await makeRequest({ body: '?a=1', signed: `${origin}/sms${signed}` }), 'body_malformed')
      await refuse(await makeRequest({ body: '\ufeffa=1', signed: `${origin}/smsa1` }), 'signature_mismatch')
    },
    'B9 overlong UTF-8, lone surrogates, bare bytes': async () => {
      for (const bytes of [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xff], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]])
        await refuse({ ...(await makeRequest()), body: Uint8Array.of(97, 61, ...bytes) }, 'body_malformed')
    },
    'B10 a body that changes while it is verified': async () => {
      const request = await makeRequest()
      const bytes = new TextEncoder().encode(request.body)
      const authToken = async (): Promise<string> => {
        bytes.fill(120)
        return token
      }
      const verdict = assertAccepted(await ask(library, { ...request, body: bytes }, { authToken }))
      assertEqual([...verdict.params], sms, 'parameters')
      assertEqual(new TextDecoder().decode(verdict.body), encodeForm(sms), 'the body')
    },
    'B11 compressed bodies and unknown encodings': async () => {
      for (const encoding of ['gzip', 'br', 'deflate', 'identity, gzip', 'x-gzip', 'GZIP', 'none'])
        await refuse(withHeaders(await makeRequest(), { 'content-encoding': encoding }), 'content_encoding_unsupported')
      const { headers, ...request } = await makeRequest()
      await refuse(
        { ...request, headers: { ...headers, 'content-encoding': ['identity', 'gzip'] } },
        'content_encoding_unsupported',
      )
    },
  })
}
