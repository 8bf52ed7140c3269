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

const defaultKeys = { env: 'TWILIO_AUTH_TOKEN' }

interface SchemeKeys {
  /** The option with the keys of those that have none of their own, if there is one. */
  readonly shared?: readonly string[]
  open(resources: Resources, own: unknown, shared: KeysConfiguration | undefined): Partial<Route>
}

/** Keys that an account has, with a key file or Twilio's API. The schema has checked `own`. */
const accountKeys: SchemeKeys = {
  shared: ['keys'],
  open: (resources, own, shared) => resources.openKeys((own as KeysConfiguration) ?? shared ?? defaultKeys),
}

/** How the keys of a route are opened. Every scheme without a row here lists its keys. */
const keysOfSchemes: ReadonlyMap<string, SchemeKeys> = new Map([[schemes[0].name, accountKeys]])

function findKeys(name: string): SchemeKeys {
  const scheme = getScheme(name)
  const listed: SchemeKeys = {
    open: (resources, own) =>
      resources.openListedKeys(scheme, (own as ListedKeysConfiguration) ?? { env: scheme.keys.variable }),
  }
  return keysOfSchemes.get(name) ?? listed
}

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
  const openKeys = (where: readonly [string, ...number[]], scheme: string = schemes[0].name, own: unknown) => {
    const { shared, open } = findKeys(scheme)
    const path = own === undefined ? (shared ?? where) : [...where, 'keys']
    return nameOptionInErrors(parsed, path, async () => open(resources, own, keys))
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
