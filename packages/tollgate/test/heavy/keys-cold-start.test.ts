import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createVerifier } from '../../src/index.ts'
import {
  accountSid,
  answer,
  describeAccount,
  lookUpAt,
  main,
  outcome,
  publicUrl,
  send,
  startAccountsServer,
  token,
} from '../keys-support.ts'

// In heavy/, because it runs for a quarter of a minute.

const known = Array.from({ length: 1600 }, (_, number) => accountSid(0x10000 + number))
const perSecond = 100

test('a cold start with 200 known accounts a second, at an API that allows 100, and with strangers', async () => {
  let turns = perSecond
  let countedAt = performance.now()
  let refused = 0
  const server = await startAccountsServer((_req, res, sid) => {
    const time = performance.now()
    turns = Math.min(perSecond, turns + ((time - countedAt) / 1000) * perSecond)
    countedAt = time
    if (turns < 1) {
      refused++
      answer(res, 429, { code: 20429, message: 'Too Many Requests' }, { 'retry-after': '1' })
      return
    }
    turns -= 1
    if (known.includes(sid)) answer(res, 200, describeAccount(sid, main))
    else answer(res, 404, {})
  })
  const verifier = createVerifier({ publicUrl, authToken: lookUpAt(server, { knownAccounts: known }) })

  /** Sends a request, and again after each 503, as Twilio does with `rp=5xx`. */
  async function deliver(account: string): Promise<string | number> {
    for (let retry = 0; ; retry++) {
      const got = outcome(await send(verifier, { params: { AccountSid: account }, authToken: token(1) }))
      if (got !== 'key_lookup_failed' || retry === 5) return got
      await sleep(1000)
    }
  }

  const startedAt = performance.now()
  const outcomes: Promise<string | number>[] = []
  const forged: Promise<unknown>[] = []
  for (const [index, account] of known.entries()) {
    await sleep(Math.max(0, startedAt + index * 5 - performance.now()))
    outcomes.push(deliver(account))
    if (index % 4 === 0)
      forged.push(send(verifier, { params: { AccountSid: accountSid(0x90000 + index) }, authToken: token(2) }))
  }
  expect(new Set(await Promise.all(outcomes))).toEqual(new Set([0]))
  await Promise.all(forged)
  // The API is not stormed: it refuses less than a fifth of the requests.
  expect(refused).toBeLessThan(server.requests.length / 5)
  await server.close()
}, 90_000)
