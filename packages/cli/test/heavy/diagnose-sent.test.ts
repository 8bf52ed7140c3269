import { createVerifier } from 'tollgate'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  authToken,
  expectUsage,
  keep,
  listen,
  makeFolder,
  otherToken,
  type Ran,
  readJson,
  record,
  sharedSecret,
  tollgate,
  writeScratch,
} from '../support.ts'
import { createAlerts, createItem, type Item, startFakeTwilio } from '../twilio-api/fake.ts'

// Slow, because each case starts the command.

const main = `AC${'1'.repeat(32)}`
const sidOf = (prefix: string, digit: string): string => prefix + digit.repeat(32)
const params = { From: '+15551230001', To: '+15551230002', Body: 'a private text', AccountSid: main }
const url = 'https://example.com/api/sms?team=blue-value'
const signed = signRequest({ url, params, authToken })

const request_variables = new URLSearchParams(params).toString()
const createAlert = (digit: string, values: Item): Item => ({
  ...{ sid: sidOf('NO', digit), request_url: url, request_variables, date_created: `2026-11-2${digit}T08:00:00Z` },
  ...values,
})

const alerts = createAlerts([
  createAlert('1', {}),
  createAlert('2', {
    request_headers: `Host: example.com\nX-Twilio-Signature: ${signed.headers['x-twilio-signature']}`,
  }),
  createAlert('3', {
    request_url: `https://api.twilio.com/2010-04-01/Accounts/${main}/Messages.json`,
    error_code: '21211',
  }),
  createAlert('4', { request_url: null, error_code: '30007' }),
  createAlert('5', { request_url: 'https://example.com/\u001b[2J\nsms' }),
  createAlert('6', { error_code: '12100' }),
  createAlert('0', { request_url: 'https://example.com/by-get', request_method: 'GET', error_code: '12200' }),
])

const call = sidOf('CA', '7')
const events = `api /2010-04-01/Accounts/${main}/Calls/${call}/Events.json`
const event = (requestUrl: string, parameters: Item, code: number | null): Item =>
  createItem(events, { request: { method: 'POST', url: requestUrl, parameters }, response: { response_code: code } })
const callParams = { CallSid: call, CallStatus: 'ringing', SpeechResult: 'a private text' }

const keys = { [sidOf('SK', '1')]: { secret: 'a-secret-of-an-api-key', account: main } }
const withKey = { TWILIO_API_KEY: sidOf('SK', '1'), TWILIO_API_SECRET: 'a-secret-of-an-api-key' }
let fake: Awaited<ReturnType<typeof startFakeTwilio>>

beforeAll(async () => {
  const snake = { call_sid: call, call_status: 'ringing', speech_result: 'a private text' }
  const ofCall = [
    event(`https://api.twilio.com/2010-04-01/Accounts/${main}/Calls.json`, {}, 201),
    event('https://example.com/voice', snake, 200),
    event('https://example.com/gather', snake, 403),
    event('https://example.com/status', snake, 200),
  ]
  fake = await startFakeTwilio({
    accounts: [{ sid: main, authToken, data: { ...alerts, [events]: ofCall } }],
    keys,
    disturb: ({ path }) => (path.endsWith(sidOf('NO', '8')) ? { status: 403 } : undefined),
  })
})

afterAll(() => fake.close())

async function diagnose(
  words: readonly string[],
  { input, ...env }: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return await tollgate(['diagnose', '--api-url', fake.apiUrl, ...words], {
    env: { TWILIO_ACCOUNT_SID: main, ...env },
    ...(input !== undefined && { input }),
  })
}

interface Document {
  genuine: boolean
  causes: { id: string; fix: string }[]
  unexplained: { what: string; name: string | null; sent: string; seen: string }[]
  signedBy: string
}

