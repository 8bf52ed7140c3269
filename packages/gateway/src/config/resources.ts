import { readFileSync } from 'node:fs'
import type { ReplayGuard } from 'tollgate'
import type { AnyScheme } from 'tollgate/internal'
import { type FileKeys, fileKeys, type TwilioAccountTokensOptions, twilioAccountTokens } from 'tollgate/keys'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { importOptional } from '../import-optional.ts'
import { type LookUpResult, OwnEvents } from '../own-events.ts'
import type { KeysConfiguration, ListedKeysConfiguration, ReplayConfiguration } from './schema.ts'

interface Resource<T> {
  readonly value: T
  /** True if requests that began before a reload still need it. */
  readonly isShared?: boolean
  close?(): unknown
}

/**
 * The resources that a configuration opens: watched key files, token caches and replay stores. A
 * reload keeps a resource if its settings are the same, with its cached tokens. It keeps a replay
 * store and its deliveries if the store is the same, also with other settings of the guard.
 */
export type Resources = ReturnType<typeof createResources>

/**
 * Creates an empty set of resources.
 * @param onProblem gets messages about resources that fail later. They contain no secret.
 * @param events gets the look-ups, the key files and what Redis answers.
 */
export function createResources(
  env: Readonly<Record<string, string | undefined>>,
  onProblem: (message: string) => void,
  events = new OwnEvents(),
) {
  const open = new Map<string, Resource<unknown>>()
  const used = new Set<string>()
  const lingering = new Set<Resource<unknown>>()

  function keep<T>(key: string, create: () => Resource<T>): T {
    const known = open.get(key) ?? create()
    open.set(key, known)
    used.add(key)
    return known.value as T
  }

  function linger(resource: Resource<unknown>, ms: number): void {
    lingering.add(resource)
    setTimeout(() => lingering.delete(resource) && resource.close?.(), ms).unref()
  }

  function readVariable(name: string): string {
    const value = env[name]
    // A name in another form may be a secret that was written here by mistake.
    const shown = /^[A-Z][A-Z0-9_]*$/.test(name) ? name : 'that is named here'
    if (value === undefined || value === '') throw new TypeError(`the environment variable ${shown} is not set`)
    return value
  }

  return {
    /**
     * Opens the keys of a Twilio route.
     * @throws TypeError if a key file or an environment variable is missing or wrong
     */
    async openKeys(keys: KeysConfiguration) {
      const key = JSON.stringify(['keys', keys])
      if (keys.file !== undefined) {
        const { file, allowReadableByOthers } = keys
        const found = keep<FileKeys>(key, () => {
          const value = fileKeys(file, { allowReadableByOthers, onProblem })
          events.keyFiles.add(value)
          const close = (): void => {
            events.keyFiles.delete(value)
            value.close()
          }
          return { value, close }
        })
        return { authToken: found.authToken, sharedKeys: found.sharedKeys }
      }
      if (keys.twilio !== undefined) {
        const { authTokenEnv, apiKeySid, apiKeySecretEnv, ...rest } = keys.twilio
        const apiKey =
          apiKeySid === undefined || apiKeySecretEnv === undefined
            ? undefined
            : { sid: apiKeySid, secret: readVariable(apiKeySecretEnv) }
        const authToken = authTokenEnv === undefined ? undefined : readVariable(authTokenEnv)
        return {
          authToken: keep(key, () => ({
            value: twilioAccountTokens({
              ...rest,
              authToken,
              apiKey,
              fetch: observeFetch(events),
              onProblem(error) {
                events.emit('lookUpFailure')
                onProblem(`Twilio's Accounts API: ${error instanceof Error ? error.message : 'failed'}`)
              },
            }),
          })),
        }
      }
      return { authToken: [keys.env ?? []].flat().map(readVariable) }
    },
    /**
     * Reads the keys of a scheme other than Twilio's.
     * @returns the option of its verifier
     * @throws TypeError if a file or an environment variable is missing
     */
    async openListedKeys(
      { keys: { option, words } }: AnyScheme,
      { env: names, file, [option]: given }: ListedKeysConfiguration,
    ) {
      if (given !== undefined) return { [option]: given }
      if (file !== undefined) return { [option]: [file].flat().map((path) => readKeyFile(path, words)) }
      return { [option]: [names ?? []].flat().map(readVariable) }
    },
    async openReplay(replay: ReplayConfiguration): Promise<ReplayGuard> {
      const { store, redisUrlEnv, redisUrl, ...rest } = replay
      if (store === 'memory') return replayGuard({ ...rest, store: keep('memory', () => ({ value: memoryStore() })) })
      const url = redisUrl ?? readVariable(redisUrlEnv ?? '')
      const { openRedisStore } = await importOptional(
        'The store "redis" needs',
        '@redis/client',
        () => import('./redis.ts'),
      )
      const key = JSON.stringify(['redis', url])
      const redis = keep(key, () => {
        const value = openRedisStore(url, onProblem, events)
        return { value, isShared: true, close: () => value.close() }
      })
      try {
        // Otherwise the first requests would be refused.
        await redis.connected
      } catch (error) {
        open.delete(key)
        await redis.close()
        throw error
      }
      return replayGuard({ ...rest, store: redis.store })
    },
    /**
     * Closes the resources that were not opened again since the last call.
     * @param lingerMs the longest time that a request may need a replay store which it began with
     */
    closeUnused(lingerMs = 0): void {
      for (const [key, resource] of open)
        if (!used.has(key)) {
          open.delete(key)
          if (resource.isShared) linger(resource, lingerMs)
          else resource.close?.()
        }
      used.clear()
    },
    async closeAll(): Promise<void> {
      await Promise.allSettled([...open.values(), ...lingering].map(async ({ close }) => await close?.()))
      open.clear()
      lingering.clear()
    },
  }
}

const results: Readonly<Record<number, LookUpResult>> = {
  200: 'found',
  404: 'unknown',
  429: 'throttled',
  401: 'refused',
  403: 'refused',
}

/** Reports each answer of Twilio's Accounts API and its time. */
function observeFetch(events: OwnEvents): NonNullable<TwilioAccountTokensOptions['fetch']> {
  return async (url, init) => {
    const startedAt = performance.now()
    let result: LookUpResult = 'failed'
    try {
      const response = await fetch(url, init)
      result = results[response.status] ?? 'failed'
      return response
    } finally {
      events.emit('lookUp', result, (performance.now() - startedAt) / 1000)
    }
  }
}

function readKeyFile(file: string, words: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new TypeError(`the file of a ${words} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
