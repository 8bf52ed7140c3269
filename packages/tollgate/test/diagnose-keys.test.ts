import { describe, expect, test, vi } from 'vitest'
import { get, json, keyed, post, sha256Signed } from '../../../conformance/diagnosis/requests.ts'
import { type DiagnosableRequest, diagnose as search } from '../src/diagnose/index.ts'
import { cached, twilioAccountTokens } from '../src/keys/index.ts'
import { accountSid, authToken, options, origin, otherSid, otherToken } from './requests.ts'

// What is suspected does not depend on how long a search was hopeless.
const diagnose = (...[request, given]: Parameters<typeof search>) => search(request, { maxTries: 1000, ...given })

const request = post(`${origin}/sms`)

describe('a text that is no token', () => {
  test.each([
    ['\u2022'.repeat(32), 'masked'],
    [`${'*'.repeat(28)}1234`, 'masked'],
    ['[REDACTED]', 'masked'],
    ['*', 'masked'],
    ['###', 'masked'],
    ['op://Private/Twilio/auth token', 'reference'],
    [`${authToken.slice(0, 8)}...`, 'masked'],
    ['arn:aws:secretsmanager:us-east-1:123456789012:secret:twilio', 'reference'],
    ['/run/secrets/twilio', 'file'],
    ['./secrets/twilio.txt', 'file'],
    ['/prod/twilio/auth-token', 'secret in a store'],
    ['projects/acme/secrets/twilio/versions/latest', 'reference'],
    ['vault:secret/data/twilio#token', 'reference'],
    ['@Microsoft.KeyVault(SecretUri=https://acme.vault.azure.net/secrets/t/)', 'reference'],
    ['ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]', 'encrypted'],
    ['encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9K3dAt', 'encrypted'],
    ['vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==', 'encrypted'],
    ['$ENV://TWILIO_AUTH_TOKEN', 'reference'],
    [`\${ssm:/acme/twilio-auth-token}`, 'reference'],
    ['{{resolve:secretsmanager:twilio:SecretString:token}}', 'reference'],
    [`\${{ secrets.TWILIO_AUTH_TOKEN }}`, 'reference'],
    ['<path:secret/data/twilio#token>', 'reference'],
    ['((twilio-auth-token))', 'reference'],
    ['$TWILIO_AUTH_TOKEN', 'reference'],
    ['%TWILIO_AUTH_TOKEN%', 'reference'],
    ['TWILIO_AUTH_TOKEN', 'variable'],
    ['process.env.TWILIO_AUTH_TOKEN', 'variable'],
    ['#{TwilioAuthToken}', 'reference'],
    ['__TWILIO_AUTH_TOKEN__', 'reference'],
    ['!Ref TwilioAuthToken', 'reference'],
    ['secrets.TWILIO_AUTH_TOKEN', 'reference'],
    ['AUTH_TOKEN', 'a name'],
    ['prod/twilio/auth-token', 'a name'],
    ['twilioAuthToken', 'a name'],
    ['twilio-token-2', 'a name'],
    ['C:\\secrets\\twilio.txt', 'file'],
    ['() => process.env.TWILIO_AUTH_TOKEN', 'function'],
    ['[Function: readToken]', 'function'],
    ['none', 'placeholder'],
    ['changeit', 'placeholder'],
    [`MG${authToken}`, 'SID'],
    [accountSid.toLowerCase(), 'SID'],
    ['SG.aaaa.bbbb', 'another service'],
    [`MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE${'QUJD'.repeat(21)}Q==`, 'public key, as webhooks of Email'],
    [`-----BEGIN PUBLIC KEY-----\n${'QUJD'.repeat(21)}\n-----END PUBLIC KEY-----`, 'public key, as webhooks of Email'],
    ['dp.st.prd.xxxxAbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcd', 'another service'],
    [`AgBy${'QUJD'.repeat(60)}`, 'encrypted'],
    ['U2FsdGVkX1+Zm9vYmFyZm9vYmFyZm9v', 'encrypted'],
  ])('%s', async (token, what) => {
    // No search can prove it, so a short one does.
    const { suspected } = await diagnose(request, { ...options, authToken: token, maxTries: 100 })
    expect(suspected[0]).toMatchObject({ id: 'token_shape', detail: expect.stringContaining(what) })
    expect(suspected.map(({ id }) => id)).not.toContain('host')
    expect(JSON.stringify(suspected)).not.toContain(token)
  })

  test.each(['k9x-secret-Qw4rTz81LpVb20', 'tokenA1b2C3d4E5', 'aUth9Kd0sL2'])(
    'a text that has such a word, and is no name: %s',
    async (token) => {
      const { suspected } = await diagnose(request, { ...options, authToken: token })
      expect(suspected[0]).toMatchObject({ id: 'token_shape' })
      expect(suspected[0]?.detail).toBe(
        `The configured Auth Token has ${token.length} characters. Auth Tokens have 32.`,
      )
    },
  )

  test('Basic credentials are not decoded alone', async () => {
    const given = { ...options, authToken: `Basic ${btoa(`${accountSid}:${authToken}`)}` }
    const { proven } = await diagnose(request, given)
    expect(proven?.causes).toMatchObject([
      {
        id: 'token_shape',
        detail: expect.stringContaining('Basic authentication'),
        fix: expect.stringMatching(/^Give/),
      },
    ])
  })

  test('an AccountSid without "AC"', async () => {
    const { suspected } = await diagnose(request, { ...options, authToken: accountSid.slice(2) })
    expect(suspected.map(({ id }) => id)).toEqual(['token_is_account_sid'])
    const given = { ...options, authToken: accountSid.slice(2), otherTokens: { console: authToken } }
    expect((await diagnose(request, given)).proven?.causes.map(({ id }) => id)).toEqual(['token_is_account_sid'])
  })

  const encode = (text: string): string => Buffer.from(text).toString('base64')
  test.each([
    ['a list in JSON', `["${authToken}"]`, /other text around/],
    ['a name that is no variable', `authToken: ${authToken}`, /other text around/],
    ['brackets', `{${authToken}}`, /other text around/],
    ['0x before it', `0x${authToken}`, /other characters before/],
    ['dashes in it', authToken.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), /between its digits/],
    ['Base64, twice', encode(encode(authToken)), /Base64 twice/],
    ['JSON in Base64', encode(JSON.stringify({ token: authToken })), /Base64/],
    ['a file in Base64', encode(`${authToken}\n`), /Base64/],
  ])('a token with %s is proven', async (name, token, what) => {
    const { proven } = await diagnose(request, { ...options, authToken: token })
    expect(proven?.causes).toMatchObject([{ id: 'token_shape', detail: expect.stringMatching(what) }])
    expect(proven?.causes[0]?.fix.endsWith('Then give the token in that text alone.')).toBe(name === 'JSON in Base64')
    expect(JSON.stringify(proven)).not.toContain(authToken)
  })

  test('a text with which no signature is computed is always the cause', async () => {
    const texts = [
      '"',
      "'",
      '`',
      `'"`,
      '" "',
      '\u00ab\u00bb',
      ' * ',
      '* * *',
      '-',
      '--',
      '\u0444\u044b\u0432',
      '&*(',
      `(${accountSid})`,
    ]
    for (const secret of texts)
      for (const given of [{ authToken: secret }, { authToken: () => secret }]) {
        const { proven, suspected, tried } = await diagnose(request, { ...options, ...given })
        expect(proven).toBeUndefined()
        if (tried === 0) expect(suspected[0]?.id).toMatch(/^token_/)
      }
    for (const secret of texts) {
      const shared = post(`${origin}/sms`, { headers: { ...keyed, 'x-twilio-signature': sha256Signed('other') } })
      const found = await diagnose(shared, { ...options, sharedKeys: { webhooks_sharedkey_1: secret } })
      expect(found.suspected.length > 0 || found.question !== undefined).toBe(true)
    }
  })

  test('a sentence is not called a token with white space', async () => {
    const { suspected } = await diagnose(request, { ...options, authToken: 'ask Ann for it' })
    expect(suspected.map(({ fix }) => fix).join()).not.toContain('Remove the white space')
    expect(suspected[0]?.fix).toMatch(/^Configure the Auth Token itself/)
  })

  test('the text of an object or a promise, from a look-up', async () => {
    for (const token of ['[object Promise]', '[object Object]']) {
      const { suspected } = await diagnose(request, { ...options, authToken: () => token })
      expect(suspected[0]).toMatchObject({
        detail: expect.stringContaining('an object or no value as text'),
        fix: expect.stringContaining('await the promise'),
      })
    }
  })

  test.each([
    ['one O for 0', authToken.replace('0', 'O')],
    ['l for 1, and o for 0', authToken.replace('1', 'l').replace('0', 'o')],
    ['a character that was lost inside', authToken.slice(0, 12) + authToken.slice(13)],
    ['a character that was added inside', `${authToken.slice(0, 12)}7${authToken.slice(12)}`],
  ])('%s is proven', async (_, token) => {
    const { proven } = await diagnose(request, { ...options, authToken: token })
    expect(proven?.causes.map(({ id }) => id)).toEqual(['token_shape'])
  })
})

