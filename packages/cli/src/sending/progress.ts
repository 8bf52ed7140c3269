import type { Io } from '../io.ts'

export interface Progress {
  advance(): void
  stop(): void
}

/** Counts on one line of a terminal. In a pipe, or for one step, it shows nothing. */
export function startProgress({ stderr }: Io, total: number, verb = 'sending'): Progress {
  if (stderr.isTTY !== true || total < 2) return { advance: () => undefined, stop: () => undefined }
  let done = 0
  // The escape sequence clears the rest of the line.
  const show = (text: string) => stderr.write(`\r${text}\x1b[K`)
  show(`${verb} 0/${total}`)
  return { advance: () => show(`${verb} ${++done}/${total}`), stop: () => show('') }
}
