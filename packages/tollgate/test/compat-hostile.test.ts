import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as compat from '../src/compat/index.ts'
import { authToken, fakeRequest, formType, hmac, jsonType, signForm } from './compat-fixtures.ts'
import { testProperty } from './property.ts'

const headSize = 16 * 1024
const bodySize = 1024 * 1024
// The budget: a hostile request costs at most this many times the CPU of an ordinary forged request
// of the same size, with the same options.
const mostTimes = 25
const forged = { 'x-twilio-signature': hmac('another request') }
const url = 'https://example.com/sms'

/**
 * The CPU time of one call in microseconds: the best of five rounds. Stops at the first round that costs
 * less than `enough`, because further ones could only cost less.
 */
function measure(call: () => unknown, calls = 1, enough = 0): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5 && best >= enough; round++) {
    const start = process.cpuUsage()
    for (let count = 0; count < calls; count++) expect(call()).toBe(false)
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, (user + system) / calls)
  }
  return best
}

/** An ordinary request, and its CPU time in microseconds. */
interface Ordinary {
  readonly call: () => unknown
  readonly cost: number
}

function measureOrdinary(call: () => unknown, calls = 1): Ordinary {
  return { call, cost: measure(call, calls) }
}

/**
 * How many times the CPU of an ordinary request a call costs. Other tests run beside this one, so a
 * call that seems too expensive is measured again, and the ordinary request beside it.
 */
function compare(call: () => unknown, ordinary: Ordinary): number {
  const times = measure(call, 1, mostTimes * ordinary.cost) / ordinary.cost
  return times < mostTimes ? times : measure(call, 20) / measure(ordinary.call, 50)
}

/** Repeats a text up to a length. */
function fill(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length)
}

function check(given: Parameters<typeof fakeRequest>[0], options: compat.RequestValidatorOptions = {}) {
  const request = fakeRequest({ ...given, headers: { ...forged, ...given.headers } })
  return () => compat.validateIncomingRequest(request, authToken, options)
}

/** A form of 20 parameters with this total length. */
function ordinaryForm(length: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`Name${index}`, fill('x', length / 20 - 8)]))
}

const optionSets: compat.RequestValidatorOptions[] = [{}, { host: 'example.com:8443' }, { url: `${url}?a=1` }]
const starts = ['/', '/sms?', '/sms?a=', "/sms?a='%27+%20@:%3a&"]
const ends = ['', ']x%0A']

describe('a hostile target of 16 KiB costs at most 25 ordinary forged ones', () => {
  const ordinary = optionSets.map((options) =>
    measureOrdinary(check({ method: 'GET', originalUrl: `/sms?a=${fill('x', headSize)}` }, options), 50),
  )

  test.each(['=', '&', 'a&', '=&', '%3D', ']=', '%5D=', '%', "'", '%27', '../', '%2e/', ';', '\\', '@', 'é'])(
    'made of %j',
    (unit) => {
      for (const [index, options] of optionSets.entries())
        for (const start of starts)
          for (const end of ends) {
            const originalUrl = start + fill(unit, headSize) + end
            const times = compare(check({ method: 'GET', originalUrl }, options), ordinary[index] as Ordinary)
            expect(times, JSON.stringify({ options, start, end })).toBeLessThan(mostTimes)
          }
    },
  )

  const unit = fc.oneof(fc.constantFrom(...'=&%+?#[];./\\\'"@:'), fc.string({ minLength: 1, maxLength: 4 }))
  const text = fc.array(fc.tuple(unit, fc.nat(headSize)), { minLength: 1, maxLength: 4 })
  testProperty(
    'made of anything',
    100,
    [fc.nat(2), fc.constantFrom(...starts), text, fc.string()],
    (index, start, runs, end) => {
      const filled = runs.map(([one, length]) => fill(one, length)).join('')
      const originalUrl = start + fill(filled || 'x', headSize) + end
      const call = check({ method: 'GET', originalUrl }, optionSets[index])
      expect(compare(call, ordinary[index] as Ordinary)).toBeLessThan(mostTimes)
    },
  )
})

