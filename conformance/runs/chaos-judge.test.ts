import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Attempt, type History, judge } from '../chaos/judge.ts'
import { keepHistory, readHistory } from '../chaos/keep.ts'

// The judge of the chaos suite, with small histories: a right one, and each thing that may be wrong.

const attempt = (id: string, sentAt: number, outcome: Attempt['outcome'], more: Partial<Attempt> = {}): Attempt => ({
  id,
  kind: 'genuine',
  delivery: 'one',
  process: 'a',
  sentAt,
  endedAt: sentAt + 10,
  outcome,
  ...more,
})

const metrics = (...samples: [string, number][]): ReadonlyMap<string, number> => new Map(samples)

/** A delivery that was sent twice, a copy and a forged request, all on one process that lived. */
const right: History = {
  isRejecting: false,
  timeoutMs: 5000,
  leaseMs: 7000,
  stallMs: 0,
  attempts: [
    attempt('hello-1', 0, 200, { kind: 'hello', delivery: '' }),
    attempt('genuine-1', 100, 503),
    attempt('genuine-2', 200, 200),
    attempt('copy-1', 300, 200, { kind: 'copy' }),
    attempt('forged-1', 400, 403, { kind: 'forged', delivery: '', code: 'signature_mismatch' }),
  ],
  arrivals: [
    { attempt: 'genuine-2', delivery: 'first', doneAt: 205 },
    { attempt: 'copy-1', delivery: 'repeated' },
  ],
  faults: [],
  processes: [
    {
      id: 'a',
      metrics: metrics(
        ['tollgate_verdicts_total{code="accepted",route="/0"}', 2],
        ['tollgate_verdicts_total{code="accepted",route="/hello"}', 1],
        ['tollgate_verdicts_total{code="replay_pending",route="/0"}', 1],
        ['tollgate_verdicts_total{code="signature_mismatch",route="/0"}', 1],
        ['tollgate_responses_total{status="200",by="upstream"}', 3],
        ['tollgate_responses_total{status="503",by="gateway"}', 1],
        ['tollgate_responses_total{status="403",by="gateway"}', 1],
        ['tollgate_request_duration_seconds_count{by="upstream"}', 3],
        ['tollgate_request_duration_seconds_count{by="gateway"}', 2],
        ['tollgate_requests_in_flight', 0],
      ),
    },
  ],
}

const { attempts, arrivals, processes } = right

const withAttempt = (changed: Attempt): Attempt[] => attempts.map((one) => (one.id === changed.id ? changed : one))

/** Changes one metric. */
const withMetric = (name: string, value: number): History['processes'] => [
  { id: 'a', metrics: new Map([...(processes[0]?.metrics ?? []), [name, value]]) },
]

/** The delivery is handled again by the copy. */
const twice: History = {
  ...right,
  arrivals: [
    { attempt: 'genuine-2', delivery: 'first', doneAt: 205 },
    { attempt: 'copy-1', delivery: 'first', doneAt: 305 },
  ],
}

/** The delivery is handled by a genuine request and by a copy. */
const handleAt = (genuine: { sentAt: number; doneAt: number }, copy: { sentAt: number; doneAt: number }) => ({
  attempts: attempts.map((one) => {
    const at = { 'genuine-2': genuine, 'copy-1': copy }[one.id]
    return at === undefined ? one : { ...one, sentAt: at.sentAt, endedAt: at.doneAt + 5 }
  }),
  arrivals: [
    { attempt: 'genuine-2', delivery: 'first', doneAt: genuine.doneAt },
    { attempt: 'copy-1', delivery: 'first', doneAt: copy.doneAt },
  ],
})

const slow = { sentAt: 200, doneAt: 1305 }
const lostDuringWork = { what: 'Redis', from: 600, to: 700, forgets: 'all' } as const
// Only the last try, 6,750 ms after the work, is not disturbed.
const stoodStill = { what: 'Redis stood still', from: 100, to: 1000 }

test('a right history has no problem', () => {
  expect(judge(right)).toEqual([])
})

