import { describe, expect, test } from 'vitest'
import { type VerdictCountersOptions, verdictCounters } from '../src/counters/index.ts'
import { type Accepted, createVerifier, type RejectionCode, type Verdict } from '../src/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import { createSendGridVerifier } from '../src/schemes/sendgrid/index.ts'
import { sampleWebhook, signRequest, signSendGridRequest } from '../src/testing/index.ts'
import { reject } from '../src/verdict.ts'

const hour = 3_600_000
const start = Date.UTC(2026, 10, 24, 10)

function accept(key: Accepted['matched']['key'], delivery: Accepted['delivery'] = 'first'): Verdict {
  return {
    ok: true,
    matched: { key, algorithm: 'HMAC_SHA1', url: 'https://example.com/?x=secret' },
    delivery,
  } as Verdict
}

const byToken = (index: number) => accept({ kind: 'auth_token', index })
const byKey = (id: string) => accept({ kind: 'shared_key', id })
const refuse = (code: RejectionCode): Verdict => reject(code)

function withClock(options: VerdictCountersOptions = {}) {
  const clock = { time: start }
  const counters = verdictCounters({ now: () => clock.time, ...options })
  return { clock, counters }
}

describe('verdictCounters', () => {
  test('counts by key and by code, the most frequent first', () => {
    const { clock, counters } = withClock({ sharedKeyIds: ['known'] })
    const verdicts = [byToken(0), byToken(1), byToken(1), byKey('known'), byKey('x'), byKey('y')]
    for (const verdict of [...verdicts, refuse('replayed'), refuse('signature_mismatch')]) counters.onVerdict(verdict)
    clock.time += hour
    counters.onVerdict(refuse('signature_mismatch'))
    counters.onVerdict(accept({ kind: 'auth_token', index: 1 }, 'repeated'))
    counters.onVerdict(accept({ kind: 'auth_token', index: 1 }, 'unknown'))
    const { text, mayEnforce, mayDropToken, ...counted } = counters.summary()
    expect(counted).toEqual({
      since: start,
      total: 11,
      accepted: 8,
      refused: 3,
      repeated: 1,
      maybeRepeated: 1,
      keys: [
        { key: 'auth_token:1', count: 4, lastAt: start + hour },
        { key: 'shared_key', count: 2, lastAt: start },
        { key: 'auth_token:0', count: 1, lastAt: start },
        { key: 'shared_key:known', count: 1, lastAt: start },
      ],
      codes: [
        { code: 'signature_mismatch', count: 2, firstAt: start, lastAt: start + hour },
        { code: 'replayed', count: 1, firstAt: start, lastAt: start },
      ],
    })
    counters.reset()
    expect(counters.summary()).toMatchObject({ since: start + hour, total: 0, keys: [], codes: [] })
  })

  test('may I enforce now?', () => {
    const { clock, counters } = withClock()
    const ask = () => counters.summary().mayEnforce
    expect(ask()).toEqual({ answer: 'no', reason: 'No request has verified yet.' })
    counters.onVerdict(refuse('signature_mismatch'))
    counters.onVerdict(byToken(0))
    expect(ask().answer).toBe('no')
    expect(ask().reason).toContain('signature_mismatch (1)')
    clock.time += 24 * hour
    expect(ask()).toEqual({ answer: 'yes', reason: 'Nothing was refused within the last 24 h.' })
    counters.onVerdict(refuse('signature_missing'))
    expect(ask().answer).toBe('check')
    counters.onVerdict(refuse('url_not_allowed'))
    expect(ask().answer).toBe('no')
    counters.reset()
    counters.onVerdict(byToken(0))
    expect(ask()).toEqual({ answer: 'no', reason: 'Counted for less than 24 h so far.' })
  })

  test('may I drop the old token?', () => {
    const { clock, counters } = withClock({ authTokens: 3, quietSeconds: 1800 })
    const ask = () => counters.summary().mayDropToken.map(({ answer, reason }) => `${answer}: ${reason}`)
    counters.onVerdict(byToken(0))
    const early = 'no: Counted for less than 30 min so far.'
    expect(ask()).toEqual(['no: It matched within the last 30 min.', early, early])
    clock.time += hour / 2
    const alone = 'no: No other key matched within the last 30 min.'
    expect(ask()).toEqual([alone, alone, alone])
    counters.onVerdict(byToken(1))
    const old = 'yes: Only other keys matched within the last 30 min.'
    expect(ask()).toEqual([old, 'no: It matched within the last 30 min.', old])
    clock.time += hour
    counters.onVerdict(byKey('rotated to a SharedKey'))
    expect(ask()).toEqual([old, old, old])
  })

  test('writes everything as text', () => {
    const { clock, counters } = withClock()
    counters.onVerdict(byToken(0))
    counters.onVerdict(accept({ kind: 'auth_token', index: 1 }, 'repeated'))
    clock.time += 24 * hour
    counters.onVerdict(accept({ kind: 'auth_token', index: 1 }, 'unknown'))
    counters.onVerdict(refuse('signature_missing'))
    expect(counters.summary().text.split('\n')).toEqual([
      'May I enforce now? check. Only requests without a usable signature were refused: signature_missing (1).',
      'May I drop Auth Token 0? yes. Only other keys matched within the last 24 h.',
      'May I drop Auth Token 1? no. It matched within the last 24 h.',
      'Since 2026-11-24T10:00:00Z: 4 requests, 3 accepted, 1 refused.',
      '  accepted by auth_token:1: 2, last 2026-11-25T10:00:00Z',
      '  accepted by auth_token:0: 1, last 2026-11-24T10:00:00Z',
      '  refused as signature_missing: 1, first 2026-11-25T10:00:00Z, last 2026-11-25T10:00:00Z',
      '  accepted although seen before: 1',
      '  accepted, but the replay guard could not tell whether they are new: 1',
    ])
  })

  test('holds no part of a request, and a bounded number of labels', async () => {
    const counters = verdictCounters()
    const authToken = '0123456789abcdef0123456789abcdef'
    const ids = Array.from({ length: 50 }, (_, index) => `webhooks_key_${index}`)
    const verifier = createVerifier({
      publicUrl: 'https://example.com',
      authToken,
      sharedKeys: Object.fromEntries(ids.map((id) => [id, `secret of ${id}`])),
      replay: replayGuard({ store: memoryStore() }),
      onVerdict: counters.onVerdict,
    })
    const message = { url: 'https://example.com/sms', ...sampleWebhook('message.inbound') }
    const keys = [{ authToken }, ...ids.map((id) => ({ sharedKey: { id, secret: `secret of ${id}` } }))]
    for (const key of keys) {
      const { method, headers, body } = signRequest({ ...message, ...key })
      await verifier.verify({ method, url: '/sms', headers, body })
      await verifier.verify({ method, url: '/other', headers, body })
    }
    const summary = counters.summary()
    expect(summary).toMatchObject({ total: 102, accepted: 51, refused: 51, repeated: 50 })
    expect(summary.keys.map(({ key }) => key)).toEqual(['shared_key', 'auth_token:0'])
    const shown = JSON.stringify(summary)
    for (const [, value] of message.params ?? [])
      if (value.length > 2) expect(shown.includes(value), `${value} is shown`).toBe(false)
    for (const secret of [authToken, 'webhooks_key', 'secret of']) expect(shown).not.toContain(secret)
  })

  test('wrong options are errors', () => {
    const bad: [object, typeof TypeError | typeof RangeError, string][] = [
      [{ token: 1 }, TypeError, '"token"'],
      [{ authTokens: 17 }, RangeError, '"authTokens"'],
      [{ quietSeconds: 59 }, RangeError, '"quietSeconds"'],
      [{ quietSeconds: '60' }, TypeError, '"quietSeconds"'],
      [{ now: 1 }, TypeError, '"now"'],
      [{ sharedKeyIds: 'a' }, TypeError, '"sharedKeyIds"'],
      [{ sharedKeyIds: [1] }, TypeError, '"sharedKeyIds"'],
      [{ sharedKeyIds: Array.from({ length: 101 }, String) }, RangeError, '"sharedKeyIds"'],
    ]
    for (const [options, kind, text] of bad) {
      expect(() => verdictCounters(options)).toThrow(kind)
      expect(() => verdictCounters(options)).toThrow(text)
    }
  })
})

test("SendGrid's keys are counted by name or position", async () => {
  const { counters } = withClock()
  const { publicKey, ...request } = await signSendGridRequest()
  for (const keys of [publicKey, { marketing: publicKey }]) {
    const verifier = createSendGridVerifier({ publicKey: keys, onVerdict: counters.onVerdict })
    await verifier.verify(request)
    await verifier.verify({ ...request, body: '[]' })
  }
  const { keys, codes } = counters.summary()
  expect(keys.map(({ key }) => key)).toEqual(['sendgrid:0', 'sendgrid:marketing'])
  expect(codes).toMatchObject([{ code: 'signature_mismatch', count: 2 }])
})
