import { readFileSync } from 'node:fs'
import { getScheme, schemes } from 'tollgate/internal'
import { createConfigSnapshot } from '../config-snapshot.ts'
import type { ForwardAuthOptions, GatewayOptions, Route } from '../options.ts'
import { listAddresses, refuseOwnListeners } from '../own-listeners.ts'
import type { ErrorPlace } from '../routes.ts'
import { runAtOnce, runInSlices, wholeSlice } from '../slices.ts'
import { createUpstreams } from '../upstream/pool.ts'
import { ConfigurationError, type ParsedConfiguration, type Path, parseConfiguration } from './parse.ts'
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
  const parsed = await runInSlices(parseConfiguration(readText(file), file))
  const { configuration, createError } = parsed
  const { graceMs, keys, replay, routes, forwardAuth, ...rest } = configuration
  const failAt = (path: Path) => (error: Error) => {
    throw createError(path, error.message)
  }
  const guard = replay && (await resources.openReplay(replay).catch(failAt(['replay'])))
  type Given = (typeof routes)[number] | NonNullable<typeof forwardAuth>
  const open = async (where: Path, { keys: own, replay: ownReplay, ...given }: Given) => {
    const scheme = getScheme(given.scheme ?? defaultScheme)
    const isDefault = scheme.name === defaultScheme
    const path = own !== undefined ? [...where, 'keys'] : isDefault ? ['keys'] : where
    const fallback = { env: scheme.keys.variable }
    // The schema has checked `own` for its scheme.
    const opening: Promise<object> = isDefault
      ? resources.openKeys((own as KeysConfiguration) ?? keys ?? fallback)
      : resources.openListedKeys(scheme, (own as ListedKeysConfiguration) ?? fallback)
    const opened = await opening.catch(failAt(path))
    return { ...given, ...opened, replay: ownReplay === false ? undefined : guard }
  }
  const prepared: Route[] = []
  for (const [index, route] of routes.entries()) {
    prepared.push((await open(['routes', index], route)) as Route)
    if (index % wholeSlice === 0) await new Promise(setImmediate)
  }
  const auth = forwardAuth && ((await open(['forwardAuth'], forwardAuth)) as ForwardAuthOptions)
  const options: GatewayOptions = { ...rest, routes: prepared, forwardAuth: auth }
  try {
    // These are the checks of `createGateway`, before anything runs.
    const config = await runInSlices(createConfigSnapshot(options, { upstreams: createUpstreams(), hop: '' }))
    config.retire()
    await refuseOwnListeners(options, listAddresses(options))
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
  return runAtOnce(parseConfiguration(readText(file), file)).configuration
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

/**
 * Adds the line to an error of the gateway or a verifier. Such an error names its option in quotes.
 */
function locateError({ createError }: ParsedConfiguration, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { path = [], message = error.message }: Partial<ErrorPlace> = (error as { place?: ErrorPlace }).place ?? {}
  const [, option] = /"([A-Za-z.]+)"/.exec(message) ?? []
  return createError([...path, ...(option?.split('.') ?? [])], message)
}
