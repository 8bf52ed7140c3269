import { inspect } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { messageText, sharedSecret } from '../../../../conformance/diagnosis/requests.ts'
import type { SetUp } from '../../../../conformance/diagnosis/set-up.ts'
import { diagnose, evenInProduction, withHints } from '../../src/diagnose/index.ts'
import { createVerifier } from '../../src/index.ts'
import { diagnoseSetUp, readOptions, readRequest, setUps } from '../diagnose-support.ts'
import { passTime, stopClock } from '../process-clock.ts'
import { authToken, origin, otherToken, sign } from '../requests.ts'

// Slow, because it diagnoses and explains every made set-up.

// The signature that was sent is no secret. The expected one is.
const secrets: readonly (readonly [what: string, secret: string])[] = [
  ['the Auth Token', authToken],
  ['the other token', otherToken],
  ['the shared secret', sharedSecret],
  ['the message', messageText.trim()],
  ['a part of the message', '4711'],
  ['the speech', 'pay my bill'],
  ['the password', 'user:pass'],
]

function expectNoSecret(text: string, what: string): void {
  // Written as a URL or in JSON, a text looks different.
  const readings = [text, decodeLoosely(text), decodeLoosely(text.replaceAll('+', ' '))]
  for (const [name, secret] of secrets)
    for (const reading of readings) expect(reading.includes(secret), `${name} in: ${what}`).toBe(false)
}

function decodeLoosely(text: string): string {
  return text.replace(/(%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run
    }
  })
}

function expectNothingHidden(text: string, { hidden = [], title }: SetUp): void {
  expectNoSecret(text, title)
  for (const secret of hidden) expect(text.includes(secret), `${secret} in: ${title}`).toBe(false)
}

test('no diagnosis shows a token, a secret, the expected signature or message text', async () => {
  for (const setUp of setUps) expectNothingHidden(JSON.stringify(await diagnoseSetUp(setUp)), setUp)
}, 120_000)

test('a GET whose query holds message text is shown without it, accepted or refused', async () => {
  const target = `/sms?tenant=7&Body=${encodeURIComponent(messageText)}&SpeechResult=pay+my+bill&From=%2B1415&MessageSid=SM1`
  const headers = { host: 'api.example.com', 'x-twilio-signature': sign(origin + target) }
  const request = { method: 'GET', url: target, headers }
  for (const publicUrl of [origin, 'http://api.example.com', 'https://wrong.example']) {
    const diagnosis = await diagnose(request, { publicUrl, authToken })
    expectNoSecret(JSON.stringify(diagnosis), publicUrl)
    expect(diagnosis.signingString.length).toBeGreaterThan(0)
  }
})

test('JSON that was treated as a form is not shown as the name of a parameter', async () => {
  for (const setUp of setUps.filter(({ expected }) => expected.includes('json_taken_as_form'))) {
    const diagnosis = await diagnose(readRequest(setUp), { publicUrl: 'https://wrong.example', authToken: otherToken })
    expectNoSecret(JSON.stringify(diagnosis), 'json_taken_as_form')
  }
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

test('standard error shows none of them either', async () => {
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)))
  stopClock()
  for (const setUp of setUps) {
    passTime(60_000)
    const { otherTokens: _t, otherHosts: _h, prefixes: _p, ...options } = readOptions(setUp)
    const rejection = { ok: false, code: 'signature_mismatch', status: 403, message: 'No match.', tried: [] } as const
    await evenInProduction(diagnose).explain({ rejection, request: readRequest(setUp), options })
  }
  expect(lines.length).toBe(setUps.length)
  for (const [index, setUp] of setUps.entries()) {
    const text = lines[index] ?? ''
    expectNothingHidden(text, setUp)
    expect(text.split('\n').length).toBeLessThanOrEqual(8)
    expect(text).toMatch(/^.* was refused: \w+\.( (Fix: \S|Nothing that ).*)?\n {2}\S/)
  }
}, 120_000)

test('a verifier explains a rejection without them', async () => {
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)))
  stopClock()
  const verifier = createVerifier({ publicUrl: 'http://api.example.com', authToken, diagnose })
  const first = setUps.find(({ title }) => title === 'the app sees http')
  if (first === undefined) throw new Error('There is no such set-up.')
  expect(await verifier.verify(readRequest(first))).toMatchObject({ ok: false, code: 'signature_mismatch' })
  await vi.waitFor(() => expect(lines).toHaveLength(1))
  expect(lines[0]).toContain('POST /sms was refused: signature_mismatch')
  expect(lines[0]).toContain('scheme: Twilio signed https://, and this server checks http://')
  expectNoSecret(lines[0] ?? '', 'the verifier')
})

test('a diagnoser that is logged shows no token of its hints', () => {
  const hinted = withHints({ otherTokens: { staging: otherToken } })
  for (const text of [inspect(hinted, { depth: 9 }), JSON.stringify(hinted), inspect({ ...hinted }, { depth: 9 })])
    expectNoSecret(text, text)
})
