import { assertAccepted, assertEqual, assertRejected, assertThrows } from '../kit/assert.ts'
import { host, makeRequest, otherToken, type Signed, sms, token, withHeaders } from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'
import { joinParams } from '../kit/sign.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import { ask, withDefaults } from '../verifier/ask.ts'

const several: Options = { publicUrl: [`https://${host}`, 'https://b.example.com'] }
const strange = [
  'evil.example/sms?x=',
  `${host}/sms`,
  `${host}?x=`,
  `x@${host}`,
  `${host}:443@evil.example`,
  `${host}:99999`,
  `${host}:0`,
  `${host}:`,
  `${host}:443:443`,
  `${host}.`,
  `${host}..`,
  '[::1',
  '[::1]',
  'xn--evil',
  'àpp.example.com',
  `${host}\r\nX: y`,
  `${host}\0`,
  `${host} `,
  `${host}, evil.example`,
  '',
]

/** Classes A1 to A9: the URL, and the proxies in front of the server. */
export function urlAttacksSuite(library: Library): Suite {
  const signedFor = (url: string, more = {}): Promise<Signed> => makeRequest({ signed: url + joinParams(sms), ...more })
  const table: CaseTable = {
    'A1 a Host with a signature from another host of the account': async () => {
      const request = withHeaders(await signedFor('https://evil.example/sms'), { host: 'evil.example' })
      assertRejected(await ask(library, request), 'signature_mismatch')
      assertRejected(await ask(library, request, several), 'url_not_allowed')
      const publicUrl = library.fromRequest({ allowedHosts: [host] })
      assertRejected(await ask(library, { ...request, encrypted: true }, { publicUrl }), 'url_not_allowed')
    },
    'A2 forwarding headers that are not trusted': async () => {
      const headers = {
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example;proto=https',
        'x-original-host': 'evil.example',
        'x-forwarded-server': 'evil.example',
        'x-original-url': '/admin',
        'x-rewrite-url': '/admin',
        'x-forwarded-proto': 'http',
        'x-forwarded-port': '1',
        'x-forwarded-prefix': '/admin',
      }
      for (const url of [
        'https://evil.example/sms',
        `http://${host}/sms`,
        `https://${host}/admin`,
        `https://${host}/admin/sms`,
      ])
        assertRejected(await ask(library, withHeaders(await signedFor(url), headers)), 'signature_mismatch')
      assertAccepted(await ask(library, withHeaders(await makeRequest(), headers)))
    },
    'A4 an absolute target, and :authority against Host': async () => {
      const request = await signedFor('https://evil.example/sms')
      assertRejected(await ask(library, { ...request, url: 'https://evil.example/sms' }), 'signature_mismatch')
      assertRejected(await ask(library, { ...request, url: '//evil.example/sms' }), 'signature_mismatch')
      const both = withHeaders(await makeRequest(), { ':authority': 'b.example.com' })
      assertRejected(await ask(library, both, several), 'url_not_allowed')
    },
    'A6 a signature for another endpoint of the same host': async () => {
      for (const url of ['/other', '/sms/', '/SMS', '/sms/more', '/', '/sms;a', '/sm%73', '//sms'])
        assertRejected(await ask(library, { ...(await makeRequest()), url }), 'signature_mismatch')
      for (const url of ['/./sms', '/x/../sms', '/x\\..\\sms', 'http://a\\b/sms'])
        assertRejected(await ask(library, { ...(await makeRequest()), url }), 'url_not_allowed')
    },
    'A7 another scheme, another port': async () => {
      for (const url of [
        `http://${host}/sms`,
        `wss://${host}/sms`,
        `https://${host}:1/sms`,
        `https://${host}:8443/sms`,
        `https://${host}:80/sms`,
      ])
        assertRejected(await ask(library, await signedFor(url)), 'signature_mismatch')
      assertRejected(await ask(library, await makeRequest(), { publicUrl: `http://${host}` }), 'signature_mismatch')
    },
    'A8 a query that is re-ordered, re-encoded or extended': async () => {
      const signed = await makeRequest({ path: '/sms?b=2&b=3&a=%20x%2B', token })
      for (const url of [
        '/sms?b=2&a=%20x%2B&b=3',
        '/sms?b=3&b=2&a=%20x%2B',
        '/sms?b=2&b=3&a=+x%2B',
        '/sms?b=2&b=3&a=%20x%2b',
        '/sms?b=2&b=3&a=%20x+',
        '/sms?b=2;b=3&a=%20x%2B',
        '/sms?b=2&b=3&a=%20x%2B&',
        '/sms?&b=2&b=3&a=%20x%2B',
        '/sms?b=2&b=3&a=%20x%2B&To=evil',
        '/sms?b=2&b=3&a=%20x%2B%00',
        '/sms?b=2&b=3&a=%20x%2B%FF',
        '/sms?b=2&b=3&a=%20x%2B%',
        '/sms?b=2&b=3&b=3&a=%20x%2B',
        '/sms??b=2&b=3&a=%20x%2B',
      ])
        assertRejected(await ask(library, { ...signed, url }), 'signature_mismatch')
    },
    'A8 1,000 fields, and one that is not signed': async () => {
      const query = Array.from({ length: 1000 }, (_, index) => `f${index}=${index}`).join('&')
      const request = await makeRequest({ method: 'GET', path: `/sms?${query}` })
      assertEqual([...assertAccepted(await ask(library, request)).params].length, 1000, 'fields')
      assertRejected(await ask(library, { ...request, url: `${request.url}&To=evil` }), 'signature_mismatch')
    },
    'A8 malformed percent-encoding and UTF-8 cause no exception': async () => {
      for (const query of ['%', '%zz=1', 'a=%FF', 'a=%C0%80', '%ED%A0%80', 'a=\u00e9'])
        assertRejected(
          await ask(library, { ...(await makeRequest({ method: 'GET' })), url: `/x?${query}` }),
          'signature_mismatch',
        )
    },
    'A9 a fragment and userinfo in the configured URL': async () => {
      assertAccepted(await ask(library, await makeRequest(), { publicUrl: `https://u:p@${host}#rc=2&rp=all` }))
      assertRejected(
        await ask(library, await signedFor(`https://u:p@${host}/sms`), { publicUrl: `https://u:p@${host}` }),
        'signature_mismatch',
      )
      assertRejected(await ask(library, { ...(await makeRequest()), url: '/sms#x' }), 'url_not_allowed')
      assertThrows(() => library.createVerifier(withDefaults({ publicUrl: `https://${host}?x=1` })), 'publicUrl')
      assertRejected(await ask(library, await makeRequest({ token: otherToken })), 'signature_mismatch')
    },
  }
  return defineSuite('attacks on the URL', {
    ...table,
    ...Object.fromEntries(
      strange.map((value) => [
        `A3 Host: ${JSON.stringify(value)}`,
        async () => {
          const spoofed = withHeaders(await signedFor(`https://${value}/sms`), { host: value })
          assertRejected(await ask(library, spoofed, several), 'url_not_allowed')
          const publicUrl = library.fromRequest({ allowedHosts: [host] })
          assertRejected(await ask(library, { ...spoofed, encrypted: true }, { publicUrl }), 'url_not_allowed')
          assertRejected(await ask(library, spoofed), 'signature_mismatch')
        },
      ]),
    ),
  })
}
