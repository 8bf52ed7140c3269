import type { Capture, CaptureSummary } from '../../shared/capture.ts'
import { summarize } from '../summarize.ts'
import type { CaptureStore, StoreBounds } from './store.ts'

interface Kept {
  readonly capture: Capture
  readonly bytes: number
}

/** Keeps captures in memory. Over a limit, the oldest are deleted first. */
export function createMemoryStore({ maxCaptures, maxBytes }: StoreBounds): CaptureStore {
  const kept = new Map<string, Kept>()
  let total = 0

  const remove = (id: string) => {
    total -= kept.get(id)?.bytes ?? 0
    kept.delete(id)
  }
  return {
    put(capture) {
      const bytes = measure(capture)
      total += bytes - (kept.get(capture.id)?.bytes ?? 0)
      kept.set(capture.id, { capture, bytes })
      const dropped: string[] = []
      for (const id of kept.keys()) {
        if (kept.size <= maxCaptures && total <= maxBytes) break
        remove(id)
        dropped.push(id)
      }
      return dropped
    },
    get: (id) => kept.get(id)?.capture,
    list(limit) {
      const summaries: CaptureSummary[] = []
      for (const { capture } of [...kept.values()].reverse().slice(0, limit)) summaries.push(summarize(capture))
      return summaries
    },
    *all() {
      for (const { capture } of kept.values()) yield capture
    },
    delete: (ids) => ids.forEach(remove),
    clear() {
      kept.clear()
      total = 0
    },
    count: () => kept.size,
    close() {},
  }
}

/** Estimates the memory of a capture: two bytes per UTF-16 code unit. */
function measure(capture: Capture): number {
  return 2 * JSON.stringify(capture).length
}