test.each<[string, Partial<History>, string[]]>([
  [
    'a delivery that was lost, although its sender got a 200',
    { arrivals: [{ attempt: 'copy-1', delivery: 'repeated' }] },
    [
      'one was lost: genuine 503, genuine 200, copy 200',
      'genuine-2 was answered 200 before one was handled',
      'copy-1 was answered 200 before one was handled',
      'copy-1 was marked as repeated before one was handled',
    ],
  ],
  [
    'a sender without a final answer',
    { attempts: attempts.filter(({ id }) => id !== 'genuine-2'), arrivals: [], processes: [] },
    [
      'one has no final answer: genuine 503, copy 200',
      'one was lost: genuine 503, copy 200',
      'copy-1 was answered 200 before one was handled',
    ],
  ],
  ['a delivery that was handled twice', twice, ['one was handled twice: genuine 503, genuine 200, copy 200']],
  [
    'a delivery that was handled, and answered with a status that is retried',
    {
      attempts: withAttempt(attempt('genuine-1', 100, 503)),
      arrivals: [{ attempt: 'genuine-1', delivery: 'first', doneAt: 105 }],
    },
    ['genuine-1 was handled, but answered 503'],
  ],
  [
    'a delivery that was handled in time, and answered 504',
    {
      attempts: withAttempt(attempt('genuine-1', 100, 504)),
      arrivals: [{ attempt: 'genuine-1', delivery: 'first', doneAt: 108 }, ...arrivals],
      processes: [],
    },
    ['genuine-1 was handled, but answered 504'],
  ],
  [
    'a genuine request that was refused for good',
    { attempts: withAttempt(attempt('genuine-1', 100, 403)), processes: [] },
    ['genuine-1, which is genuine, was refused: 403'],
  ],
  [
    'a delivery that the guard could not tell',
    { arrivals: [...arrivals, { attempt: 'genuine-1', delivery: 'unknown', doneAt: 110 }] },
    ['genuine-1 reached the application as unknown'],
  ],
  [
    'a repeat that was marked, although repeats are refused',
    { isRejecting: true },
    ['copy-1 was marked, but not refused'],
  ],
  [
    'a forged request that was handled',
    {
      attempts: withAttempt(attempt('forged-1', 400, 200, { kind: 'forged', delivery: '' })),
      arrivals: [...arrivals, { attempt: 'forged-1', delivery: 'first', doneAt: 405 }],
      processes: [],
    },
    ['forged-1, which is forged, reached the application', 'forged-1, which is forged, was answered 200'],
  ],
  [
    'a request that no one sent',
    { arrivals: [...arrivals, { attempt: 'genuine-9', delivery: 'first', doneAt: 500 }] },
    ['the application got the request genuine-9, which no sender has sent'],
  ],
  [
    'a connection that a process broke, which was not killed',
    {
      attempts: withAttempt(attempt('genuine-1', 100, 'broken')),
      processes: [{ id: 'a', endedAt: 115, endedBy: 'SIGTERM' }],
    },
    ['the connection of genuine-1 broke, but its process was not killed (SIGTERM)'],
  ],
  [
    'a connection that a process broke after its request had reached the application',
    {
      attempts: withAttempt(attempt('genuine-1', 100, 'broken')),
      arrivals: [...arrivals, { attempt: 'genuine-1', delivery: 'first' }],
      processes: [{ id: 'a', endedAt: 95, endedBy: 'SIGTERM' }],
    },
    ['the connection of genuine-1 broke, but its process was not killed (SIGTERM)'],
  ],
  [
    'a failover after which nothing is handled',
    {
      attempts: withAttempt(
        attempt('forged-1', 11_000, 403, { kind: 'forged', delivery: '', code: 'signature_mismatch' }),
      ),
      faults: [{ what: 'a demotion', from: 300, to: 310, isFailover: true }],
    },
    ['nothing was handled within 10000 ms of: a demotion'],
  ],
  [
    'a metric that counts a request too much',
    { processes: withMetric('tollgate_responses_total{status="200",by="upstream"}', 4) },
    ['a counted 6 answers, but 5 were seen', 'a counted 4 answers with 200, but 3 were seen'],
  ],
  [
    'a metric with a wrong code',
    { processes: withMetric('tollgate_verdicts_total{code="signature_mismatch",route="/0"}', 0) },
    ['a counted 4 requests, but 5 were seen', 'a counted 0 signature_mismatch, but 1 were seen'],
  ],
  [
    'a request that has not ended',
    { processes: withMetric('tollgate_requests_in_flight', 1) },
    ['a has requests in flight at the end'],
  ],
])('%s is a problem', (_what, change, problems) => {
  expect(judge({ ...right, ...change })).toEqual(problems)
})

