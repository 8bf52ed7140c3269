import { Writable } from 'node:stream'
import type { Args } from './args.ts'
import { type Flags, inGroup, takeNothing, takeText } from './commands/command.ts'
import { dotenvFlag } from './dotenv.ts'
import { type OptionNames, UsageError } from './exit.ts'
import { type Io, quoteWord, tell } from './io.ts'
import { claimStandardInput, readText } from './read-text.ts'

export const secretFlags = inGroup('Secrets (or TWILIO_AUTH_TOKEN and TOLLGATE_SHARED_KEY in the environment):', {
  'auth-token-file': takeText(
    'FILE',
    'Read the Auth Token from a file; during a rotation, several tokens, one per line',
  ),
  'auth-token-stdin': takeNothing('Read the Auth Token from standard input'),
  'shared-key': takeText('ID', 'The id of a SharedKey, whose secret is in TOLLGATE_SHARED_KEY'),
  'shared-key-file': takeText('FILE', "Read the SharedKey's secret from a file"),
  ...dotenvFlag,
})

/** For commands that sign as Twilio does, with one Auth Token. */
export const authTokenFlags: Flags = inGroup('Secrets (or TWILIO_AUTH_TOKEN in the environment):', {
  'auth-token-file': takeText('FILE', 'Read the Auth Token from a file'),
  'auth-token-stdin': takeNothing('Read the Auth Token from standard input'),
  ...dotenvFlag,
})

const { 'auth-token-stdin': _, 'shared-key-file': _file, ...shortFlags } = secretFlags

/** The same for `diagnose`: `--auth-token-file -` reads standard input. */
export const shortSecretFlags: Flags = shortFlags

const tokenFlags = ['auth-token-file', 'auth-token-stdin'] as const

export interface Secrets {
  readonly authTokens: readonly string[]
  readonly sharedKey: { readonly id: string; readonly secret: string } | undefined
  /** Says where the secrets came from, for messages about them. */
  readonly names: OptionNames
}

/**
 * Reads the secrets. `diagnose` prints a command with --last and without a key, which people paste
 * where their server's variables are not set: at a terminal it asks for the Auth Token, or for the
 * secret of the SharedKey that the request names.
 * @param keyId the SharedKey that the request of --last names
 * @param owner names the account whose token signed it
 * @throws UsageError if there is no secret
 */
export async function readSecrets(args: Args, io: Io, keyId?: string, owner?: string): Promise<Secrets> {
  const secrets = await readSecretsIfAny(args, io, keyId)
  const isAsked = canAsk(args, io) && !hasSecret(secrets)
  return isAsked ? { ...secrets, authTokens: [await askForToken(io, owner)] } : requireSecrets(secrets, keyId)
}

/** Says if the command may ask for what it needs: its words are those that were printed, and a person reads them. */
export function canAsk(args: Args, io: Io): boolean {
  return args.has('last') && !args.has('json') && io.stdin.isTTY === true
}

function hasSecret({ authTokens, sharedKey }: Secrets): boolean {
  return authTokens.length > 0 || sharedKey !== undefined
}

/**
 * @param keyId the SharedKey that the request names
 * @throws UsageError if there is no secret
 */
export function requireSecrets(secrets: Secrets, keyId?: string): Secrets {
  if (hasSecret(secrets)) return secrets
  requireSharedKey(keyId, secrets)
  throw new UsageError('There is no Auth Token: set TWILIO_AUTH_TOKEN, or use --dotenv .env or --auth-token-file FILE.')
}

/**
 * Checks that the command has the secret of the SharedKey that a request names. Without it nothing
 * is known of the server, which may have the secret.
 * @throws UsageError that names the flag
 */
export function requireSharedKey(keyId: string | undefined, { sharedKey }: Pick<Secrets, 'sharedKey'>): void {
  if (keyId === undefined || sharedKey?.id === keyId) return
  throw new UsageError(
    `This command has no secret of the SharedKey that the request names, so it cannot check the signature: add --shared-key ${quoteWord(keyId)}, with the secret in TOLLGATE_SHARED_KEY.`,
  )
}

/** Like `readSecrets`, but returns an empty result if there is no secret. */
export async function readSecretsIfAny(args: Args, io: Io, keyId?: string): Promise<Secrets> {
  const tokenFrom = args.only(tokenFlags)
  const names = {
    authToken: tokenFrom === undefined ? 'TWILIO_AUTH_TOKEN' : `the Auth Token of --${tokenFrom}`,
    'sharedKey.secret': args.has('shared-key-file') ? 'the secret of --shared-key-file' : 'TOLLGATE_SHARED_KEY',
  }
  return { authTokens: await readAuthTokens(args, io), sharedKey: await readSharedKey(args, io, keyId), names }
}

