import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createVerifier } from '../src/index.ts'
import { type TwilioAccountTokensOptions, twilioAccountTokens } from '../src/keys/index.ts'
import {
  type AccountsServer,
  accountSid,
  answer,
  claim,
  describeAccount,
  outcome,
  publicUrl,
  send,
  startAccountsServer,
  token,
} from './keys-support.ts'

const main = accountSid(0xaaaa)
const sub = accountSid(0xbbbb)
const apiKey = { sid: `SK${'0'.repeat(32)}`, secret: 'a-secret' }

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

function lookUp(options: Partial<TwilioAccountTokensOptions> = {}) {
  return twilioAccountTokens({ accountSid: main, apiKey, baseUrl: server.baseUrl, ...options })
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

describe('what Twilio answers', () => {
  test('an account of this owner: its token, asked for as documented', async () => {
    expect(await lookUp()(claim(sub))).toEqual([token(1)])
    expect(server.requests).toEqual([`GET /2010-04-01/Accounts/${sub}.json`])
    expect(server.authorizations).toEqual([basic(apiKey.sid, apiKey.secret)])
  })

  test.each([
    ['closed', { status: 'closed' }],
    ['suspended', { status: 'suspended' }],
    ['owned by another account', { owner_account_sid: accountSid(0xcccc) }],
    ['another one', { sid: accountSid(0xcccc) }],
  ])('an account that is %s has no key', async (_what, changes) => {
    server.handle = (_req, res, sid) => answer(res, 200, describeAccount(sid, main, changes))
    const lookup = lookUp()
    expect(await lookup(claim(sub))).toBeUndefined()
    expect(lookup(claim(sub))).toBeUndefined()
    expect(server.requests).toHaveLength(1)
  })

  test('404: no such account', async () => {
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
    [401, 'refuses the credentials (401)'],
    [403, 'forbids the request (403)'],
    [400, 'answered with status 400'],
  ])('%i is a failure, at once', async (status, message) => {
    server.handle = (_req, res) => answer(res, status, { code: 20003, message: 'Authenticate', status })
    await expect(lookUp()(claim(sub))).rejects.toThrow(message)
    expect(server.requests).toHaveLength(1)
  })

  test.each([
    ['JSON that breaks off', '{"auth_token":"', 'not a JSON object'],
    ['no object', '[]', 'gave no account'],
    ['null', 'null', 'not a JSON object'],
    ['no token', { ...describeAccount(sub, main), auth_token: '' }, 'without a usable auth_token'],
    ['too much', JSON.stringify({ ...describeAccount(sub, main), friendly_name: 'x'.repeat(1e6) }), 'more than 65536'],
  ])('%s is a failure', async (_what, body, message) => {
    server.handle = (_req, res) => answer(res, 200, body)
    await expect(lookUp()(claim(sub))).rejects.toThrow(message)
    expect(server.requests).toHaveLength(1)
  })

  test('a redirect is not followed', async () => {
    server.handle = (_req, res) => answer(res, 302, '', { location: `${server.baseUrl}/elsewhere` })
    await expect(lookUp()(claim(sub))).rejects.toThrow('status 302')
    expect(server.requests).toHaveLength(1)
  })
})

describe('failures that may pass', () => {
  test('500, then an account', async () => {
    server.handle = (_req, res, sid) =>
      server.requests.length < 3 ? answer(res, 500, 'oops') : answer(res, 200, describeAccount(sid, main))
    expect(await lookUp()(claim(sub))).toEqual([token(1)])
    expect(server.requests).toHaveLength(3)
  })

  test('a connection that breaks, then an account', async () => {
    server.handle = (req, res, sid) =>
      server.requests.length === 1 ? req.socket.destroy() : answer(res, 200, describeAccount(sid, main))
    expect(await lookUp()(claim(sub))).toEqual([token(1)])
  })

  test.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 2000).toUTCString()],
  ])('429 with a Retry-After in %s is waited for', async (_what, retryAfter) => {
    const times: number[] = []
    server.handle = (_req, res, sid) => {
      times.push(performance.now())
      if (times.length > 1) answer(res, 200, describeAccount(sid, main))
      else answer(res, 429, { code: 20429, message: 'Too Many Requests' }, { 'retry-after': retryAfter() })
    }
    expect(await lookUp()(claim(sub))).toEqual([token(1)])
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(950)
  })

  test('a Retry-After beyond the time limit is a failure, at once', async () => {
    server.handle = (_req, res) => answer(res, 429, '', { 'retry-after': '60' })
    const start = performance.now()
    await expect(lookUp()(claim(sub))).rejects.toThrow('status 429')
    expect(performance.now() - start).toBeLessThan(1000)
  })

  test('503 for ever: four attempts', async () => {
    server.handle = (_req, res) => answer(res, 503, '', { 'retry-after': 'soon' })
    await expect(lookUp()(claim(sub))).rejects.toThrow('status 503')
    expect(server.requests).toHaveLength(4)
  })

  test('nothing listens there', async () => {
    const silent = await startAccountsServer(() => undefined)
    await silent.close()
    const problems: unknown[] = []
    const lookup = lookUp({ baseUrl: silent.baseUrl, onProblem: (error) => problems.push(error) })
    await expect(lookup(claim(sub))).rejects.toThrow('cannot be reached')
    expect(problems).toHaveLength(1)
  })

  test('an answer that takes too long: the request is given up', async () => {
    const closed = new Promise((resolve) => {
      server.handle = (req) => req.socket.on('close', resolve)
    })
    await expect(lookUp({ timeoutMs: 100 })(claim(sub))).rejects.toThrow('more than 100 ms')
    await closed
  })

  test('a body that never ends is given up as well', async () => {
    server.handle = (_req, res) => void res.writeHead(200).write('{"sid":')
    await expect(lookUp({ timeoutMs: 100 })(claim(sub))).rejects.toThrow('more than 100 ms')
  })
})

