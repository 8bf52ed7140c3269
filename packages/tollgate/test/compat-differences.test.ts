import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as compat from '../src/compat/index.ts'
import {
  authToken,
  fakeRequest,
  formType,
  hmac,
  joinForm,
  jsonType,
  original,
  outcome,
  signForm,
} from './compat-fixtures.ts'

const url = 'https://example.com/sms'
const emptyHash = compat.getExpectedBodyHash('{}')

afterEach(() => vi.unstubAllEnvs())

/** The results of the package and of ours for the same call, in this order. */
function ask(call: (module: typeof original | typeof compat) => unknown): unknown[] {
  return [original, compat].map((module) => outcome(() => call(module)))
}

function askRequest(
  given: Parameters<typeof fakeRequest>[0],
  signature: string,
  opts?: compat.RequestValidatorOptions,
): unknown[] {
  const request = fakeRequest({ ...given, headers: { ...given.headers, 'x-twilio-signature': signature } })
  return [
    outcome(() => original.validateIncomingRequest(request, authToken, opts as object)),
    outcome(() => compat.validateIncomingRequest(request, authToken, opts)),
  ]
}

/** The statuses of both middlewares, 200 for a request that reaches the next handler. */
function askWebhook(request: ReturnType<typeof fakeRequest>, ...given: Parameters<typeof compat.webhook>): unknown[] {
  return [original, compat].map((module) => {
    let answered = 0
    const response = {
      type: () => response,
      status(status: number) {
        answered = status
        return response
      },
      send: () => response,
    }
    module.webhook(...(given as [string, object]))(request, response, () => {
      answered = 200
    })
    return answered
  })
}

const askUrl = (signed: string, received: string): unknown[] =>
  ask((module) => module.validateRequest(authToken, hmac(signed), received, {}))

test('the names of the package, with its constants', () => {
  const names = Object.keys(original).filter((name) => !['default', '__esModule', 'module.exports'].includes(name))
  expect(Object.keys(compat).sort()).toEqual(names.sort())
  for (const name of names)
    if (typeof Reflect.get(original, name) === 'string')
      expect(Reflect.get(compat, name)).toBe(Reflect.get(original, name))
})

