import { describe, expect, test } from 'vitest'
import { post, sms } from '../../../conformance/diagnosis/requests.ts'
import { type DiagnosableRequest, diagnose } from '../src/diagnose/index.ts'
import { options } from './requests.ts'

/** Against an ordinary SMS that no edit explains. Design, section 7. */
const mostRatio = 5

const ordinary = post('https://api.example.com/sms', { params: sms, secret: 'made up' })
const signed = { 'x-twilio-signature': 'L/OH5YylLD5NRKLltdqwSvS0BnU=' }
const typed = (type: string): Record<string, string> => ({ ...signed, 'content-type': type })
const formType = 'application/x-www-form-urlencoded'
const form = (body: string): DiagnosableRequest => ({ method: 'POST', url: '/sms', headers: typed(formType), body })
const json = (body: string): DiagnosableRequest => ({
  method: 'POST',
  url: '/sms',
  headers: typed('application/json'),
  body,
})
const get = (url: string): DiagnosableRequest => ({ method: 'GET', url, headers: signed })
const times = (count: number, write: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => write(index)).join('&')

const kilobyte = 1024
const hostile: readonly (readonly [what: string, request: DiagnosableRequest])[] = [
  ['a form of 1 MB of "+"', form(`Body=${'+'.repeat(1_000_000)}`)],
  ['a form of 200 KB of "+"', form(`Body=${'+'.repeat(200_000)}`)],
  ['200 parameters of 5 KB', form(times(200, (index) => `p${index}=${'v'.repeat(5 * kilobyte)}`))],
  ['200 parameters of spaces', form(times(200, (index) => `Name${index}Name=${'+a+'.repeat(100)}`))],
  ['200 short parameters', form(times(200, (index) => `p${index}=v`))],
  ['200 phone numbers under repeated names', form(times(200, (index) => `Field_${index}=%2B1415555${1000 + index}`))],
  ['a list of 60,000 values', form(`a=${','.repeat(60_000)}`)],
  [
    '250 KB of JSON',
    json(JSON.stringify(Array.from({ length: 6000 }, (_, id) => ({ id, name: `é/<${id}`, none: null })))),
  ],
  ['JSON that indenting makes far larger', json(`${'['.repeat(190)}${'1,'.repeat(30_000)}1${']'.repeat(190)}`)],
  ['line ends and then a letter', json(`${'\n'.repeat(64 * kilobyte)}x`)],
  ['line ends and then a letter, in a form', form(`a=b${'\n'.repeat(64 * kilobyte)}x`)],
  ['NULs and then a letter', json(`${'\0'.repeat(64 * kilobyte)}x`)],
  ['byte order marks and then a letter, in a form', form(`a${'\ufeff'.repeat(20 * kilobyte)}x=1`)],
  ['a name of 32 KB of digits', form(`${'1'.repeat(32 * kilobyte)}x=1`)],
  ['a name of 15 KB of digits in the query', get(`/sms?${'1'.repeat(15 * kilobyte)}x=1`)],
  ['one field 475 times', get(`/sms?${times(475, () => 'a=b')}`)],
  ['question marks in the query', get(`/sms?${'?'.repeat(7900)}=`)],
  ['brackets in the query', get(`/sms?${'['.repeat(7900)}`)],
  ['slashes and then a letter', get(`/${'/'.repeat(15 * kilobyte)}x`)],
  ['semicolons and then a line end', get(`/${';'.repeat(15_000)}%0A`)],
  [
    'slashes in a forwarded prefix',
    { ...get('/sms'), headers: { ...signed, 'x-forwarded-prefix': `/${'/'.repeat(1990)}x` } },
  ],
]

async function measure(request: DiagnosableRequest): Promise<number> {
  const start = process.cpuUsage()
  await diagnose(request, options)
  const { user, system } = process.cpuUsage(start)
  return user + system
}

async function measureBest(request: DiagnosableRequest, runs: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) best = Math.min(best, await measure(request))
  return best
}

describe('costs at most five ordinary diagnoses', () => {
  let budget: Promise<number> | undefined
  for (const [what, request] of hostile)
    test(what, async () => {
      budget ??= measureBest(ordinary, 10).then((best) => mostRatio * best)
      const most = await budget
      let best = Number.POSITIVE_INFINITY
      for (let run = 0; run < 5 && best > most; run++) best = Math.min(best, await measure(request))
      expect(best).toBeLessThan(most)
    }, 120_000)
})

test('a value that is 100,000 levels deep, or contains itself, does not throw', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const inObjects = `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`
  let nested: unknown = 'x'
  for (let level = 0; level < 100_000; level++) nested = { a: nested }
  const circle: Record<string, unknown> = {}
  circle.a = circle
  circle.b = [circle, circle]
  const wide = Array.from({ length: 300 }, () => Array.from({ length: 300 }, () => []))
  const endless = {
    *[Symbol.iterator]() {
      for (;;) yield 'x'
    },
  }
  const requests: DiagnosableRequest[] = [
    json(deep),
    json(inObjects),
    form(deep),
    ...[nested, circle, { wide }, endless].map(
      (params) => ({ method: 'POST', url: '/sms', headers: typed(formType), params }) as never,
    ),
  ]
  for (const request of requests) expect((await diagnose(request, options)).proven).toBeUndefined()
})

test('other work runs meanwhile', async () => {
  let turns = 0
  let isDone = false
  const count = (): void => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  await diagnose(ordinary, options)
  isDone = true
  expect(turns).toBeGreaterThan(10)
})

test('a form larger than any of Twilio’s is not searched, and the diagnosis says so', async () => {
  for (const body of ['+'.repeat(300_000), times(10_001, (index) => `${index}=`)]) {
    const { suspected, tried } = await diagnose(form(body), options)
    expect(tried).toBe(0)
    expect(suspected[0]).toMatchObject({ id: 'not_from_twilio', detail: expect.stringContaining('larger than any') })
  }
})