async function explain(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Document> {
  const ran = await diagnose([...words, '--json'], env)
  expect(ran.stdout + ran.stderr).not.toMatch(/private|blue-value/)
  return readJson(ran) as unknown as Document
}

const alert = (digit: string): string[] => ['--alert', sidOf('NO', digit)]
const idsOf = ({ causes }: Document): string[] => causes.map(({ id }) => id).sort()

// A log entry: no signature, http to the server, and a proxy that strips /api.
const seen = (body = signed.body) => `curl 'http://example.com/sms?team=blue-value' --data '${body}'`

describe('diagnose --alert', () => {
  test('names what differs from a log entry that has no signature, with certainty', async () => {
    const found = await explain([...alert('1'), '-'], { input: seen() })
    expect(idsOf(found)).toEqual(['path_prefix', 'scheme'])
    expect(found).toMatchObject({ genuine: false, unexplained: [], signedBy: 'unknown' })
    const ran = await diagnose([...alert('1'), '-'], { input: seen() })
    expect(ran.stdout.split('\n')).toEqual([
      expect.stringMatching(/^NO1{32}, 2026-11-21T08:00:00Z, error 11200$/),
      '  sent  POST https://example.com/api/sms?team=***  (4 parameters)',
      '  seen  POST http://example.com/sms?team=***',
      'Certain, because the signed URL and parameters are known:',
      expect.stringMatching(/^ {2}scheme /),
      expect.stringMatching(/^ {2}path_prefix /),
      'Fix:',
      "  1. Set publicUrl: 'https://example.com/api'.",
      'Signed by: not known, because neither record has the header X-Twilio-Signature',
      '',
    ])
    expect(ran).toMatchObject({ code: 1 })
  })

  test('ends with an option that makes the request of another program pass', async () => {
    const target = '/hook?team=blue-value'
    const elsewhere = `curl 'https://app.example.org${target}' --data '${signed.body}'`
    const words = [...alert('2'), '--public-url', 'https://app.example.org', '-']
    const { stdout } = await diagnose(words, { input: elsewhere })
    const [line = ''] = /signedUrl: .*''\)/.exec(stdout) ?? []
    expect(line).toBe(`signedUrl: ({ url }) => 'https://example.com/api/sms' + url.replace(/^[^?]*/, '')`)
    const { verify } = createVerifier({ authToken, ...new Function(`return { ${line} }`)() })
    expect(await verify({ ...signed, url: target })).toMatchObject({ ok: true })
  })

  test('what no cause explains is shown as sent and as seen, without its values', async () => {
    const changed = new URLSearchParams({ ...params, Body: 'another private text' }).toString()
    const words = [...alert('1'), '--public-url', 'https://example.com/api', '-']
    const masked = await explain(words, { input: seen(changed) })
    expect(masked.unexplained).toEqual([
      { what: 'parameter', name: 'Body', sent: '14 characters', seen: '20 characters' },
    ])
    const { From: _, ...fewer } = params
    const missing = await explain(words, { input: seen(new URLSearchParams(fewer).toString()) })
    expect(missing).toMatchObject({ causes: [{ id: 'params_missing' }], unexplained: [] })
  })

  test('with the options alone it compares the configured public URL', async () => {
    expect(idsOf(await explain([...alert('1'), '--public-url', 'http://www.example.com']))).toEqual(['host', 'scheme'])
    const right = await diagnose([...alert('1'), '--public-url', 'https://example.com/api'])
    // What the server saw is not known: a proxy may have changed the path.
    expect(right).toMatchObject({ code: 0, stdout: expect.not.stringContaining('Nothing differs') })
    expect(right.stdout.split('\n').slice(2, 5)).toEqual([
      'The public URL is right, if /api/sms and these parameters reach your server unchanged.',
      'Not compared: what your server saw, such as a path or a body that something on the way changed, and the key, because the record has no signature.',
      'To compare it too, give the request that it refused: --last, or a copy of it, in place of --public-url.',
    ])
    const signedToo = await diagnose([...alert('2'), '--public-url', 'https://example.com/api'])
    expect(signedToo.stdout).toContain('\nThe configuration is right, if ')
    expect(signedToo.stdout).not.toContain('and the key')
  })

  test('says which key signed only where a record has the signature', async () => {
    const words = [...alert('2'), '--public-url', 'https://example.com']
    expect(await explain(words)).toMatchObject({ genuine: true, signedBy: 'a configured key' })
    const key = { ...withKey, TWILIO_AUTH_TOKEN: otherToken }
    const other = await explain(words, key)
    expect(other).toMatchObject({ causes: [{ id: 'token_of_other_account' }], signedBy: 'another key' })
    const unknown = await explain([...alert('1'), '--public-url', 'https://example.com'], key)
    expect(unknown).toMatchObject({ genuine: true, signedBy: 'unknown' })
  })

  test('takes a capture of a request whose body a parser or a middleware has read', async () => {
    const capture = { method: 'POST', url: '/api/sms?team=blue-value', headers: signed.headers }
    const words = [...alert('1'), '--public-url', 'https://example.com', '-']
    const parsed = await explain(words, { input: JSON.stringify({ ...capture, body: params }) })
    expect(parsed).toMatchObject({ genuine: false, causes: [{ id: 'body_already_parsed' }] })
    const headers = { ...signed.headers, 'content-length': String(signed.body?.length) }
    const read = await explain(words, { input: JSON.stringify({ ...capture, headers, body: {} }) })
    // An empty object may also mean that nothing parsed the body, which the verifier then gets.
    expect(read).toMatchObject({ causes: [], unexplained: [{ what: 'body', seen: 'no body in this copy' }] })
  })

  test('does not say that nothing differs if the record has no signature, or is of another webhook', async () => {
    const words = [...alert('1'), '--public-url', 'https://example.com/api', '-']
    const unsigned = await diagnose(words, { input: seen() })
    expect(unsigned).toMatchObject({ code: 0, stdout: expect.not.stringContaining('Nothing differs') })
    expect(unsigned.stdout.split('\n').slice(3)).toEqual([
      'Genuine, as far as is known, but this differs:',
      '  X-Twilio-Signature',
      '    sent  with every webhook',
      '    seen  not in this record',
      'If the server refuses this webhook, the header does not reach it, or another key signs it.',
      'Signed by: not known, because neither record has the header X-Twilio-Signature',
      '',
    ])
    const other = signRequest({ url, params: { ...params, From: '+15551239999' }, authToken }).toCurl()
    const verified = await diagnose([...alert('1'), '-'], { input: other })
    expect(verified.stdout).toMatch(
      /From\n {4}sent {2}12 characters\n {4}seen {2}12 characters\nThe request .* another/,
    )
  })

  test('compares all but the body of a copy that has none', async () => {
    const log = (path: string) => JSON.stringify({ method: 'POST', url: path, headers: signed.headers })
    const words = [...alert('1'), '--public-url', 'https://example.com', '-']
    const right = await diagnose(words, { input: log('/api/sms?team=blue-value') })
    expect(right).toMatchObject({ code: 0, stdout: expect.stringContaining('\nNothing else differs: ') })
    expect(right.stdout).toMatch(/\nNo body was found in the copy, so all but the body was compared\. .*\n.*--last\.\n/)
    const wrong = await explain(words, { input: log('/api/sms') })
    expect(idsOf(wrong)).toEqual(['query_missing'])
    expect(wrong.unexplained).toEqual([expect.objectContaining({ what: 'body', seen: 'no body in this copy' })])
    const empty = { ...signed.headers, 'content-length': '0' }
    const input = JSON.stringify({ method: 'POST', url: '/api/sms?team=blue-value', headers: empty })
    expect(idsOf(await explain(words, { input }))).toContain('body_missing')
  })

  test.each([
    [
      'the request log of Cloud Run',
      JSON.stringify([
        { httpRequest: { requestMethod: 'POST', requestUrl: 'https://example.com/sms?team=blue-value', status: 403 } },
      ]),
    ],
    [
      'a line of Fastify',
      JSON.stringify({ level: 30, req: { method: 'POST', url: '/sms?team=blue-value', host: 'example.com' } }),
    ],
  ])('compares %s, which has no headers', async (_name, input) => {
    const found = await explain([...alert('1'), '--public-url', 'https://example.com', '-'], { input })
    expect(idsOf(found)).toEqual(['path_prefix'])
  })

  test('does not take a copy from webhook.site for a request of the server', async () => {
    const copied = signRequest({ url: 'https://webhook.site/0b1c', params, authToken }).toCurl()
    const ran = await diagnose([...alert('1'), '-'], { input: copied })
    expectUsage(ran, /\ntollgate: webhook\.site captured this request, .*--last.*--public-url/)
    expectUsage(
      await diagnose([...alert('1'), '-', '--public-url', 'https://webhook.site'], { input: copied }),
      'captured',
    )
  })

  test('puts the parameters of a GET into the query', async () => {
    const { url: called } = signRequest({ url: 'https://example.com/by-get', method: 'GET', params, authToken })
    const input = `curl '${called.replace('https', 'http')}'`
    expect(idsOf(await explain([...alert('0'), '-'], { input }))).toEqual(['scheme'])
  })

  test('compares a line of a log without headers, and names flags for one that cannot be read', async () => {
    const line = { httpRequest: { requestMethod: 'POST', requestUrl: 'https://example.com/sms?team=blue-value' } }
    const found = await explain([...alert('1'), '-'], { input: JSON.stringify(line) })
    expect(idsOf(found)).toEqual(['path_prefix'])
    for (const input of ['Started POST "/sms" for 10.0.0.4', '{"msg":"start"}\n{"msg":"end"}']) {
      const ran = await diagnose([...alert('1'), '-'], { input })
      expectUsage(ran, /; you can also give what it names, with --url\./)
      expect(ran.stderr).not.toContain('--alert')
    }
    const flags = ['--url', 'https://example.com/sms?team=blue-value']
    expect(idsOf(await explain([...alert('1'), ...flags]))).toEqual(['path_prefix'])
  })

  test('strips control characters', async () => {
    const ran = await diagnose([...alert('5'), '--public-url', 'https://example.com'])
    expect(ran.stdout).not.toContain('\x1b')
    expect(ran.stdout).toContain('https://example.com/[U+001B][2J\\nsms')
  })

  test.each<[string, readonly string[], string | RegExp]>([
    ['an id of another kind', ['--alert', 'SM1'], '--alert needs the id of an alert'],
    ['an unknown alert', alert('9'), /NO9+ is not in this account, or was deleted/],
    ['no permission', alert('8'), /NO8+: 403.*no permission/],
    [
      "a request to Twilio's API",
      alert('3'),
      "is not an alert of a webhook, but of error 21211, a request to Twilio's API",
    ],
    ['an alert without a request', alert('4'), 'is not an alert of a webhook, but of error 30007, without a request'],
    ['an unknown call', ['--alert', sidOf('CA', '8')], /CA8+ has no webhooks in its events/],
    ['a short id of a call', ['--alert', 'CA1'], '--alert needs 32 hex digits after CA'],
    ['an address without a record', [], '--api-url needs --alert or --last'],
  ])('%s is wrong usage', async (_name, words, message) => {
    expectUsage(await diagnose([...words, '--public-url', 'https://example.com']), message)
  })

  test('neither a request nor a public URL is wrong usage', async () => {
    expectUsage(await diagnose(alert('1')), '--public-url is missing')
  })
})