describe('refused here, accepted by the package', () => {
  test('an empty token', () => {
    expect(ask((module) => module.validateRequest('', hmac(url, ''), url, {}))).toEqual([true, 'TypeError'])
    const request = fakeRequest({ headers: { 'x-twilio-signature': hmac(url, '') } })
    for (const token of ['', undefined, ' ', `"${authToken}"`, `${authToken}\n`, 'your_auth_token'])
      for (const call of [
        () => compat.validateRequest(token as string, '', url, {}),
        () => compat.validateRequestWithBody(token as string, '', url, ''),
        () => compat.validateIncomingRequest(request, token as string),
        () => compat.validateExpressRequest(request, token as string),
        () => compat.getExpectedTwilioSignature(token as string, url, {}),
        () => compat.webhook({ authToken: token ?? '' }),
      ])
        expect(call).toThrow(/"authToken"/)
  })

  test('methods other than GET, POST and PUT', () => {
    for (const method of ['DELETE', 'PATCH', 'HEAD']) expect(askRequest({ method }, hmac(url))).toEqual([true, false])
  })

  test('a GET signature on a POST with a body it does not cover', () => {
    const length = { 'content-length': '8' }
    for (const type of [
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/json',
      'application/x-www-form-urlencoded',
    ])
      for (const body of [{}, undefined])
        expect(askRequest({ headers: { ...length, 'content-type': type }, body }, hmac(url))).toEqual([true, false])
    const chunked = { 'transfer-encoding': 'chunked', 'content-type': 'text/plain' }
    expect(askRequest({ headers: chunked }, hmac(url))).toEqual([true, false])
    expect(askRequest({ method: 'GET', headers: formType, body: { a: 'b' } }, hmac(`${url}ab`))).toEqual([true, false])
  })

  test('form parameters that arrive as JSON', () => {
    expect(askRequest({ headers: jsonType, body: { a: 'b' } }, hmac(`${url}ab`))).toEqual([true, false])
  })

  test('a JSON body whose bytes were not kept', () => {
    const target = `/sms?bodySHA256=${emptyHash}`
    const request = { headers: { ...jsonType, 'content-length': '11' }, originalUrl: target, body: { evil: true } }
    expect(askRequest(request, hmac(`https://example.com${target}`))).toEqual([true, false])
    expect(askRequest({ ...request, rawBody: '{}' }, hmac(`https://example.com${target}`))).toEqual([true, true])
  })

  test('parameters that are objects', () => {
    expect(askRequest({ headers: formType, body: { a: { b: 'evil' } } }, hmac(`${url}a[object Object]`))).toEqual([
      true,
      false,
    ])
    for (const value of [{ b: 1 }, [['x']], null])
      expect(ask((module) => module.validateRequest(authToken, hmac(`${url}a${value}`), url, { a: value }))).toEqual([
        true,
        false,
      ])
  })

  test('a Host that is more than a host', () => {
    const signature = hmac('https://other.com/app2?x=/sms')
    expect(askRequest({ headers: { host: 'other.com/app2?x=' } }, signature)).toEqual([true, false])
    expect(askRequest({}, signature, { host: 'other.com/app2?x=' })).toEqual([true, false])
    expect(() => compat.webhook({ authToken, host: 'other.com/app2?x=' })).toThrow(/"host"/)
  })

  test('another query than the configured one', () => {
    const opts = { url: `${url}?b=it%27s&a=1` }
    expect(askRequest({ originalUrl: '/sms?b=it%27s&a=1&admin=1' }, hmac(opts.url), opts)).toEqual([true, false])
    for (const originalUrl of ['/sms?b=it%27s&a=1', "/sms?a=1&b=it's", '/rewritten'])
      expect(askRequest({ originalUrl }, hmac(opts.url), opts)).toEqual([true, true])
  })

  test('reordered parameters', () => {
    expect(askUrl(`${url}?b=2&b=3&a=1`, `${url}?b=2&a=1&b=3`)).toEqual([true, false])
    expect(askUrl(`${url}?1=x&b=2`, `${url}?b=2&1=x`)).toEqual([true, false])
  })

  test('parameters after the thousandth', () => {
    const query = Array.from({ length: 1000 }, (_, index) => `k${index}=${index}`).join('&')
    expect(askUrl(`${url}?${query}`, `${url}?${query}&To=evil`)).toEqual([true, false])
  })

  test('dot segments and backslashes', () => {
    for (const path of ['/x/../sms', '/x/%2e%2e/sms', '/./sms', '\\sms'])
      expect(askUrl(url, `https://example.com${path}`)).toEqual([true, false])
  })

  test('invalid percent-encoding in a query that would be written in another way', () => {
    expect(askUrl(`${url}?a=%EF%BF%BD`, `${url}?a=%FF`)).toEqual([true, false])
    expect(askUrl(`${url}?a=%FF`, `${url}?a=%FF`)).toEqual([true, true])
  })

  test('a query in which the qs parser ends a name elsewhere', () => {
    expect(askUrl(`${url}?Body=x%5D%3Devil`, `${url}?Body=x]=evil`)).toEqual([true, false])
  })

  test('a form signed without its parameters, whose URL has bodySHA256', () => {
    const rawBody = 'Body=hi'
    const target = `/sms?bodySHA256=${compat.getExpectedBodyHash(rawBody)}`
    const request = { headers: formType, originalUrl: target, rawBody, body: { Body: 'hi' } }
    expect(askRequest(request, hmac(`https://example.com${target}`))).toEqual([true, false])
  })

  test('a bodySHA256 that is repeated with another value, or percent-encoded', () => {
    for (const query of [`bodySHA256=${emptyHash}&bodySHA256=x`, `body%53HA256=${emptyHash}`]) {
      const full = `${url}?${query}`
      expect(ask((module) => module.validateRequestWithBody(authToken, hmac(full), full, '{}'))).toEqual([true, false])
    }
  })

  test('the header of a SharedKey of the private beta', () => {
    const headers = { 'x-twilio-signature-key-sid': 'k' }
    const request = fakeRequest({ headers: { ...headers, 'x-twilio-signature': hmac(url) }, body: {} })
    expect(askWebhook(request, authToken)).toEqual([200, 403])
    expect(askRequest({ headers }, hmac(url))).toEqual([true, true])
  })

  test('a settings header that Twilio does not send', () => {
    const secret = 'a shared secret'
    for (const settings of ['algorithm=HMAC_SHA256', 'key=k,algorithm=hmac_sha256', 'key=k, algorithm=HMAC_SHA256'])
      for (const token of [authToken, undefined]) {
        const signature = hmac(url, secret, 'sha256')
        const headers = { 'x-twilio-signature': signature, 'x-twilio-webhooks-signature-settings': settings }
        expect(askWebhook(fakeRequest({ headers, body: {} }), token, { sharedKeySecret: secret })).toEqual([200, 403])
      }
  })

  test('URLs that Twilio cannot have signed', () => {
    for (const one of ['/sms', 'ftp://example.com/sms', 'https://example.com:0/sms', 'wss://example.com:80/sms'])
      expect(askUrl(one, one.replace('wss://example.com:80', 'wss://example.com'))).toEqual([true, false])
    expect(askUrl(url, 'https://example.com:/sms')).toEqual([true, false])
    expect(askUrl(`${url}#rc=2`, `${url}#rc=2`)).toEqual([true, false])
  })
})

