import { beforeEach, describe, expect, test, vi } from 'vitest'
import { messageText, post } from '../../../conformance/diagnosis/requests.ts'
import { diagnose } from '../src/diagnose/index.ts'
import { createMemory } from '../src/diagnose/memory.ts'
import { createVerifier, type Diagnoser, type IncomingRequest, type VerifierOptions } from '../src/index.ts'
import { passTime, stopClock } from './process-clock.ts'
import { accountSid, authToken, options, origin, otherSid, otherToken } from './requests.ts'

const genuine = post(`${origin}/sms/status`)
// The search cannot undo this: a word of the message is another one.
const unknown = {
  ...post(`${origin}/sms/inbound`),
  body: `${post(`${origin}/sms/inbound`).body}`.replace('Call', 'Ring'),
}

let written: string[] = []

beforeEach(() => {
  stopClock()
  written = []
  vi.spyOn(console, 'error').mockImplementation((line) => void written.push(String(line)))
})

let explained: unknown

/** Explains as the option does, and can be awaited. */
const diagnoser = {
  explain: (rejected: Parameters<typeof diagnose.explain>[0]) => {
    const done = diagnose.explain(rejected)
    explained = done
    return done
  },
  remember: diagnose.remember?.bind(diagnose),
} as Diagnoser

/** Verifies requests with one verifier, and returns what is written about the last one. */
async function explainLast(requests: readonly unknown[], given: Partial<VerifierOptions> = {}): Promise<string> {
  const verifier = createVerifier({ ...options, diagnose: diagnoser, ...given })
  for (const request of requests) {
    await verifier.verify(request as IncomingRequest)
    await explained
  }
  return written.at(-1) ?? ''
}

const known = 'something changed the request on its way, because this Auth Token verified others within the hour'
const unsure = "the Auth Token is another account's or an old one"

describe('the question says that the key verified others', () => {
  const ofOther = { ...unknown, body: unknown.body.replace(accountSid, otherSid) }
  const inIreland = { ...unknown, headers: { ...unknown.headers, 'x-home-region': 'ie1' } }
  const forged = post(`${origin}/sms`, { secret: otherToken })

  test.each<[string, unknown[], string]>([
    ['without a verified request', [unknown], unsure],
    ['after one', [genuine, unknown], known],
    ['after one of another account', [genuine, ofOther], unsure],
    ['after one of another region', [genuine, inIreland], unsure],
    ['after a refused one', [forged, unknown], unsure],
  ])('%s', async (_when, requests, sentence) => {
    expect(await explainLast(requests)).toContain(sentence)
  })

  test('an hour later the token may have been changed', async () => {
    const verifier = createVerifier({ ...options, diagnose: diagnoser })
    await verifier.verify(genuine)
    passTime(61 * 60 * 1000)
    await verifier.verify(unknown)
    await explained
    expect(written.at(-1)).toContain(unsure)
  })
})

test('the memory is bounded, and keeps no secret, no text and no secret path', () => {
  const memory = createMemory(() => 0)
  const has = vi.spyOn(Map.prototype, 'set')
  for (let at = 0; at < 1000; at++)
    memory.add({
      verdict: {
        matched: {
          key: { kind: 'shared_key', id: `key${at}` },
          algorithm: 'HMAC_SHA1',
          url: `https://h${at}.example.com/8f3a-${authToken}/sms?code=4711`,
        },
        accountSid,
      },
      request: { headers: { authorization: 'Basic c2VjcmV0' } },
      options,
    } as never)
  const kept = JSON.stringify(has.mock.calls)
  has.mockRestore()
  for (const secret of [authToken, '4711', '8f3a', 'c2VjcmV0', messageText]) expect(kept).not.toContain(secret)
  const seen = (at: number) => ({
    sharedKeyId: `key${at}`,
    accounts: [accountSid],
    region: undefined,
    hasFixedTokens: true,
  })
  expect(memory.isKeyKnown(seen(999))).toBe(true)
  expect(memory.isKeyKnown(seen(0))).toBe(false)
})