describe('the account of the environment', () => {
  const wrong = post(`${origin}/sms`, { secret: otherToken })
  const first = async (given: object, account: string, seen: object = {}): Promise<string> => {
    vi.stubEnv('TWILIO_ACCOUNT_SID', account)
    const { suspected } = await diagnose({ ...wrong, ...seen }, { ...options, ...given })
    vi.unstubAllEnvs()
    return `${suspected[0]?.id}: ${suspected[0]?.detail} ${suspected[0]?.fix}`
  }

  test('names that of the request, if it is another one', async () => {
    for (const headers of [wrong.headers, { ...wrong.headers, host: 'app.internal.example' }]) {
      const text = await first({}, otherSid, { headers })
      expect(text).toMatch(/^token_of_other_account: The request names the account/)
      expect(text).toContain(accountSid)
      expect(text).toContain(`authToken: { '${accountSid}': '…' }`)
    }
  })

  test('may be given as an option, which wins', async () => {
    expect(await first({ ownAccount: otherSid }, accountSid)).toContain(`TWILIO_ACCOUNT_SID is ${otherSid}`)
    expect(await first({ ownAccount: accountSid }, otherSid)).not.toContain('TWILIO_ACCOUNT_SID')
  })

  test('says nothing about the same account, about text, and about tokens by account', async () => {
    for (const [given, account] of [
      [{}, accountSid],
      [{}, 'AC123'],
      [{ authToken: { [accountSid]: authToken } }, otherSid],
      [{ authToken: () => authToken }, otherSid],
    ] as const)
      expect(await first(given, account)).not.toContain('TWILIO_ACCOUNT_SID')
  })
})

