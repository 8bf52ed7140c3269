const usual = 8000
let current = usual

/** Returns how many milliseconds a case waits for an answer, or for an event, before it fails. */
export function readPatience(): number {
  return current
}

/**
 * Runs a case that is expected to fail. It waits for one second at most, because what it waits for
 * cannot come.
 */
export async function runImpatiently(run: () => Promise<void>): Promise<void> {
  current = 1000
  try {
    await run()
  } finally {
    current = usual
  }
}
