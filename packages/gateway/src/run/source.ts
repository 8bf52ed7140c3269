import { unwatchFile, watchFile } from 'node:fs'
import { type LoadedConfiguration, loadConfiguration } from '../config/load.ts'
import { createResources } from '../config/resources.ts'
import { listListeners, refuseOwnListeners } from '../own-listeners.ts'
import { prepareRoutes } from '../routes.ts'

/**
 * The source of a gateway's options: a file that is watched, or fixed options. It can be sent to a
 * worker process.
 */
export type Source = { readonly file: string } | { readonly loaded: LoadedConfiguration }

/** A source with its open resources. */
interface OpenSource {
  /**
   * Reads the source again.
   * @throws ConfigurationError, or TypeError if an upstream is a listener of the gateway
   */
  load(): Promise<LoadedConfiguration>
  /**
   * Closes unused resources. Must be called when the last loaded configuration is in use.
   * @param lingerMs how long requests with an earlier configuration may last
   */
  settle(lingerMs?: number): void
  close(): Promise<void>
}

/** Opens a source. `onProblem` gets messages about resources that fail later. */
export function openSource(source: Source, onProblem: (message: string) => void): OpenSource {
  const resources = createResources(process.env, onProblem)
  return {
    async load() {
      if ('file' in source) return loadConfiguration(source.file, resources)
      const { options } = source.loaded
      // Refuses an upstream that is no URL.
      prepareRoutes(options.routes)
      await refuseOwnListeners(options, listListeners(options))
      return source.loaded
    },
    settle: (lingerMs) => resources.closeUnused(lingerMs),
    close: () => resources.closeAll(),
  }
}

const pollMs = 1000

/**
 * Calls `onChange` when the file is changed or replaced. It polls, because network file systems and
 * the links with which Kubernetes replaces mounted files cause no events.
 * @returns a function that stops watching
 */
export function followSource(source: Source, onChange: () => void): () => void {
  if (!('file' in source)) return () => undefined
  const { file } = source
  watchFile(file, { interval: pollMs, persistent: false }, onChange)
  return () => unwatchFile(file, onChange)
}

/** Returns an error's message. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
