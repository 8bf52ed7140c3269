import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { describeError } from '../src/checks/log.ts'
import { createVerifier, type VerifierOptions } from '../src/index.ts'
import { replayGuard } from '../src/replay/index.ts'
import { isRejected, namePage, type Rejected, type RejectionCode, rejections } from '../src/verdict.ts'
import { logCause, logRefusal } from '../src/verify/refusal-log.ts'
import { passTime, stopClock } from './process-clock.ts'
import { accountSid, authToken, genuine, options, otherToken, sign } from './requests.ts'

const down = new Error('connect ECONNREFUSED 127.0.0.1:5432')
const mismatch = { code: 'signature_mismatch', status: 403, message: 'No key matches.' } as const
const request = { method: 'POST', url: '/sms?Body=hello' }
const hints = { advice: 'Compare them.', diagnoser: 'diagnose' }
let written: string[]

beforeEach(() => {
  written = []
  stopClock()
  vi.spyOn(console, 'error').mockImplementation((line) => void written.push(String(line)))
  // The limits are those of the process: other tests have left lines uncounted.
  for (const code of ['signature_mismatch', 'signature_missing', 'key_unknown', 'body_already_consumed', 'own'])
    logRefusal({ rejection: { ...mismatch, code: code as RejectionCode, tried: [] }, request, hints, isPassed: false })
  for (const code of ['key_lookup_failed', 'replay_store_failed'] as const) logCause(code, '', down)
  passTime(1_000_000)
  written = []
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const refuse = async (given: Partial<VerifierOptions>): Promise<Rejected> => {
  const verdict = await createVerifier({ ...options, ...given }).verify(genuine)
  if (!isRejected(verdict)) throw new Error('accepted')
  // As adapters and the gateway do. With a diagnoser, there is no other line.
  logRefusal({ rejection: verdict, request, hints: { explains: true }, isPassed: false })
  return verdict
}
const throws = () => Promise.reject(down)
// A confirmation that fails is tried again for 5 s, and its timers would be seen by the file that runs next.
const brokenStore = { reserve: throws, confirm() {}, release: throws }

test('a failure is one line a minute, in production too, and the next line counts those without one', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  for (let round = 0; round < 3; round++) await refuse({ authToken: throws })
  expect(written).toEqual([
    'tollgate: key_lookup_failed: The look-up of a key or host failed. "authToken" threw an error. ' +
      `See ${namePage('key_lookup_failed')} Cause: Error: connect ECONNREFUSED 127.0.0.1:5432.`,
  ])
  passTime(60_000)
  await refuse({ authToken: throws })
  expect(written[1]).toMatch(/ It happened 2 more times since the last line\.$/)
  await refuse({ replay: replayGuard({ store: brokenStore }) })
  expect(written[2]).toMatch(/^tollgate: replay_store_failed: .* Cause: Error: connect ECONNREFUSED/)
  expect(written).toHaveLength(3)
})

test('a rejection names the address of its page, and without a home page its file in the package', () => {
  expect(namePage('stale', 'https://tollgate.example')).toBe('https://tollgate.example/codes/stale.html')
  expect(namePage('stale', '')).toBe('node_modules/tollgate/docs/codes/stale.md')
})

test('a rejection carries the error of a look-up and of a replay store, and shows it in no copy', async () => {
  for (const given of [
    { authToken: throws },
    { authToken: throws, mode: 'observe' as const },
    { replay: replayGuard({ store: brokenStore }) },
  ]) {
    const verdict = await refuse(given)
    expect(verdict.cause).toBe(down)
    expect(Object.keys(verdict)).not.toContain('cause')
    expect(JSON.stringify({ ...verdict })).not.toContain('ECONNREFUSED')
    expect(verdict.message).not.toContain('ECONNREFUSED')
  }
  expect(Object.hasOwn(await refuse({ authToken: otherToken }), 'cause')).toBe(false)
})

test('a store that fails is in the log, even if the delivery is accepted', async () => {
  const replay = replayGuard({ store: brokenStore, whenStoreFails: 'accept' })
  expect(await createVerifier({ ...options, replay }).verify(genuine)).toMatchObject({ ok: true, delivery: 'unknown' })
  expect(written).toEqual([
    'tollgate: replay_store_failed: The replay store failed, so "delivery" is "unknown". ' +
      'Cause: Error: connect ECONNREFUSED 127.0.0.1:5432.',
  ])
})

test.each([
  ['confirm', 'confirm a delivery, so that a copy may be accepted'],
  ['release', 'release a delivery, so that its retry may be refused'],
] as const)(
  'a store that fails to %s a delivery is in the log, and the caller gets the error',
  async (report, failure) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const store = { reserve: () => 'reserved' as const, confirm() {}, release() {}, [report]: throws }
    const reservation = await replayGuard({ store }).reserve({ key: 'a', handshake: false })
    await expect(reservation[report]?.()).rejects.toBe(down)
    expect(written).toEqual([
      `tollgate: replay_store_failed: The replay store failed to ${failure}. Cause: Error: connect ECONNREFUSED 127.0.0.1:5432.`,
    ])
  },
)

