import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createVerifier, type IncomingRequest, type VerifierOptions } from '../src/index.ts'
import { cached, fileKeys, twilioAccountTokens } from '../src/keys/index.ts'
import { type AccountsServer, answer, describeAccount, startAccountsServer } from './keys-support.ts'
import {
  formRequest,
  getRequest,
  handshakeRequest,
  jsonRequest,
  origin,
  otherSid as tenant,
  otherToken as tenantsToken,
  accountSid as victim,
  authToken as victimsToken,
} from './requests.ts'

// The tenant knows its own token. Its requests name an account, in each place that is read.
const places: Record<string, (named: string) => IncomingRequest> = {
  'a form': (named) => formRequest([['AccountSid', named]], { secret: tenantsToken }),
  'a form beside its own': (named) =>
    formRequest(
      [
        ['AccountSid', tenant],
        ['account_sid', named],
      ],
      { secret: tenantsToken },
    ),
  'a GET': (named) => getRequest({ target: `/x?AccountSid=${named}`, secret: tenantsToken }),
  JSON: (named) => jsonRequest(JSON.stringify({ data: { accountSid: named } }), { secret: tenantsToken }),
  'a handshake': (named) =>
    handshakeRequest(`/media?AccountSid=${named}`, `wss://api.example.com/media?AccountSid=${named}`, {
      secret: tenantsToken,
    }),
}

const tokens = new Map([
  [victim, victimsToken],
  [tenant, tenantsToken],
])
const folder = mkdtempSync(join(tmpdir(), 'tollgate-'))
const keyFile = join(folder, 'keys.json')
writeFileSync(keyFile, JSON.stringify({ accounts: Object.fromEntries(tokens) }))
chmodSync(keyFile, 0o600)
const keys = fileKeys(keyFile)
let server: AccountsServer
beforeAll(async () => {
  server = await startAccountsServer((_req, res, sid) =>
    answer(res, 200, describeAccount(sid, tenant, { auth_token: tokens.get(sid) })),
  )
})
afterAll(async () => {
  keys.close()
  await server.close()
})

type AuthToken = VerifierOptions['authToken']
const ways: Record<string, () => AuthToken> = {
  cached: () => cached((sid) => tokens.get(sid), { defaultAccountSid: tenant }),
  'an asynchronous cached': () => cached(async (sid) => tokens.get(sid), { defaultAccountSid: tenant }),
  twilioAccountTokens: () =>
    twilioAccountTokens({ accountSid: tenant, authToken: tenantsToken, baseUrl: server.baseUrl }),
  fileKeys: () => keys.authToken,
  'a look-up by host': () => async () => ({ authToken: tenantsToken, accountSid: tenant }),
}

describe.each(Object.entries(ways))('the keys of %s', (way, make) => {
  test.each(Object.entries(places))('C8 %s cannot name the account of another tenant', async (_place, request) => {
    const verdict = await createVerifier({ publicUrl: origin, authToken: make() }).verify(request(victim))
    expect(verdict).toMatchObject({ ok: false, status: 403 })
  })

  test.each(Object.entries(places))('%s that names its own account is accepted for it', async (place, request) => {
    const verdict = await createVerifier({ publicUrl: origin, authToken: make() }).verify(request(tenant))
    // A file with several accounts has no key for a request that names none.
    if (way === 'fileKeys' && place === 'JSON') expect(verdict).toMatchObject({ code: 'key_unknown' })
    else expect(verdict).toMatchObject({ ok: true, accountSid: tenant })
  })
})
