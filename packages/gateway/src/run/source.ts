import { unwatchFile, watchFile } from 'node:fs'
import { type LoadedConfiguration, loadConfiguration } from '../config/load.ts'
import { createResources } from '../config/resources.ts'

/** Where a gateway's options come from: a file that is followed, or options that stay. All of it can be sent to a worker. */
export type Source = { readonly file: string } | { readonly loaded: LoadedConfiguration }

export interface OpenSource {
  /** Reads it anew. Throws a ConfigurationError. */
  load(): Promise<LoadedConfiguration>
  /** To be called when what was loaded last is in force. */
  settle(): void
  close(): Promise<void>
}

export function openSource(source: Source, onProblem: (message: string) => void): OpenSource {
  const resources = createResources(process.env, onProblem)
  return {
    load: async () => ('file' in source ? await loadConfiguration(source.file, resources) : source.loaded),
    settle: () => resources.closeUnused(),
    close: () => resources.closeAll(),
  }
}

const pollMs = 1000

/**
 * Calls back when the file is changed, replaced or linked elsewhere. It looks instead of waiting for events, which do not come from
 * network file systems and from the links by which Kubernetes replaces mounted files.
 */
export function followSource(source: Source, onChange: () => void): () => void {
  if (!('file' in source)) return () => undefined
  const { file } = source
  watchFile(file, { interval: pollMs, persistent: false }, onChange)
  return () => unwatchFile(file, onChange)
}

/** Runs one after the other; what is asked for while one runs, runs once after it. */
export function inTurn(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let isWanted = false
  const run = async (): Promise<void> => {
    do {
      isWanted = false
      await work()
    } while (isWanted)
    running = undefined
  }
  return () => {
    if (running === undefined) running = run()
    else isWanted = true
    return running
  }
}
