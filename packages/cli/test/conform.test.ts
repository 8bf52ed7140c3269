import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { createVerifier, RequestValidator } from 'tollgate'
import { hasWebhookShape } from 'tollgate/params'
import { expect, test } from 'vitest'
import { conformCases, conformCauses, prepareCase } from '../src/conform/cases.ts'
import { authToken, listenForTest, readJson, tollgate, tollgateHere } from './support.ts'

const base = 'https://api.example.com:8443'
const count = (kind: string): number => conformCases.filter((one) => one.kind === kind).length
const [genuine, forged] = [count('genuine'), count('forged')]

async function serve(answer: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<string> {
  const { origin } = await listenForTest((req, res) => {
    Promise.resolve(answer(req, res)).catch(() => res.destroy())
  })
  return `${origin}/sms`
}

/** What a hand-written check reads of a request. A mutant changes one part. */
interface Check {
  /** True for a request that is not checked. */
  skip(req: IncomingMessage): boolean
  urls(req: IncomingMessage): readonly string[]
  parse(body: string): [name: string, value: string][]
  join(pairs: readonly [name: string, value: string][], body: string): string
  sign(text: string): string
  compare(expected: string, given: string): boolean
  isJsonGood(req: IncomingMessage, body: string): boolean
}

type Pair = readonly [name: string, value: string]
const byName = ([one]: Pair, [other]: Pair): number => (one < other ? -1 : one > other ? 1 : 0)
const signed = (pairs: readonly Pair[]): string => pairs.flat().join('')
const hmac = (hash: string, encoding: 'base64' | 'hex') => (content: string | Buffer) =>
  createHmac(hash, authToken).update(content).digest(encoding)
const queryOf = (req: IncomingMessage): string => /\?.*$/s.exec(req.url ?? '')?.[0] ?? ''

const correct: Check = {
  skip: () => false,
  urls: (req) => [':8443', ''].map((port) => `https://api.example.com${port}${req.url}`),
  parse: (body) => [...new URLSearchParams(body)],
  join: (pairs) => signed([...new Map(pairs.map((pair) => [pair.join('\0'), pair])).values()].sort(byNameAndValue)),
  sign: hmac('sha1', 'base64'),
  compare: (expected, given) => expected === given,
  isJsonGood: (req, body) => {
    const hashes = new URLSearchParams(queryOf(req)).getAll('bodySHA256')
    return hashes.length === 1 && hashes[0] === createHash('sha256').update(body).digest('hex')
  },
}

function byNameAndValue(one: Pair, other: Pair): number {
  return byName(one, other) || (one[1] < other[1] ? -1 : 1)
}

async function serveCheck(changes: Partial<Check>): Promise<string> {
  const check = { ...correct, ...changes }
  return await serve(async (req, res) => {
    const body = await text(req)
    const type = req.headers['content-type'] ?? ''
    const isForm = type.startsWith('application/x-www-form-urlencoded')
    const given = String(req.headers['x-twilio-signature'] ?? '')
    const content = isForm ? check.join(check.parse(body), body) : ''
    const isSigned = check.urls(req).some((url) => check.compare(check.sign(url + content), given))
    const isGood = isSigned && (!type.startsWith('application/json') || check.isJsonGood(req, body))
    res.writeHead(check.skip(req) || isGood ? 200 : 403).end()
  })
}

interface Report {
  readonly score: unknown
  readonly faults: readonly { readonly id: string; readonly cases: readonly string[] }[]
  readonly cases: readonly { readonly id: string; readonly status: number; readonly outcome: string }[]
}

async function conform(to: string, ...words: readonly string[]) {
  const ran = await tollgateHere(['conform', '--to', to, '--public-url', base, '--json', ...words])
  return { code: ran.code, report: readJson(ran) as unknown as Report }
}

test.each<[string, () => Promise<string>]>([
  ['written by hand from the page of Twilio', () => serveCheck({})],
  [
    'with RequestValidator, for forms by POST only',
    () => {
      const validator = new RequestValidator(authToken)
      return serve(async (req, res) => {
        const params = Object.fromEntries(group(new URLSearchParams(await text(req))))
        const isPost = req.method === 'POST'
        const isGood = validator.validate(`${base}${req.url}`, params, String(req.headers['x-twilio-signature'] ?? ''))
        res.writeHead(isPost ? (isGood ? 200 : 403) : 405).end()
      })
    },
  ],
  [
    'that answers OPTIONS itself',
    () => {
      const verifier = createVerifier({ publicUrl: base, authToken, checkParams: hasWebhookShape })
      return serve(async (req, res) => {
        if (req.method === 'OPTIONS') return res.writeHead(200, { allow: 'POST, GET' }).end()
        const { method = '', url = '', headers } = req
        const verdict = await verifier.verify({ method, url, headers, body: req })
        return res.writeHead(verdict.ok ? 204 : verdict.status).end()
      })
    },
  ],
])('a correct receiver passes: one %s', async (name, start) => {
  const noJson = conformCases.filter(({ cause, contentType }) => cause === 'json' && /json/.test(contentType ?? ''))
  const words = name.includes('forms') ? noJson.flatMap(({ id }) => ['--accept', id]) : []
  const { code, report } = await conform(await start(), ...words)
  expect([report.faults, code]).toEqual([[], 0])
})

function group(params: URLSearchParams): Map<string, string | string[]> {
  return new Map([...params.keys()].map((name) => [name, params.getAll(name)]))
}

/** Names the cases that change one character of a signature. */
const changedAt = (...at: readonly number[]): string[] => at.map((one) => `signature-at-${one}`)

const decode = (signature: string, bytes: number): string =>
  Buffer.from(signature, 'base64').subarray(0, bytes).toString('hex')

const starts = (length: number) => ({
  compare: (expected: string, given: string) => expected.slice(0, length) === given.slice(0, length),
})
const origin = 'https://api.example.com:8443'
const lowerNames = (pairs: readonly Pair[]): Pair[] => pairs.map(([name, value]) => [name.toLowerCase(), value])

/** Receivers with one fault each: its cause, and the case that is shown first. */
const mutants: readonly (readonly [name: string, change: Partial<Check>, cause: string, ...cases: string[]])[] = [
  ['compares the beginning', { compare: (e, g) => g !== '' && e.startsWith(g) }, 'compare', 'signature-cut'],
  ['compares 12 characters', starts(12), 'compare', 'signature-cut', 'signature-end', ...changedAt(14, 25, 26, 27, 28)],
  ['compares 25 characters', starts(25), 'compare', ...changedAt(26, 27, 28)],
  ['compares 26 characters', starts(26), 'compare', ...changedAt(27, 28)],
  ['compares 27 characters', starts(27), 'compare', ...changedAt(28)],
  ['compares all but the first', { compare: (e, g) => e.slice(1) === g.slice(1) }, 'compare', ...changedAt(1)],
  ['compares 19 bytes', { compare: (e, g) => decode(e, 19) === decode(g, 19) }, 'compare', ...changedAt(27, 28)],
  ['compares bytes', { compare: (e, g) => decode(e, 20) === decode(g, 20) }, 'compare', ...changedAt(28)],
  ['compares any case', { compare: (e, g) => e.toLowerCase() === g.toLowerCase() }, 'compare', 'signature-case'],
  ['checks POST only', { skip: ({ method }) => method !== 'POST' }, 'methods', 'unsigned-get'],
  ['leaves HEAD open', { skip: ({ method }) => method === 'HEAD' }, 'methods', 'unsigned-head'],
  ['leaves OPTIONS open', { skip: ({ method }) => method === 'OPTIONS' }, 'methods', 'unsigned-options'],
  [
    'trusts the agent',
    { skip: ({ headers }) => /^TwilioProxy/.test(headers['user-agent'] ?? '') },
    'trusted',
    'agent-trusted',
  ],
  [
    'trusts the sender',
    { skip: ({ headers }) => headers['x-forwarded-for'] === '127.0.0.1' },
    'trusted',
    'address-trusted',
  ],
  ['trusts localhost', { skip: ({ headers }) => /^localhost/.test(headers.host ?? '') }, 'trusted', 'host-trusted'],
  ['accepts no signature', { skip: ({ headers }) => !headers['x-twilio-signature'] }, 'unsigned', 'unsigned'],
  ['uses SHA-256', { sign: hmac('sha256', 'base64') }, 'hash', 'algorithm'],
  ['uses hex digits', { sign: hmac('sha1', 'hex') }, 'base64', 'hash-in-hex'],
  ['signs http', { urls: (req) => [`http://api.example.com:8443${req.url}`] }, 'protocol', 'other-protocol'],
  ['adds a slash', { urls: (req) => [`${origin}/sms/${queryOf(req)}`] }, 'slash', 'slash-added'],
  ['reads the Host', { urls: ({ url, headers }) => [`https://${headers.host}${url}`] }, 'host', 'other-host-header'],
  [
    'reads X-Forwarded-Host',
    { urls: ({ url, headers }) => [`https://${headers['x-forwarded-host'] ?? 'api.example.com:8443'}${url}`] },
    'host',
    'other-host-forwarded',
  ],
  ['drops the query', { urls: () => [`${origin}/sms`] }, 'query', 'other-query'],
  [
    'decodes the query',
    { urls: (req) => [origin + new URL(req.url ?? '', origin).pathname + decodeQuery(req)] },
    'query',
  ],
  ['does not sort', { join: (pairs) => signed(pairs) }, 'order', 'not-sorted'],
  ['sorts in any case', { join: (pairs) => signed(sortBy(pairs, lowerNames)) }, 'order', 'sorted-in-any-case'],
  [
    'sorts pairs',
    {
      join: (pairs) =>
        pairs
          .map((pair) => pair.join(''))
          .sort()
          .join(''),
    },
    'order',
    'sorted-by-pair',
  ],
  [
    'joins with = and &',
    {
      join: (pairs) =>
        [...pairs]
          .sort(byName)
          .map((pair) => pair.join('='))
          .join('&'),
    },
    'delimiters',
    'delimiters',
  ],
  ['signs the raw body', { join: (_pairs, body) => body }, 'body', 'raw-body'],
  ['signs the body alone', { urls: () => [''], join: (_pairs, body) => body }, 'body', 'body-alone'],
  [
    'does not decode',
    { parse: (body) => body.split('&').map((pair) => pair.split('=') as [string, string]) },
    'decoding',
    'not-decoded',
  ],
  [
    'decodes twice',
    { parse: (body) => correct.parse(body).map(([name, value]) => [name, decodeAgain(value)]) },
    'decoding',
    'decoded-twice',
  ],
  [
    'decodes twice as a form',
    { parse: (body) => correct.parse(body).map(([name, value]) => [name, decodeAgain(value.replaceAll('+', ' '))]) },
    'decoding',
    'form-decoded-twice',
  ],
  [
    'reads Latin-1',
    { sign: (content) => hmac('sha1', 'base64')(Buffer.from(content, 'latin1')) },
    'charset',
    'form-unicode',
  ],
  [
    'trims',
    { parse: (body) => correct.parse(body).map(([name, value]) => [name, value.trim()]) },
    'white-space',
    'form-white-space',
  ],
  [
    'drops empty values',
    { parse: (body) => correct.parse(body).filter(([, value]) => value !== '') },
    'empty',
    'form-empty-values',
  ],
  ['keeps the last value', { join: (pairs) => correct.join([...new Map(pairs)], '') }, 'repeated', 'value-before'],
  [
    'knows its fields',
    { parse: (body) => correct.parse(body).filter(([name]) => knownFields.includes(name)) },
    'fields',
    'parameter-added',
  ],
  ['leaves JSON unchecked', { isJsonGood: () => true }, 'json', 'json-changed'],
  ['refuses JSON', { isJsonGood: () => false }, 'json', 'json'],
  ['knows one port', { urls: (req) => [`${origin}${req.url}`] }, 'port', 'no-port'],
]

const knownFields = [
  'MessageSid',
  'CallSid',
  'AccountSid',
  'From',
  'To',
  'Body',
  'NumMedia',
  'CallStatus',
  'Direction',
  'ApiVersion',
]

function decodeQuery(req: IncomingMessage): string {
  return decodeAgain(queryOf(req).replaceAll('+', ' '))
}

function decodeAgain(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function sortBy(pairs: readonly Pair[], by: (pairs: readonly Pair[]) => Pair[]): Pair[] {
  const keys = new Map(pairs.map((pair, at) => [pair, by(pairs)[at] ?? pair]))
  return [...pairs].sort((one, other) => byName(keys.get(one) ?? one, keys.get(other) ?? other))
}

const named = mutants.map(([name, change, cause, ...cases]) => ({ name, change, cause, cases }))

test.each(named)('the cause of a receiver that $name', async ({ change, cause, cases }) => {
  const { code, report } = await conform(await serveCheck(change))
  const [fault] = report.faults.filter(({ id }) => id === cause)
  expect(report.faults.map(({ id }) => id)).toContain(cause)
  expect(fault?.cases.slice(0, cases.length)).toEqual(cases)
  expect(code).toBe(1)
})

test('a receiver that refuses with 404 has a route for GET', async () => {
  const to = await serve(async (req, res) => {
    const validator = new RequestValidator(authToken)
    const params =
      req.method === 'GET' ? { Body: 'x' } : Object.fromEntries(group(new URLSearchParams(await text(req))))
    const isGood = validator.validate(`${base}${req.url}`, params, String(req.headers['x-twilio-signature'] ?? ''))
    res.writeHead(isGood ? 200 : 404).end()
  })
  const { report } = await conform(to)
  expect(report.faults.map(({ id }) => id)).toContain('get')
  expect(report.cases.filter(({ outcome }) => outcome === 'absent')).toEqual([])
})

test('an OPTIONS that runs is found, although every answer has the headers of CORS', async () => {
  const to = await serve((req, res) => {
    req.resume()
    res.writeHead(req.method === 'OPTIONS' ? 200 : 403, { 'access-control-allow-methods': 'POST' }).end('<Response/>')
  })
  const { report } = await conform(to)
  expect(report.cases.find(({ id }) => id === 'unsigned-options')?.outcome).toBe('wrong')
})

test('a case that changes one character changes a bit of the hash', () => {
  const one = conformCases[0] as (typeof conformCases)[number]
  const receiver = { to: 'http://127.0.0.1:1/sms', publicUrl: `${base}/sms`, authToken }
  const sign = (changed: object): string => {
    const { headers } = prepareCase({ ...one, ...changed }, receiver)
    return String(headers?.['x-twilio-signature'])
  }
  const unchanged = sign({})
  for (let at = 1; at <= 28; at++) {
    const changed = sign({ change: 'character', at })
    expect([...changed].flatMap((character, index) => (character === unchanged[index] ? [] : [index + 1]))).toEqual([
      at,
    ])
    if (at < 28) expect(decode(changed, 20)).not.toBe(decode(unchanged, 20))
  }
})

test('the report groups the cases by cause, and names limits and accepted failures apart', async () => {
  const to = await serveCheck({ join: (pairs) => signed(pairs), skip: ({ method }) => method === 'HEAD' })
  const words = ['conform', '--to', to, '--public-url', base, '--accept', 'unsigned-head']
  const { stdout, code } = await tollgate(words)
  expect(stdout.split('\n').slice(0, 5)).toEqual([
    expect.stringMatching(/^Parameters are not sorted by name, byte by byte: 1\d cases$/),
    '  not-sorted            200, accepted: a form, signed in the order in which its parameters arrive',
    '  form                  403, refused: the form of a message',
    '  form-charset          403, refused: the form of a call, whose content type names a charset',
    expect.stringMatching(/^ {2}and form-unicode, /),
  ])
  expect(stdout).toContain('Twilio: “If the request is a POST, sort all the POST parameters alphabetically')
  expect(stdout).toContain('Failed as --accept says: unsigned-head\n')
  expect(stdout).toMatch(/^Accepted, as the scheme cannot tell .*: delimiter-moved, get-as-post, content-type,/m)
  expect(stdout).toMatch(/How Twilio signs: https:\S+\n$/)
  expect(code).toBe(1)
})

test('a receiver that accepts everything, and one that refuses everything', async () => {
  const open = await conform(await serve((_req, res) => res.end()))
  expect(open).toMatchObject({
    code: 1,
    report: { score: { genuine: { right: genuine }, forged: { right: 0, of: forged } } },
  })
  expect(open.report.faults[0]?.cases).toEqual(expect.arrayContaining(['unsigned', 'unsigned-get', 'agent-trusted']))
  const closed = await conform(await serve((_req, res) => res.writeHead(403).end()))
  expect(closed.report.faults).toMatchObject([{ id: 'none', title: expect.stringContaining('compare the Auth Token') }])
})

test('a receiver that closes the connection refuses, and one that has crashed gets no score', async () => {
  const isForged = (req: IncomingMessage): boolean => req.headers['x-twilio-signature'] === undefined
  const { report } = await conform(await serve((req, res) => (isForged(req) ? res.destroy() : res.end())))
  expect(report.cases).toHaveLength(conformCases.length)
  expect(report.cases.find(({ id }) => id === 'unsigned')).toMatchObject({ status: 0, outcome: 'right' })
  let hasCrashed = false
  const crashing = await serve((req, res) => {
    hasCrashed ||= isForged(req)
    if (hasCrashed) res.destroy()
    else res.end()
  })
  expect((await tollgateHere(['conform', '--to', crashing])).code).toBe(3)
  expect((await tollgate(['conform', '--to', 'http://127.0.0.1:1/sms'])).code).toBe(3)
})

test('every case has a cause, and every cause a case', () => {
  const causes = conformCauses.map(({ id }) => id)
  expect(new Set(conformCases.map(({ cause }) => cause))).toEqual(new Set(causes))
})
