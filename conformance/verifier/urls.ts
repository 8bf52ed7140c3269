import type { FromRequestOptions, RejectionCode, Verdict } from 'tollgate'
import { assertAccepted, assertEqual, assertRejected } from '../kit/assert.ts'
import { makeRequest, withHeaders } from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { ask } from './ask.ts'

const params: [string, string][] = [['a', 'b']]

/** Signs the URL, and verifies a request for the target with these options. */
async function askAbout(library: Library, signedUrl: string, target: string, options: Options): Promise<Verdict> {
  return ask(library, await makeRequest({ path: target, params, signed: `${signedUrl}ab` }), options)
}

export function urlsSuite(library: Library): Suite {
  const accept = async (signed: string, target: string, options: Options): Promise<void> => {
    const { matched } = assertAccepted(await askAbout(library, signed, target, options))
    assertEqual(matched.url, signed, 'the URL that matched')
  }
  const refuse = async (
    signed: string,
    target: string,
    options: Options,
    code: RejectionCode = 'signature_mismatch',
  ) => {
    assertRejected(await askAbout(library, signed, target, options), code)
  }
  const server: Options = { publicUrl: 'https://a.example' }
  return defineSuite('the public URL', {
    'a prefix goes before the target': () =>
      accept('https://a.example/p/x?q=1', '/x?q=1', { publicUrl: 'https://a.example/p/' }),
    'an absolute target: its path and query count, its host does not': () =>
      accept('https://a.example/x?q=1', 'http://evil.example/x?q=1', server),
    'ports: none, as given, default': async () => {
      await accept('https://a.example:443/x', '/x', server)
      await accept('https://a.example/x', '/x', { publicUrl: 'https://a.example:8443' })
      await accept('https://a.example:8443/x', '/x', { publicUrl: 'https://a.example:8443' })
      await accept('http://a.example:80/x', '/x', { publicUrl: 'http://a.example' })
      await refuse('https://a.example:80/x', '/x', server)
      await refuse('https://a.example:8444/x', '/x', { publicUrl: 'https://a.example:8443' })
    },
    'an empty path for the root': async () => {
      await accept('https://a.example', '/', server)
      await accept('https://a.example?q=1', '/?q=1', server)
    },
    'the apostrophe in both spellings': async () => {
      await accept("https://a.example/x?q=it's+1", '/x?q=it%27s+1', server)
      await accept('https://a.example/x?q=it%27s+1', "/x?q=it's+1", server)
    },
    'no other encoding of the query is tried': async () => {
      await accept('https://a.example/x?q=a%20b%2b|c', '/x?q=a%20b%2b|c', server)
      await refuse('https://a.example/x?q=a%20b', '/x?q=a+b', server)
      await refuse('https://a.example/x?q=%2B', '/x?q=%2b', server)
      await refuse('https://a.example/x?b=1&a=2', '/x?a=2&b=1', server)
    },
    'a platform that re-encodes spaces': async () => {
      for (const [signed, target] of [
        ['a%20b', 'a+b'],
        ['a+b', 'a%20b'],
      ] as const) {
        const request = await makeRequest({
          path: `/x?q=${target}`,
          params,
          signed: `https://a.example/x?q=${signed}ab`,
        })
        assertAccepted(await ask(library, { ...request, urlIsNormalized: true }, server))
      }
    },
    'userinfo and fragment of the configured URL are dropped': async () => {
      await accept('https://a.example/p/x', '/x', { publicUrl: 'https://user:secret@a.example/p#rc=2' })
    },
    'a trailing slash, only if the option allows it': async () => {
      await refuse('https://a.example/x/', '/x', server)
      await refuse('https://a.example/x', '/x/', server)
      await accept('https://a.example/x/', '/x', { ...server, trailingSlash: 'either' })
      await accept('https://a.example/x?q=1', '/x/?q=1', { ...server, trailingSlash: 'either' })
    },
    'several public URLs: the one of the Host': async () => {
      const publicUrl = ['https://app.example.com/p', 'https://b.example:8443']
      await accept('https://app.example.com/p/x', '/x', { publicUrl })
      await refuse('https://b.example:8443/x', '/x', { publicUrl })
      const request = await makeRequest({ path: '/x', params, signed: 'https://b.example:8443/xab' })
      assertAccepted(await ask(library, withHeaders(request, { host: 'B.example:8443' }), { publicUrl }))
      assertRejected(await ask(library, withHeaders(request, { host: 'b.example' }), { publicUrl }), 'url_not_allowed')
      // A list of one selects too. One URL alone is used with any host.
      const ofOne = { publicUrl: ['https://b.example:8443'] }
      assertAccepted(await ask(library, withHeaders(request, { host: 'B.example:8443' }), ofOne))
      assertRejected(await ask(library, withHeaders(request, { host: 'a.example' }), ofOne), 'url_not_allowed')
      const alone = { publicUrl: 'https://b.example:8443' }
      assertAccepted(await ask(library, withHeaders(request, { host: 'a.example' }), alone))
    },
    'signedUrl wins over publicUrl': async () => {
      await accept('https://c.example/y?z=1', '/x', { ...server, signedUrl: () => 'https://u:p@c.example/y?z=1#f' })
      await refuse('https://a.example/x', '/x', { signedUrl: () => 'nonsense' }, 'url_not_allowed')
    },
    'at most twelve forms are tried, and reported without their query': async () => {
      const options: Options = { publicUrl: 'https://a.example:8443', trailingSlash: 'either' }
      const request = await makeRequest({ path: "/x?q=it's+secret", params, signed: 'nothing' })
      const { tried } = assertRejected(
        await ask(library, { ...request, urlIsNormalized: true }, options),
        'signature_mismatch',
      )
      assertEqual(tried.length > 0 && tried.length <= 12, true, 'the number of forms')
      assertEqual(
        tried.some((url) => url.includes('secret')),
        false,
        'a query is reported',
      )
    },
  })
}

