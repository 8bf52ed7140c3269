import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { createVerifier, type VerifierOptions } from '../src/index.ts'
import { fileKeys } from '../src/keys/index.ts'
import type { SignRequestInput } from '../src/schemes/twilio/test-request.ts'
import { sampleWebhook } from '../src/testing/index.ts'
import { accountSid, claim, deliver, outcome, publicUrl, send, token } from './keys-support.ts'

const one = accountSid(1)
const params = { AccountSid: one, Body: 'Hello' }
const byToken = (number: number) => ({ params, authToken: token(number) })
const byKey = (id: string) => ({ params, sharedKey: { id, secret: `secret-of ${id}` } })
const secrets = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, `secret-of ${id}`]))

describe('a list of Auth Tokens', () => {
  test.each<[string, VerifierOptions['authToken']]>([
    ['as it is', [token(1), token(2)]],
    ['in a record', { [one]: [token(1), token(2)] }],
    ['from a look-up', () => [token(1), token(2)]],
  ])('%s: the verdict says which one matched', async (_what, authToken) => {
    expect(outcome(await deliver({ authToken }, byToken(1)))).toBe(0)
    expect(outcome(await deliver({ authToken }, byToken(2)))).toBe(1)
    expect(outcome(await deliver({ authToken }, byToken(3)))).toBe('signature_mismatch')
  })

  test('without the retired token: its signatures are refused', async () => {
    expect(outcome(await deliver({ authToken: [token(2)] }, byToken(1)))).toBe('signature_mismatch')
  })
})

describe('SharedKeys', () => {
  test('two live keys and an Auth Token: each request is verified with its own key', async () => {
    const verifier = createVerifier({ publicUrl, authToken: token(1), sharedKeys: secrets('a', 'b') })
    const requests = [byKey('a'), byKey('b'), byToken(1), byKey('b'), byKey('a'), byToken(1)]
    const outcomes = await Promise.all(requests.map(async (request) => outcome(await send(verifier, request))))
    expect(outcomes).toEqual(['a', 'b', 0, 'b', 'a', 0])
    const confused = { params, sharedKey: { id: 'a', secret: 'secret-of-b' } }
    expect(outcome(await send(verifier, confused))).toBe('signature_mismatch')
    expect(outcome(await send(verifier, byKey('c')))).toBe('key_unknown')
  })

  test('only: an Auth Token is not allowed, with or without the header', async () => {
    const options = { authToken: token(1), sharedKeys: secrets('a'), sharedKeysOnly: true }
    expect(outcome(await deliver(options, byKey('a')))).toBe('a')
    expect(outcome(await deliver(options, byToken(1)))).toBe('key_not_allowed')
    // A SharedKey's secret does not count as an Auth Token, nor the other way round.
    expect(outcome(await deliver(options, { params, authToken: 'secret-of-a' }))).toBe('key_not_allowed')
    const withToken = { params, sharedKey: { id: 'a', secret: token(1) } }
    expect(outcome(await deliver(options, withToken))).toBe('signature_mismatch')
  })

  test('only: handshakes still verify with the Auth Token, because they never name a SharedKey', async () => {
    const options = { authToken: token(1), sharedKeys: secrets('a'), sharedKeysOnly: true }
    const handshake = { ...sampleWebhook('media-stream.handshake'), authToken: token(1) }
    expect(outcome(await deliver(options, handshake))).toBe(0)
  })
})

describe('from Auth Tokens to SharedKeys', () => {
  /**
   * The steps: the configuration of the server, and the keys that Twilio may sign with until the
   * next step.
   */
  const steps: [
    what: string,
    options: Omit<VerifierOptions, 'publicUrl'>,
    arriving: Omit<SignRequestInput, 'url'>[],
  ][] = [
    ['the Auth Token alone', { authToken: token(1) }, [byToken(1)]],
    [
      'the server knows both; nothing at Twilio changes',
      { authToken: token(1), sharedKeys: secrets('a') },
      [byToken(1)],
    ],
    [
      'Twilio splits the traffic between two settings',
      { authToken: token(1), sharedKeys: secrets('a') },
      [byToken(1), byKey('a'), byToken(1), byKey('a')],
    ],
    [
      'Twilio signs with the SharedKey; retries of before arrive',
      { authToken: token(1), sharedKeys: secrets('a') },
      [byKey('a'), byToken(1)],
    ],
    [
      'the server refuses Auth Tokens',
      { authToken: token(1), sharedKeys: secrets('a'), sharedKeysOnly: true },
      [byKey('a')],
    ],
    ['the server knows SharedKeys alone', { sharedKeys: secrets('a'), sharedKeysOnly: true }, [byKey('a')]],
    ['a second SharedKey', { sharedKeys: secrets('a', 'b'), sharedKeysOnly: true }, [byKey('a'), byKey('b')]],
    ['and the first is gone', { sharedKeys: secrets('b'), sharedKeysOnly: true }, [byKey('b')]],
  ]

  test.each(steps)('%s', async (_what, options, arriving) => {
    for (const request of arriving) expect(await deliver(options, request)).toMatchObject({ ok: true })
  })

  test.each(steps.slice(1))(
    'what arrives before "%s" passes after it as well, or is done by then',
    async (what, options) => {
      const at = steps.findIndex(([name]) => name === what)
      const before = steps[at - 1]?.[2] ?? []
      // A key is removed only after Twilio has stopped signing with it.
      const live = before.filter((request) =>
        steps[at]?.[2].some(
          ({ authToken, sharedKey }) => authToken === request.authToken && sharedKey?.id === request.sharedKey?.id,
        ),
      )
      expect(live.length).toBeGreaterThan(0)
      for (const request of live) expect(await deliver(options, request)).toMatchObject({ ok: true })
    },
  )

  test('the same from a key file, without a restart', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tollgate-rotation-'))
    afterAll(() => rmSync(directory, { recursive: true, force: true }))
    const path = join(directory, 'keys.json')
    const write = (content: object) => {
      writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 })
      renameSync(`${path}.new`, path)
    }
    write({ accounts: { [one]: token(1) } })
    const keys = fileKeys(path)
    const verifier = createVerifier({ publicUrl, authToken: keys.authToken, sharedKeys: keys.sharedKeys })
    const pass = async (...requests: Omit<SignRequestInput, 'url'>[]) => {
      for (const request of requests) expect(await send(verifier, request)).toMatchObject({ ok: true })
    }
    await pass(byToken(1))
    write({ accounts: { [one]: [token(1), token(2)] } })
    await vi.waitFor(() => expect(keys.authToken(claim(one))).toHaveProperty('authToken.length', 2), { timeout: 5000 })
    await pass(byToken(1), byToken(2))
    write({ accounts: { [one]: token(2) }, sharedKeys: secrets('a') })
    await vi.waitFor(() => expect(keys.sharedKeys('a')).toBeDefined(), { timeout: 5000 })
    await pass(byToken(2), byKey('a'))
    expect(outcome(await send(verifier, byToken(1)))).toBe('signature_mismatch')
    write({ sharedKeys: secrets('a', 'b') })
    await vi.waitFor(() => expect(keys.sharedKeys('b')).toBeDefined(), { timeout: 5000 })
    await pass(byKey('a'), byKey('b'))
    expect(outcome(await send(verifier, byToken(2)))).toBe('key_unknown')
    keys.close()
  })
})
