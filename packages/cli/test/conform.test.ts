import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createVerifier } from 'tollgate'
import { getExpectedTwilioSignature } from 'tollgate/compat'
import { hasWebhookShape } from 'tollgate/params'
import { expect, onTestFinished, test } from 'vitest'
import cases from '../conform/cases.json' with { type: 'json' }
import { type ConformCase, conformCases, prepareCase } from '../src/conform/cases.ts'
import { authToken, readJson, tollgate, tollgateHere } from './support.ts'

const publicUrl = 'https://api.example.com:8443/sms'

async function serve(answer: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<string> {
  const server = createServer((req, res) => {
    Promise.resolve(answer(req, res)).catch(() => res.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/sms`
}

const genuine = cases.cases.filter(({ kind }) => kind === 'genuine').length
const forged = cases.cases.length - genuine

test('a receiver that checks everything has the full score', async () => {
  const verifier = createVerifier({
    publicUrl: 'https://api.example.com:8443',
    authToken,
    checkParams: hasWebhookShape,
  })
  const to = await serve(async (req, res) => {
    const { method = '', url = '', headers } = req
    const verdict = await verifier.verify({ method, url, headers, body: req })
    res.writeHead(verdict.ok ? 204 : verdict.status).end()
  })
  const ran = await tollgate(['conform', '--to', to, '--public-url', publicUrl])
  expect(ran.stdout).toBe(`genuine accepted  ${genuine} of ${genuine}\nforged refused    ${forged} of ${forged}\n`)
  expect(ran.code).toBe(0)
})

test('a receiver that checks nothing, and one that refuses everything', async () => {
  const open = await serve((_req, res) => res.end())
  const ran = await tollgateHere(['conform', '--to', open, '--json'])
  expect(readJson(ran)).toMatchObject({
    to: open,
    score: { genuine: { right: genuine }, forged: { right: 0, of: forged } },
  })
  expect(ran.code).toBe(1)
  const closed = await tollgateHere(['conform', '--to', await serve((_req, res) => res.writeHead(403).end())])
  expect(closed.stdout).toContain('  form                  403  the form of a message\n')
  expect(closed.stdout).toContain('No genuine request was accepted: compare the Auth Token')
  expect(closed.code).toBe(1)
})

/** Names the cases that change one character of a signature. */
const changedAt = (...at: readonly number[]): string[] => at.map((one) => `signature-at-${one}`)

/** Decodes the first bytes of a signature. */
const decode = (signature: string, bytes: number): string =>
  Buffer.from(signature, 'base64').subarray(0, bytes).toString('hex')

test('a case that changes one character changes a bit of the hash', () => {
  const one = conformCases.find(({ id }) => id === 'form')
  const receiver = { to: 'http://127.0.0.1:1/sms', publicUrl, authToken }
  const sign = (changed: object): string => {
    const { headers } = prepareCase({ ...(one as ConformCase), ...changed }, receiver)
    return String(headers?.['x-twilio-signature'])
  }
  const genuine = sign({})
  for (let at = 1; at <= 28; at++) {
    const changed = sign({ change: 'character', at })
    expect([...changed].flatMap((character, index) => (character === genuine[index] ? [] : [index + 1]))).toEqual([at])
    if (at < 28) expect(decode(changed, 20)).not.toBe(decode(genuine, 20))
  }
})

type Compare = (expected: string, given: string) => boolean

/** Returns the forged cases that a receiver with this comparison accepts. */
async function listAccepted(compare: Compare): Promise<string[]> {
  const to = await serve(async (req, res) => {
    const body = new URLSearchParams(await text(req))
    const expected = getExpectedTwilioSignature(
      authToken,
      `${publicUrl}${(req.url ?? '').slice(4)}`,
      Object.fromEntries(body),
    )
    res.writeHead(compare(expected, String(req.headers['x-twilio-signature'] ?? '')) ? 204 : 403).end()
  })
  const ran = await tollgate(['conform', '--to', to, '--public-url', publicUrl, '--json'])
  const { cases: results } = readJson(ran) as { cases: { id: string; kind: string; right: boolean }[] }
  return results.filter(({ kind, right }) => kind === 'forged' && !right).map(({ id }) => id)
}

test('a comparison that is nearly right is found', async () => {
  const exact = await listAccepted((expected, given) => expected === given)
  const wrong: readonly (readonly [compare: Compare, found: readonly string[]])[] = [
    [(expected, given) => given !== '' && expected.startsWith(given), ['signature-cut']],
    [
      (expected, given) => expected.slice(0, 12) === given.slice(0, 12),
      ['signature-cut', 'signature-end', ...changedAt(14, 25, 26, 27, 28)],
    ],
    [(expected, given) => expected.slice(0, 25) === given.slice(0, 25), changedAt(26, 27, 28)],
    [(expected, given) => expected.slice(0, 26) === given.slice(0, 26), changedAt(27, 28)],
    [(expected, given) => expected.slice(0, 27) === given.slice(0, 27), changedAt(28)],
    [(expected, given) => expected.slice(1) === given.slice(1), changedAt(1)],
    [(expected, given) => decode(expected, 19) === decode(given, 19), changedAt(27, 28)],
    [(expected, given) => decode(expected, 20) === decode(given, 20), changedAt(28)],
    [(expected, given) => expected.toLowerCase() === given.toLowerCase(), ['signature-case']],
  ]
  for (const [compare, found] of wrong)
    expect((await listAccepted(compare)).filter((id) => !exact.includes(id))).toEqual(found)
})

test('a receiver that closes the connection refuses, and one that has crashed gets no score', async () => {
  const isForged = (req: IncomingMessage): boolean => req.headers['x-twilio-signature'] === undefined
  const to = await serve((req, res) => (isForged(req) ? res.destroy() : res.end()))
  const { cases: results } = readJson(await tollgateHere(['conform', '--to', to, '--json'])) as {
    cases: { id: string; status: number; right: boolean }[]
  }
  expect(results).toHaveLength(cases.cases.length)
  expect(results.find(({ id }) => id === 'unsigned')).toMatchObject({ status: 0, right: true })
  let hasCrashed = false
  const crashing = await serve((req, res) => {
    hasCrashed ||= isForged(req)
    if (hasCrashed) res.destroy()
    else res.end()
  })
  expect((await tollgate(['conform', '--to', crashing])).code).toBe(3)
})

test.each([
  [[], /--to is missing/],
  [['--to', 'http://127.0.0.1:1/sms?a=1'], /--to needs an http or https URL/],
  [['--to', 'ws://127.0.0.1:1/sms'], /--to needs an http or https URL/],
  [['--to', 'http://127.0.0.1:1/sms', '--public-url', 'https://a:secret@example.com/'], /--public-url needs an http/],
])('%j is wrong usage', async (words, message) => {
  const { code, stderr } = await tollgateHere(['conform', ...words])
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
  expect(stderr).not.toContain('secret')
})

test('a receiver that does not answer is unreachable', async () => {
  expect((await tollgate(['conform', '--to', 'http://127.0.0.1:1/sms'])).code).toBe(3)
})