/** Returns the key that signs: the SharedKey if one is given, otherwise the first Auth Token. */
export function signingKey({ authTokens, sharedKey }: Pick<Secrets, 'authTokens' | 'sharedKey'>): {
  authToken?: string
  sharedKey?: { id: string; secret: string }
} {
  const [authToken] = authTokens
  if (sharedKey !== undefined) return { sharedKey }
  return authToken === undefined ? {} : { authToken }
}

async function readAuthTokens(args: Args, io: Io): Promise<readonly string[]> {
  const from = args.only(tokenFlags)
  const isTyped = io.stdin.isTTY === true && args.list('auth-token-file')[0] === '-'
  if (from === 'auth-token-stdin' || isTyped) return [await readTokenFromInput(io)]
  if (from !== undefined) return await readSecretFile(io, args.text(from) ?? '', `--${from}`)
  return io.env.TWILIO_AUTH_TOKEN ? [io.env.TWILIO_AUTH_TOKEN] : []
}

async function readSharedKey(args: Args, io: Io, keyId: string | undefined): Promise<Secrets['sharedKey']> {
  const id = args.text('shared-key') ?? (canAsk(args, io) ? keyId : undefined)
  const file = args.text('shared-key-file')
  if (id === undefined) {
    if (file !== undefined) throw new UsageError('--shared-key-file needs --shared-key ID too.')
    return undefined
  }
  if (file !== undefined) {
    const [secret = '', ...others] = await readSecretFile(io, file, '--shared-key-file')
    if (others.length > 0) throw new UsageError('--shared-key-file: the file has more than one line.')
    return { id, secret }
  }
  const secret = io.env.TOLLGATE_SHARED_KEY
  if (!secret && canAsk(args, io))
    return { id, secret: await askForSecret(io, '--shared-key', `The secret of the SharedKey ${id}`) }
  if (!secret) throw new UsageError('--shared-key needs its secret in TOLLGATE_SHARED_KEY.')
  return { id, secret }
}

/** Reads one secret per line. Spaces stay, so that a stray space is reported and not hidden. */
async function readSecretFile(io: Io, path: string, flag: string): Promise<readonly string[]> {
  const text = await readText(io, path, flag, { secret: true })
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  if (lines.length === 0) throw new UsageError(`${flag}: the input is empty.`)
  return lines
}

async function readTokenFromInput(io: Io): Promise<string> {
  if (io.stdin.isTTY === true) return await askForToken(io)
  const [token, ...others] = await readSecretFile(io, '-', '--auth-token-stdin')
  if (token === undefined || others.length > 0)
    throw new UsageError('--auth-token-stdin needs exactly one line: the Auth Token.')
  return token
}

/** @param owner names the account. Its server may have an old token, which would settle nothing. */
async function askForToken(io: Io, owner?: string): Promise<string> {
  const what = owner === undefined ? 'Auth Token' : `The primary Auth Token of ${owner}, from the Twilio console`
  return await askForSecret(io, '--auth-token-stdin', what)
}

async function askForSecret(io: Io, flag: string, what: string): Promise<string> {
  claimStandardInput(io, flag)
  const { createInterface } = await import('node:readline')
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: io.stdin, output: nowhere, terminal: true })
  // The prompt comes only now: until here the terminal would have shown what is typed.
  tell(io, `${what} (it is not shown):`)
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    for await (const line of lines) if (line !== '') return line
  } finally {
    lines.close()
  }
  throw new UsageError(`${flag}: no secret was given.`)
}

export async function askForLine(io: Io, what: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: true })
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return (await lines.question(`${what} `)).trim()
  } finally {
    lines.close()
  }
}

/** Reads Auth Tokens by name. A line without `NAME=` is named by its position in the files. */
export async function readOtherTokens(paths: readonly string[], io: Io): Promise<Record<string, string>> {
  const tokens: Record<string, string> = {}
  for (const path of paths)
    for (const line of await readSecretFile(io, path, '--other-key-file')) {
      // A Base64 secret may end in equals signs; that is not a name.
      const named = /^([A-Za-z][\w .-]{0,60})=([^=].*)$/.exec(line)
      tokens[named?.[1] ?? `other token ${Object.keys(tokens).length + 1}`] = named?.[2] ?? line
    }
  return tokens
}
