/**
 * Exit codes, the same for every command.
 * - `ok` (0): the request is genuine, or the work is done
 * - `notGenuine` (1): the request is not genuine, an answer failed, an audit has findings, or
 *   `tollgate` itself failed
 * - `usage` (2): wrong usage
 * - `unreachable` (3): no answer, no answer in time, or an address that cannot be listened on
 */
export const EXIT = { ok: 0, notGenuine: 1, usage: 2, unreachable: 3 } as const

/** Wrong usage. The message never contains a secret or a parameter's value. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The server did not answer, or did not answer in time. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

/** Names of options for people: the flag, or the variable. */
export type OptionNames = Readonly<Record<string, string>>

// The library's messages name its options. This maps each option to the flag that sets it.
const flagOfOption: OptionNames = {
  authToken: 'the Auth Token',
  publicUrl: '--public-url',
  upstream: '--upstream',
  maxBodyBytes: '--max-body-bytes',
  listen: '--listen',
  'listen.port': '--listen',
  admin: '--admin',
  url: 'the URL',
  params: '--param',
  json: '--json-body',
  body: '--body',
  method: '--method',
  headers: '--header',
  contentType: '--content-type',
  'sharedKey.id': '--shared-key',
  'sharedKey.secret': 'the secret of --shared-key',
  sharedKeys: '--shared-key',
  allowedAccounts: '--allowed-account',
  trailingSlash: '--trailing-slash',
  otherUrls: '--other-url',
  otherTokens: '--other-key-file',
  publicKey: '--public-key',
  privateKey: '--private-key-file',
}

/**
 * Runs what the library checks: its complaint about an option becomes one about the flag.
 * @param names names that only this call knows, such as where a secret came from
 */
export function asUsage<T>(work: () => T, names: OptionNames = {}): T {
  try {
    return work()
  } catch (error) {
    throw toUsage(error, names)
  }
}

/** The same for a promise. */
export async function asUsageLater<T>(work: () => Promise<T>, names: OptionNames = {}): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw toUsage(error, names)
  }
}

function toUsage(error: unknown, names: OptionNames): unknown {
  const all: OptionNames = { ...flagOfOption, ...names }
  if (!(error instanceof TypeError || error instanceof RangeError)) return error
  // The flags make one route, so its place says nothing.
  const { message } = (error as { readonly place?: Error }).place ?? error
  return new UsageError(
    message.replace(/"([a-zA-Z.]+)"/g, (quoted, name: string) =>
      Object.hasOwn(all, name) ? (all[name] ?? quoted) : quoted,
    ),
  )
}
