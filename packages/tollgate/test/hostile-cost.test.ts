import { describe, expect, test } from 'vitest'
import {
  createVerifier,
  fromRequest,
  type IncomingRequest,
  type PushedBody,
  type VerifierOptions,
} from '../src/index.ts'
import { createSendGridVerifier } from '../src/schemes/sendgrid/index.ts'
import { sampleWebhook } from '../src/testing/index.ts'
import { accountSid, authToken, formType, options, otherSid, otherToken } from './requests.ts'
import { genuine, makeKeys, now, post, sign } from './sendgrid-support.ts'

// A hostile request may cost this many times the CPU of an ordinary request of the same size.
const maxRatio = 25
const size = 1024 * 1024

const optionSets: Readonly<Record<string, VerifierOptions>> = {
  'one token': options,
  'a record of tokens': { ...options, authToken: { [accountSid]: authToken, [otherSid]: otherToken } },
  'a look-up': { ...options, authToken: async () => authToken },
  'allowed accounts': { ...options, allowedAccounts: [accountSid, otherSid] },
}

const numbered = (index: number): string => String((index * 7919) % 1_000_003).padStart(7, '0')
const join = (makeField: (index: number) => string, fields: number): string =>
  Array.from({ length: fields }, (_, index) => makeField(index)).join('&')

const hostile: Readonly<Record<string, string>> = {
  'short names': 'a&'.repeat(size / 2),
  'distinct names': join((index) => numbered(index), size / 8),
  'distinct accounts': join((index) => `AccountSid=AC${numbered(index).padStart(32, '0')}`, Math.floor(size / 46)),
  'separators only': '&'.repeat(size),
  'equals signs only': '='.repeat(size),
  'the most names that are read': `${join(numbered, 9_900)}&x=`.padEnd(size, 'y'),
  'the most accounts that are read': join((index) => `AccountSid=${numbered(index)}`, 9_900),
  'the most values of one name that are read': `${join((index) => `a=${numbered(index)}`, 9_900)}&x=`.padEnd(size, 'y'),
  'long names with the same beginning': join((index) => 'p'.repeat(1000) + numbered(index), 1000),
  'only spaces': `a=${'+'.repeat(size - 2)}`,
  'only escapes': `a=${'%41'.repeat(Math.floor(size / 3) - 1)}`,
  'only percent signs': `a=${'%'.repeat(size - 2)}`,
  'names before a bad escape': `${join(numbered, 9_900)}&%zz`,
}

const ordinary = (length: number): string =>
  `AccountSid=${accountSid}&From=%2B14155550142&To=%2B12025550123&Body=`.padEnd(length, 'some+ordinary+words+')

function forge(body: string | PushedBody): IncomingRequest {
  const headers = { 'content-type': formType, 'x-twilio-signature': `${'A'.repeat(27)}=` }
  return { method: 'POST', url: '/sms', headers, body: typeof body === 'string' ? Buffer.from(body) : body }
}

/**
 * Returns the least CPU time of five checks, in microseconds. Stops at the first check that costs at most
 * `enough`, because further ones could only cost less.
 */
async function measure(
  verify: (request: IncomingRequest) => Promise<{ ok: boolean }>,
  body: string,
  enough = 0,
): Promise<number> {
  const costs: number[] = []
  for (let round = 0; round < 5 && !costs.some((cost) => cost <= enough); round++) {
    const request = forge(body)
    const start = process.cpuUsage()
    expect((await verify(request)).ok).toBe(false)
    const { user, system } = process.cpuUsage(start)
    costs.push(user + system)
  }
  return Math.max(1, Math.min(...costs))
}

describe('a forged body of 1 MiB costs at most 25 times the CPU of an ordinary one', () => {
  for (const [name, given] of Object.entries(optionSets)) {
    const { verify } = createVerifier(given)
    test(`with ${name}`, async () => {
      const usual = await measure(verify, ordinary(size))
      const ratios: [string, number][] = []
      for (const [what, body] of Object.entries(hostile))
        ratios.push([what, (await measure(verify, body, usual * maxRatio)) / usual])
      expect(ratios.filter(([, ratio]) => ratio > maxRatio)).toEqual([])
    })
  }
})

