import { findHeader, type RecordedRequest } from 'tollgate/requests'
import type { Args } from '../args.ts'
import { inGroup } from '../commands/command.ts'
import { UsageError } from '../exit.ts'
import type { Io } from '../io.ts'
import { readText } from '../read-text.ts'

/** The only kind that is signed as SendGrid signs. */
export const sendgridKind = 'sendgrid.events'

export const signatureHeader = 'X-Twilio-Email-Event-Webhook-Signature'
export const timestampHeader = 'X-Twilio-Email-Event-Webhook-Timestamp'

/** Flags of commands that check what SendGrid signed. */
export const publicKeyFlags = inGroup('For a request of SendGrid (or SENDGRID_WEBHOOK_PUBLIC_KEY):', {
  'public-key': { type: 'list', value: 'TEXT', describe: 'The public key that SendGrid shows; repeatable' },
  'public-key-file': { type: 'list', value: 'FILE', describe: 'Read a public key from a file; repeatable' },
})

/** Flags of commands that sign as SendGrid does. */
export const privateKeyFlags = inGroup(`For ${sendgridKind}:`, {
  'private-key-file': {
    type: 'text',
    value: 'FILE',
    describe: 'Sign with this private key of P-256 (PKCS #8); default: a new one, whose public key is printed',
  },
})

/**
 * Returns the public keys of the flags, or else of the environment.
 * @throws UsageError if no public key is given
 */
export async function requirePublicKeys(args: Args, io: Io): Promise<readonly string[]> {
  const files = args.list('public-key-file')
  const read = await Promise.all(files.map((path) => readText(io, path, '--public-key-file')))
  const given = [...args.list('public-key'), ...read]
  if (given.length > 0) return given
  if (io.env.SENDGRID_WEBHOOK_PUBLIC_KEY) return [io.env.SENDGRID_WEBHOOK_PUBLIC_KEY]
  throw new UsageError(
    'There is no public key of SendGrid: set SENDGRID_WEBHOOK_PUBLIC_KEY, or use --public-key TEXT or --public-key-file FILE.',
  )
}

/** Says whether a public key is given, without reading its file. */
export function hasPublicKey(args: Args, io: Io): boolean {
  return isForSendGrid(args) || Boolean(io.env.SENDGRID_WEBHOOK_PUBLIC_KEY)
}

function isForSendGrid(args: Args): boolean {
  return args.has('public-key') || args.has('public-key-file')
}

/** Says whether SendGrid signed the request, or is said to have. */
export function isOfSendGrid({ headers }: RecordedRequest, args: Args): boolean {
  return (
    isForSendGrid(args) ||
    [signatureHeader, timestampHeader].some((name) => findHeader(headers, name.toLowerCase()) !== undefined)
  )
}
