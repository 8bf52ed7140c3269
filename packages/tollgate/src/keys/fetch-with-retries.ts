/** How long `fetchWithRetries` may go on. */
export interface Patience {
  remainingMs(): number
  wait(ms: number): Promise<void>
}

const maxAttempts = 4
const firstDelayMs = 100

/**
 * Repeats a request that failed to connect or was answered with 429 or 5xx. The pause before each
 * attempt grows, is partly random, so that callers spread out, and is at least what `Retry-After`
 * says.
 * @throws Error after four attempts, or if the pause would be longer than the time that is left. It
 *   does not show the error of `fetch`, which may quote headers.
 */
export async function fetchWithRetries(request: () => Promise<Response>, patience: Patience): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const response = await request().catch(() => undefined)
    if (response !== undefined && response.status !== 429 && response.status < 500) return response
    response?.body?.cancel().catch(() => undefined)
    const delayMs = chooseDelay(attempt, response?.headers.get('retry-after'))
    if (attempt === maxAttempts || delayMs >= patience.remainingMs()) throw new Error(describeFailure(response))
    await patience.wait(delayMs)
  }
}

function describeFailure(response: Response | undefined): string {
  if (response === undefined) return "Twilio's Accounts API cannot be reached"
  return `Twilio's Accounts API answered with status ${response.status}`
}

function chooseDelay(attempt: number, retryAfter: string | null | undefined): number {
  const ceilingMs = firstDelayMs * 2 ** attempt
  return Math.max(ceilingMs / 2 + (Math.random() * ceilingMs) / 2, parseRetryAfter(retryAfter))
}

/** Reads seconds or a date. @returns milliseconds from now, 0 for anything else */
function parseRetryAfter(value: string | null | undefined): number {
  if (value === null || value === undefined) return 0
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now())
}