test.each(['%', '%2', '%zz', '+%zz'])(
  'a form of the bad escape %j costs at most 6 times one of good escapes',
  async (unit) => {
    const { verify } = createVerifier(options)
    const usual = await measure(verify, hostile['only escapes'] as string)
    const body = `a=${unit.repeat(Math.floor(size / unit.length))}`.slice(0, size)
    expect((await measure(verify, body, usual * 6)) / usual).toBeLessThan(6)
  },
)

const shuffled = (index: number): string => ((index * 2_654_435_761) >>> 0).toString(36).slice(-4)
const crowded: Readonly<Record<string, (pairs: number) => string>> = {
  'names in order': (pairs) => join((index) => index.toString(36), pairs),
  'names without an order': (pairs) => join(shuffled, pairs),
  'names that are not ASCII': (pairs) => join((index) => (index === 0 ? '\u00e9' : shuffled(index)), pairs),
  'names with the same beginning': (pairs) => join((index) => `parameter${shuffled(index)}`, pairs),
  'escaped names': (pairs) => join((index) => `%61${shuffled(index)}`, pairs),
  'values of one name': (pairs) => join((index) => `a=${shuffled(index)}`, pairs),
  'one name': (pairs) => 'a&'.repeat(pairs),
}

describe('a small forged form of many pairs costs at most 25 times the CPU of an ordinary one', () => {
  for (const [name, given] of Object.entries(optionSets)) {
    const { verify } = createVerifier(given)
    for (const pairs of [1000, 4000, 9_999])
      test(`${pairs} pairs, with ${name}`, async () => {
        const ratios: [string, number][] = []
        for (const [what, make] of Object.entries(crowded)) {
          const body = make(pairs)
          const usual = await measure(verify, ordinary(body.length))
          ratios.push([what, (await measure(verify, body, usual * maxRatio)) / usual])
        }
        expect(ratios.filter(([, ratio]) => ratio > maxRatio)).toEqual([])
      })
  }
})

test('a handshake with a hostile query costs at most 25 times the CPU, with 20 tokens to try', async () => {
  const tokens = Array.from({ length: 20 }, (_, index) => [`AC${index.toString(16).padStart(32, '0')}`, authToken])
  const { verify } = createVerifier({ ...options, authToken: Object.fromEntries(tokens) })
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'x-twilio-signature': `${'A'.repeat(27)}=` }
  const cost = async (query: string): Promise<number> => {
    const request: IncomingRequest = { method: 'GET', url: `/sms?${query}`, headers, handshake: true }
    return measure(() => verify(request), query)
  }
  const usual = await cost('note='.padEnd(16_000, 'some+ordinary+words+'))
  for (const unit of ['%&', 'a&', '%61&', '%zz', '+', '&=', '%00&'])
    expect((await cost(unit.repeat(16_000 / unit.length))) / usual, unit).toBeLessThan(maxRatio)
})

const xForwarded = { 'x-forwarded-for': '10.0.0.1', 'x-forwarded-host': 'example.com', 'x-forwarded-proto': 'https' }
const settingsHeader = 'x-twilio-webhooks-signature-settings'
const heads: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  target: {},
  'x-twilio-signature': {},
  [settingsHeader]: {},
  'content-type': {},
  host: {},
  forwarded: {},
  ...Object.fromEntries(Object.keys(xForwarded).map((name) => [name, xForwarded])),
}

