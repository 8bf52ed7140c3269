import type { RejectedRequest } from 'tollgate'
import { type Diagnosis, diagnose } from 'tollgate/diagnose'
import { readOptions } from './options.ts'
import type { SetUp } from './setup.ts'

/** Returns the text that the `diagnose` option of an adapter writes to standard error. */
export async function explainInWords(setUp: SetUp, { verdict }: Diagnosis): Promise<string> {
  if (verdict.ok) return ''
  return explainRejected({
    rejection: verdict,
    request: setUp.request,
    options: readOptions(setUp).verifier,
  } as unknown as RejectedRequest)
}

/** Returns the text that a diagnoser writes about one rejection. */
export async function explainRejected(
  rejected: RejectedRequest,
  diagnoser: Pick<typeof diagnose, 'explain'> = diagnose,
): Promise<string> {
  const lines: string[] = []
  const { error } = console
  const { now } = performance
  // The option explains few rejections at once, so the clock moves on before each.
  ahead += 60_000
  performance.now = () => now.call(performance) + ahead
  console.error = (...texts) => lines.push(texts.join(' '))
  try {
    await diagnoser.explain(rejected)
  } finally {
    performance.now = now
    console.error = error
  }
  return lines.join('\n')
}

let ahead = 0