test.each<[unknown, string]>([
  [{ id: 7, token: authToken }, 'returned a value of type object; return its text'],
  [{ authToken: Buffer.from(authToken), accountSid }, `returned bytes (a Buffer or Uint8Array) as "authToken"`],
  [{ authToken, accountSid: 'mine' }, 'returned: "accountSid" is not "AC" and 32 hex digits'],
  [` ${authToken}`, 'returned: "authToken" has white space around it; the Auth Token is on the first page'],
  [Array(17).fill(authToken), 'returned: "authToken" has more than 16 tokens'],
])('a look-up that returns %o is told what came', async (answer, detail) => {
  const verdict = await refuse({ authToken: () => answer as string })
  expect(verdict.code).toBe('key_lookup_failed')
  expect(verdict.message).toContain(`"authToken" ${detail}`)
  expect(written).toHaveLength(1)
  expect(written[0]).toContain(detail)
  expect(written.join() + verdict.message).not.toContain(authToken)
})

test('a look-up of SharedKeys is told what came, and a late one that it was late', async () => {
  const headers = {
    'x-twilio-signature': sign('', otherToken, 'sha256'),
    'x-twilio-webhooks-signature-settings': 'key=a,algorithm=HMAC_SHA256',
  }
  const ask = async (sharedKeys: VerifierOptions['sharedKeys']) =>
    await createVerifier({ ...options, sharedKeys, lookupTimeoutMs: 1 }).verify({
      ...genuine,
      headers: { ...genuine.headers, ...headers },
    })
  expect(await ask(() => ({ key: 'x' }) as never)).toMatchObject({
    message: expect.stringContaining('"sharedKeys" returned a value of type object; return its text'),
  })
  expect(await ask(() => ({ secret: Buffer.from('x') }) as never)).toMatchObject({
    message: expect.stringContaining('"sharedKeys" returned bytes (a Buffer or Uint8Array) as "secret"'),
  })
  expect(await ask(() => new Promise(() => undefined))).toMatchObject({
    message: expect.stringContaining('"sharedKeys" took too long.'),
    cause: expect.objectContaining({ message: 'The look-up "sharedKeys" took longer than 1 ms' }),
  })
})

test.each<[unknown, string]>([
  [new Error('a\r\nINFO fine\u001b[31m'), 'Error: a INFO fine[U+001B][31m'],
  [new Error(`bad token ${authToken} of ${accountSid}`), `Error: bad token ‹32 characters› of ${accountSid}`],
  [new Error('redis://me:hunter2@10.0.0.1:6379 is down'), 'Error: redis://‹user›@10.0.0.1:6379 is down'],
  [new Error('GET https://a.example/t?key=abc&b=c: 500'), 'Error: GET https://a.example/t?‹12 characters› 500'],
  [new Error('password=hunter2, host=db'), 'Error: password=‹7 characters›, host=db'],
  [new Error('x'.repeat(5000)), `Error: ${'x'.repeat(292)}…`],
  [new TypeError('fetch failed', { cause: down }), `TypeError: fetch failed (${down.message})`],
  [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'AggregateError: ECONNREFUSED'],
  [authToken, 'a value of type string was thrown, which is no Error'],
  [new Error(''), 'Error: no message'],
])('the line of %o shows no secret and is one line', (error, line) => {
  expect(describeError(error)).toBe(line)
})

