import type { IncomingRequest } from 'tollgate'
import { assertAccepted, assertRejected } from '../kit/assert.ts'
import { makeHandshake, makeRequest, origin, sharedKey } from '../kit/draft.ts'
import { withWebHeaders } from '../kit/forms.ts'
import type { Library } from '../kit/library.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { ask } from './ask.ts'

export function headersSuite(library: Library): Suite {
  const several = { publicUrl: [origin, 'https://b.example'] }
  return defineSuite('headers', {
    'a record in any letter case': async () => {
      const { headers, ...request } = await makeRequest()
      const shouted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
      assertAccepted(await ask(library, { ...request, headers: shouted }))
    },
    'a record with lists': async () => {
      const { headers, ...request } = await makeRequest()
      const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
      assertAccepted(await ask(library, { ...request, headers: lists }))
    },
    'a record that spells the signature twice': async () => {
      const { headers, ...request } = await makeRequest()
      const twice = { ...headers, 'X-Twilio-Signature': headers['x-twilio-signature'] }
      assertRejected(await ask(library, { ...request, headers: twice }), 'signature_malformed')
    },
    'web Headers': async () => {
      assertAccepted(await ask(library, withWebHeaders(await makeRequest())))
    },
    'web Headers with a SharedKey': async () => {
      const sharedKeys = { [sharedKey.id]: sharedKey.secret }
      assertAccepted(await ask(library, withWebHeaders(await makeRequest({ sharedKey })), { sharedKeys }))
    },
    'an object whose get() returns undefined for a missing header': async () => {
      const { headers, ...request } = await makeRequest()
      const get = (name: string): string | undefined => headers[name.toLowerCase()]
      for (const lookAlike of [{ get }, { get, ...headers }, Object.create({ get })])
        assertAccepted(await ask(library, { ...request, headers: lookAlike }, several))
      const none = { get: (name: string) => (name === 'x-twilio-signature' ? undefined : get(name)) }
      assertRejected(await ask(library, { ...request, headers: none as unknown as Headers }), 'signature_missing')
    },
    'a Map, in any letter case': async () => {
      const { headers, ...request } = await makeRequest({ sharedKey })
      const sharedKeys = { [sharedKey.id]: sharedKey.secret }
      for (const spell of ['toLowerCase', 'toUpperCase'] as const) {
        const entries = Object.entries(headers).map(([name, value]) => [name[spell](), value] as const)
        const map = new Map<unknown, unknown>([...entries, [Symbol.iterator, 'x'], [1, 2]])
        assertAccepted(await ask(library, { ...request, headers: map as unknown as Headers }, { sharedKeys }))
        map.set('x-Twilio-signature', headers['x-twilio-signature'])
        const twice = await ask(library, { ...request, headers: map as unknown as Headers }, { sharedKeys })
        assertRejected(twice, 'signature_malformed')
      }
    },
    'web Headers of a handshake': async () => {
      assertAccepted(await ask(library, withWebHeaders(await makeHandshake())))
    },
    'web Headers with several public URLs': async () => {
      assertAccepted(await ask(library, withWebHeaders(await makeRequest()), several))
    },
    'web Headers with fromRequest': async () => {
      const publicUrl = library.fromRequest({ allowedHosts: ['app.example.com'] })
      const request: IncomingRequest = { ...withWebHeaders(await makeRequest()), encrypted: true }
      assertAccepted(await ask(library, request, { publicUrl }))
    },
    'web Headers of a CONNECT': async () => {
      const request = withWebHeaders(await makeRequest({ method: 'CONNECT' }))
      assertRejected(await ask(library, request), 'method_not_allowed')
    },
    'the host of an absolute URL counts if there is no Host': async () => {
      const { headers, ...request } = await makeRequest({ path: '/sms' })
      const { host: _host, ...rest } = headers
      assertAccepted(await ask(library, { ...request, url: `${origin}/sms`, headers: rest }, several))
    },
    'HTTP/2: :authority replaces Host, and must not contradict it': async () => {
      const { headers, ...request } = await makeRequest()
      const { host: _host, ...rest } = headers
      assertAccepted(await ask(library, { ...request, headers: { ...rest, ':authority': 'app.example.com' } }, several))
      const contradicting = { ...headers, ':authority': 'b.example' }
      assertRejected(await ask(library, { ...request, headers: contradicting }, several), 'url_not_allowed')
    },
  })
}
