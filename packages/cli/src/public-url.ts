import type { VerifierOptions } from 'tollgate'
import { isCaptureSite, type RecordedRequest, splitUrl } from 'tollgate/internal'
import type { Args } from './args.ts'
import { UsageError } from './exit.ts'
import { hideQuery, type Io, tell } from './io.ts'
import { type KnownKeys, readSharedOptions } from './verifier-options.ts'

/**
 * Converts the flags to the options of a verifier.
 * @param instead the public URL to use. Default: that of the flag or else of the request
 */
export function toVerifierOptions(
  args: Args,
  io: Io,
  given: RecordedRequest,
  secrets: KnownKeys,
  instead?: string,
): { readonly options: VerifierOptions; readonly publicUrl: string } {
  const publicUrl = instead ?? args.text('public-url') ?? splitUrl(given.url)?.origin
  if (publicUrl === undefined)
    throw new UsageError('--public-url is missing: the request does not name the host that Twilio called.')
  if (!args.has('public-url') && !args.has('last') && instead === undefined)
    tell(
      io,
      `Assumed public URL: ${hideQuery(publicUrl)}, as in the request. Give that of your server with --public-url.`,
    )
  return {
    publicUrl: publicUrl.replace(/\/$/, ''),
    options: {
      publicUrl,
      maxBodyBytes: 16 * 1024 * 1024,
      ...readSharedOptions(args, secrets),
    },
  }
}

/**
 * Returns the host of a site that shows requests to its readers or sends them on, if Twilio sent the request there.
 * `undefined` if the user names another public URL.
 */
export function findCaptured(args: Args, { url }: RecordedRequest): string | undefined {
  const host = splitUrl(args.text('public-url') ?? url)?.authority.replace(/:\d+$/, '')
  return host !== undefined && isCaptureSite(host) ? host : undefined
}