// Of 28 reviewed set-ups that no search explained, the token was the cause in three.
describe('a SharedKey that is not configured', () => {
  const secret = 'made-up-secret+of-a-rule/7'
  const beta = { 'x-twilio-signature-key-sid': 'WK1' }
  const suspect = async (headers: Record<string, string>) =>
    (await diagnose(post(`${origin}/sms`, { secret, headers }), options)).suspected[0]

  test('is named by the header that came, with the algorithm that the signature has', async () => {
    const found = await suspect(beta)
    expect(found?.detail).toMatch(/^X-Twilio-Signature-Key-Sid names the SharedKey "WK1"/)
    expect(found?.fix).toContain("sharedKeys: { 'WK1': { secret: …, algorithm: 'HMAC_SHA1' } }")
    const ofBeta = await suspect({ ...beta, 'x-twilio-signature': sha256Signed(secret) })
    expect(ofBeta?.fix).toContain("sharedKeys: { 'WK1': … }")
    const usual = await suspect({ ...keyed, 'x-twilio-signature': sha256Signed(secret) })
    expect(usual?.detail).toMatch(/^The settings header names the SharedKey "webhooks_sharedkey_1"/)
    expect(usual?.fix).toContain("sharedKeys: { 'webhooks_sharedkey_1': … }")
    expect(JSON.stringify([found, ofBeta, usual])).not.toContain(secret)
  })

  test('gets the line that works if its secret is under another id', async () => {
    const sharedKeys = { WK2: { secret, algorithm: 'HMAC_SHA1' } } as const
    const { proven } = await diagnose(post(`${origin}/sms`, { secret, headers: beta }), { ...options, sharedKeys })
    expect(proven?.causes).toMatchObject([
      {
        id: 'shared_key_unconfigured',
        detail: expect.stringMatching(/^X-Twilio-Signature-Key-Sid names the SharedKey "WK1"/),
        fix: expect.stringContaining("sharedKeys: { 'WK1': { secret: …, algorithm: 'HMAC_SHA1' } }"),
      },
    ])
  })
})

