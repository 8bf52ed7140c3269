import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createVerifier, type UnverifiedClaim, type Verdict, type VerifierOptions } from '../src/index.ts'
import { type TwilioAccountTokensOptions, twilioAccountTokens } from '../src/keys/index.ts'
import type { SignRequestInput } from '../src/schemes/twilio/test-request.ts'
import { signRequest } from '../src/testing/index.ts'

export const publicUrl = 'https://example.com'

export function accountSid(number: number): string {
  return `AC${number.toString(16).padStart(32, '0')}`
}

/** All tokens start with this text, so that a test can search the output for any of them. */
export const tokenMark = '5ec4e7'

export function token(number: number): string {
  return tokenMark + number.toString(16).padStart(26, '0')
}

export function claim(account?: string, parent?: string): UnverifiedClaim {
  return {
    url: `${publicUrl}/hook`,
    method: 'POST',
    ...(account !== undefined && { accountSid: account }),
    ...(parent !== undefined && { parentAccountSid: parent }),
  }
}

export function deliver(
  options: Omit<VerifierOptions, 'publicUrl'>,
  input: Omit<SignRequestInput, 'url'>,
): Promise<Verdict> {
  return send(createVerifier({ publicUrl, ...options }), input)
}

export function send(
  verifier: ReturnType<typeof createVerifier>,
  input: Omit<SignRequestInput, 'url'>,
): Promise<Verdict> {
  const { method, url, headers, body, handshake } = signRequest({ url: `${publicUrl}/hook`, ...input })
  return verifier.verify({ method, url: url.slice(publicUrl.length), headers, body, handshake })
}

/** The index or the id of the key of an accepted request, or the code of a refused one. */
export function outcome(verdict: Verdict): string | number {
  if (!verdict.ok) return verdict.code
  const { key } = verdict.matched
  return key.kind === 'auth_token' ? key.index : key.id
}

type Handler = (req: IncomingMessage, res: ServerResponse, accountSid: string) => void

export interface AccountsServer {
  readonly baseUrl: string
  /** The method and path of each request, in order. */
  readonly requests: string[]
  readonly authorizations: (string | undefined)[]
  handle: Handler
  close(): Promise<unknown>
}

/** Starts a server that stands for Twilio's Accounts API. */
export async function startAccountsServer(handle: Handler): Promise<AccountsServer> {
  const requests: string[] = []
  const authorizations: (string | undefined)[] = []
  const server: Server = createServer((req, res) => {
    requests.push(`${req.method} ${req.url}`)
    authorizations.push(req.headers.authorization)
    started.handle(req, res, /Accounts\/(AC\w{32})\.json$/.exec(req.url ?? '')?.[1] ?? '')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const started: AccountsServer = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    handle,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
  return started
}

/** The main account, which owns all others, and its API key. */
export const main = accountSid(0xaaaa)
export const apiKey = { sid: `SK${'0'.repeat(32)}`, secret: 'a-secret' }

/** Creates a look-up of the main account at a server. */
export function lookUpAt({ baseUrl }: AccountsServer, options: Partial<TwilioAccountTokensOptions> = {}) {
  return twilioAccountTokens({ accountSid: main, apiKey, baseUrl, ...options })
}

/** An account as https://www.twilio.com/docs/iam/api/account shows it. */
export function describeAccount(sid: string, owner: string, changes: Record<string, unknown> = {}): object {
  return {
    auth_token: token(1),
    date_created: 'Thu, 30 Jul 2015 20:00:00 +0000',
    date_updated: 'Thu, 30 Jul 2015 20:00:00 +0000',
    friendly_name: 'friendly_name',
    owner_account_sid: owner,
    sid,
    status: 'active',
    subresource_uris: { calls: `/2010-04-01/Accounts/${sid}/Calls.json` },
    type: 'Full',
    uri: `/2010-04-01/Accounts/${sid}.json`,
    ...changes,
  }
}

export function answer(res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers })
  res.end(typeof body === 'string' ? body : JSON.stringify(body))
}