describe('diagnose --alert CA…', () => {
  const gather = signRequest({ url: 'https://example.com/gather', params: callParams, authToken })

  test('takes the last webhook that failed, and the names of parameters as the server saw them', async () => {
    const input = `curl 'http://example.com/gather' --data '${gather.body}'`
    const found = await explain(['--alert', call, '-'], { input })
    expect(idsOf(found)).toEqual(['scheme'])
    expect(await explain(['--alert', call, '--public-url', 'https://example.com'])).toMatchObject({ genuine: true })
  })
})

describe('diagnose --alert', () => {
  test('lists the failed webhooks, newest first, and nothing else', async () => {
    const { stdout, code } = await diagnose(['--alert'])
    expect(code).toBe(0)
    expect(stdout.split('\n')).toEqual([
      `${sidOf('NO', '5')}  2026-11-25T08:00:00Z  11200  POST  https://example.com/[U+001B][2J\\nsms`,
      `${sidOf('NO', '2')}  2026-11-22T08:00:00Z  11200  POST  https://example.com/api/sms?team=***`,
      `${sidOf('NO', '1')}  2026-11-21T08:00:00Z  11200  POST  https://example.com/api/sms?team=***`,
      '',
    ])
    expect(readJson(await diagnose(['--alert', '--json']))).toHaveLength(3)
  })

  test('ends with a command that is complete', async () => {
    const cache = makeFolder()
    const alone = await diagnose(['--alert'], { XDG_CACHE_HOME: cache })
    expect(alone.stderr).toContain('give its id to --alert, with --public-url of your server')
    const own = await diagnose(['--alert', '--public-url', 'https://example.com/x'], { XDG_CACHE_HOME: cache })
    expect(own.stderr).toContain(`diagnose --alert ${sidOf('NO', '5')} --public-url https://example.com/x\n`)
    const elsewhere = writeScratch(signRequest({ url: 'https://example.com/other', params, authToken }).toCurl())
    const other = await diagnose(['--alert', '--curl', elsewhere], { XDG_CACHE_HOME: cache })
    expect(other.stderr).toContain(`diagnose --alert ${sidOf('NO', '5')} --curl ${elsewhere}\n`)
  })

  test('without an alert of the path, it names the Regions, which have alerts of their own', async () => {
    const cache = makeFolder()
    const input = signRequest({ url: 'https://example.com/other', params, authToken }).toCurl()
    const ask = async (copy: string) =>
      (await diagnose(['--alert', '-'], { XDG_CACHE_HOME: cache, input: copy })).stderr
    const any = await ask(input)
    expect(any).toContain('No alert of this list has the path /other.')
    expect(any).toContain("ie1: --api-url 'https://{product}.dublin.ie1.twilio.com'")
    expect(any).toContain("au1: --api-url 'https://{product}.sydney.au1.twilio.com'")
    const irish = await ask(`${input.trimEnd()} -H 'X-Home-Region: ie1'`)
    expect(irish).toContain('X-Home-Region says ie1. Each account and each Region has its own alerts')
    expect(irish).toContain('.dublin.ie1.twilio.com')
    expect(irish).not.toContain('.sydney.au1.twilio.com')
    expect(await ask(signed.toCurl())).not.toContain('Region')
  })

  test('compares the newest webhook to the path of a request', async () => {
    const { stdout, code } = await diagnose(['--alert', '--curl', writeScratch(signed.toCurl())])
    expect(code).toBe(0)
    const [list = '', compared] = stdout.split('\n\n')
    expect(list.split('\n')).toHaveLength(3)
    expect(compared).toMatch(new RegExp(`^${sidOf('NO', '2')}, .*\n[^]*Nothing differs`))
    const ofOther = signRequest({ url, params, authToken: otherToken })
    const refused = await diagnose(['--alert', '--curl', writeScratch(ofOther.toCurl())])
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('  token_of_other_account  ')])
  })
})

