import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { findNearest } from '../src/checks/options.ts'
import { createVerifier, fromRequest, RequestValidator, type VerifierOptions } from '../src/index.ts'
import { accountSid, authToken, formRequest, origin, sign } from './requests.ts'

beforeEach(() => {
  vi.stubEnv('TOLLGATE_PUBLIC_URL', undefined)
  vi.stubEnv('TWILIO_AUTH_TOKEN', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const good = { publicUrl: origin, authToken }
const make = (options: unknown) => createVerifier(options as VerifierOptions)

function errorOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

type Wrong = [name: string, what: string, options: unknown, error?: typeof TypeError]

const wrong: Wrong[] = [
  ['publicUrl', 'missing', { authToken }],
  ['publicUrl', 'empty', { ...good, publicUrl: '' }],
  ['publicUrl', 'an empty list', { ...good, publicUrl: [] }],
  ['publicUrl', 'a host alone', { ...good, publicUrl: 'api.example.com' }],
  ['publicUrl', 'a path alone', { ...good, publicUrl: '/prefix' }],
  ['publicUrl', 'another scheme', { ...good, publicUrl: 'ftp://example.com' }],
  ['publicUrl', 'with a query', { ...good, publicUrl: 'https://example.com/?a=1' }],
  ['publicUrl', 'a host outside ASCII', { ...good, publicUrl: 'https://bücher.example' }],
  ['publicUrl', 'with a space', { ...good, publicUrl: 'https://example.com/a b' }],
  ['publicUrl', 'with a line break', { ...good, publicUrl: 'https://example.com\n' }],
  ['publicUrl', 'a number', { ...good, publicUrl: 1 }],
  ['publicUrl', 'null', { ...good, publicUrl: null }],
  ['publicUrl', 'an object', { ...good, publicUrl: {} }],
  ['publicUrl', 'a function', { ...good, publicUrl: () => origin }],
  ['publicUrl', 'a wrong one in a list', { ...good, publicUrl: [origin, 'example.com'] }],
  ['signedUrl', 'a string', { ...good, signedUrl: origin }],
  ['signedUrl', 'null', { ...good, signedUrl: null }],
  ['authToken', 'missing', { publicUrl: origin }],
  ['authToken', 'an empty record', { ...good, authToken: {} }],
  ['authToken', 'a record with another name', { ...good, authToken: { main: authToken } }],
  ['authToken', 'a record with a short SID', { ...good, authToken: { AC123: authToken } }],
  ['authToken', 'a record with a blank token', { ...good, authToken: { [accountSid]: ' ' } }],
  ['authToken', 'a record without a token', { ...good, authToken: { [accountSid]: undefined } }],
  ['authToken', 'seventeen tokens', { ...good, authToken: Array(17).fill(authToken) }],
  ['sharedKeys', 'a string', { ...good, sharedKeys: 'secret' }],
  ['sharedKeys', 'null', { ...good, sharedKeys: null }],
  ['sharedKeys', 'a list', { ...good, sharedKeys: ['secret'] }],
  ['sharedKeys', 'an empty record', { ...good, sharedKeys: {} }],
  ['sharedKeys', 'a blank secret', { ...good, sharedKeys: { key1: ' ' } }],
  ['sharedKeys', 'no secret', { ...good, sharedKeys: { key1: { accountSid } } }],
  ['sharedKeys', 'a wrong owner', { ...good, sharedKeys: { key1: { secret: 'shared', accountSid: 'AC1' } } }],
  ['sharedKeysOnly', 'without shared keys', { ...good, sharedKeysOnly: true }],
  ['allowedAccounts', 'empty', { ...good, allowedAccounts: '' }],
  ['allowedAccounts', 'short', { ...good, allowedAccounts: 'AC123' }],
  ['allowedAccounts', 'an empty list', { ...good, allowedAccounts: [] }],
  ['allowedAccounts', 'null', { ...good, allowedAccounts: null }],
]

describe('createVerifier refuses wrong options and names them', () => {
  for (const [name, what, options, type = TypeError] of wrong)
    test(`${name}: ${what}`, () => {
      const error = errorOf(() => make(options))
      expect(error).toBeInstanceOf(type)
      expect(error.message).toMatch(new RegExp(`"${name}\\b`))
      expect(error.message).not.toContain(authToken)
    })

  test('a promise of a token is not taken for an empty record', () => {
    expect(errorOf(() => make({ ...good, authToken: Promise.resolve(authToken) })).message).toBe(
      '"authToken" must be a string, got object; the Auth Token is on the first page of the Twilio console',
    )
  })

  for (const options of [undefined, null, 'token', 1, []])
    test(`${JSON.stringify(options)} for options`, () => {
      expect(errorOf(() => make(options))).toBeInstanceOf(TypeError)
    })
})

// Most tokens contain "Sesame". No message may contain it.
const faultyTokens: [what: string, token: unknown, says: RegExp][] = [
  ['empty', '', /empty/],
  ['blank', '  \t', /blank/],
  ['a leading space', ' SesameSesame', /white space/],
  ['a trailing space', 'SesameSesame ', /white space/],
  ['a trailing no-break space', 'SesameSesame\u00a0', /white space/],
  ['a line break in the middle', 'Sesame\nSesame', /line break/],
  ['in double quotes', '"SesameSesame"', /quote/],
  ['an API key', 'SKSesameSesame', /API key/],
  ['an AccountSid', `AC${'0'.repeat(32)}`, /AccountSid/],
  ['the word undefined', 'undefined', /is JSON \(give its value\), an object or no value as text/],
  ['an object', '[object Object]', /object .* as text/],
  ['JSON of several values', '{"Sesame":"Sesame"}', /JSON \(give its value\)/],
  ['an unresolved variable', `$${'{Sesame}'}`, /placeholder/],
  ['angle brackets', '<Sesame>', /placeholder/],
  ['your_auth_token', 'your_auth_token_Sesame', /placeholder/],
  ['xxxxxxxx', 'xxxxxxxx', /placeholder/],
  ['a mask of a log', '***', /placeholder/],
  ['a mask of bullets', '\u2022\u2022\u2022', /placeholder/],
  ['a mask of GitLab', '[MASKED]', /placeholder/],
  ['a mask of a logger', '[REDACTED]', /placeholder/],
  ['a reference with a space', 'op://Sesame/Twilio/auth token', /placeholder/],
  ['an ellipsis, as in our own pages', '…', /placeholder.*Twilio console/],
  ['changeme', 'changeme', /placeholder/],
  ['change-me', 'CHANGE-ME', /placeholder/],
  ['the name of the variable', 'TWILIO_AUTH_TOKEN', /placeholder/],
  ['the variable of a shell', '$TWILIO_AUTH_TOKEN', /placeholder/],
  ['the variable of cmd.exe', '%TWILIO_AUTH_TOKEN%', /placeholder/],
  ['the variable of PowerShell', '$env:TWILIO_AUTH_TOKEN', /placeholder/],
  ['the variable of Node.js', 'process.env.TWILIO_AUTH_TOKEN', /placeholder/],
  ...[
    'TODO auth_token my_auth_token authToken AUTH_TOKEN replace-with-your-token insert_token_here',
    'put-your-token-here process.env.AUTH_TOKEN process.env.TOKEN import.meta.env.VITE_AUTH_TOKEN',
    "Deno.env.get('TWILIO_AUTH_TOKEN') twilio.auth.token your-token-here [your-twilio-auth-token] token",
  ]
    .flatMap((line) => line.split(' '))
    .map((text): [string, string, RegExp] => [`the words ${text}`, text, /placeholder/]),
  ['a description', 'its Sesame Token', /has a space or/],
  ['a comment, which `docker --env-file` keeps', 'SesameSesame # main', /has a space/],
  ['a character outside ASCII', 'Sesam\u00e9Sesame', /outside ASCII/],
  ['a number', 12345, /string/],
  ['null', null, /string/],
  ['bytes', new Uint8Array(3), /string|record|name|empty/],
  ['an object', { token: 'Sesame' }, /string|name/],
]

// Auth Tokens have a known form. The secret of a SharedKey may be any text.
const ofTokensOnly = [
  'an API key',
  'an AccountSid',
  'a description',
  'a comment, which `docker --env-file` keeps',
  'a character outside ASCII',
]

describe('tokens', () => {
  const allowed =
    '12345 test secret test-token old-token another-token my-key my-secret here with aB3/+=._~- xxx changing-me'
  for (const token of ['ab'.repeat(16), ...allowed.split(' ')])
    test(`${token} may be a token`, () => {
      expect(() => make({ ...good, authToken: token })).not.toThrow()
      expect(() => new RequestValidator(token)).not.toThrow()
      expect(() => make({ ...good, sharedKeys: { key1: token } })).not.toThrow()
    })

  for (const [what, token, says] of faultyTokens) {
    test(`${what}: createVerifier`, () => {
      const error = errorOf(() => make({ ...good, authToken: token }))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toContain('"authToken')
      expect(error.message).toMatch(says)
      expect(error.message).not.toContain('Sesame')
    })

    test(`${what}: in a list and in a record`, () => {
      for (const authTokens of [[authToken, token], { [accountSid]: token }]) {
        const error = errorOf(() => make({ ...good, authToken: authTokens }))
        expect(error).toBeInstanceOf(TypeError)
        expect(error.message).toContain('"authToken')
        expect(error.message).not.toMatch(/Sesame|0123456789abcdef/)
      }
    })

    test(`${what}: RequestValidator`, () => {
      for (const given of [token, [authToken, token]]) {
        const error = errorOf(() => new RequestValidator(given as string))
        expect(error).toBeInstanceOf(TypeError)
        expect(error.message).toMatch(/^"authToken" .*; the Auth Token is on the first page of the Twilio console$/)
        expect(error.message).not.toMatch(/Sesame|0123456789abcdef/)
      }
    })

    test(`${what}: as the secret of a SharedKey`, () => {
      if (ofTokensOnly.includes(what)) return
      const error = errorOf(() => make({ ...good, sharedKeys: { key1: token } }))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toContain('"sharedKeys')
      expect(error.message).not.toContain('Sesame')
    })
  }

  test('undefined or an empty list is refused', () => {
    expect(errorOf(() => new RequestValidator(undefined as unknown as string))).toBeInstanceOf(TypeError)
    expect(errorOf(() => new RequestValidator([]))).toBeInstanceOf(TypeError)
    expect(errorOf(() => make({ ...good, authToken: [] }))).toBeInstanceOf(TypeError)
  })
})

describe('the environment', () => {
  test('supplies missing options', async () => {
    vi.stubEnv('TOLLGATE_PUBLIC_URL', origin)
    vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
    expect(await make({}).verify(formRequest([['Body', 'hi']]))).toMatchObject({ ok: true })
    expect(await make({ authToken: undefined }).verify(formRequest([['Body', 'hi']]))).toMatchObject({ ok: true })
  })

  test('is not used if the options are set', async () => {
    vi.stubEnv('TOLLGATE_PUBLIC_URL', 'https://other.example.com')
    vi.stubEnv('TWILIO_AUTH_TOKEN', 'another-token')
    expect(await make(good).verify(formRequest([['Body', 'hi']]))).toMatchObject({ ok: true })
    const forged = formRequest([['Body', 'hi']], { secret: 'another-token' })
    expect(await make(good).verify(forged)).toMatchObject({ ok: false, code: 'signature_mismatch' })
  })

  test('supplies no Auth Token if sharedKeys is set', async () => {
    vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
    const { verify } = make({ publicUrl: origin, sharedKeys: { key1: 'secret' } })
    expect(await verify(formRequest([['Body', 'hi']]))).toMatchObject({ ok: false, code: 'key_unknown' })
  })

  test('supplies no public URL if signedUrl is set', async () => {
    vi.stubEnv('TOLLGATE_PUBLIC_URL', 'nonsense')
    const { verify } = make({ authToken, signedUrl: () => 'https://x.example/y?z' })
    const request = formRequest([], { signature: sign('https://x.example/y?z') })
    expect(await verify(request)).toMatchObject({ ok: true })
  })

  for (const [name, value, rest] of [
    ['TOLLGATE_PUBLIC_URL', '', { authToken }],
    ['TOLLGATE_PUBLIC_URL', 'example.com', { authToken }],
    ['TWILIO_AUTH_TOKEN', '', { publicUrl: origin }],
    ['TWILIO_AUTH_TOKEN', '"Sesame"', { publicUrl: origin }],
    ['TWILIO_AUTH_TOKEN', 'SKSesame', { publicUrl: origin }],
  ] as const)
    test(`${name}=${value} is a TypeError that names it`, () => {
      vi.stubEnv(name, value)
      const error = errorOf(() => make(rest))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toContain(name)
      expect(error.message).not.toContain('Sesame')
    })
})

describe('options are read once', () => {
  test('later changes of the options have no effect', async () => {
    const tokens = [authToken]
    const accounts = [accountSid]
    const given = {
      publicUrl: [origin],
      authToken: tokens,
      allowedAccounts: accounts,
      sharedKeys: { key1: { secret: 's3' } },
    }
    const { verify } = createVerifier(given)
    tokens[0] = 'another-token'
    given.publicUrl[0] = 'https://other.example.com'
    given.sharedKeys.key1.secret = 'another'
    accounts.length = 0
    expect(await verify(formRequest([['AccountSid', accountSid]]))).toMatchObject({ ok: true })
  })

  test('a validator keeps its tokens', () => {
    const tokens = [authToken]
    const validator = new RequestValidator(tokens)
    tokens[0] = 'another-token'
    expect(validator.validate(origin, {}, sign(origin))).toBe(true)
  })
})

describe('fromRequest', () => {
  const wrongRules: [name: string, what: string, options: unknown][] = [
    ['allowedHosts', 'missing', {}],
    ['allowedHosts', 'an empty list', { allowedHosts: [] }],
    ['allowedHosts', 'a string', { allowedHosts: 'example.com' }],
    ['allowedHosts', 'a URL', { allowedHosts: ['https://example.com'] }],
    ['allowedHosts', 'a star alone', { allowedHosts: ['*'] }],
    ['allowedHosts', 'a star within', { allowedHosts: ['api.*.com'] }],
    ['allowedHosts', 'two stars', { allowedHosts: ['*.*.com'] }],
    ['allowedHosts', 'an empty host', { allowedHosts: [''] }],
    ['allowedHosts', 'a number', { allowedHosts: [1] }],
    ['allowedHosts', 'a bigint', { allowedHosts: [10n] }],
    ['trustedProxies', 'a name', { allowedHosts: ['a.b'], trustedProxies: 'proxy', forwardedBy: 'forwarded' }],
    ['trustedProxies', 'a boolean', { allowedHosts: ['a.b'], trustedProxies: true, forwardedBy: 'forwarded' }],
    ['forwardedBy', 'missing', { allowedHosts: ['a.b'], trustedProxies: 'loopback' }],
    ['trustedProxies', 'missing', { allowedHosts: ['a.b'], forwardedBy: 'x-forwarded' }],
    ['trustedProxies', 'empty', { allowedHosts: ['a.b'], forwardedBy: 'x-forwarded', trustedProxies: [] }],
  ]
  for (const [name, what, options] of wrongRules)
    test(`${name}: ${what}`, () => {
      const error = errorOf(() => fromRequest(options as Parameters<typeof fromRequest>[0]))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toContain(`"${name}"`)
    })
})

test('a key named __proto__ is unknown too', () => {
  expect(() => make(JSON.parse('{"__proto__":{}}'))).toThrow('Unknown option "__proto__"')
})

test('findNearest returns the nearest name, or undefined', () => {
  expect(findNearest('color', ['colour', 'collar'])).toBe('colour')
  expect(findNearest('completely', ['different', 'words'])).toBeUndefined()
  expect(findNearest('anything', [])).toBeUndefined()
})
