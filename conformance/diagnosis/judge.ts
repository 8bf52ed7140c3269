import { type Diagnosis, diagnose } from 'tollgate/diagnose'
import { listLeaks } from './leaks.ts'
import { readOptions } from './options.ts'
import type { SetUp } from './setup.ts'

/** The result of the search for one set-up. */
export interface Judged {
  readonly setUp: SetUp
  /** The proven causes. If nothing is proven, the first suspected cause. */
  readonly found: readonly string[]
  readonly isProven: boolean
  /** The causes are the expected ones, or an explanation of the same size. */
  readonly isRight: boolean
  readonly tried: number
  /** The median CPU time of the runs, in milliseconds. Other programs hardly change it. */
  readonly ms: number
  /** The hidden texts that the diagnosis shows. */
  readonly leaks: readonly string[]
}

/**
 * Diagnoses each set-up `runs` times. With several runs, the first set-up warms up and is not
 * counted.
 */
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

/** Parameters of a parser may have types that the library does not allow. */
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
