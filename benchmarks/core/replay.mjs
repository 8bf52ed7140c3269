import { createVerifier } from 'tollgate'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { compare } from './rounds.mjs'
import { makeRow } from './rows.mjs'
import { authToken, cycle, makeMessages, publicUrl } from './webhooks.mjs'

/** Measures what the replay guard adds to a check. */
export async function measureReplay({ rounds = 21 } = {}) {
  // Not made in each round, which would take as long as a part of the guard.
  const next = cycle(makeMessages().map(({ request }) => ({ ...request, reportsOutcome: true })))
  const plain = createVerifier({ publicUrl, authToken })
  const guarded = createVerifier({ publicUrl, authToken, replay: replayGuard({ store: memoryStore() }) })
  const verify = async () => {
    const verdict = await guarded.verify(next())
    if (!verdict.ok || verdict.delivery !== 'first') throw new Error('A delivery is not the first one.')
    // So that the next round is the first one again.
    await verdict.release()
  }
  const { ours } = await compare({
    base: async () => void (await plain.verify(next())),
    contenders: { ours: verify },
    rounds,
  })
  return [makeRow('verify with a replay guard and memoryStore', ours, { budget: { most: 1.85, aim: 1.25 } })]
}
