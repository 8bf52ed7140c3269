import type { Args } from './args.ts'
import { type Flag, type Flags, takeChoice, takeList, takeText } from './commands/command.ts'
import type { Secrets } from './secrets.ts'

export const trailingSlashFlag: Flag = takeChoice(
  ['exact', 'either'],
  "either: the path's last slash may differ; default exact",
)

export const publicUrlFlag: Flag = takeText(
  'URL',
  'How Twilio reaches the server: scheme, host and path prefix; default: scheme and host of the request',
)

export const verifierFlags: Flags = {
  'public-url': publicUrlFlag,
  'trailing-slash': trailingSlashFlag,
  'allowed-account': takeList('AC…', 'If the request names an account, accept only this one; repeatable'),
}

export type KnownKeys = Pick<Secrets, 'authTokens' | 'sharedKey'>

/** Returns the options of a verifier that `gateway` and `dev` have too. */
export function readSharedOptions(args: Args, { authTokens, sharedKey }: KnownKeys) {
  const allowedAccounts = args.list('allowed-account')
  return {
    trailingSlash: args.choice('trailing-slash', ['exact', 'either']),
    ...(authTokens.length > 0 && { authToken: authTokens }),
    ...(sharedKey !== undefined && { sharedKeys: { [sharedKey.id]: sharedKey.secret } }),
    ...(allowedAccounts.length > 0 && { allowedAccounts }),
  }
}
