import { followSource, type Source } from './source.ts'

export interface RunHooks {
  /** For people: where it listens, that it reloaded, what is wrong. Never a secret. */
  tell(message: string): void
}

export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Resolves at the first signal to stop. */
export async function untilStopped(source: Source, reload: () => Promise<void>): Promise<void> {
  const onReload = (): void => void reload()
  const unfollow = followSource(source, onReload)
  process.on('SIGHUP', onReload)
  await nextStopSignal()
  unfollow()
  // Without a listener, it would end the process before its time.
  process.off('SIGHUP', onReload)
  process.on('SIGHUP', () => undefined)
}

/** Waits for a graceful end, or for a second signal. */
export async function raceSignal(stopping: Promise<void>, stopNow: () => unknown): Promise<void> {
  await Promise.race([stopping, nextStopSignal().then(stopNow)])
}

function nextStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const onSignal = (): void => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, onSignal)
      resolve()
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal)
  })
}
