import type { Accepted, IncomingRequest, Verdict } from 'tollgate'
import type { ReplayGuardOptions, ReplayStore } from 'tollgate/replay'
import { assert, assertAccepted, assertEqual } from '../kit/assert.ts'
import { origin, token } from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'

/** The subject of a replay suite. */
export interface ReplaySubject {
  readonly library: Library
  readonly replay: Pick<typeof import('tollgate/replay'), 'memoryStore' | 'replayGuard'>
  /** Returns an empty store. */
  makeStore(): ReplayStore
}

type Deliver = (request: IncomingRequest) => Promise<Verdict>

/** Makes one application with a guard. All deliveries use the same store. */
export function makeReceiver(
  { library, replay, makeStore }: ReplaySubject,
  guard: Partial<ReplayGuardOptions> = {},
  options: Options = {},
): Deliver {
  const verifier = library.createVerifier({
    publicUrl: origin,
    authToken: token,
    replay: replay.replayGuard({ store: makeStore(), ...guard }),
    ...options,
  })
  return (request) => verifier.verify(request)
}

export function assertDelivery(verdict: Verdict, expected: Accepted['delivery'], what = 'delivery'): void {
  assertEqual(assertAccepted(verdict).delivery, expected, what)
}

/** Checks that the delivery is refused as a replay, or accepted and marked as one. */
export function assertNotNew(verdict: Verdict, what: string): void {
  const isNew = verdict.ok && verdict.delivery !== 'repeated'
  assert(
    !isNew && (verdict.ok || verdict.code === 'replayed'),
    `${what}: ${verdict.ok ? 'counted as new' : verdict.code}`,
  )
}
