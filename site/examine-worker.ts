import { examine, type RequestParts } from './examine.ts'

/** The answer of the worker: the result, or a message for the page. */
export type ExamineAnswer = { readonly examined: Awaited<ReturnType<typeof examine>> } | { readonly problem: string }

// The search takes up to a second. Here it does not hold up the page.
addEventListener('message', async ({ data }: MessageEvent<RequestParts>) => {
  try {
    postMessage({ examined: await examine(data) } satisfies ExamineAnswer)
  } catch (error) {
    postMessage({ problem: error instanceof Error ? error.message : String(error) } satisfies ExamineAnswer)
  }
})