test('a kept request that passes here was refused by other options', async () => {
  const kept = await diagnose([...alert('2'), '--last'], keep(record(url, signed)))
  expect(kept.stdout).toMatch(
    /Nothing differs: .*\nYour server refused it, so its key, its "publicUrl" or another option/,
  )
  const copy = await diagnose([...alert('2'), '-'], { input: signed.toCurl() })
  expect(copy.stdout).toMatch(/Nothing differs: .*\nIf your server refused it, its key, /)
})

// The server compared signatures before it kept the request, so it has a secret.
test('a kept request that names a SharedKey is compared with the secret of this key only', async () => {
  const id = 'webhooks_sharedkey_9'
  const kept = keep(record(url, signRequest({ url, params, sharedKey: { id, secret: sharedSecret } })))
  const words = ['--alert', sidOf('NO', '1'), '--last']
  const ran = await diagnose(words, kept)
  expectUsage(ran, `This command has no secret of the SharedKey that the request names`)
  expect(ran.stderr).toContain(`add --shared-key ${id}, with the secret in TOLLGATE_SHARED_KEY`)
  expect(ran.stdout).toMatch(/^POST .*\n$/)
  const given = { ...kept, TOLLGATE_SHARED_KEY: sharedSecret }
  const { stdout } = await diagnose([...words, '--shared-key', id], given)
  expect(stdout).toContain('Signed by: a key that is configured')
  const recent = await diagnose(['--alert', '--last', '--shared-key', id], given)
  expect(recent.stdout).toContain('Signed by: a key that is configured')
})