describe('accepted here, refused by the package', () => {
  test('a configured URL with a fragment or userinfo', () => {
    for (const configured of [`${url}#rc=2&rp=all`, 'https://user:pass@example.com/sms']) {
      expect(askUrl(url, configured)).toEqual([false, true])
      expect(askRequest({}, hmac(url), { url: configured })).toEqual([false, true])
      compat.webhook({ authToken, url: configured })
    }
  })

  test('an empty path, apostrophes, and the default port where another is named', () => {
    expect(askUrl('https://example.com', 'https://example.com/')).toEqual([false, true])
    expect(askUrl(`${url}?a='+b`, `${url}?a=%27+b`)).toEqual([false, true])
    expect(askUrl('https://example.com:443/sms', 'https://example.com:8443/sms')).toEqual([false, true])
  })

  test('WebSocket handshakes', () => {
    for (const signed of [
      'wss://example.com/relay/?b=2&a=1',
      'wss://example.com:443/relay?b=2&a=1',
      'wss://example.com/relaya1b2',
    ])
      expect(askUrl(signed, 'wss://example.com/relay?b=2&a=1')).toEqual([false, true])
  })

  test('field names with brackets, whose raw form was kept', () => {
    const request = { headers: formType, body: { a: { b: '1' } }, rawBody: 'a%5Bb%5D=1' }
    expect(askRequest(request, hmac(`${url}a[b]1`))).toEqual([false, true])
  })

  test('a GET of a regulatory bundle whose URL has bodySHA256', () => {
    const target = `/sms?bodySHA256=${compat.getExpectedBodyHash('x')}&AccountSid=AC1&BundleSid=BU1&Status=pending`
    expect(askRequest({ method: 'GET', originalUrl: target }, hmac(`https://example.com${target}`))).toEqual([
      false,
      true,
    ])
  })

  test('a form whose URL has bodySHA256', () => {
    const target = '/bodySHA256/sms'
    const request = { headers: formType, originalUrl: target, body: { Body: 'hi' } }
    expect(askRequest(request, hmac(`https://example.com${target}Bodyhi`))).toEqual([false, true])
  })
})

describe('different answers', () => {
  test('nothing in a request throws', () => {
    expect(askUrl(url, 'nonsense')).toEqual(['TypeError', false])
    expect(askRequest({ headers: { host: 'a b' } }, hmac(url))).toEqual(['TypeError', false])
    expect(askRequest({ body: { toString: 1 } }, hmac(url))).toEqual([false, false])
    expect(ask((module) => module.validateRequest(authToken, '', url, { a: { toString: 1 } }))).toEqual([
      'TypeError',
      false,
    ])
    expect(ask((module) => module.validateRequest(authToken, '', url, null as never))).toEqual(['TypeError', false])
  })

  test('options of webhook() are checked when it is made', () => {
    vi.stubEnv('TWILIO_AUTH_TOKEN', undefined)
    expect(() => compat.webhook()).toThrow(/"authToken" is missing/)
    expect(() => compat.webhook('')).toThrow(/"authToken" is empty/)
    vi.stubEnv('TWILIO_AUTH_TOKEN', '')
    expect(() => compat.webhook()).toThrow(/"authToken" is empty/)
    vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
    compat.webhook()
    compat.webhook({ includeHelpers: true, validate: true })
    for (const [name, options] of Object.entries({
      validat: { validat: false },
      sharedKeySecret: { sharedKeySecret: '' },
      validate: { validate: 0 },
      url: { url: '/sms' },
      host: { host: 'https://example.com' },
      protocol: { protocol: 'ftp' },
    }))
      expect(() => compat.webhook(options as compat.WebhookOptions)).toThrow(new RegExp(`"${name}"`))
    compat.webhook({ url, host: 'https://example.com', protocol: 'ftp' })
  })

  test('getExpectedTwilioSignature takes no objects', () => {
    expect(ask((module) => module.getExpectedTwilioSignature(authToken, url, { a: {} }))).toEqual([
      hmac(`${url}a[object Object]`),
      'TypeError',
    ])
    const full = `${url}?bodySHA256=x`
    const [theirs, ours] = ask((module) => module.getExpectedTwilioSignature(authToken, full, null as never))
    expect(ours).toBe(theirs)
  })
})

