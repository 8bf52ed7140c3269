import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createVerifier } from '../src/index.ts'
import { type TwilioAccountTokensOptions, twilioAccountTokens } from '../src/keys/index.ts'
import {
  type AccountsServer,
  accountSid,
  answer,
  apiKey,
  claim,
  describeAccount,
  lookUpAt,
  main,
  outcome,
  publicUrl,
  send,
  startAccountsServer,
  token,
} from './keys-support.ts'

const sub = accountSid(0xbbbb)

let server: AccountsServer

beforeAll(async () => {
  server = await startAccountsServer(() => undefined)
})
afterAll(() => server.close())
beforeEach(() => {
  server.requests.length = 0
  server.authorizations.length = 0
  server.handle = (_req, res, sid) => answer(res, 200, describeAccount(sid, main))
})

const lookUp = (options?: Partial<TwilioAccountTokensOptions>) => lookUpAt(server, options)

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

describe('an answer of Twilio', () => {
  test('with an account of the owner gives its token', async () => {
    expect(await lookUp()(claim(sub))).toEqual({ authToken: [token(1)], accountSid: sub })
    expect(server.requests).toEqual([`GET /2010-04-01/Accounts/${sub}.json`])
    expect(server.authorizations).toEqual([basic(apiKey.sid, apiKey.secret)])
  })

  test.each([
    ['closed', { status: 'closed' }],
    ['suspended', { status: 'suspended' }],
    ['owned by another account', { owner_account_sid: accountSid(0xcccc) }],
    ['not the one asked for', { sid: accountSid(0xcccc) }],
  ])('with an account that is %s gives no key', async (_what, changes) => {
    server.handle = (_req, res, sid) => answer(res, 200, describeAccount(sid, main, changes))
    const lookup = lookUp()
    expect(await lookup(claim(sub))).toBeUndefined()
    expect(lookup(claim(sub))).toBeUndefined()
    expect(server.requests).toHaveLength(1)
  })

  test('of 404 gives no key', async () => {
    server.handle = (req, res) =>
      answer(res, 404, {
        code: 20404,
        message: `The requested resource ${req.url} was not found`,
        more_info: 'https://www.twilio.com/docs/errors/20404',
        status: 404,
      })
    expect(await lookUp()(claim(sub))).toBeUndefined()
  })

  test.each([
    [401, 'refuses the API key (401). A standard key cannot read Auth Tokens: use a main key or "authToken"'],
    [403, 'forbids the request (403)'],
    [400, 'answered with status 400'],
  ])('of %i is a failure at once', async (status, message) => {
    server.handle = (_req, res) => answer(res, status, { code: 20003, message: 'Authenticate', status })
    await expect(lookUp()(claim(sub))).rejects.toThrow(message)
    expect(server.requests).toHaveLength(1)
  })

  test('of 401 to an Auth Token says nothing of keys', async () => {
    server.handle = (_req, res) => answer(res, 401, { code: 20003, message: 'Authenticate', status: 401 })
    const found = lookUp({ apiKey: undefined, authToken: [token(1), token(2)] })(claim(sub))
    await expect(found).rejects.toThrow(/refuses the Auth Token \(401\)\. It may have been rotated$/)
    expect(server.requests).toHaveLength(2)
  })

  test.each([
    ['incomplete JSON', '{"auth_token":"', 'did not answer with a JSON object'],
    ['a list', '[]', 'did not answer with an account'],
    ['null', 'null', 'did not answer with a JSON object'],
    ['no token', { ...describeAccount(sub, main), auth_token: '' }, 'has no usable auth_token'],
    ['too much', JSON.stringify({ ...describeAccount(sub, main), friendly_name: 'x'.repeat(1e6) }), 'more than 65536'],
  ])('with %s is a failure', async (_what, body, message) => {
    server.handle = (_req, res) => answer(res, 200, body)
    await expect(lookUp()(claim(sub))).rejects.toThrow(message)
    expect(server.requests).toHaveLength(1)
  })

  test('of 302 is not followed', async () => {
    server.handle = (_req, res) => answer(res, 302, '', { location: `${server.baseUrl}/elsewhere` })
    await expect(lookUp()(claim(sub))).rejects.toThrow('status 302')
    expect(server.requests).toHaveLength(1)
  })
})

