import { type Diagnosis, diagnose } from 'tollgate/diagnose'
import { listLeaks } from './leaks.ts'
import { readOptions } from './options.ts'
import type { SetUp } from './setup.ts'

/** What the search made of a set-up. */
export interface Judged {
  readonly setUp: SetUp
  /** The proven causes; where nothing is proven, the likeliest suspicion. */
  readonly found: readonly string[]
  readonly isProven: boolean
  /** The causes are those expected, or say the same in as many. */
  readonly isRight: boolean
  readonly tried: number
  /** Milliseconds of CPU time, which other programs on the machine do not change: the median of the runs. */
  readonly ms: number
  /** What it shows of what it may not. */
  readonly leaks: readonly string[]
}

/** Runs the search over set-ups, each as often as asked; the first run of all warms up and counts for nothing. */
export async function judgeAll(setUps: readonly SetUp[], { runs = 1 } = {}): Promise<readonly Judged[]> {
  const [first] = setUps
  if (first !== undefined && runs > 1) for (let at = 0; at < 20; at++) await run(first)
  const judged: Judged[] = []
  for (const setUp of setUps) judged.push(await judge(setUp, runs))
  return judged
}

async function judge(setUp: SetUp, runs: number): Promise<Judged> {
  const times: number[] = []
  let diagnosis: Diagnosis | undefined
  for (let at = 0; at < runs; at++) {
    const start = process.cpuUsage()
    diagnosis = await run(setUp)
    const { user, system } = process.cpuUsage(start)
    times.push((user + system) / 1000)
  }
  if (diagnosis === undefined) throw new RangeError('"runs" must be at least 1')
  const found = listFound(diagnosis)
  return {
    setUp,
    found,
    isProven: diagnosis.proven !== undefined,
    isRight:
      setUp.expected.some((causes) => isSame(causes, found)) &&
      (setUp.isProven === undefined || setUp.isProven === (diagnosis.proven !== undefined)),
    tried: diagnosis.tried,
    ms: times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0,
    leaks: await listLeaks(setUp, diagnosis),
  }
}

/** The parameters of a parser may be of types that no form has, and no type of the library allows. */
function run(setUp: SetUp): Promise<Diagnosis> {
  const { verifier, more } = readOptions(setUp)
  return diagnose(setUp.request as Parameters<typeof diagnose>[0], { ...verifier, ...more })
}

function listFound({ proven, suspected }: Diagnosis): readonly string[] {
  const causes = proven?.causes ?? suspected.slice(0, 1)
  return causes.map(({ id }) => id).sort()
}

function isSame(expected: readonly string[], found: readonly string[]): boolean {
  return [...expected].sort().join() === found.join()
}
