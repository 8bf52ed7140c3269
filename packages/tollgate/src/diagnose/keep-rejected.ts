import { isBytes, readEnvironment } from '../checks/runtime.ts'
import { RequestError } from '../requests/error.ts'
import { keepRequest } from '../requests/kept.ts'
import { checkRequest, findSharedKeyId, type RecordedRequest } from '../requests/request.ts'
import type { Rejected } from '../verdict.ts'
import { readHeaders, readSingle } from '../verify/head.ts'
import { readTarget } from '../verify/public-url.ts'
import type { IncomingRequest, VerifierOptions } from '../verify/types.ts'
import { readGivenTokens } from './configured-keys.ts'

/**
 * Keeps a refused request for `tollgate diagnose --last`, and returns the command. It has no key of
 * the options.
 */
export function keepRejected(
  incoming: IncomingRequest,
  { tried }: Rejected,
  options: VerifierOptions,
  keyVerified: boolean,
): string | undefined {
  const kept = keepIncoming(incoming, { guess: () => tried[0], secrets: listSecrets(options), keyVerified })
  return kept && writeCommand(kept)
}

interface Kept {
  /** Returns the URL that was checked, without its query, for the path and the value of Host. */
  readonly guess: (path: string, host: unknown) => string | undefined
  /** Texts that no file may have. */
  readonly secrets: readonly string[]
  readonly keyVerified?: boolean
}

/** Keeps a refused request of any scheme. */
export function keepIncoming(
  { method, url, headers, body }: IncomingRequest,
  { guess, secrets, keyVerified = false }: Kept,
): RecordedRequest | undefined {
  const target = readTarget(url)
  if (target === undefined || !(body === undefined || isBytes(body))) return undefined
  const read = readHeaders(headers)
  const checked = guess(target.path, readSingle(read, 'host'))
  if (checked === undefined) return undefined
  const names = typeof headers.get === 'function' ? [...(headers as Headers).keys()] : Object.keys(headers)
  try {
    const request = checkRequest({
      method,
      url: checked + target.query,
      target: target.path + target.query,
      headers: names.flatMap((name) => read(name.toLowerCase()).map((value): [string, string] => [name, `${value}`])),
      ...(body !== undefined && body.length > 0 && { body }),
      time: Date.now(),
      ...(keyVerified && { keyVerified }),
    })
    return keepRequest(request, secrets) === undefined ? undefined : request
  } catch (error) {
    if (error instanceof RequestError) return undefined
    throw error
  }
}

/** The command has no key of the server: for a SharedKey, a flag says which secret it needs. */
function writeCommand({ headers }: RecordedRequest): string {
  const keyId = findSharedKeyId(headers)
  // The sender wrote the id, and people paste the command into a shell.
  const isPlain = keyId !== undefined && /^[A-Za-z0-9][\w.:-]{0,99}$/.test(keyId)
  return `diagnose --last${isPlain ? ` --shared-key ${keyId}` : ''}`
}

function listSecrets({ authToken, sharedKeys }: VerifierOptions): readonly string[] {
  const tokens = readGivenTokens(authToken instanceof Map ? Object.fromEntries(authToken) : authToken)?.list ?? []
  const keys: readonly unknown[] =
    sharedKeys instanceof Map ? [...sharedKeys.values()] : Object.values(Object(sharedKeys))
  return [
    readEnvironment('TWILIO_AUTH_TOKEN'),
    ...tokens.map(({ token }) => token),
    ...keys.map((key) => (typeof key === 'string' ? key : Object(key).secret)),
  ].filter((secret): secret is string => typeof secret === 'string' && secret !== '')
}
