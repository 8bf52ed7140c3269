import { beforeEach, describe, expect, test, vi } from 'vitest'
import { messageText, post, sms } from '../../../conformance/diagnosis/requests.ts'
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

/** Verifies requests with one verifier, and returns the causes that are named for the last one. */
async function explainLast(requests: readonly unknown[], given: Partial<VerifierOptions> = {}): Promise<string[]> {
  const verifier = createVerifier({ ...options, diagnose: diagnoser, ...given })
  for (const request of requests) {
    await verifier.verify(request as IncomingRequest)
    await explained
  }
  return [...(written.at(-1) ?? '').matchAll(/^ {2}([a-z_]+): /gm)].map(([, id = '']) => id)
}

describe('what worked is no suspect', () => {
  test('without a verified request, the token is one', async () => {
    expect(await explainLast([unknown])).toContain('token_of_other_account')
  })

  test('the key, the host and the path prefix', async () => {
    const named = await explainLast([genuine, unknown])
    expect(named).toContain('params_missing')
    for (const id of ['token_of_other_account', 'host', 'path_prefix']) expect(named).not.toContain(id)
    expect(written.at(-1)).toContain(
      'the server verified other requests with its key, this host, the same start of the path.',
    )
  })

  test('an edited replay of a request that was accepted is first one whose parameters changed', async () => {
    const original = post(`${origin}/sms/inbound`)
    const named = await explainLast([original, unknown])
    expect(named[0]).toBe('params_missing')
    expect(named).toContain('query_missing')
    expect(written.at(-1)).toContain('edited copy')
    // Without the accepted one, this is not said.
    expect(await explainLast([unknown])).not.toEqual(named)
    expect(written.at(-1)).not.toContain('edited copy')
  })

  test('another path keeps its suspicion', async () => {
    const other = { ...unknown, url: '/voice' }
    const named = await explainLast([genuine, other])
    expect(named).not.toContain('token_of_other_account')
    expect(named).toContain('path_prefix')
  })

  test('another account or region keeps that of the token', async () => {
    const ofOther = { ...unknown, body: unknown.body.replace(accountSid, otherSid) }
    expect(await explainLast([genuine, ofOther])).toContain('token_of_other_account')
    written = []
    const inIreland = { ...unknown, headers: { ...unknown.headers, 'x-home-region': 'ie1' } }
    expect(await explainLast([genuine, inIreland])).toContain('token_of_other_account')
  })

  test('an hour later the token may have been changed', async () => {
    const verifier = createVerifier({ ...options, diagnose: diagnoser })
    await verifier.verify(genuine)
    passTime(61 * 60 * 1000)
    await verifier.verify(unknown)
    await explained
    expect(written.at(-1)).toContain('token_of_other_account')
  })

  test('evidence is still used', async () => {
    const headers = { host: 'hooks.example.com' }
    expect(await explainLast([genuine, { ...unknown, headers: { ...unknown.headers, ...headers } }])).toContain('host')
  })

  test('a refused request teaches nothing', async () => {
    const forged = post(`${origin}/sms`, { secret: otherToken })
    expect(await explainLast([forged, unknown])).toContain('token_of_other_account')
  })
})

describe('one token for two accounts', () => {
  const ofOther = post(`${origin}/sms/inbound`, {
    params: sms.map(([name, value]) => [name, name === 'AccountSid' ? otherSid : value] as const),
    secret: otherToken,
  })

  test('a look-up that returns it is named, with both accounts', async () => {
    expect((await explainLast([genuine, ofOther], { authToken: () => authToken }))[0]).toBe('token_of_other_account')
    expect(written.at(-1)).toContain(`returns the same token for ${otherSid} as for ${accountSid}`)
    expect(written.at(-1)).not.toContain(authToken)
  })

  test('a look-up with another token for it, and one token for all, are not blamed', async () => {
    await explainLast([genuine, ofOther], {
      authToken: (claim) => (claim.accountSid === otherSid ? 'c'.repeat(32) : authToken),
    })
    expect(written.at(-1)).not.toContain('same token')
    expect(written.at(-1)).toContain(`returned for ${otherSid} may be old`)
    await explainLast([genuine, ofOther])
    expect(written.at(-1)).not.toContain('same token')
  })

  test('without a verified request of another account, nothing is said', async () => {
    await explainLast([ofOther], { authToken: () => authToken })
    expect(written.at(-1)).not.toContain('same token')
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
    url: { scheme: 'https', userinfo: '', host: `h${at}.example.com`, port: '', path: '/', query: '' },
    sharedKeyId: `key${at}`,
    accounts: [accountSid],
    region: undefined,
    hasFixedTokens: true,
  })
  expect([...memory.findWorking(seen(999))].sort()).toEqual(['key', 'origin', 'path'])
  expect([...memory.findWorking(seen(0))]).toEqual([])
})
