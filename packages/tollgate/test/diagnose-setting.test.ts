import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { post, sms } from '../../../conformance/diagnosis/requests.ts'
import { diagnose } from '../src/diagnose/index.ts'
import { createVerifier, fromRequest, type VerifierOptions } from '../src/index.ts'
import { authToken } from './requests.ts'

const origin = 'https://api.example.com'

interface Row {
  readonly name: string
  readonly signed: string
  /** The target that arrives. */
  readonly url: string
  readonly options: VerifierOptions
  readonly otherUrls?: readonly string[]
  readonly headers?: Record<string, string>
  readonly method?: string
  readonly line: string | undefined
}

const rows: readonly Row[] = [
  {
    name: 'a prefix that was stripped',
    signed: `${origin}/twilio/sms`,
    url: '/sms',
    options: { publicUrl: origin },
    line: `publicUrl: '${origin}/twilio'`,
  },
  {
    name: 'a prefix that is there twice',
    signed: `${origin}/twilio/sms`,
    url: '/twilio/sms',
    options: { publicUrl: `${origin}/twilio` },
    line: `publicUrl: '${origin}'`,
  },
  {
    name: 'the whole URL of the webhook, whose prefix is stripped',
    signed: `${origin}/twilio/sms`,
    url: '/sms',
    options: { publicUrl: `${origin}/twilio/sms` },
    line: `publicUrl: '${origin}/twilio'`,
  },
  {
    name: 'a prefix that a proxy added',
    signed: `${origin}/sms?x=1`,
    url: '/api/sms?x=1',
    options: { publicUrl: origin },
    line: `signedUrl: ({ url }) => '${origin}' + url.replace(/^\\w+:\\/\\/[^/]*/, '').replace(/^\\/api(?=\\/)/, '')`,
  },
  {
    name: 'an absolute URL whose prefix was replaced',
    signed: `${origin}/twilio/sms`,
    url: 'https://internal.example/api/sms',
    options: { publicUrl: origin },
    line: `signedUrl: ({ url }) => '${origin}' + url.replace(/^\\w+:\\/\\/[^/]*/, '').replace(/^\\/api(?=\\/)/, '/twilio')`,
  },
  {
    name: 'the port of the server behind the proxy',
    signed: `${origin}/sms`,
    url: '/sms',
    options: { publicUrl: 'http://api.example.com:3000' },
    line: `publicUrl: '${origin}'`,
  },
  {
    name: 'the scheme of one URL in a list',
    signed: `${origin}/sms`,
    url: '/sms',
    options: { publicUrl: ['https://other.example.com', 'http://api.example.com:443'] },
    headers: { host: 'api.example.com:443' },
    line: `publicUrl: ['https://other.example.com', '${origin}']`,
  },
  {
    name: 'the scheme of a list of one, which stays a list',
    signed: `${origin}/sms`,
    url: '/sms',
    options: { publicUrl: ['http://api.example.com:443'] },
    headers: { host: 'api.example.com:443' },
    line: `publicUrl: ['${origin}']`,
  },
  {
    name: 'a rule that sees http',
    signed: `${origin}/sms`,
    url: '/sms',
    options: { publicUrl: fromRequest({ allowedHosts: ['api.example.com'] }) },
    line: `publicUrl: '${origin}'`,
  },
  {
    name: 'a slash and the scheme',
    signed: `${origin}/sms/`,
    url: '/sms',
    options: { publicUrl: 'http://api.example.com' },
    line: `publicUrl: '${origin}', trailingSlash: 'either'`,
  },
  {
    name: 'the scheme and the method',
    signed: `${origin}/sms`,
    url: '/sms',
    options: { publicUrl: 'http://api.example.com' },
    method: 'PUT',
    line: `publicUrl: '${origin}', methods: ['GET', 'POST', 'PUT']`,
  },
  {
    name: 'a function that loses the query',
    signed: `${origin}/sms?x=1`,
    url: '/sms?x=1',
    options: { signedUrl: () => `${origin}/sms` },
    line: `signedUrl: ({ url }) => '${origin}' + url.replace(/^\\w+:\\/\\/[^/]*/, '')`,
  },
  {
    name: 'the URL of a program that sends the request on, in a header of its own',
    signed: 'https://portal.example.net/api/twilio/conversations?x=1',
    url: '/functions/v1/webhook?x=1',
    options: { publicUrl: origin },
    headers: {
      host: 'edge.example.org',
      'x-portal-webhook-url': 'https://portal.example.net/api/twilio/conversations',
    },
    line: "signedUrl: ({ url }) => 'https://portal.example.net/api/twilio/conversations' + url.replace(/^[^?]*/, '')",
  },
  {
    // Anyone can send this header with a copy of a request, and the function would take that signature on every route.
    name: 'a path from before a rewrite, which a header names',
    signed: `${origin}/hooks/sms`,
    url: '/api/v2/inbound',
    options: { publicUrl: origin },
    headers: { 'x-replaced-path': '/hooks/sms' },
    line: undefined,
  },
  {
    name: 'such a header of a site that shows requests to its readers',
    signed: 'https://webhook.site/5f0c',
    url: '/sms',
    options: { publicUrl: origin },
    headers: { 'x-signed-url': 'https://webhook.site/5f0c' },
    line: undefined,
  },
  // No option mends these: the proxy or the server has to.
  {
    // A function that reads the query leaves its other fields, and a second `tenant`, without a signature.
    name: 'a part of the path that a rewrite moved into the query',
    signed: `${origin}/hooks/acme/sms`,
    url: '/api/sms?tenant=acme',
    options: { publicUrl: origin },
    otherUrls: [`${origin}/hooks/acme/sms`],
    line: undefined,
  },
  {
    name: 'a path that changed, with another field in the query',
    signed: `${origin}/hooks/acme/sms`,
    url: '/api/sms?id=7',
    options: { publicUrl: origin },
    otherUrls: [`${origin}/hooks/acme/sms`],
    line: undefined,
  },
  {
    name: 'a slash that the proxy doubled',
    signed: `${origin}/twilio/sms`,
    url: '//sms',
    options: { publicUrl: origin },
    line: undefined,
  },
  {
    name: 'an index page',
    signed: `${origin}/twilio/`,
    url: '/twilio/index.php',
    options: { publicUrl: origin },
    line: undefined,
  },
  {
    name: 'a path that was decoded',
    signed: `${origin}/a%7Eb`,
    url: '/a~b',
    options: { publicUrl: origin },
    line: undefined,
  },
]