describe('diagnose --last asks Twilio without a flag', () => {
  // No search guesses this path.
  const sentUrl = 'https://example.com/gateways/comms-7/sms'
  const sentThere = signRequest({ url: sentUrl, params, authToken })
  const kept = keep(...['/never-called', '/sms'].map((path) => record(`https://example.com${path}`, sentThere)))
  const about = sidOf('NO', '9')
  let twilio: Awaited<ReturnType<typeof startFakeTwilio>>
  let silent: Awaited<ReturnType<typeof listen>>

  beforeAll(async () => {
    const alert = { sid: about, request_url: sentUrl, request_variables, date_created: new Date().toISOString() }
    twilio = await startFakeTwilio({ accounts: [{ sid: main, authToken, data: createAlerts([alert]) }], keys })
    silent = await listen(() => undefined)
  })
  afterAll(async () => {
    await twilio.close()
    await silent.close()
  })

  const question = / --other-url 'URL'\n/
  const proof =
    /^POST https:\/\/example\.com\/sms, refused at .*entry 1 of 2.*\nNO9{32}, .*\n(?:.*\n)*Certain, .*\n {2}path_prefix /

  test.each([
    ['with the Auth Token', {}, [], proof, /^$/],
    ['with an API key', withKey, [], proof, /^$/],
    [
      'which refuses',
      { ...withKey, TWILIO_API_SECRET: 'x' },
      [],
      question,
      /^Twilio could not be asked .*: 401, .*\n$/,
    ],
    ['which is silent', {}, ['silent'], question, /^Twilio could not be asked .*: no answer within 3 s\.\n$/],
    [
      'which has no alert',
      {},
      ['--entry', '2'],
      question,
      /^Twilio was asked, and has no alert .* \/never-called\.\n$/,
    ],
    ['not without an account', { TWILIO_ACCOUNT_SID: '' }, [], question, /^$/],
  ] as const)('%s', async (_title, env, words, stdout, stderr) => {
    const apiUrl = words[0] === 'silent' ? `${silent.origin}/{product}` : twilio.apiUrl
    const all = ['diagnose', '--last', '--api-url', apiUrl, ...words.filter((word) => word !== 'silent')]
    const ran = await tollgate(all, { env: { ...kept, TWILIO_ACCOUNT_SID: main, ...env } })
    expect(ran.stdout).toMatch(stdout)
    expect(ran.stderr).toMatch(stderr)
    expect(ran.stdout + ran.stderr).not.toMatch(/private|a-secret/)
    expect(ran.code).toBe(1)
  })

  test('a document has what Twilio said beside the diagnosis', async () => {
    const words = ['diagnose', '--last', '--api-url', twilio.apiUrl, '--json']
    const ran = await tollgate(words, { env: { ...kept, TWILIO_ACCOUNT_SID: main } })
    expect(readJson(ran)).toMatchObject({ genuine: false, proven: null, twilio: { causes: [{ id: 'path_prefix' }] } })
  })
})
