import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createVerifier } from '../../src/index.ts'
import type { TwilioAccountTokensOptions } from '../../src/keys/index.ts'
import {
  type AccountsServer,
  accountSid,
  answer,
  claim,
  describeAccount,
  lookUpAt,
  main,
  outcome,
  publicUrl,
  send,
  startAccountsServer,
  token,
} from '../keys-support.ts'

// In heavy/, because look-ups go on after a test ends. They would set timers in the next file.

const accounts = Array.from({ length: 100 }, (_, number) => accountSid(number))

let server: AccountsServer
let current = 1

// One for each test, because look-ups go on in the background.
beforeEach(async () => {
  current = 1
  server = await startAccountsServer(answerAccount)
})
afterEach(() => server.close())

function answerAccount(_req: unknown, res: ServerResponse, sid: string): void {
  answer(res, 200, describeAccount(sid, main, { auth_token: token(current) }))
}

function start(options: Partial<TwilioAccountTokensOptions> = {}) {
  const clock = { ms: 0 }
  const authToken = lookUpAt(server, { knownAccounts: accounts, now: () => clock.ms, ...options })
  const verifier = createVerifier({ publicUrl, authToken })
  const deliver = async (account: string, number = 1) =>
    outcome(await send(verifier, { params: { AccountSid: account }, authToken: token(number) }))
  const deliverAll = () => Promise.all(accounts.map((account) => deliver(account)))
  const warm = () => expect.poll(async () => new Set(await deliverAll()), { timeout: 10_000 }).toEqual(new Set([0]))
  return { clock, authToken, deliver, deliverAll, warm }
}

test('accounts that were looked up together are looked up again at different times, in the background', async () => {
  const { clock, deliver, warm, deliverAll } = start()
  await warm()
  server.requests.length = 0
  clock.ms = 0.6 * 300_000
  await deliverAll()
  expect(await deliver(main)).toBe(0)
  expect(server.requests).toHaveLength(1)
  // Each account has a time from 64 % to 80 % of ttlSeconds.
  clock.ms = 0.7 * 300_000
  expect(new Set(await deliverAll())).toEqual(new Set([0]))
  await expect.poll(() => server.requests.length, { timeout: 10_000 }).toBeGreaterThan(1)
  expect(server.requests.length).toBeLessThan(accounts.length)
  clock.ms = 0.8 * 300_000
  server.handle = () => undefined
  // No request waits for this look-up.
  expect(new Set(await deliverAll())).toEqual(new Set([0]))
})

describe('while the API fails', () => {
  const failures: [string, AccountsServer['handle']][] = [
    ['no connection', (req) => req.socket.destroy()],
    ['503', (_req, res) => answer(res, 503, '')],
    ['429', (_req, res) => answer(res, 429, '', { 'retry-after': '60' })],
    ['401', (_req, res) => answer(res, 401, '')],
    ['no answer', () => undefined],
  ]

  test.each(failures)('%s: tokens are used for four hours more', async (_what, fail) => {
    const { clock, deliver, deliverAll, warm } = start({ timeoutMs: 500 })
    await warm()
    server.handle = fail
    for (const hours of [0.1, 1, 4]) {
      clock.ms = hours * 3_600_000
      expect(new Set(await deliverAll())).toEqual(new Set([0]))
    }
    clock.ms = 5 * 3_600_000
    expect(await deliver(main)).toBe('key_lookup_failed')
    expect(await deliver(accounts[0] ?? '')).toBe('key_lookup_failed')
  })

  test('stale tokens can be forbidden', async () => {
    const { clock, deliver } = start({ staleIfErrorSeconds: 0 })
    expect(await deliver(main)).toBe(0)
    server.handle = (req) => req.socket.destroy()
    clock.ms = 300_000
    expect(await deliver(main)).toBe('key_lookup_failed')
  })

  test('a request signed with a promoted token gets a status that is retried, and then passes', async () => {
    const { clock, deliver } = start()
    expect(await deliver(main, 1)).toBe(0)
    server.handle = (_req, res) => answer(res, 503, '')
    clock.ms = 290_000
    current = 2
    expect(await deliver(main, 2)).toBe('key_lookup_failed')
    clock.ms += 100
    expect(await deliver(main, 2)).toBe('key_lookup_failed')
    server.handle = answerAccount
    clock.ms += 10_000
    expect(await deliver(main, 2)).toBe(0)
    expect(await deliver(main, 1)).toBe('signature_mismatch')
  })
})

