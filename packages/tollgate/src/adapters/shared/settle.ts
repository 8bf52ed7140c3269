import type { AnyWebhook } from '../../index.ts'

/**
 * Reports to the replay guard how the work on a webhook ended. If it failed, Twilio's retry must
 * not count as a replay. If it succeeded, a copy must. The work failed if the answer is 401 (Twilio
 * then repeats the request with credentials) or 5xx, or if there is no complete answer.
 * @param webhook The webhook. If it is `undefined` or was not accepted, there is no reservation.
 * @param status The status of the answer. `undefined` if the handler threw, or if the client did
 *   not get the whole answer.
 * @returns a promise that never rejects. Await it if the process may stop after the answer.
 */
export async function settle(webhook: AnyWebhook | undefined, status: number | undefined): Promise<void> {
  if (!webhook?.ok) return
  try {
    await (isFailure(status) ? webhook.release() : webhook.confirm?.())
  } catch {
    // Of a store that fails, or of a verifier of the user's.
  }
}

function isFailure(status: number | undefined): boolean {
  return status === undefined || status === 401 || status >= 500
}