describe('the option that mends the URL', () => {
  for (const { name, signed, url, options, otherUrls, headers, method = 'POST', line } of rows)
    test(name, async () => {
      const request = { ...post(signed, { url, params: sms, ...(headers && { headers }) }), method }
      const { proven } = await diagnose(request, { authToken, ...options, otherUrls })
      expect(proven?.causes.length).toBeGreaterThan(0)
      expect(proven?.setting).toBe(line)
      if (line === undefined) return
      expect(proven?.causes.map(({ fix }) => fix).join()).toContain(line)
      const mended: VerifierOptions = { authToken, ...options, ...new Function(`return { ${line} }`)() }
      expect(await createVerifier(mended).verify(request)).toMatchObject({ ok: true })
    })
})

test('the URL at Twilio settles what cannot be guessed', async () => {
  const request = post(`${origin}/t/q7x2/sms?key=8f1c`, { url: '/sms' })
  const given = { authToken, publicUrl: 'https://hidden.example.com' }
  const open = await diagnose(request, given)
  expect(open.proven).toBeUndefined()
  expect(open.suspected).toEqual([])
  expect(open.question?.commands[0]).toBe("npx @tollgate/cli diagnose --other-url 'URL'")
  const { proven } = await diagnose(request, { ...given, otherUrls: [`${origin}/t/q7x2/sms?key=8f1c`] })
  expect(proven?.causes.map(({ id }) => id)).toEqual(['host', 'path_prefix', 'query_missing'])
  expect(proven?.setting).toBe(`publicUrl: '${origin}/t/q7x2'`)
})

