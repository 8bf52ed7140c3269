import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { mapped, otherToken, post, sms } from '../../../conformance/diagnosis/requests.ts'
import { createExplainer } from '../src/diagnose/explain.ts'
import { type Diagnosis, diagnose, evenInProduction, withHints } from '../src/diagnose/index.ts'
import { createVerifier } from '../src/index.ts'
import { signRequest } from '../src/testing/index.ts'
import { passTime, stopClock } from './process-clock.ts'
import { authToken, options } from './requests.ts'

const forged = post('https://api.example.com/sms', { params: sms, secret: 'made up' })
const rejection = { ok: false, code: 'signature_mismatch', status: 403, message: 'No key matches.', tried: [] } as const
const given = { ...options, publicUrl: 'http://api.example.com' }
const broken = post('https://api.example.com/sms')
const trimmed = post('https://api.example.com/sms', { sent: mapped((value) => value.trim()) })

let written: string[]

beforeEach(() => {
  written = []
  stopClock()
  vi.spyOn(console, 'error').mockImplementation((line) => void written.push(String(line)))
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

describe('as the option of a verifier', () => {
  test('explains a rejection in at most eight lines, the first with the fix', async () => {
    await diagnose.explain({ rejection, request: broken, options: given })
    expect(written[0]?.split('\n')).toEqual([
      "tollgate: POST /sms was refused: signature_mismatch. Fix: Set publicUrl: 'https://api.example.com'.",
      '  Twilio signed https://api.example.com/sms',
      '  scheme: Twilio signed https://, and this server checks http://.',
    ])
  })

  test('prints each fix once and whole, each in a line of its own', async () => {
    const request = post('https://api.example.com/sms?z=1&a=2', { url: '/api/sms?a=2&z=1' })
    await diagnose.explain({ rejection, request, options: given })
    const lines = written[0]?.split('\n') ?? []
    expect(lines.map((line) => line.split(':')[0]?.trim())).toEqual([
      'tollgate',
      'And',
      'And',
      'Twilio signed https',
      'scheme',
      'path_prefix',
      'query_order',
    ])
    for (const [at, fix] of [
      /Fix: Set "publicUrl"/,
      /Let nothing on the way add \/api/,
      /Pass the raw query/,
    ].entries())
      expect(lines[at]).toMatch(fix)
    // With a function for the path alone, the same request would be refused again.
    expect(written[0]).not.toContain('signedUrl')
  })

  test('asks one question if nothing is proven', async () => {
    await withHints({ keepRefused: false }).explain({ rejection, request: forged, options: given })
    expect(written[0]?.split('\n')).toEqual([
      'tollgate: POST /sms was refused: signature_mismatch. Nothing that this server knows makes the signature match.',
      expect.stringMatching(/^ {2}Checked http:\/\/api\.example\.com\/sms \(no query\) as AC\w\w…$/),
      "  Is this, to the letter, the URL in Twilio's console? If not: npx @tollgate/cli diagnose --other-url 'URL'",
      "  If it is: the Auth Token is another account's or an old one. To let Twilio say what it sent: npx @tollgate/cli diagnose --alert",
    ])
  })

  test('in production it says once that it is off and what turns it on, and evenInProduction explains', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    for (let round = 0; round < 3; round++) await diagnose.explain({ rejection, request: broken, options: given })
    expect(written).toEqual([
      'tollgate: a request was refused, and `diagnose` is off because NODE_ENV is "production". To turn it on: ' +
        '`diagnose: evenInProduction(diagnose)`, from tollgate/diagnose, for a short time. This line is written once.',
    ])
    await evenInProduction(diagnose).explain({ rejection, request: broken, options: given })
    expect(written).toHaveLength(2)
    expect(written[1]).toContain('Twilio signed')
  })

  test('a request cannot write lines or colours of its own', async () => {
    const request = { ...forged, method: 'POST\nINFO', url: '/a\r\nINFO all is well\u001b[31m\u2028' }
    await diagnose.explain({ rejection, request, options: given })
    for (const text of ['\r', '\u001b', '\u2028', '\nINFO']) expect(written[0]).not.toContain(text)
  })

  test('never changes the verdict, even if it throws', async () => {
    const throwing = { explain: () => Promise.reject(new Error('broken')) }
    for (const diagnoser of [diagnose, throwing, undefined]) {
      const verifier = createVerifier({ ...given, diagnose: diagnoser })
      expect(await verifier.verify(broken)).toMatchObject({ ok: false, code: 'signature_mismatch' })
    }
    const accepting = createVerifier({ ...options, diagnose })
    expect(await accepting.verify(broken)).toMatchObject({ ok: true })
  })

  test('tries the hints of the option, and what a framework stripped from the path', async () => {
    const moved = post('https://api.example.com/tenant-7/sms', { url: '/sms', secret: otherToken })
    const hinted = withHints({ otherTokens: { staging: otherToken }, prefixes: ['/tenant-7'] })
    await hinted.explain({ rejection, request: moved, options })
    expect(written.at(-1)).toContain('otherTokens.staging signed')
    expect(written.at(-1)).toContain("publicUrl: 'https://api.example.com/tenant-7'")
    passTime(60_000)
    const mounted = post('https://api.example.com/tenant-7/sms', { url: '/sms' })
    await diagnose.explain({ rejection, request: mounted, options, native: { nextUrl: { basePath: '/tenant-7' } } })
    expect(written.at(-1)).toContain("publicUrl: 'https://api.example.com/tenant-7'")
    expect(written.at(-1)).not.toContain('otherTokens')
    expect(() => withHints({ prefixes: '/tenant-7' as never })).toThrow('"prefixes"')
  })

  test('a body that was read before is the cause, in the words of the adapter', async () => {
    const consumed = { ...broken, body: { consumedBy: 'a parser', fix: 'Put it after the guard.' } }
    const verifier = createVerifier({ ...options, diagnose })
    await verifier.verify(consumed)
    await vi.waitFor(() => expect(written.at(-1)).toContain('body_already_consumed'))
    expect(written.at(-1)).toMatch(/ Fix: Put it after the guard\.\n {2}body_already_parsed: .*\(a parser\)\.$/)
  })

  test('a request of a server keeps its accessors, such as the headers', async () => {
    class Incoming {
      readonly #request
      constructor(request: typeof broken) {
        this.#request = request
      }
      get method(): string {
        return this.#request.method
      }
      get url(): string {
        return this.#request.url
      }
      get headers(): typeof broken.headers {
        return { ...this.#request.headers, 'content-length': '100' }
      }
    }
    const verifier = createVerifier({ ...given, diagnose })
    await verifier.verify(new Incoming(broken))
    await vi.waitFor(() => expect(written.at(-1)).toContain('tollgate: POST /sms was refused: body_malformed'))
    expect(written.at(-1)).toContain('\n  body_already_parsed: The verifier got no body, but Content-Length is 100')
    expect(written.at(-1)).not.toContain('not_from_twilio')
  })

  test('a web Request that was read before could not be read', async () => {
    const { method, headers, body = '' } = signRequest({ url: 'https://api.example.com/sms', params: sms, authToken })
    const request = new Request('http://localhost/sms', { method, headers, body })
    await request.text()
    await createVerifier({ ...given, diagnose }).verify(request as Request & { body: NonNullable<Request['body']> })
    await vi.waitFor(() => expect(written.at(-1)).toContain('POST /sms was refused'))
    expect(written.at(-1)).toMatch(
      /\n {2}body_already_parsed: The body could not be read to its end: something read it/,
    )
    expect(written.at(-1)).not.toMatch(/body_charset|undefined/)
  })

  test.each<[string, unknown, string]>([
    ['as Express has parsed it', { MessageSid: 'SM1' }, 'its bytes are lost'],
    ['whose body was not passed', undefined, 'your code does not pass it'],
  ])('reads what a request of Node.js has in its prototype: one %s', async (_what, body, cause) => {
    class NodeRequest {
      readonly #headers = { ...broken.headers, 'user-agent': 'TwilioProxy/1.1', 'content-length': '449' }
      readonly url = broken.url
      readonly params = {}
      readonly body = body
      get method() {
        return 'POST'
      }
      get headers() {
        return this.#headers
      }
    }
    await createVerifier({ ...options, diagnose }).verify(new NodeRequest() as never)
    await vi.waitFor(() => expect(written).toHaveLength(1))
    expect(written[0]).toMatch(/^tollgate: POST \/\S+ was refused: body_\w+\. Fix: Pass the raw body/)
    expect(written[0]).toMatch(new RegExp(`\\n {2}body_already_parsed: .*${cause}`))
    expect(written[0]).not.toMatch(/has no User-Agent|no form parser ran/)
    // Without a verifier, which has copied it.
    expect(await diagnose(new NodeRequest() as never, options)).not.toMatchObject({
      suspected: [{ id: 'not_from_twilio' }],
    })
  })

  test('uses the fix of the framework that made the request object', async () => {
    const natives: [native: object, words: string][] = [
      [{ originalUrl: '/sms', app: {}, baseUrl: '' }, 'req.rawBody'],
      [{ raw: {}, routeOptions: {}, originalUrl: '/sms' }, 'Register the plugin'],
      [{ originalUrl: '/sms', app: {}, respond: true, state: {} }, 'before the body parser'],
      [{}, 'Verify before any middleware'],
    ]
    for (const [native, words] of natives) {
      passTime(60_000)
      await diagnose.explain({ rejection, request: trimmed, options, native })
      expect(written.at(-1)).toContain(words)
    }
  })
})

describe('the limits of explanations', () => {
  const unsigned = { ...broken, headers: {} }
  const run = (): Promise<Diagnosis> => diagnose(broken, options)
  const count = (pattern: RegExp): number => written.filter((text) => pattern.test(text)).length

  test('explain three at once, then one every five seconds, and count the others', async () => {
    const explain = createExplainer(() => performance.now())
    const refuse = (): Promise<void> => explain({ rejection, request: broken, options: given }, run)
    for (let at = 0; at < 9; at++) await refuse()
    expect(written).toHaveLength(3)
    passTime(4999)
    await refuse()
    expect(written).toHaveLength(3)
    passTime(1)
    await refuse()
    expect(written.slice(3)).toEqual([
      'tollgate: 7 more rejections were not explained',
      expect.stringContaining('POST /sms'),
    ])
    stopClock()
    for (let at = 0; at < 9; at++) await refuse()
    expect(count(/POST/)).toBe(7)
  })

  test('are separate for requests without a well-formed signature', async () => {
    const explain = createExplainer(() => performance.now())
    const signatures = [undefined, '', 'x', 'L/OH5YylLD5NRKLltdqwSvS0BnU', 'L/OH5YylLD5NRKLltdqwSvS0BnV=']
    const scanners = [
      unsigned,
      ...signatures.map((signature) => ({ ...broken, headers: { 'x-twilio-signature': signature } })),
      { ...broken, headers: { 'x-twilio-signature': ['L/OH5YylLD5NRKLltdqwSvS0BnU=', 'x'] } },
      // Other headers of Twilio's do not count.
      { ...broken, headers: { 'user-agent': 'TwilioProxy/1.1', 'i-twilio-idempotency-token': 'a' } },
    ]
    for (let at = 0; at < 100; at++)
      for (const request of scanners) await explain({ rejection, request, options: given }, run)
    expect(written).toHaveLength(3)
    await explain({ rejection, request: broken, options: given }, run)
    expect(count(/POST/)).toBe(4)
  })

  test('one diagnosis runs at a time, and at most six wait', async () => {
    const explain = createExplainer(() => performance.now())
    let running = 0
    let most = 0
    let runs = 0
    const finish: (() => void)[] = []
    const slow = async (): Promise<Diagnosis> => {
      most = Math.max(most, ++running)
      runs++
      await new Promise<void>((resolve) => finish.push(resolve))
      running--
      return run()
    }
    const done: Promise<void>[] = []
    for (let at = 0; at < 100; at++) {
      passTime(5000)
      for (const request of [broken, unsigned]) done.push(explain({ rejection, request, options: given }, slow))
    }
    for (let at = 0; at < 6; at++) {
      await vi.waitFor(() => expect(finish.length).toBeGreaterThan(0))
      finish.shift()?.()
    }
    await Promise.all(done)
    expect(most).toBe(1)
    expect(runs).toBe(6)
  })

  test('a failing diagnosis does not block the others', async () => {
    const explain = createExplainer(() => performance.now())
    const refused = { rejection, request: broken, options: given }
    await expect(explain(refused, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    await explain(refused, run)
    expect(written).toHaveLength(1)
  })
})

describe('a genuine request', () => {
  test('has no cause', async () => {
    const diagnosis = await diagnose(broken, options)
    expect(diagnosis).toMatchObject({ verdict: { ok: true }, suspected: [], tried: 0 })
    expect(diagnosis.proven).toBeUndefined()
  })

  test('does not reach a replay guard or a listener', async () => {
    const reserve = vi.fn(() => ({ delivery: 'first' as const }))
    const onVerdict = vi.fn()
    await diagnose(broken, { ...options, replay: { reserve }, onVerdict })
    await diagnose(forged, { ...options, replay: { reserve }, onVerdict, diagnose })
    expect(reserve).not.toHaveBeenCalled()
    expect(onVerdict).not.toHaveBeenCalled()
    expect(written).toEqual([])
  })

  test('shows what was signed and how the URL may be spelled', async () => {
    const { signingString, urlForms } = await diagnose(broken, options)
    expect(signingString[0]).toEqual({ text: 'https://api.example.com/sms', from: 'url' })
    expect(signingString.filter(({ from }) => from === 'name')).toHaveLength(sms.length)
    expect(signingString.find(({ text }) => text === 'NumMedia')).toBeDefined()
    expect(urlForms).toEqual([
      { url: 'https://api.example.com/sms', why: 'as this server sees the request' },
      { url: 'https://api.example.com:443/sms', why: 'with the default port' },
    ])
    expect(JSON.stringify(signingString)).not.toContain(authToken)
  })
})

test('asks a look-up for the tokens, which may fail', async () => {
  const asked: (string | undefined)[] = []
  const lookup = ({ accountSid }: { accountSid?: string }): string => {
    asked.push(accountSid)
    return authToken
  }
  const { proven } = await diagnose(broken, { ...given, authToken: lookup })
  expect(proven?.causes.map(({ id }) => id)).toEqual(['scheme'])
  expect(asked.length).toBeGreaterThan(0)
  const failing = (): never => {
    throw new Error(`the store says ${authToken}`)
  }
  const failed = await diagnose(broken, { ...given, authToken: failing })
  expect(failed.verdict).toMatchObject({ code: 'key_lookup_failed' })
  expect(failed.proven).toBeUndefined()
  expect(JSON.stringify(failed)).not.toContain(authToken)
})

test('maxTries limits the HMACs', async () => {
  for (const maxTries of [1, 10, 500]) expect((await diagnose(forged, { ...options, maxTries })).tried).toBe(maxTries)
})

describe('the limit of the search', () => {
  test('counts for each key, so a second token does not halve the search', async () => {
    const one = await diagnose(forged, { ...given, maxTries: 100 })
    const two = await diagnose(forged, { ...given, authToken: [authToken, otherToken], maxTries: 100 })
    expect(one.tried).toBeLessThanOrEqual(110)
    expect(two.tried).toBe(2 * one.tried)
  })

  test('that ended it is named', async () => {
    expect((await diagnose(forged, { ...given, maxTries: 100 })).question?.isCut).toBe(true)
    expect((await diagnose(forged, given)).question?.isCut).toBeUndefined()
  })
})