describe('SharedKeys, as in the package', () => {
  beforeEach(() => {
    // The package prints each secret that is missing, and each unknown algorithm.
    for (const name of ['error', 'warn'] as const) vi.spyOn(console, name).mockImplementation(() => undefined)
  })
  afterEach(() => vi.restoreAllMocks())

  const secret = 'ACme shared secret'
  const settings = [undefined, '', 'HMAC_SHA256', 'HMAC_SHA1', 'HMAC_MD5', 'none']
  const signers = [
    [authToken, 'sha1'],
    [authToken, 'sha256'],
    [secret, 'sha1'],
    [secret, 'sha256'],
    ['another-secret', 'sha256'],
  ] as const

  test('the middleware takes the secret and the algorithm that the settings header asks for', () => {
    vi.stubEnv('TWILIO_AUTH_TOKEN', undefined)
    const accepted: string[] = []
    for (const name of settings)
      for (const [key, hash] of signers)
        for (const [token, sharedKeySecret] of [
          [authToken, secret],
          [undefined, secret],
          [authToken, undefined],
        ] as const) {
          const header = name && `key=webhooks_sharedkey_01,algorithm=${name}`
          const params = { Body: 'hello', From: '+1' }
          const request = fakeRequest({
            headers: {
              ...formType,
              'x-twilio-signature': hmac(joinForm(url, params), key, hash),
              ...(header !== undefined && { 'x-twilio-webhooks-signature-settings': header }),
            },
            body: params,
          })
          const [theirs, ours] = askWebhook(request, token, { sharedKeySecret })
          // The package answers 500 if the secret is missing. A stranger could cause that.
          expect(ours, `${name} ${key} ${hash}`).toBe(theirs === 500 ? 403 : theirs)
          if (ours === 200)
            accepted.push(`${header ? name : 'no header'} ${key === secret ? 'shared' : 'token'} ${hash}`)
        }
    expect([...new Set(accepted)].sort()).toEqual([
      'HMAC_SHA1 shared sha1',
      'HMAC_SHA256 shared sha256',
      'no header token sha1',
    ])
  })

  test('getSignatureAlgorithm reads what the package reads', () => {
    const texts = [
      undefined,
      null,
      '',
      'key=a,algorithm=HMAC_SHA256',
      'key=a,algorithm=HMAC_SHA1',
      ' algorithm = HMAC_SHA256 ',
      'algorithm=,algorithm=x',
      'key=algorithm,x',
      'Algorithm=HMAC_SHA256',
      'algorithm=a=b',
      '=,=algorithm',
      'algorithm=HMAC_SHA256, key=b,algorithm=HMAC_SHA1',
    ]
    for (const text of texts) {
      const [theirs, ours] = ask((module) => module.getSignatureAlgorithm(text))
      expect(ours, String(text)).toBe(theirs)
    }
  })

  test('an algorithm of the wrong type is refused', () => {
    for (const algorithm of [{}, [], 7, true])
      expect(compat.validateRequest(authToken, hmac(url), url, {}, algorithm as unknown as string)).toBe(false)
  })
})