test('an error whose message throws is named without it', () => {
  const broken = Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw down
    },
  })
  expect(describeError(broken)).toBe('an error without a message')
})

const tried = ['https://api.example.com/sms/sms']
const refusal = { rejection: { ...mismatch, tried }, request, hints, isPassed: false }

test('a refusal names method, path, code and the checked URL, without queries', () => {
  logRefusal(refusal)
  logRefusal({ ...refusal, isPassed: true, rejection: { ...mismatch, tried: ['https://a.example/?Body=hello'] } })
  logRefusal({ ...refusal, rejection: { ...mismatch, code: 'signature_missing', tried: [] }, hints: undefined })
  expect(written).toEqual([
    'tollgate: POST /sms was refused (403, signature_mismatch). Checked https://api.example.com/sms/sms\n' +
      '  Compare them. To see more: add `diagnose` from tollgate/diagnose.',
    'tollgate: POST /sms would be refused (403, signature_mismatch). Checked https://a.example/\n' +
      '  Compare them. To see more: add `diagnose` from tollgate/diagnose.',
    'tollgate: POST /sms was refused (403, signature_missing).\n  No key matches.',
  ])
})

test('a request writes no line, colour or secret of its own', () => {
  const hostile = '\r\nINFO all is well\u001b[31m\u2028'
  logRefusal({
    ...refusal,
    request: { method: `POST${hostile}`, url: `https://a.example/x${hostile}?token=${authToken}` },
    rejection: { ...mismatch, message: hostile, code: hostile as RejectionCode, tried: [`https://a/${hostile}`] },
    hints: undefined,
  })
  expect(written[0]?.split('\n')).toHaveLength(2)
  for (const text of ['\r', '\u001b', '\u2028', authToken]) expect(written[0]).not.toContain(text)
})

test('each code has ten lines at once and one each second, and no others have its turns', () => {
  for (let round = 0; round < 14; round++) logRefusal(refusal)
  expect(written).toHaveLength(10)
  logRefusal({ ...refusal, rejection: { ...mismatch, code: 'key_unknown', tried } })
  expect(written).toHaveLength(11)
  passTime(1000)
  logRefusal(refusal)
  expect(written.at(-1)?.split('\n').at(-1)).toBe('  4 more like it had no line.')
  // Codes of a user's own verifier share one limit, because there may be any number of them.
  for (let round = 0; round < 30; round++)
    logRefusal({ ...refusal, rejection: { ...mismatch, code: `own_${round}` as RejectionCode, tried } })
  expect(written).toHaveLength(22)
})

test('with a diagnoser, only production and a body that was read too early have a line', () => {
  for (const code of Object.keys(rejections) as RejectionCode[])
    logRefusal({ ...refusal, hints: { ...hints, explains: true }, rejection: { ...mismatch, code, tried } })
  expect(written).toEqual([])
})

test('in production each code has one line a minute, without queries, and the next counts the others', () => {
  vi.stubEnv('NODE_ENV', 'production')
  const line = (code: RejectionCode) =>
    `tollgate: POST /sms was refused (403, ${code}). Checked ${tried[0]} See ${namePage(code)}`
  for (let round = 0; round < 3; round++) logRefusal({ ...refusal, hints: undefined })
  logRefusal({ ...refusal, rejection: { ...mismatch, code: 'key_unknown', tried } })
  logRefusal({ ...refusal, rejection: { ...mismatch, code: 'signature_missing', tried }, isHandled: true })
  expect(written).toEqual([line('signature_mismatch'), line('key_unknown')])
  passTime(60_000)
  logRefusal({ ...refusal, hints: { ...hints, explains: true } })
  expect(written.at(-1)).toBe(`${line('signature_mismatch')} It happened 2 more times since the last line.`)
  logRefusal({ ...refusal, rejection: { ...mismatch, code: 'body_already_consumed', tried }, isHandled: true })
  expect(written.at(-1)).toContain('body_already_consumed')
})

test('a verifier tells adapters what its lines say', () => {
  expect(createVerifier(options).hints).toEqual({
    advice: "Is this the URL in Twilio's console? If it is, compare the Auth Token.",
    diagnoser: 'diagnose',
    explains: false,
  })
  expect(createVerifier({ ...options, diagnose: { explain() {} } }).hints?.explains).toBe(true)
})
