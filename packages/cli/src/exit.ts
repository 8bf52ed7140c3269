/** What the process ends with: the same for every command. */
export const EXIT = { ok: 0, notGenuine: 1, usage: 2, unreachable: 3 } as const

/** The user asked for something that cannot be done as asked. The message never holds a secret or a parameter's value. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Nothing at the other end answered, or not in time. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

// How the library names its options, and which flag stands behind each.
const flagOfOption: Readonly<Record<string, string>> = {
  authToken: 'the Auth Token',
  publicUrl: '--public-url',
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
  accountSid: '--account-sid',
  trailingSlash: '--trailing-slash',
  maxTries: '--max-tries',
  prefixes: '--prefix',
  otherHosts: '--other-host',
  otherTokens: '--other-token-file',
}

/** Runs what the library checks: its complaint about an option becomes one about the flag. */
export function asUsage<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw toUsage(error)
  }
}

/** The same for a promise. */
export async function asUsageLater<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw toUsage(error)
  }
}

function toUsage(error: unknown): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError)) return error
  return new UsageError(
    error.message.replace(/"([a-zA-Z.]+)"/g, (quoted, name: string) =>
      Object.hasOwn(flagOfOption, name) ? (flagOfOption[name] ?? quoted) : quoted,
    ),
  )
}
