import { getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { getScheme } from 'tollgate/internal'
import type { Explanation } from '../../shared/capture.ts'
import { type Diagnose, type ExplainInput, explain } from './explain.ts'

/** A message to the worker. */
export interface WorkerInput extends ExplainInput {
  readonly scheme: string
}

/** The answer of the worker. Without an explanation, the search has failed. */
export interface WorkerAnswer {
  readonly explanation?: Explanation
}

/** Lets the gateway go first where both want one core. */
function yieldToGateway(): void {
  // Linux gives each thread a priority of its own. Elsewhere this would change the whole process.
  if (process.platform !== 'linux') return
  try {
    setPriority(Math.min(19, getPriority() + 10))
  } catch {
    // A sandbox may forbid it. The search runs all the same.
  }
}

yieldToGateway()
// A search uses tens of milliseconds. Here it does not hold up the webhooks of the gateway.
parentPort?.on('message', async ({ scheme, ...input }: WorkerInput) => {
  const answer = (found: WorkerAnswer) => parentPort?.postMessage(found)
  try {
    answer({ explanation: await explain(getScheme(scheme).diagnose as unknown as Diagnose, input) })
  } catch {
    answer({})
  }
})
