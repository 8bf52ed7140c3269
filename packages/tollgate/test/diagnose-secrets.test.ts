import { afterEach, expect, test, vi } from 'vitest'
import { diagnose, evenInProduction } from '../src/diagnose/index.ts'
import { createVerifier } from '../src/index.ts'
import {
  type Broken,
  brokenAlone,
  brokenTogether,
  messageText,
  optionsFor,
  sharedSecret,
  sms,
} from './diagnose-support.ts'
import { authToken, naiveJoin, origin, otherToken, sign } from './requests.ts'

const all = [...brokenAlone, ...brokenTogether]

// What must never be shown. The signature that was presented is no secret of ours; the one that was expected is.
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

/** Every signature that this server could have computed for the request. */
function listExpected(broken: Broken): string[] {
  const { url } = broken.request
  const texts = [`${origin}${url}`, `${origin}${url}${naiveJoin(sms)}`, `${origin}/sms${naiveJoin(sms)}`]
  return texts.flatMap((text) =>
    [authToken, otherToken, sharedSecret].flatMap((secret) => [sign(text, secret), sign(text, secret, 'sha256')]),
  )
}

test('no diagnosis shows a token, a secret, the expected signature or message text', async () => {
  for (const broken of all) {
    const text = JSON.stringify(await diagnose(broken.request, optionsFor(broken)))
    expectNoSecret(text, broken.what)
    for (const signature of listExpected(broken)) expect(text.includes(signature), broken.what).toBe(false)
  }
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

test('JSON that was taken for a form does not come out as a parameter name', async () => {
  for (const { request } of all.filter(({ causes }) => causes.includes('json_taken_as_form'))) {
    const diagnosis = await diagnose(request, { publicUrl: 'https://wrong.example', authToken: otherToken })
    expectNoSecret(JSON.stringify(diagnosis), 'json_taken_as_form')
  }
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

test('what is written to standard error shows none of them either', async () => {
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)))
  const clock = vi.spyOn(performance, 'now')
  let now = 1_000_000
  clock.mockImplementation(() => now)
  for (const broken of all) {
    now += 60_000
    const { otherTokens: _t, otherHosts: _h, prefixes: _p, ...options } = optionsFor(broken)
    const rejection = { ok: false, code: 'signature_mismatch', status: 403, message: 'No match.', tried: [] } as const
    await evenInProduction(diagnose).explain({ rejection, request: broken.request, options })
  }
  expect(lines.length).toBe(all.length)
  for (const text of lines) {
    expectNoSecret(text, text)
    expect(text.split('\n').length).toBeLessThanOrEqual(8)
    expect(text.split('\n').at(-1)).toMatch(/^ {2}(Fix: |No match)/)
  }
}, 120_000)

test('the whole way through a verifier', async () => {
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)))
  vi.spyOn(performance, 'now').mockReturnValue(900_000_000)
  const verifier = createVerifier({ publicUrl: 'http://api.example.com', authToken, diagnose })
  const first = brokenAlone.find(({ what }) => what === 'the app sees http')
  if (first === undefined) throw new Error('There is no broken set-up')
  expect(await verifier.verify(first.request)).toMatchObject({ ok: false, code: 'signature_mismatch' })
  await vi.waitFor(() => expect(lines).toHaveLength(1))
  expect(lines[0]).toContain('POST /sms was refused: signature_mismatch')
  expect(lines[0]).toContain('scheme: Twilio signed https://, and this server checks http://')
  expectNoSecret(lines[0] ?? '', 'the verifier')
})
