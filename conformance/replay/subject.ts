import type { IncomingRequest, Verdict } from 'tollgate'
import type { ReplayGuardOptions, ReplayStore } from 'tollgate/replay'
import { assert, assertAccepted, assertEqual } from '../kit/assert.ts'
import { origin, token } from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'

/** What a replay suite tests. */
export interface ReplaySubject {
  readonly library: Library
  readonly replay: Pick<typeof import('tollgate/replay'), 'memoryStore' | 'replayGuard'>
  /** A store that remembers nothing yet. */
  makeStore(): ReplayStore
}

export type Deliver = (request: IncomingRequest) => Promise<Verdict>

/** One application with a guard: everything that is delivered meets the same store. */
export function guarded(
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

export function assertReplayed(verdict: Verdict, expected: boolean | 'unknown', what = 'replayed'): void {
  assertEqual(assertAccepted(verdict).replayed, expected, what)
}

/** Refused, or at least marked: never taken for new. */
export function assertNotNew(verdict: Verdict, what: string): void {
  const isNew = verdict.ok && verdict.replayed !== true
  assert(
    !isNew && (verdict.ok || verdict.code === 'replayed'),
    `${what}: ${verdict.ok ? 'taken for new' : verdict.code}`,
  )
}
