import { Hono } from 'hono'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { twilioWebhook as fetchWebhook } from '../src/adapters/fetch.ts'
import { twilioWebhook as honoWebhook } from '../src/adapters/hono.ts'
import { webhook as compatWebhook } from '../src/compat/index.ts'
import { createVerifier, type Verdict } from '../src/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import { createSendGridVerifier } from '../src/schemes/sendgrid/index.ts'
import { signRequest } from '../src/testing/index.ts'

/**
 * Runs the action while every object inherits a property, as after an attack on another dependency
 * that merges JSON.
 */
async function polluted<T>(name: string, value: unknown, action: () => T): Promise<Awaited<T>> {
  Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true, writable: true })
  try {
    return await action()
  } finally {
    Reflect.deleteProperty(Object.prototype, name)
  }
}

const publicUrl = 'https://api.example.com'
const authToken = '0123456789abcdef0123456789abcdef'
const params = {
  AccountSid: `AC${'1'.repeat(32)}`,
  Body: 'hi',
  From: '+14155550142',
  MessageSid: `SM${'2'.repeat(32)}`,
  NumMedia: '0',
  NumSegments: '1',
  SmsMessageSid: `SM${'2'.repeat(32)}`,
  SmsSid: `SM${'2'.repeat(32)}`,
  SmsStatus: 'received',
  To: '+12025550123',
}
const sign = (token: string) => signRequest({ url: `${publicUrl}/sms`, params, authToken: token })
const genuine = sign(authToken)
const unsigned = { ...genuine, headers: { ...genuine.headers, 'x-twilio-signature': '' } }
const forged = sign('another-token')

const codeOf = (verdict: Verdict): string => (verdict.ok ? 'accepted' : verdict.code)

afterEach(() => vi.restoreAllMocks())

describe('options', () => {
  test('E3 a polluted prototype gives no option: mode', async () => {
    const verdict = await polluted('mode', 'observe', () => createVerifier({ publicUrl, authToken }).verify(forged))
    expect(verdict).not.toHaveProperty('params')
  })

  test('E3 a polluted prototype gives no option: authToken', async () => {
    const options = { publicUrl, sharedKeys: { CR1: 'a secret of a shared key' } }
    const verdict = await polluted('authToken', 'another-token', () => createVerifier(options).verify(forged))
    expect(codeOf(verdict)).toBe('key_unknown')
  })

  test('E3 a polluted prototype gives no option: paths', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    const app = await polluted('paths', ['/other'], () =>
      new Hono().use(honoWebhook({ publicUrl, authToken })).post('/sms', (c) => c.text('handled')),
    )
    expect((await app.request('/sms', { method: 'POST' })).status).toBe(403)
  })

  test('E3 a polluted prototype gives no option: replay', async () => {
    const verifier = createVerifier({ publicUrl, authToken })
    expect(codeOf(await polluted('replay', {}, () => verifier.verify(genuine)))).toBe('accepted')
  })

  test('E3 a polluted prototype gives no option: whenStoreFails', async () => {
    const store = {
      reserve: () => Promise.reject(new Error('down')),
      confirm: () => undefined,
      release: () => undefined,
    }
    const replay = await polluted('whenStoreFails', 'accept', () => replayGuard({ store }))
    expect(codeOf(await createVerifier({ publicUrl, authToken, replay }).verify(genuine))).toBe('replay_store_failed')
  })

  test('E3 a polluted prototype gives no option: publicKey of SendGrid', async () => {
    const make = () => createSendGridVerifier({} as never)
    await expect(polluted('publicKey', 'a key', make)).rejects.toThrow('"publicKey"')
  })

  test('E3 a polluted prototype gives no option: validate of tollgate/compat', async () => {
    const middleware = await polluted('validate', false, () => compatWebhook(authToken, { url: `${publicUrl}/sms` }))
    const [next, end] = [vi.fn(), vi.fn()]
    const response = { status: () => response, type: () => response, send: end }
    middleware({ ...unsigned, header: () => undefined, originalUrl: '/sms' } as never, response as never, next)
    expect(next).not.toHaveBeenCalled()
  })

  test('an option of the same value counts if it was given', async () => {
    const make = () => createVerifier({ publicUrl, authToken, mode: 'observe' })
    expect(await (await polluted('mode', 'observe', make)).verify(forged)).toHaveProperty('params')
  })

  test('an option of the class of the options counts', async () => {
    class Options {
      get publicUrl(): string {
        return publicUrl
      }
      get authToken(): string {
        return authToken
      }
      get replay() {
        return replayGuard({ store: memoryStore(), whenRepeated: 'reject' })
      }
    }
    const verifier = createVerifier(new Options())
    expect(codeOf(await verifier.verify(genuine))).toBe('accepted')
    expect(codeOf(await verifier.verify(genuine))).toBe('replayed')
  })
})

describe('verdicts', () => {
  for (const name of ['release', 'webhook', 'answer', 'code', 'params', 'covers', 'coverage', 'reserved'])
    test(`E3 a polluted prototype opens no handler: ${name}`, async () => {
      vi.spyOn(console, 'error').mockReturnValue()
      const handler = vi.fn(() => new Response())
      const guarded = fetchWebhook({ publicUrl, authToken }, handler)
      const request = forged.toRequest()
      const { status } = await polluted(name, 'text', () => guarded(request))
      expect([status, handler.mock.calls.length]).toEqual([403, 0])
    })

  test('E3 a polluted prototype makes no verdict: rejection', async () => {
    const verifier = createVerifier({ publicUrl, authToken })
    const verify = () => verifier.verify(forged)
    expect(codeOf(await polluted('rejection', { ok: true }, verify))).toBe('signature_mismatch')
  })

  test('E3 a polluted prototype makes no verdict: ok', async () => {
    const verifier = createVerifier({ publicUrl, authToken })
    expect(codeOf(await polluted('ok', false, () => verifier.verify(genuine)))).toBe('accepted')
    expect(codeOf(await polluted('ok', true, () => verifier.verify(forged)))).toBe('signature_mismatch')
  })

  test.each(['AccountSid', 'data'])('E3 a polluted prototype names no account of a JSON event: %s', async (name) => {
    const verifier = createVerifier({ publicUrl, authToken })
    const event = signRequest({ url: `${publicUrl}/events`, json: {}, authToken })
    const value = name === 'data' ? { AccountSid: params.AccountSid } : params.AccountSid
    const verdict = await polluted(name, value, () => verifier.verify(event))
    expect(verdict).toMatchObject({ ok: true, covers: 'body', accountSid: undefined })
  })

  test('E3 a polluted prototype makes no verdict: hasForeignHash', async () => {
    const replay = replayGuard({ store: memoryStore(), whenRepeated: 'reject' })
    const verifier = createVerifier({ publicUrl, authToken, replay })
    const verify = () => verifier.verify(genuine)
    expect(codeOf(await polluted('hasForeignHash', true, verify))).toBe('accepted')
    expect(codeOf(await polluted('hasForeignHash', true, verify))).toBe('replayed')
  })
})
