import type { VerifierOptions } from 'tollgate'
import type { Args } from './args.ts'
import type { Flags } from './commands/command.ts'
import { UsageError } from './exit.ts'
import { type GivenRequest, splitUrl } from './inputs/request.ts'
import { hideQuery, type Io, tell } from './io.ts'
import type { Secrets } from './secrets.ts'

export const verifierFlags: Flags = {
  'public-url': {
    type: 'text',
    value: 'URL',
    describe: 'How Twilio reaches the server, where that is not the URL of the request; its path is a prefix',
  },
  'trailing-slash': {
    type: 'text',
    value: 'exact|either',
    describe: "Whether the path's last slash may differ; default exact",
    choices: ['exact', 'either'],
  },
  'account-sid': { type: 'list', value: 'AC…', describe: 'Where the request names an account, only this; repeatable' },
}

/** What a server with these flags would have configured. */
export function toVerifierOptions(
  args: Args,
  io: Io,
  given: GivenRequest,
  secrets: Secrets,
): { readonly options: VerifierOptions; readonly publicUrl: string } {
  const publicUrl = args.text('public-url') ?? splitUrl(given.url)?.origin
  if (publicUrl === undefined)
    throw new UsageError('--public-url is missing: the request does not tell by which host Twilio reached the server.')
  if (!args.has('public-url')) tell(io, `Taking ${hideQuery(publicUrl)} for the public URL (--public-url).`)
  const trailingSlash = args.choice('trailing-slash', ['exact', 'either'])
  const accountSid = args.list('account-sid')
  const { authTokens, sharedKey } = secrets
  return {
    publicUrl: publicUrl.replace(/\/$/, ''),
    options: {
      publicUrl,
      trailingSlash,
      maxBodyBytes: 16 * 1024 * 1024,
      ...(authTokens.length > 0 && { authToken: authTokens }),
      ...(sharedKey !== undefined && { sharedKeys: { [sharedKey.id]: sharedKey.secret } }),
      ...(accountSid.length > 0 && { accountSid }),
    },
  }
}