test('only "AC" and 32 hex digits reach a URL', async () => {
  for (const sid of ['AC1/../../x', `${sub}?x`, '', `AC${'g'.repeat(32)}`, `${sub}\n`])
    expect(await lookUp()(claim(sid))).toBeUndefined()
  expect(server.requests).toEqual([])
})

describe('the main account', () => {
  test('with its token given, is not asked for', async () => {
    const lookup = lookUp({ apiKey: undefined, authToken: token(7) })
    expect(await lookup(claim(main))).toEqual([token(7)])
    expect(await lookup(claim())).toEqual({ authToken: [token(7)], accountSid: main })
    expect(server.requests).toEqual([])
    expect(await lookup(claim(sub))).toEqual([token(1)])
    expect(server.authorizations).toEqual([basic(main, token(7))])
  })

  test('with an API key, is asked for like any other, and is whom a request without an account comes from', async () => {
    expect(await lookUp()(claim())).toEqual({ authToken: [token(1)], accountSid: main })
    expect(server.requests).toEqual([`GET /2010-04-01/Accounts/${main}.json`])
  })

  test('its token is rotated: one mismatch brings the new one, and it becomes the credential', async () => {
    let time = 0
    const authToken = lookUp({ apiKey: undefined, authToken: [token(1), token(2)], now: () => time })
    const verifier = createVerifier({ publicUrl, authToken })
    const request = (number: number) => send(verifier, { params: { AccountSid: main }, authToken: token(number) })
    expect(outcome(await request(1))).toBe(0)
    // token(1) is retired, token(2) was promoted, and then token(3) in its place; token(2) is its secondary.
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
    // When its time is over, what Twilio gave counts and not what was configured.
    time += 300_000
    expect(await authToken(claim(main))).toEqual([token(3)])
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

  test('of another parent, or naming no parent, counts for nothing more', async () => {
    const verifier = createVerifier({ publicUrl, authToken: lookUp() })
    for (const ParentAccountSid of [accountSid(0xcccc), sub, 'AC', ''])
      expect(outcome(await send(verifier, { params: { ...params, ParentAccountSid }, authToken: token(7) }))).toBe(
        'signature_mismatch',
      )
    const { ParentAccountSid: _none, ...rest } = params
    expect(outcome(await send(verifier, { params: rest, authToken: token(7) }))).toBe('signature_mismatch')
    expect(server.requests).toEqual([`GET /2010-04-01/Accounts/${sub}.json`])
  })

  test('of an account that is not the main one’s is unknown', async () => {
    server.handle = (_req, res, sid) =>
      sid === main ? answer(res, 200, describeAccount(sid, main, { auth_token: token(7) })) : answer(res, 404, {})
    const verifier = createVerifier({ publicUrl, authToken: lookUp() })
    expect(outcome(await send(verifier, { params, authToken: token(7) }))).toBe('key_unknown')
  })

  test('refreshes both', async () => {
    let time = 0
    const lookup = lookUp({ now: () => time })
    expect(await lookup(claim(sub, main))).toEqual([token(8), token(7)])
    expect(await lookup.refresh?.(claim(sub, main))).toBeUndefined()
    time += 10_000
    server.handle = (_req, res, sid) => answer(res, 200, describeAccount(sid, main, { auth_token: token(9) }))
    expect(await lookup.refresh?.(claim(sub, main))).toEqual([token(9), token(9)])
  })
})

test('a hundred thousand forged requests for one subaccount cost one look-up', async () => {
  const lookup = lookUp()
  await lookup(claim(sub))
  for (let request = 0; request < 100_000; request++) await lookup.refresh?.(claim(sub))
  expect(server.requests).toHaveLength(1)
})

test('accounts that are named do not share the rate of strangers', async () => {
  const lookup = lookUp({ knownAccounts: [sub], maxLookupsPerSecond: 1, timeoutMs: 1000, now: () => 0 })
  await lookup(claim(accountSid(1)))
  await expect(lookup(claim(accountSid(2)))).rejects.toThrow('Too many key look-ups')
  expect(await lookup(claim(sub))).toEqual([token(1)])
})

test('the runtime’s own fetch, called on nothing', async () => {
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
    ['an API key as a token', { accountSid: main, authToken: apiKey.sid }, 'is the SID of an API key'],
    ['a token as an API key', { accountSid: main, apiKey: token(1) }, 'needs an object of options'],
    ['an API key without "SK"', { ...good, apiKey: { sid: main, secret: 'x' } }, '"apiKey.sid" must be "SK"'],
    ['a blank secret', { ...good, apiKey: { ...apiKey, secret: ' ' } }, '"apiKey.secret" is blank'],
    ['an unknown name', { ...good, authtoken: 'x' }, 'Did you mean "authToken"?'],
    ['a default account', { ...good, defaultAccountSid: sub }, 'Unknown option "defaultAccountSid"'],
    ['an open connection', { ...good, baseUrl: 'http://api.twilio.com' }, '"baseUrl" must be https'],
    ['a relative URL', { ...good, baseUrl: '/api' }, '"baseUrl" must be an absolute URL'],
    ['a URL with a query', { ...good, baseUrl: 'https://x.example/?a' }, 'no userinfo, query or fragment'],
    ['a fetch that is none', { ...good, fetch: 'fetch' }, '"fetch" must be a function'],
    ['a time that is none', { ...good, timeoutMs: -1 }, '"timeoutMs" must be from 1 to 15000'],
  ])('%s', (_what, options, message) => {
    expect(() => twilioAccountTokens(options as TwilioAccountTokensOptions)).toThrow(message)
  })

  test('a base URL with a path and a slash at its end', async () => {
    await lookUp({ baseUrl: `${server.baseUrl}/proxy/` })(claim(sub))
    expect(server.requests).toEqual([`GET /proxy/2010-04-01/Accounts/${sub}.json`])
  })
})
