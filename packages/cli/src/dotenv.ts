import { parseEnv } from 'node:util'
import type { Args } from './args.ts'
import type { Flags } from './commands/command.ts'
import type { Io } from './io.ts'
import { readText } from './read-text.ts'

export const envFileFlag: Flags = {
  'env-file': {
    type: 'text',
    value: 'FILE',
    describe: 'Read environment variables from a file, such as .env; a variable that is set already stays',
  },
}

/** Adds the variables of `--env-file` to the environment. */
export async function readEnvFile(args: Args, io: Io): Promise<Io> {
  const path = args.text('env-file')
  if (path === undefined) return io
  const given = parseEnv(await readText(io, path, '--env-file', { secret: true }))
  // The gateway reads the environment of the process.
  const env = io.env === process.env ? process.env : { ...io.env }
  for (const [name, value] of Object.entries(given)) env[name] ??= value
  return { ...io, env }
}