interface ProxyCase {
  readonly rule?: Partial<FromRequestOptions>
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly peer?: string
  readonly encrypted?: boolean
  /** The URL that is accepted. Without one, the request is refused as `url_not_allowed`. */
  readonly url?: string
}

const trusted = { trustedProxies: ['loopback', '10.0.0.0/8', '2001:db8::/32'], forwardedBy: 'x-forwarded' } as const
const byRfc = { ...trusted, forwardedBy: 'forwarded' } as const
const xHeaders = { 'x-forwarded-host': 'app.example.com', 'x-forwarded-proto': 'https', host: 'internal:3000' }

const proxyCases: Readonly<Record<string, ProxyCase>> = {
  'a direct request over TLS': { encrypted: true, url: 'https://app.example.com/x' },
  'a direct request without TLS': { url: 'http://app.example.com/x' },
  'a Host in upper case': { headers: { host: 'APP.example.com' }, url: 'http://APP.example.com/x' },
  'a wildcard matches one label': { headers: { host: 'a.wild.example' }, url: 'http://a.wild.example/x' },
  'a wildcard does not match two labels': { headers: { host: 'a.b.wild.example' } },
  'a wildcard does not match an empty label': { headers: { host: 'wild.example' } },
  'a host that is not on the list': { headers: { host: 'evil.example' } },
  'a port that is not on the list': { headers: { host: 'app.example.com:8080' } },
  'no Host': { headers: { host: undefined } },
  'a Host with a path': { headers: { host: 'app.example.com/x?' } },
  'a Host with userinfo': { headers: { host: 'x@app.example.com' } },
  'a Host with a trailing dot': { headers: { host: 'app.example.com.' } },
  'forwarding headers from an untrusted peer': { headers: xHeaders, peer: '192.0.2.1', rule: trusted },
  'forwarding headers without trusted proxies': { headers: xHeaders, peer: '127.0.0.1' },
  'forwarding headers from an unknown peer': { headers: xHeaders, rule: trusted },
  'forwarding headers from a trusted proxy': {
    headers: xHeaders,
    peer: '127.0.0.1',
    rule: trusted,
    url: 'https://app.example.com/x',
  },
  'a trusted proxy in a range, with the address of a dual-stack socket': {
    headers: xHeaders,
    peer: '::ffff:10.1.2.3',
    rule: trusted,
    url: 'https://app.example.com/x',
  },
  'a trusted proxy by IPv6': {
    headers: xHeaders,
    peer: '2001:db8::1',
    rule: trusted,
    url: 'https://app.example.com/x',
  },
  'X-Forwarded-Port': {
    headers: { ...xHeaders, 'x-forwarded-port': '443' },
    peer: '10.0.0.1',
    rule: trusted,
    url: 'https://app.example.com/x',
  },
  'a list of forwarded hosts': {
    headers: { ...xHeaders, 'x-forwarded-host': 'app.example.com, evil.example' },
    peer: '10.0.0.1',
    rule: trusted,
  },
  'a list of forwarded schemes': {
    headers: { ...xHeaders, 'x-forwarded-proto': 'https,http' },
    peer: '10.0.0.1',
    rule: trusted,
  },
  'a forwarded host that is not on the list': {
    headers: { ...xHeaders, 'x-forwarded-host': 'evil.example' },
    peer: '10.0.0.1',
    rule: trusted,
  },
  'an invalid forwarded scheme': {
    headers: { ...xHeaders, 'x-forwarded-proto': 'javascript' },
    peer: '10.0.0.1',
    rule: trusted,
  },
  'a forwarded prefix is ignored': {
    headers: { ...xHeaders, 'x-forwarded-prefix': '/admin' },
    peer: '10.0.0.1',
    rule: trusted,
    url: 'https://app.example.com/x',
  },
  'Forwarded from a trusted proxy': {
    headers: { forwarded: 'for=1.2.3.4;host="app.example.com";proto=https', host: 'internal' },
    peer: '10.0.0.1',
    rule: byRfc,
    url: 'https://app.example.com/x',
  },
  'Forwarded with two elements': {
    headers: { forwarded: 'host=app.example.com;proto=https, host=evil.example' },
    peer: '10.0.0.1',
    rule: byRfc,
  },
  'Forwarded with a repeated name': {
    headers: { forwarded: 'host=app.example.com;host=app.example.com' },
    peer: '10.0.0.1',
    rule: byRfc,
  },
  'the other family of headers is ignored': {
    headers: { ...xHeaders, host: 'app.example.com', 'x-forwarded-host': 'a.wild.example' },
    peer: '10.0.0.1',
    rule: byRfc,
    url: 'http://app.example.com/x',
  },
}

export function fromRequestSuite(library: Library): Suite {
  const check = async ({ rule, headers = {}, peer, encrypted, url }: ProxyCase): Promise<void> => {
    const publicUrl = library.fromRequest({ allowedHosts: ['app.example.com', '*.wild.example'], ...rule })
    const request = withHeaders(
      await makeRequest({ path: '/x', params, signed: `${url ?? 'http://app.example.com/x'}ab` }),
      headers,
    )
    const verdict = await ask(library, { ...request, remoteAddress: peer, encrypted }, { publicUrl })
    if (url === undefined) assertRejected(verdict, 'url_not_allowed')
    else assertEqual(assertAccepted(verdict).matched.url, url, 'the URL')
  }
  return defineSuite(
    'fromRequest',
    Object.fromEntries(Object.entries(proxyCases).map(([name, one]) => [name, () => check(one)])),
  )
}
