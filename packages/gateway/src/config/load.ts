import { readFileSync } from 'node:fs'
import { getScheme, schemes } from 'tollgate/schemes'
import { checkOptions } from '../check-options.ts'
import { prepareForwardAuth } from '../forward-auth.ts'
import type { GatewayOptions, Route } from '../options.ts'
import { listListeners, refuseOwnListeners } from '../own-listeners.ts'
import { createPeers } from '../peers.ts'
import { prepareRoutes } from '../routes.ts'
import { runInSlices, wholeSlice } from '../slices.ts'
import { ConfigurationError, type ParsedConfiguration, parseConfiguration, parseInSteps } from './parse.ts'
import type { Resources } from './resources.ts'
import type { Configuration, KeysConfiguration, ListedKeysConfiguration } from './schema.ts'

/** A configuration, ready to run. */
export interface LoadedConfiguration {
  readonly options: GatewayOptions
  readonly graceMs: number
}

/** The scheme that has the keys at the top of the file. Every other lists its keys in its routes. */
const [{ name: defaultScheme }] = schemes

const maxBytes = 4 * 1024 * 1024

/**
 * Reads a configuration file and opens its keys and its replay store.
 * @throws ConfigurationError that names line and option
 */
export async function loadConfiguration(file: string, resources: Resources): Promise<LoadedConfiguration> {
  const parsed = await runInSlices(parseInSteps(readText(file), file))
  const { configuration } = parsed
  const { graceMs, keys, replay, routes, forwardAuth, ...rest } = configuration
  const guard =
    replay === undefined ? undefined : await nameOptionInErrors(parsed, ['replay'], () => resources.openReplay(replay))
  const prepared: Route[] = []
  // The schema has checked `own` for its scheme.
  const openKeys = (where: readonly (string | number)[], name: string = defaultScheme, own: unknown) => {
    const scheme = getScheme(name)
    const fallback = { env: scheme.keys.variable }
    const isDefault = name === defaultScheme
    const path = own !== undefined ? [...where, 'keys'] : isDefault ? ['keys'] : where
    return nameOptionInErrors(
      parsed,
      path,
      async (): Promise<Partial<Route>> =>
        isDefault
          ? resources.openKeys((own as KeysConfiguration) ?? keys ?? fallback)
          : resources.openListedKeys(scheme, (own as ListedKeysConfiguration) ?? fallback),
    )
  }
  for (const [index, { keys: own, replay: ownReplay, ...route }] of routes.entries()) {
    const opened = await openKeys(['routes', index], route.scheme, own)
    prepared.push({ ...route, ...opened, replay: ownReplay === false ? undefined : guard } as Route)
    if (index % wholeSlice === 0) await new Promise(setImmediate)
  }
  const options: GatewayOptions = { ...rest, routes: prepared }
  if (forwardAuth !== undefined) {
    const { keys: own, replay: ownReplay, ...auth } = forwardAuth
    const opened = await openKeys(['forwardAuth'], auth.scheme, own)
    const authReplay = ownReplay === false ? undefined : guard
    Object.assign(options, { forwardAuth: { ...auth, ...opened, replay: authReplay } })
  }
  try {
    // These are the checks of `createGateway`, before anything runs.
    await runInSlices(checkOptions(options))
    const peers = createPeers(options.limits)
    await runInSlices(prepareRoutes(prepared))
    if (options.forwardAuth !== undefined) prepareForwardAuth(options.forwardAuth, peers)
    await refuseOwnListeners(options, listListeners(options))
  } catch (error) {
    throw locateError(parsed, error)
  }
  return { options, graceMs }
}

/**
 * Reads a configuration file without opening the keys, certificates and stores that it names.
 * @param file The path of a YAML or JSON file, of at most 4 MiB.
 * @returns the options of the file, with their defaults
 * @throws ConfigurationError that names line and option
 */
export function readConfiguration(file: string): Configuration {
  return parseConfiguration(readText(file), file).configuration
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file)
    if (bytes.length > maxBytes) throw new ConfigurationError(`${file}: it is larger than ${maxBytes} bytes`)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    const { code }: { code?: string } = Object(error)
    throw new ConfigurationError(
      `${file}: ${code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`}`,
    )
  }
}

async function nameOptionInErrors<T>(
  { createError }: ParsedConfiguration,
  path: readonly (string | number)[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw createError(path, error instanceof Error ? error.message : 'cannot be opened')
  }
}

/**
 * Adds the line to an error of the gateway or a verifier. Their messages have the option in quotes.
 */
function locateError({ createError }: ParsedConfiguration, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const [, place, index, message = error.message] =
    /^In (routes|forwardAuth)(?:\[(\d+)\])?: (.*)$/s.exec(error.message) ?? []
  const [, option] = /"([A-Za-z.]+)"/.exec(message) ?? []
  const path = [place ?? [], index === undefined ? [] : Number(index), option?.split('.') ?? []].flat()
  return createError(path, message)
}