describe('the same as in the package on purpose', () => {
  test('numbers and booleans count as their text', () => {
    const params = { NumMedia: 0, Digits: [7, 70, 7], Muted: false, Body: 'x' }
    const text = `${url}BodyxDigits7Digits70MutedfalseNumMedia0`
    expect(ask((module) => module.getExpectedTwilioSignature(authToken, url, params))).toEqual([hmac(text), hmac(text)])
    expect(ask((module) => module.validateRequest(authToken, hmac(text), url, params))).toEqual([true, true])
    expect(askRequest({ headers: formType, body: params }, hmac(text))).toEqual([true, true])
  })

  test('a port may be missing from the signed URL, but no other port counts', () => {
    expect(askUrl(url, 'https://example.com:8443/sms')).toEqual([true, true])
    expect(askUrl('https://example.com:1/sms', 'https://example.com:8443/sms')).toEqual([false, false])
  })

  test('other spellings of the same parameters', () => {
    for (const [signed, received] of [
      ['?a=1%20b', '?a=1+b'],
      ['?Caller=sip%3A1%40h', '?Caller=sip:1@h'],
      ["?a='", '?a=%27'],
      ['?a=%C3%A9', '?a=\u00e9'],
      ['?a=', '?a'],
    ])
      expect(askUrl(url + signed, url + received)).toEqual([true, true])
    expect(askUrl('https://example.com/sms', 'https://EXAMPLE.com/sms')).toEqual([true, true])
    expect(askUrl(url, `${url}\n`)).toEqual([true, true])
  })

  test('a host outside ASCII, at the first and at the ten-thousandth call', () => {
    const signature = hmac('https://xn--bcher-kva.example/sms')
    for (let count = 0; count < 10_000; count++)
      expect(compat.validateRequest(authToken, signature, 'https://b\u00fccher.example/sms', {})).toBe(true)
  })

  test('an HTTP/2 request whose body may not be declared', () => {
    const headers = { ':method': 'POST', 'x-twilio-signature': hmac(url) }
    for (const complete of [true, false]) {
      const request = { ...fakeRequest({ headers }), complete }
      expect(compat.validateIncomingRequest(request, authToken)).toBe(complete)
    }
  })

  test('the Host header is trusted where nothing is configured', () => {
    expect(askRequest({ headers: { host: 'other.example' } }, hmac('https://other.example/sms'))).toEqual([true, true])
    expect(
      askRequest({ headers: { host: 'other.example' } }, hmac('https://other.example/sms'), { host: 'example.com' }),
    ).toEqual([false, false])
  })

  test('a hash is a text or a list, and an object with a length is neither', () => {
    const hash = compat.getExpectedBodyHash('{}')
    expect(ask((module) => module.validateBody('{}', [...Buffer.from(hash)]))).toEqual([true, true])
    // What the qs parser makes of `bodySHA256[length]=4294967295`. A list of that length would not
    // fit into memory.
    for (const length of ['4294967295', '0'])
      expect(ask((module) => module.validateBody('{}', { length } as unknown as string))).toEqual([false, false])
    expect(compat.validateBody('{}', { length: 4_294_967_295 } as unknown as string)).toBe(false)
  })

  test('objects made by hand, without method, type or length', () => {
    const body = { From: '+1555', Body: "it's", Media: ['b', 'a'] }
    const made = { protocol: 'http', originalUrl: '/sms?a=1', body, method: undefined as unknown as string }
    const signature = signForm('https://example.com/sms?a=1', body)
    for (const opts of [
      { protocol: 'https' },
      { protocol: 'https:', host: 'example.com' },
      { url: 'https://example.com/sms?a=1' },
    ])
      expect(askRequest(made, signature, opts)).toEqual([true, true])
    expect(askRequest({ ...made, originalUrl: '/' }, signature, { url: 'https://example.com/sms?a=1' })).toEqual([
      true,
      true,
    ])
  })

  // A longer one than any spelling is not read, because a stranger's may hold thousands of pairs.
  test.each(['a', 'é', '漢', '😀'])('a query in its longest spelling is that of the option url: %s', (text) => {
    const escapeAll = (plain: string): string =>
      [...new TextEncoder().encode(plain)].map((byte) => `%${byte.toString(16)}`).join('')
    const url = `https://example.com/sms?${text.repeat(500)}&${text}=${text.repeat(500)}`
    const body = { From: '+1555' }
    const arrived = `/sms?${escapeAll(text.repeat(500))}=&${escapeAll(text)}=${escapeAll(text.repeat(500))}`
    const ask = (originalUrl: string) =>
      compat.validateIncomingRequest(
        fakeRequest({ headers: { ...formType, 'x-twilio-signature': signForm(url, body) }, originalUrl, body }),
        authToken,
        { url },
      )
    expect(ask(arrived)).toBe(true)
    expect(ask(`${arrived}&b=${'x'.repeat(12_000)}`)).toBe(false)
  })

  test('webhook({ validate: false }) needs no token', () => {
    vi.stubEnv('TWILIO_AUTH_TOKEN', undefined)
    const next = vi.fn()
    compat.webhook({ validate: false })(fakeRequest({}), {}, next)
    expect(next).toHaveBeenCalledOnce()
  })
})
