import { parseEnv } from 'node:util'
import type { Args } from './args.ts'
import { type Flags, takeText } from './commands/command.ts'
import type { Io } from './io.ts'
import { readText } from './read-text.ts'
import { credentialVariables } from './twilio-api/credentials.ts'

// Node.js takes `--env-file` for itself, even behind the name of a script, and obeys NODE_OPTIONS in
// the file. So the flag has another name.
export const dotenvFlag: Flags = {
  dotenv: takeText(
    'FILE',
    'Read the variables of keys from a file, such as .env; a variable that is set already stays',
  ),
}

/** Lists the variables that commands read. Others could change how Node.js runs, or whom it trusts. */
async function listVariables(): Promise<readonly string[]> {
  // The help needs no scheme.
  const { schemes } = await import('tollgate/internal')
  return [...credentialVariables, 'TOLLGATE_SHARED_KEY', ...schemes.map(({ keys }) => keys.variable)]
}

/**
 * Reads the file of `--dotenv`.
 * @returns `io` with the variables that commands read. All others are in `variables` only, for a
 *   configuration that names its own.
 */
export async function readDotenv(args: Args, io: Io): Promise<Io> {
  const path = args.text('dotenv')
  if (path === undefined) return io
  const given = parseEnv(await readText(io, path, '--dotenv', { secret: true }))
  const variables = await listVariables()
  const known = Object.entries(given).filter(([name]) => variables.includes(name))
  return { ...io, env: { ...Object.fromEntries(known), ...io.env }, variables: given }
}
