import type { Capture, CaptureSummary } from '../../shared/capture.ts'

/** Keeps captures in the order of their arrival, within limits. */
export interface CaptureStore {
  /**
   * Adds a capture, or replaces the one with the same id without moving it.
   * @returns the ids of the captures that were deleted to make room
   */
  put(capture: Capture): string[]
  get(id: string): Capture | undefined
  /** Newest first. */
  list(limit: number): CaptureSummary[]
  /** Oldest first. */
  all(): Iterable<Capture>
  /** Deletes these captures. Unknown ids change nothing. */
  delete(ids: readonly string[]): void
  clear(): void
  /** The number of captures. */
  count(): number
  close(): void
}

export interface StoreBounds {
  readonly maxCaptures: number
  readonly maxBytes: number
}