test.each(['FUNCTION_TARGET', 'K_SERVICE', 'FUNCTION_NAME'])('the name of the function in %s', async (variable) => {
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv(variable, 'inboundSMS')
  for (const [path, url, more] of [
    ['', '/', ", trailingSlash: 'either'"],
    ['/status', '/status', ''],
  ] as const) {
    const request = post(`${origin}/inboundSMS${path}`, { url, params: sms })
    const { proven } = await diagnose(request, { authToken, publicUrl: origin })
    expect(proven?.setting).toBe(`publicUrl: '${origin}/inboundSMS'${more}`)
    const mended: VerifierOptions = { authToken, ...new Function(`return { ${proven?.setting} }`)() }
    expect(await createVerifier(mended).verify(request)).toMatchObject({ ok: true })
  }
})

describe('a whole URL in a header', () => {
  const signed = 'https://relay.example.net/in/a1'
  const tryWith = async (headers: Record<string, string>) =>
    await diagnose(post(signed, { url: '/sms', params: sms, headers }), { authToken, publicUrl: origin })

  test.each(['x-relay-url', 'X-Original-URL', 'Forwarded-Url'])('is tried (%s)', async (name) => {
    expect((await tryWith({ [name]: signed })).proven?.causes.map(({ id }) => id)).toEqual(['host', 'path_prefix'])
  })

  test('is tried in a few headers only, of a length that a URL has', async () => {
    const other = Object.fromEntries([1, 2, 3, 4].map((n) => [`x-a${n}`, `https://example.org/${n}`]))
    expect((await tryWith({ ...other, 'x-relay-url': signed })).proven).toBeUndefined()
    expect((await tryWith({ 'x-relay-url': `${signed}?${'a'.repeat(2000)}` })).proven).toBeUndefined()
    expect((await tryWith({ referer: signed })).proven).toBeUndefined()
  })

  test('of a function never becomes a part of the host', async () => {
    const { proven } = await tryWith({ 'x-relay-url': signed })
    const { signedUrl } = new Function(`return { ${proven?.setting} }`)()
    for (const url of ['/sms', '@evil.example/sms', 'https://evil.example/x', ':8443/x'])
      expect(signedUrl({ url })).toBe(signed)
    expect(signedUrl({ url: '/sms?a=1' })).toBe(`${signed}?a=1`)
  })
})

describe('a printed function lets no sender choose the host', () => {
  async function readFunction(url: string, signed: string): Promise<VerifierOptions['signedUrl']> {
    const { proven } = await diagnose(post(signed, { url, params: sms }), { authToken, publicUrl: origin })
    const { signedUrl } = new Function(`return { ${proven?.setting} }`)()
    return signedUrl
  }
  const build = (signedUrl: VerifierOptions['signedUrl'], url: string): string =>
    signedUrl?.({ method: 'POST', url, headers: {} }) ?? ''

  test.each(['/api@evil.example/sms', '/api.evil.example/sms', '/api:8443/sms', '/sms', '/apisms'])(
    'by the path %s',
    async (url) => {
      expect(build(await readFunction('/api/sms', `${origin}/sms`), url)).toBe(origin + url)
    },
  )

  test('by an absolute URL', async () => {
    const signedUrl = await readFunction('https://internal.example/api/sms', `${origin}/sms`)
    expect(build(signedUrl, 'https://internal.example/api/sms')).toBe(`${origin}/sms`)
    expect(build(signedUrl, 'https://evil.example/api/sms')).toBe(`${origin}/sms`)
    expect(build(signedUrl, 'https://evil.example/other')).toBe(`${origin}/other`)
  })
})

test('a rule for several hosts gets the other way too', async () => {
  const rule = { allowedHosts: ['api.example.com'], trustedProxies: 'loopback', forwardedBy: 'x-forwarded' } as const
  for (const headers of [{}, { 'x-forwarded-proto': 'http' }, { 'x-forwarded-proto': 'https, http' }])
    for (const remoteAddress of ['127.0.0.1', '10.0.0.7']) {
      const request = { ...post(`${origin}/sms`, { headers: headers as Record<string, string> }), remoteAddress }
      const { proven } = await diagnose(request, { publicUrl: fromRequest(rule), authToken })
      const [first] = proven?.causes ?? []
      expect(first?.fix).toMatch(/^Set publicUrl: 'https:.*'\.\nOr, if Twilio calls several hosts, let the proxy set /)
      // The peer may be a stranger.
      expect(JSON.stringify(proven)).not.toContain('10.0.0.7')
    }
})
