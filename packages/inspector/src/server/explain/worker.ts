import { parentPort } from 'node:worker_threads'
import { getScheme } from 'tollgate/schemes'
import { type Diagnose, type ExplainInput, explain } from './explain.ts'

/** A message to the worker. */
export interface WorkerInput extends ExplainInput {
  readonly scheme: string
}

// A search uses tens of milliseconds. Here it does not hold up the webhooks of the gateway.
parentPort?.on('message', async ({ scheme, ...input }: WorkerInput) => {
  try {
    parentPort?.postMessage(await explain(getScheme(scheme).diagnose as unknown as Diagnose, input))
  } catch {
    // The capture keeps its verdict and gets no explanation.
    parentPort?.postMessage(undefined)
  }
})