test.each<[string, Partial<History>]>([
  ['Redis lost its data between them', { faults: [{ what: 'Redis', from: 250, to: 260, forgets: 'all' }] }],
  ['a failover lost what was new', { faults: [{ what: 'Redis', from: 250, to: 260, forgets: 'recent' }] }],
  ['Redis failed during every try to confirm it', { faults: [{ what: 'Redis', from: 100, to: 6000 }] }],
  [
    'its process stopped while Redis failed',
    {
      faults: [{ what: 'Redis', from: 100, to: 400 }],
      processes: [{ id: 'a', endedAt: 300, endedBy: 'SIGTERM' }],
    },
  ],
  ['its process was killed before the confirmation', { processes: [{ id: 'a', endedAt: 220, endedBy: 'SIGKILL' }] }],
  [
    'its sender left before the answer',
    { attempts: [...withAttempt(attempt('genuine-2', 200, 'left')), attempt('genuine-3', 400, 200)], processes: [] },
  ],
  [
    'its answer came after the time limit',
    {
      attempts: withAttempt(attempt('genuine-1', -6000, 504)),
      arrivals: [{ attempt: 'genuine-1', delivery: 'first', doneAt: -500 }, ...arrivals],
      processes: [],
    },
  ],
  [
    // The seldom case of decision 49.
    'Redis lost its reservation during its work, and another gateway was connected first',
    { ...handleAt(slow, { sentAt: 1400, doneAt: 1405 }), faults: [lostDuringWork] },
  ],
  [
    'a failover lost its reservation during its work',
    {
      ...handleAt(slow, { sentAt: 1400, doneAt: 1405 }),
      faults: [{ ...lostDuringWork, forgets: 'recent' }],
    },
  ],
  [
    'Redis lost its reservation during its work, and the copy was done first',
    { ...handleAt(slow, { sentAt: 800, doneAt: 805 }), faults: [lostDuringWork] },
  ],
  [
    'a failover lost a confirmation that came late',
    {
      ...handleAt({ sentAt: 200, doneAt: 205 }, { sentAt: 7100, doneAt: 7105 }),
      faults: [stoodStill, { what: 'Redis', from: 7000, to: 7010, forgets: 'recent' }],
    },
  ],
  [
    'its lease ended before the try that confirmed it',
    {
      ...handleAt({ sentAt: 200, doneAt: 2205 }, { sentAt: 7300, doneAt: 7305 }),
      faults: [{ what: 'Redis stood still', from: 2000, to: 3500 }],
    },
  ],
])('a delivery may be handled again if %s', (_what, change) => {
  expect(judge({ ...twice, ...change })).toEqual([])
})

test.each<[string, Partial<History>]>([
  ['Redis lost its data before', { faults: [{ what: 'Redis', from: 100, to: 150, forgets: 'all' }] }],
  ['a failover came long after', { faults: [{ what: 'Redis', from: 5000, to: 5010, forgets: 'recent' }] }],
  ['Redis only stood still', { faults: [{ what: 'Redis stood still', from: 250, to: 260 }] }],
  ['its process was stopped', { processes: [{ id: 'a', endedAt: 220, endedBy: 'SIGTERM' }] }],
  ['its process was killed much later', { processes: [{ id: 'a', endedAt: 5000, endedBy: 'SIGKILL' }] }],
  [
    'Redis lost its reservation, and has confirmed it since',
    { ...handleAt(slow, { sentAt: 4000, doneAt: 4005 }), faults: [lostDuringWork] },
  ],
  [
    'Redis lost its data before the second was sent, and both were sent after it',
    { ...handleAt({ ...slow, sentAt: 750 }, { sentAt: 800, doneAt: 805 }), faults: [lostDuringWork] },
  ],
  [
    'a failover came long after a confirmation that came late',
    {
      ...handleAt({ sentAt: 200, doneAt: 205 }, { sentAt: 9100, doneAt: 9105 }),
      faults: [stoodStill, { what: 'Redis', from: 9000, to: 9010, forgets: 'recent' }],
    },
  ],
  [
    'its lease ended, and the first try has confirmed it',
    { ...handleAt({ sentAt: 200, doneAt: 5100 }, { sentAt: 7300, doneAt: 7305 }), faults: [] },
  ],
])('a delivery may not be handled again if %s', (_what, change) => {
  expect(judge({ ...twice, ...change })).toContain('one was handled twice: genuine 503, genuine 200, copy 200')
})

test('a history that was kept is judged as before, and a long one keeps what the judge named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-history-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const wrong = { ...twice, faults: [stoodStill], processes: withMetric('tollgate_requests_in_flight', 1) }
  const problems = judge(wrong)
  expect(problems).toHaveLength(2)
  expect(judge(readHistory(keepHistory(wrong, problems, 'wrong', { folder })))).toEqual(problems)
  const cut = readHistory(keepHistory(wrong, ['forged-1 and hello-1'], 'cut', { folder, most: 3 }))
  expect(cut.attempts.map(({ id }) => id)).toEqual(['hello-1', 'copy-1', 'forged-1'])
  expect(cut.arrivals.map(({ attempt }) => attempt)).toEqual(['copy-1'])
})
