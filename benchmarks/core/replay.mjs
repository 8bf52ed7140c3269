import { hash } from 'node:crypto'
import { createVerifier } from 'tollgate'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { compare } from './rounds.mjs'
import { makeRow } from './rows.mjs'
import { authToken, cycle, makeMessages, publicUrl } from './webhooks.mjs'

/** Measures what the replay guard adds to a check, beside the least guard that finds a copy. */
export async function measureReplay({ rounds = 21 } = {}) {
  // Not made in each round, which would take as long as a part of the guard.
  const next = cycle(makeMessages().map(({ request, text }) => ({ ...request, text, reportsOutcome: true })))
  const plain = createVerifier({ publicUrl, authToken })
  const guarded = createVerifier({ publicUrl, authToken, replay: replayGuard({ store: memoryStore() }) })
  const verify = async () => {
    const verdict = await guarded.verify(next())
    if (!verdict.ok || verdict.delivery !== 'first') throw new Error('A delivery is not the first one.')
    // So that the next round is the first one again.
    await verdict.release()
  }
  const guard = createLeastGuard()
  const verifyByHand = async () => {
    const request = next()
    const { ok } = await plain.verify(request)
    const release = await guard.reserve(request.text)
    if (!ok || release === undefined) throw new Error('A delivery is not the first one.')
    await release()
  }
  const { ours, byHand } = await compare({
    base: async () => void (await plain.verify(next())),
    contenders: { ours: verify, byHand: verifyByHand },
    rounds,
  })
  return [
    makeRow('verify with a replay guard and memoryStore', ours, { budget: { most: 1.85, aim: 1.25 } }),
    makeRow('verify with a guard by hand', byHand),
  ]
}

/** Creates a guard that knows the signed text, and looks at neither the kind nor the parameters. */
function createLeastGuard() {
  /** @type {Map<string, { token: number, expiresAt: number }>} */
  const entries = new Map()
  let token = 0
  return {
    /** @param {string} text @returns {Promise<(() => Promise<void>) | undefined>} */
    async reserve(text) {
      const key = hash('sha256', text, 'hex')
      const time = Date.now()
      const known = entries.get(key)
      if (known !== undefined && known.expiresAt > time) return undefined
      const own = token++
      entries.set(key, { token: own, expiresAt: time + 30_000 })
      return async () => {
        if (entries.get(key)?.token === own) entries.delete(key)
      }
    },
  }
}