describe('a look-up of tollgate/keys that fails', () => {
  const asked = (answer: () => Promise<Response>, apiKey?: { sid: string; secret: string }) =>
    twilioAccountTokens({
      accountSid: otherSid,
      ...(apiKey === undefined ? { authToken: otherToken } : { apiKey }),
      fetch: answer,
      timeoutMs: 100,
    })
  const status = (code: number, text = '{}') => vi.fn(async () => new Response(text, { status: code }))

  test.each([
    ['a rotated Auth Token', asked(status(401)), 'Give "twilioAccountTokens" the primary Auth Token of the account'],
    [
      'a standard API key',
      asked(status(401), { sid: `SK${'a'.repeat(32)}`, secret: 'c'.repeat(32) }),
      'in "apiKey" a main API key of the account in "accountSid"',
    ],
    ['no permission', asked(status(403)), 'a main API key'],
    ['no connection', asked(() => Promise.reject(new Error('ECONNREFUSED'))), 'connect to https://api.twilio.com'],
    ['an overloaded API', asked(status(503)), 'Wait until the API answers'],
    ['the page of a proxy', asked(status(200, '<html>')), 'Let nothing answer in the place'],
    ['a slow API', asked(() => new Promise(() => undefined)), 'Raise its "timeoutMs"'],
    ['no text', cached((async () => ({ token: 'a' })) as never), 'Let the function return the text of the Auth Token'],
  ])('%s', async (_, lookup, fix) => {
    const { suspected } = await diagnose(request, { ...options, authToken: lookup })
    expect(suspected).toMatchObject([{ id: 'key_lookup', fix: expect.stringContaining(fix) }])
    expect(JSON.stringify(suspected)).not.toMatch(/Repair the function|c{32}/)
    expect(JSON.stringify(suspected)).not.toContain(otherToken)
  })

  test('the function of a user is still the one to repair', async () => {
    for (const error of [new Error('connect ECONNREFUSED'), 'Twilio refuses the Auth Token (401)', undefined]) {
      const lookup = () => Promise.reject(error)
      for (const authToken of [lookup, cached(lookup)]) {
        const { suspected } = await diagnose(request, { ...options, authToken })
        expect(suspected).toMatchObject([{ id: 'key_lookup', fix: expect.stringContaining('Repair the function') }])
      }
    }
  })
})

test.each([
  [`${origin}/sms`, post(`${origin}/sms`, { secret: otherToken })],
  [`${origin}:443/sms`, post(`${origin}/sms`, { secret: otherToken })],
  [`${origin}/events`, json('{"a":1}', { secret: otherToken })],
  [`${origin}/sms?a=1`, post(`${origin}/sms?a=1`, { secret: otherToken })],
  [`${origin}/sms`, get(`${origin}/sms?CallSid=CA1&From=%2B1`, { secret: otherToken })],
  [origin, post(`${origin}/`, { secret: otherToken })],
])('the question does not ask for the URL that the user has named: %s', async (url, request) => {
  const ask = async (one: string) =>
    (await diagnose(request as DiagnosableRequest, { ...options, otherUrls: [one] })).question
  expect((await ask(url))?.isUrlKnown).toBe(true)
  expect((await ask(`${origin}/other`))?.isUrlKnown).toBeUndefined()
})
