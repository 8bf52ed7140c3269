import { parseEnv } from 'node:util'
import type { Args } from '../args.ts'
import { type Flag, type Flags, inGroup, takeText } from '../commands/command.ts'
import { UsageError } from '../exit.ts'
import type { Io } from '../io.ts'
import { readText } from '../read-text.ts'

export const apiUrlFlag: Flag = takeText(
  'URL',
  "Another address of Twilio's API, such as 'https://{product}.dublin.ie1.twilio.com'",
)

export const apiFlags: Flags = inGroup("Twilio's REST API (or the four variables in the environment):", {
  'credentials-file': takeText(
    'FILE',
    'TWILIO_ACCOUNT_SID=AC… and either TWILIO_AUTH_TOKEN=… or TWILIO_API_KEY=SK… and TWILIO_API_SECRET=…, one per line',
  ),
  'api-url': apiUrlFlag,
})

/** A user of the API. The name and the password are those of Basic authentication. */
export interface Credentials {
  readonly accountSid: string
  readonly username: string
  readonly password: string
}

const defaultUrl = 'https://{product}.twilio.com'

export const credentialVariables = [
  'TWILIO_ACCOUNT_SID',
  'TWILIO_AUTH_TOKEN',
  'TWILIO_API_KEY',
  'TWILIO_API_SECRET',
] as const

/**
 * Reads who asks the API, from the file or else from the environment. An API key wins over the Auth
 * Token.
 * @throws UsageError if something is missing or malformed
 */
export async function readCredentials(args: Args, io: Io): Promise<Credentials> {
  const file = args.text('credentials-file')
  const given: Io['env'] =
    file === undefined ? io.env : parseEnv(await readText(io, file, '--credentials-file', { secret: true }))
  const from = file === undefined ? '' : '--credentials-file: '
  const [accountSid = '', authToken, apiKey, apiSecret] = credentialVariables.map((name) => given[name] || undefined)
  const set = file === undefined ? ' Set it, or use --dotenv .env.' : ''
  if (!isAccountSid(accountSid))
    throw new UsageError(
      `${from}TWILIO_ACCOUNT_SID ${accountSid === '' ? 'is missing' : 'is not AC and 32 hex digits'}: the account to ask Twilio about.${set}`,
    )
  if (apiKey !== undefined) {
    if (!/^SK[0-9a-f]{32}$/i.test(apiKey) || apiSecret === undefined)
      throw new UsageError(`${from}TWILIO_API_KEY needs SK and 32 hex digits, and TWILIO_API_SECRET beside it.`)
    return { accountSid, username: apiKey, password: apiSecret }
  }
  if (authToken === undefined)
    throw new UsageError(`${from}there is neither TWILIO_AUTH_TOKEN nor TWILIO_API_KEY and TWILIO_API_SECRET.`)
  return { accountSid, username: accountSid, password: authToken }
}

/** An API key may lack permissions. The Auth Token has all. */
export function isApiKey({ accountSid, username }: Credentials): boolean {
  return username !== accountSid
}

export function isAccountSid(text: string): boolean {
  return /^AC[0-9a-f]{32}$/i.test(text)
}

/** The addresses of the API in the Regions outside the US. */
export const apiUrls: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  ie1: 'https://{product}.dublin.ie1.twilio.com',
  au1: 'https://{product}.sydney.au1.twilio.com',
})

/**
 * Reads the address of the API. `{product}` stands for the first word of the host, such as
 * `messaging`.
 * @param region decides if the flag does not
 * @throws UsageError unless it is https, or http to the machine itself
 */
export function readApiUrl(args: Args, region = ''): (product: string) => string {
  const template = (args.text('api-url') ?? apiUrls[region] ?? defaultUrl).replace(/\/$/, '')
  const sample = template.replace('{product}', 'api')
  const url = URL.canParse(sample) ? new URL(sample) : undefined
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '')
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)))
    throw new UsageError('--api-url needs an https URL: it receives your credentials. http is for 127.0.0.1 only.')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new UsageError('--api-url takes neither a name and password nor a query.')
  if (!template.includes('{product}'))
    throw new UsageError("--api-url needs {product}, as in 'https://{product}.dublin.ie1.twilio.com'.")
  return (product) => template.replace('{product}', product)
}