test.each(['host', 'content-type', 'content-length', 'x-twilio-signature', 'x-twilio-webhooks-signature-settings'])(
  'a hostile %s of 16 KiB costs at most 25 ordinary forged requests',
  (name) => {
    const ordinary = measureOrdinary(check({ headers: { 'user-agent': fill('x', headSize) } }), 200)
    for (const unit of ['a', '.', ':', '0', '=', ',', ';', ' ', '[', 'xn--', 'key=', '/+', '\t'])
      for (const end of ['', '\n', 'x', '=', ']']) {
        const call = check({ headers: { [name]: fill(unit, headSize) + end } })
        expect(compare(call, ordinary), `${unit}…${end}`).toBeLessThan(mostTimes)
      }
  },
)

describe('a hostile body of 1 MiB costs at most 25 ordinary forged ones', () => {
  const form = ordinaryForm(bodySize)
  const text = new URLSearchParams(form).toString()
  const hash = createHash('sha256').update(text).digest('hex')
  const respelled = "/sms?a='%27+%20@:%3a"

  test.each<[string, unknown]>([
    ['one name', { a: fill('x', bodySize) }],
    ['distinct names', Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`n${index * 7}`, '']))],
    ['names that are numbers', Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [index * 7, 'x']))],
    ['one name with many values', { a: Array.from({ length: 200_000 }, (_, index) => `${index}`) }],
    ['one name with one value many times', { a: Array.from({ length: 500_000 }, () => 'x') }],
    ['spaces', { a: fill(' ', bodySize) }],
    ['nested objects', JSON.parse(fill('{"a":', 25_000).concat('1', '}'.repeat(5000)))],
    ['nested lists', JSON.parse(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`)],
  ])('parsed, of %s', (_what, body) => {
    const ordinary = measureOrdinary(check({ headers: formType, body: form }))
    for (const originalUrl of ['/sms', respelled])
      expect(compare(check({ headers: formType, originalUrl, body }), ordinary), originalUrl).toBeLessThan(mostTimes)
  })

  test('ordinary, with a target of many spellings', () => {
    const given = { headers: formType, rawBody: text }
    const ordinary = measureOrdinary(check(given))
    expect(compare(check({ ...given, originalUrl: respelled }), ordinary)).toBeLessThan(mostTimes)
  })

  test('JSON, with a target of many spellings', () => {
    const given = { headers: jsonType, rawBody: text }
    const ordinary = measureOrdinary(check({ ...given, originalUrl: `/sms?bodySHA256=${hash}` }))
    const hostile = check({ ...given, originalUrl: `${respelled}&bodySHA256=${hash}` })
    expect(compare(hostile, ordinary)).toBeLessThan(mostTimes)
  })

  test('for the functions that are given a URL', () => {
    const hostile = `https://u:p@example.com:8443${respelled.slice(4)}`
    const signature = hmac('another request')
    const byForm = (one: string) => () => compat.validateRequest(authToken, signature, one, form)
    expect(compare(byForm(hostile), measureOrdinary(byForm(url)))).toBeLessThan(mostTimes)
    const byBody = (one: string) => () => compat.validateRequestWithBody(authToken, signature, one, text)
    const ordinary = measureOrdinary(byBody(`${url}?bodySHA256=${hash}`))
    expect(compare(byBody(`${hostile}&bodySHA256=${hash}`), ordinary)).toBeLessThan(mostTimes)
  })
})

test('10,000 parameters verify, and more are refused', () => {
  for (const [count, expected] of [
    [10_000, true],
    [10_001, false],
  ] as const) {
    const form = Object.fromEntries(Array.from({ length: count }, (_, index) => [`Name${index}`, 'x']))
    const signature = signForm(url, form)
    const headers = { ...formType, 'x-twilio-signature': signature }
    expect(compat.validateRequest(authToken, signature, url, form)).toBe(expected)
    const values = { a: Array.from({ length: count }, (_, index) => `${index}`) }
    expect(compat.validateRequest(authToken, signForm(url, values), url, values)).toBe(expected)
    expect(compat.validateIncomingRequest(fakeRequest({ headers, body: form }), authToken)).toBe(expected)
  }
})

test('a parser that leaves nothing but empty lists has read something that no signature covers', () => {
  const headers = { ...formType, 'x-twilio-signature': hmac(url) }
  expect(compat.validateIncomingRequest(fakeRequest({ headers, body: { a: [] } }), authToken)).toBe(false)
})