test.each(Object.entries(heads))(
  'a run of one character in the head, as %s, costs at most 25 times the CPU',
  async (place, more) => {
    const fixed = createVerifier({
      ...options,
      sharedKeys: { key1: 'a-shared-key-secret' },
      publicUrl: ['https://example.com', 'https://b.example'],
    })
    const read = createVerifier({
      ...options,
      publicUrl: fromRequest({
        trustedProxies: ['127.0.0.1'],
        forwardedBy: place === 'forwarded' ? 'forwarded' : 'x-forwarded',
        allowedHosts: ['*.example.com'],
      }),
    })
    const cost = async (unit: string, enough?: number): Promise<number> => {
      const run = unit.repeat(16_000 / unit.length)
      const request = forge('Body=Hi')
      const url = place === 'target' ? `/sms${run}a` : '/sms'
      const headers = {
        ...request.headers,
        host: 'example.com',
        ...more,
        ...(place !== 'target' && { [place]: `${run}a` }),
      }
      const verify = async (given: IncomingRequest) => {
        await fixed.verify({ ...given, url, headers })
        return read.verify({ ...given, url, headers, remoteAddress: '127.0.0.1' })
      }
      return measure(verify, 'Body=Hi', enough)
    }
    const usual = await cost('some+words')
    for (const unit of [
      '/',
      '//.',
      '/../',
      '%',
      '%2F',
      ';',
      ', ',
      '=',
      '&',
      '?a',
      ':',
      '@',
      '.',
      '-',
      ' ',
      '"',
      '\\',
      '[',
      '#',
      'x',
    ])
      expect((await cost(unit, usual * maxRatio)) / usual, unit).toBeLessThan(maxRatio)
  },
)

// SendGrid names no key, so each of them costs one check of a curve and one hash of the body.
test.each([1024, size])(
  'a forged request of SendGrid with %i bytes costs at most 16 times the CPU with 16 keys',
  async (length) => {
    const keys = Array.from({ length: 16 }, () => makeKeys().publicKey)
    const body = `[${' '.repeat(length - 2)}]`
    const cost = async (publicKey: readonly string[]): Promise<number> => {
      const { verify } = createSendGridVerifier({ publicKey })
      const forged = { timestamp: now(), signature: sign(makeKeys().privateKey, now(), genuine.body) }
      return measure(() => verify(post(forged, body)), body)
    }
    const usual = await cost(keys.slice(0, 1))
    // Half as much again is for the noise of one measurement.
    expect((await cost(keys)) / usual).toBeLessThan(16 * 1.5)
  },
)

test('the shapes of many texts are checked in linear time', async () => {
  const { findMisshapen } = await import('../src/params/index.ts')
  const cost = (texts: number): number => {
    const sample = new URLSearchParams(sampleWebhook('message.inbound').params)
    sample.delete('Body')
    const params = new URLSearchParams(`${sample}&${join((index) => `Body=From123${index}`, texts)}`)
    const start = process.cpuUsage()
    expect(findMisshapen(params)).toEqual([{ name: 'Body', reason: 'is repeated' }])
    const { user, system } = process.cpuUsage(start)
    return user + system
  }
  const best = (texts: number): number => Math.min(...Array.from({ length: 5 }, () => cost(texts)))
  expect(best(9_600) / best(600)).toBeLessThan(100)
})

test('reading every name of a large form takes linear time', async () => {
  const { ReceivedParams } = await import('../src/schemes/twilio/webhook.ts')
  const cost = (names: number): number => {
    const pairs = Array.from({ length: names }, (_, index) => [numbered(index), ''] as const)
    const params = new ReceivedParams(pairs)
    const start = process.cpuUsage()
    let found = 0
    for (const [name] of pairs) if (params.has(name) && params.get(name) === '') found += params.getAll(name).length
    expect(found).toBe(names)
    const { user, system } = process.cpuUsage(start)
    return user + system
  }
  const best = (names: number): number => Math.min(...Array.from({ length: 5 }, () => cost(names)))
  // Sixteen times the names would take 256 times as long in quadratic time.
  expect(best(16_000) / best(1000)).toBeLessThan(100)
})

test('a body in chunks of one byte is read completely, up to the limit', async () => {
  const { verify } = createVerifier({ ...options, maxBodyBytes: 300_000 })
  const chunk = Uint8Array.of(97)
  let fed = 0
  const body: PushedBody = {
    listen(onChunk, onEnd) {
      let stopped = false
      for (; fed < 400_000 && !stopped; fed++) onChunk(chunk)
      onEnd(true)
      return () => {
        stopped = true
      }
    },
  }
  expect(await verify(forge(body))).toMatchObject({ code: 'body_too_large' })
  const whole: PushedBody = {
    listen(onChunk, onEnd) {
      for (let index = 0; index < 300_000; index++) onChunk(chunk)
      onEnd(true)
      return () => undefined
    },
  }
  expect(await verify(forge(whole))).toMatchObject({ code: 'signature_mismatch' })
})
