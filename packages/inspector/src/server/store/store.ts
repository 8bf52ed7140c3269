import type { Capture, CaptureSummary } from '../../shared/capture.ts'

/** Keeps captures, newest last, within bounds. */
export interface CaptureStore {
  /** Adds one, or replaces the one of the same id in its place. Returns the ids of those it had to drop for it. */
  put(capture: Capture): string[]
  get(id: string): Capture | undefined
  /** Newest first. */
  list(limit: number): CaptureSummary[]
  /** Oldest first. */
  all(): Iterable<Capture>
  clear(): void
  close(): void
}

export interface StoreBounds {
  readonly maxCaptures: number
  readonly maxBytes: number
}
