import type { Capture, CaptureSummary } from '../shared/capture.ts'
import { summarize } from './summarize.ts'

/** Limits of a store. Over a limit, the oldest captures are deleted first. */
export interface StoreBounds {
  readonly maxCaptures: number
  readonly maxBytes: number
}

/** Keeps captures in memory, in the order of their arrival, within limits. */
export class CaptureStore {
  readonly #bounds: StoreBounds
  readonly #kept = new Map<string, { readonly capture: Capture; readonly bytes: number }>()
  #bytes = 0

  constructor(bounds: StoreBounds) {
    this.#bounds = bounds
  }

  /**
   * Adds a capture, or replaces the one with the same id without moving it.
   * @returns the ids of the captures that were deleted to make room
   */
  put(capture: Capture): string[] {
    // An estimate: two bytes for each UTF-16 code unit.
    const bytes = 2 * JSON.stringify(capture).length
    this.#bytes += bytes - (this.#kept.get(capture.id)?.bytes ?? 0)
    this.#kept.set(capture.id, { capture, bytes })
    const dropped: string[] = []
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= this.#bounds.maxCaptures && this.#bytes <= this.#bounds.maxBytes) break
      dropped.push(id)
      this.delete([id])
    }
    return dropped
  }

  get(id: string): Capture | undefined {
    return this.#kept.get(id)?.capture
  }

  /** Newest first. */
  list(): CaptureSummary[] {
    return this.all().reverse().map(summarize)
  }

  /** Oldest first. */
  all(): Capture[] {
    return [...this.#kept.values()].map(({ capture }) => capture)
  }

  /** Deletes these captures. Unknown ids change nothing. */
  delete(ids: readonly string[]): void {
    for (const id of ids) {
      this.#bytes -= this.#kept.get(id)?.bytes ?? 0
      this.#kept.delete(id)
    }
  }
}