describe('a token that is promoted', () => {
  test('soon after the account was looked up is accepted', async () => {
    const { clock, deliver } = start()
    expect(await deliver(main, 1)).toBe(0)
    current = 2
    clock.ms = 100
    expect(await deliver(main, 2)).toBe(0)
  })

  test('twice within ten seconds is accepted each time', async () => {
    const { clock, deliver } = start()
    expect(await deliver(main, 1)).toBe(0)
    clock.ms = 20_000
    for (let number = 2; number < 6; number++) {
      current = number
      expect(await deliver(main, number)).toBe(0)
      clock.ms += 500
    }
  })

  test('twice is never a 403, also in a flood of forged requests', async () => {
    const { clock, deliver } = start({ maxLookupsPerSecond: 3 })
    expect(await deliver(main, 1)).toBe(0)
    clock.ms = 20_000
    current = 2
    expect(await deliver(main, 2)).toBe(0)
    for (let number = 3; number < 10; number++) {
      await Promise.all(Array.from({ length: 50 }, () => deliver(main, 666)))
      current = number
      expect([0, 'key_lookup_failed']).toContain(await deliver(main, number))
      clock.ms += 800
    }
    expect(server.requests.length).toBeLessThan(30)
  })
})

describe('look-ups in flight', () => {
  /** Holds each request, and shows the largest number of them. */
  function hold() {
    const held: (() => void)[] = []
    let most = 0
    server.handle = (req, res, sid) => {
      held.push(() => answerAccount(req, res, sid))
      most = Math.max(most, held.length)
    }
    const isFull = (size: number) => expect.poll(() => held.length, { timeout: 10_000 }).toBe(size)
    return { held, isFull, most: () => most }
  }

  test('are at most 40 for known accounts, and others wait', async () => {
    const { deliverAll } = start()
    const { held, isFull, most } = hold()
    const outcomes = deliverAll()
    await isFull(40)
    const timer = setInterval(() => held.shift()?.(), 1)
    expect(new Set(await outcomes)).toEqual(new Set([0]))
    clearInterval(timer)
    expect(most()).toBe(40)
  })

  test('are at most 10 for accounts that are not known, which delay no other', async () => {
    const { deliver, deliverAll } = start()
    const { isFull } = hold()
    const strangers = Array.from({ length: 90 }, (_, number) => deliver(accountSid(0x1000 + number)))
    await isFull(10)
    server.handle = answerAccount
    expect(new Set(await deliverAll())).toEqual(new Set([0]))
    // The turns of those that end may still serve the last ones of the others.
    const refused = (await Promise.all(strangers)).filter((one) => one === 'key_lookup_failed')
    expect(refused.length).toBeGreaterThanOrEqual(10)
  })

  test('for a known account go on after its request was refused', async () => {
    const problems = vi.fn()
    const { deliver } = start({ timeoutMs: 1400, onProblem: problems })
    server.handle = (req, res, sid) => setTimeout(() => answerAccount(req, res, sid), 500)
    const first = await Promise.all(accounts.map((account) => deliver(account)))
    expect(new Set(first)).toEqual(new Set([0, 'key_lookup_failed']))
    await expect.poll(() => server.requests.length, { timeout: 5000 }).toBe(accounts.length)
    await expect
      .poll(async () => new Set(await Promise.all(accounts.map((account) => deliver(account)))), { timeout: 10_000 })
      .toEqual(new Set([0]))
    expect(server.requests.length).toBe(accounts.length)
    expect(problems).toHaveBeenCalled()
  })

  test('pause after a 429, all of them', async () => {
    const { deliverAll } = start()
    let refused = 0
    let time = 0
    server.handle = (req, res, sid) => {
      if (time === 0) time = performance.now()
      if (performance.now() - time < 900) {
        refused++
        answer(res, 429, '', { 'retry-after': '1' })
      } else answerAccount(req, res, sid)
    }
    expect(new Set(await deliverAll())).toEqual(new Set([0]))
    expect(refused).toBeLessThanOrEqual(40)
  })
})

test('a look-up of an account without a token costs a stranger no refresh', async () => {
  const { authToken } = start()
  expect(await authToken.refresh?.(claim(accounts[0]))).toBeUndefined()
  expect(server.requests).toEqual([])
})
