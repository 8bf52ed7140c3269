import { stat } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import type { Args } from './args.ts'
import type { Flags } from './commands/command.ts'
import { type Io, tell } from './io.ts'
import { readText } from './read-text.ts'
import { credentialVariables } from './twilio-api/credentials.ts'

// Node.js takes `--env-file` for itself, even behind the name of a script, and obeys NODE_OPTIONS in
// the file. So the flag has another name.
export const dotenvFlag: Flags = {
  dotenv: {
    type: 'text',
    value: 'FILE',
    describe: 'Read the variables of keys from a file, such as .env; a variable that is set already stays',
  },
}

/** Lists the variables that commands read. Others could change how Node.js runs, or whom it trusts. */
async function listVariables(): Promise<readonly string[]> {
  // The help needs no scheme.
  const { schemes } = await import('tollgate/schemes')
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

/**
 * Reads the Auth Tokens of the file of `--dotenv`, or of `.env` in this folder, that the request was
 * not checked with: a variable that is set already wins over the file, and the last of several lines
 * over the others.
 * @param checked the Auth Tokens that the request is checked with
 * @returns the tokens by the line that has them
 */
export async function readTokensOfDotenv(
  args: Args,
  io: Io,
  checked: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const path = args.text('dotenv') ?? '.env'
  // Nobody named the file, and a pipe of that name would be waited for.
  const file = path === '-' ? undefined : await stat(path).catch(() => undefined)
  if (file?.isFile() !== true || file.size > 65_536) return {}
  const text = await readText(io, path, '--dotenv', { secret: true }).catch(() => '')
  const tokens: Record<string, string> = {}
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const token = /^\s*(?:export\s+)?TWILIO_AUTH_TOKEN\s*=/.test(line) ? parseEnv(line).TWILIO_AUTH_TOKEN : undefined
    if (token === undefined || !/^[0-9a-f]{32}$/.test(token) || checked.includes(token)) continue
    tokens[`TWILIO_AUTH_TOKEN in line ${index + 1} of ${args.has('dotenv') ? 'the file of --dotenv' : '.env'}`] = token
  }
  const names = Object.keys(tokens).slice(0, 8)
  for (const name of names)
    tell(
      io,
      `Also trying another Auth Token, ${name}. A variable that is set wins over the file, and a later line over this one.`,
    )
  return Object.fromEntries(names.map((name) => [name, tokens[name] ?? '']))
}
