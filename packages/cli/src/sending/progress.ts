import { SingleBar } from 'cli-progress'
import type { Io } from '../io.ts'

export interface Progress {
  advance(): void
  stop(): void
}

/** Shows a progress bar at a terminal. In a pipe, or for one step, it shows nothing. */
export function startProgress(io: Io, total: number, verb = 'sending'): Progress {
  if (io.stderr.isTTY !== true || total < 2) return { advance: () => undefined, stop: () => undefined }
  const bar = new SingleBar({
    stream: io.stderr as NodeJS.WriteStream,
    format: `${verb} {bar} {value}/{total}, {eta_formatted} left`,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    barsize: 30,
    // Cursor and line wrap stay on: after Ctrl-C nothing would turn them on again.
    hideCursor: false,
    linewrap: true,
    clearOnComplete: true,
    emptyOnZero: true,
  })
  bar.start(total, 0)
  return { advance: () => bar.increment(), stop: () => bar.stop() }
}