describe('a temporary failure', () => {
  test('500, then an account', async () => {
    server.handle = (_req, res, sid) =>
      server.requests.length < 3 ? answer(res, 500, 'oops') : answer(res, 200, describeAccount(sid, main))
    expect(await lookUp()(claim(sub))).toEqual({ authToken: [token(1)], accountSid: sub })
    expect(server.requests).toHaveLength(3)
  })

  test('a connection that breaks, then an account', async () => {
    server.handle = (req, res, sid) =>
      server.requests.length === 1 ? req.socket.destroy() : answer(res, 200, describeAccount(sid, main))
    expect(await lookUp()(claim(sub))).toEqual({ authToken: [token(1)], accountSid: sub })
  })

  test.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 2000).toUTCString()],
  ])('429: waits as long as a Retry-After in %s says', async (_what, retryAfter) => {
    const times: number[] = []
    server.handle = (_req, res, sid) => {
      times.push(performance.now())
      if (times.length > 1) answer(res, 200, describeAccount(sid, main))
      else answer(res, 429, { code: 20429, message: 'Too Many Requests' }, { 'retry-after': retryAfter() })
    }
    expect(await lookUp()(claim(sub))).toEqual({ authToken: [token(1)], accountSid: sub })
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(950)
  })

  test('a Retry-After beyond the time limit is a failure at once', async () => {
    server.handle = (_req, res) => answer(res, 429, '', { 'retry-after': '60' })
    const start = performance.now()
    await expect(lookUp()(claim(sub))).rejects.toThrow('status 429')
    expect(performance.now() - start).toBeLessThan(1000)
  })

  test('503 each time: four attempts', async () => {
    server.handle = (_req, res) => answer(res, 503, '', { 'retry-after': 'soon' })
    await expect(lookUp()(claim(sub))).rejects.toThrow('status 503')
    expect(server.requests).toHaveLength(4)
  })

  test('no server: cannot be reached', async () => {
    const silent = await startAccountsServer(() => undefined)
    await silent.close()
    const problems: unknown[] = []
    const lookup = lookUp({ baseUrl: silent.baseUrl, onProblem: (error) => problems.push(error) })
    await expect(lookup(claim(sub))).rejects.toThrow('cannot be reached')
    expect(problems).toHaveLength(1)
  })

  test('an answer that takes too long: the request is aborted', async () => {
    const closed = new Promise((resolve) => {
      server.handle = (req) => req.socket.on('close', resolve)
    })
    await expect(lookUp({ timeoutMs: 100 })(claim(sub))).rejects.toThrow('longer than 100 ms')
    await closed
  })

  test('a body that never ends: the request is aborted', async () => {
    server.handle = (_req, res) => void res.writeHead(200).write('{"sid":')
    await expect(lookUp({ timeoutMs: 100 })(claim(sub))).rejects.toThrow('longer than 100 ms')
  })
})

test('only "AC" and 32 hex digits reach a URL', async () => {
  for (const sid of ['AC1/../../x', `${sub}?x`, '', `AC${'g'.repeat(32)}`, `${sub}\n`])
    expect(await lookUp()(claim(sid))).toBeUndefined()
  expect(server.requests).toEqual([])
})

describe('the main account', () => {
  test('is not looked up if the options have its token', async () => {
    const lookup = lookUp({ apiKey: undefined, authToken: token(7) })
    expect(await lookup(claim(main))).toEqual({ authToken: [token(7)], accountSid: main })
    expect(await lookup(claim())).toEqual({ authToken: [token(7)], accountSid: main })
    expect(server.requests).toEqual([])
    expect(await lookup(claim(sub))).toEqual({ authToken: [token(1)], accountSid: sub })
    expect(server.authorizations).toEqual([basic(main, token(7))])
  })

  test('is looked up with an API key, also for a request that names no account', async () => {
    expect(await lookUp()(claim())).toEqual({ authToken: [token(1)], accountSid: main })
    expect(server.requests).toEqual([`GET /2010-04-01/Accounts/${main}.json`])
  })

  test('gets its new token after one mismatch, and then uses it as the credential', async () => {
    let time = 0
    const authToken = lookUp({ apiKey: undefined, authToken: [token(1), token(2)], now: () => time })
    const verifier = createVerifier({ publicUrl, authToken })
    const request = (number: number) => send(verifier, { params: { AccountSid: main }, authToken: token(number) })
    expect(outcome(await request(1))).toBe(0)
    // token(1) is retired, token(3) was promoted, and token(2) is still the secondary one.
    server.handle = (req, res, sid) =>
      [basic(main, token(2)), basic(main, token(3))].includes(req.headers.authorization ?? '')
        ? answer(res, 200, describeAccount(sid, main, { auth_token: token(3) }))
        : answer(res, 401, {})
    time += 10_000
    expect(outcome(await request(3))).toBe(0)
    expect(server.authorizations).toEqual([basic(main, token(1)), basic(main, token(2))])
    expect(outcome(await request(1))).toBe('signature_mismatch')
    await authToken(claim(sub))
    expect(server.authorizations.at(-1)).toBe(basic(main, token(3)))
    // After ttlSeconds the token from Twilio counts, not the configured ones.
    time += 300_000
    expect(await authToken(claim(main))).toEqual({ authToken: [token(3)], accountSid: main })
  })
})

describe('a Debugger event', () => {
  const params = { AccountSid: sub, ParentAccountSid: main, Level: 'ERROR', Payload: '{}' }
  const tokens: Record<string, string> = { [main]: token(7), [sub]: token(8) }

  beforeEach(() => {
    server.handle = (_req, res, sid) => answer(res, 200, describeAccount(sid, main, { auth_token: tokens[sid] }))
  })

  test('may be signed by the subaccount or by the main account', async () => {
    const verifier = createVerifier({ publicUrl, authToken: lookUp() })
    expect(outcome(await send(verifier, { params, authToken: token(8) }))).toBe(0)
    expect(outcome(await send(verifier, { params, authToken: token(7) }))).toBe(1)
    expect(outcome(await send(verifier, { params, authToken: token(9) }))).toBe('signature_mismatch')
  })

  test('with another parent, or without one, verifies with the subaccount’s token only', async () => {
    const verifier = createVerifier({ publicUrl, authToken: lookUp() })
    for (const ParentAccountSid of [accountSid(0xcccc), sub, 'AC', ''])
      expect(outcome(await send(verifier, { params: { ...params, ParentAccountSid }, authToken: token(7) }))).toBe(
        'signature_mismatch',
      )
    const { ParentAccountSid: _none, ...rest } = params
    expect(outcome(await send(verifier, { params: rest, authToken: token(7) }))).toBe('signature_mismatch')
    expect(server.requests).toEqual([`GET /2010-04-01/Accounts/${sub}.json`])
  })

  test('of an account that the main account does not own is unknown', async () => {
    server.handle = (_req, res, sid) =>
      sid === main ? answer(res, 200, describeAccount(sid, main, { auth_token: token(7) })) : answer(res, 404, {})
    const verifier = createVerifier({ publicUrl, authToken: lookUp() })
    expect(outcome(await send(verifier, { params, authToken: token(7) }))).toBe('key_unknown')
  })

  test('refreshes both accounts', async () => {
    let time = 0
    const lookup = lookUp({ now: () => time })
    expect(await lookup(claim(sub, main))).toEqual({ authToken: [token(8), token(7)], accountSid: sub })
    expect(await lookup.refresh?.(claim(sub, main))).toBeUndefined()
    time += 10_000
    server.handle = (_req, res, sid) => answer(res, 200, describeAccount(sid, main, { auth_token: token(9) }))
    expect(await lookup.refresh?.(claim(sub, main))).toEqual({ authToken: [token(9), token(9)], accountSid: sub })
  })
})

test('uses globalThis.fetch by default', async () => {
  const spy = vi.spyOn(globalThis, 'fetch')
  await lookUp()(claim(sub))
  expect(spy).toHaveBeenCalledOnce()
  spy.mockRestore()
})

describe('options', () => {
  const good = { accountSid: main, apiKey }
  test.each<[string, object, string]>([
    ['no account', { apiKey }, '"accountSid" must be an AccountSid'],
    ['no credentials', { accountSid: main }, 'needs either "authToken" or "apiKey"'],
    ['two credentials', { ...good, authToken: token(1) }, 'needs either "authToken" or "apiKey"'],
    [
      'an API key as a token',
      { accountSid: main, authToken: apiKey.sid },
      'is an API key; the Auth Token is on the first page of the Twilio console',
    ],
    ['a token as an API key', { accountSid: main, apiKey: token(1) }, 'needs an object of options'],
    ['an API key without "SK"', { ...good, apiKey: { sid: main, secret: 'x' } }, '"apiKey.sid" must be "SK"'],
    ['a blank secret', { ...good, apiKey: { ...apiKey, secret: ' ' } }, '"apiKey.secret" is empty or blank'],
    ['a default account', { ...good, defaultAccountSid: sub }, 'Unknown option "defaultAccountSid"'],
    ['an open connection', { ...good, baseUrl: 'http://api.twilio.com' }, '"baseUrl" must be https'],
    ['a relative URL', { ...good, baseUrl: '/api' }, '"baseUrl" must be an absolute URL'],
    ['a URL with a query', { ...good, baseUrl: 'https://x.example/?a' }, 'no userinfo, query or fragment'],
  ])('%s', (_what, options, message) => {
    expect(() => twilioAccountTokens(options as TwilioAccountTokensOptions)).toThrow(message)
  })

  test('a base URL may have a path and a slash at the end', async () => {
    await lookUp({ baseUrl: `${server.baseUrl}/proxy/` })(claim(sub))
    expect(server.requests).toEqual([`GET /proxy/2010-04-01/Accounts/${sub}.json`])
  })
})
