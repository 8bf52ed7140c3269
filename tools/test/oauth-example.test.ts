import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { sampleWebhook, signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { deliver } from './deliver.ts'

const authToken = '0123456789abcdef0123456789abcdef'
const url = 'https://api.example.com/sms'
const audience = 'twilio-webhooks'

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>

let server: Server
let issuer = ''
/** The keys that the issuer publishes. */
let published: { readonly kid: string; readonly alg: string; readonly pair: KeyPair }[] = []
let isDown = false

beforeAll(async () => {
  server = createServer(async (_req, res) => {
    if (isDown) return res.writeHead(500).end()
    const jwks = published.map(async ({ kid, alg, pair }) => ({ ...(await exportJWK(pair.publicKey)), kid, alg }))
    return res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: await Promise.all(jwks) }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  published = [{ kid: 'first', alg: 'RS256', pair: await generateKeyPair('RS256') }]
  vi.stubEnv('TOLLGATE_PUBLIC_URL', 'https://api.example.com')
  vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
  vi.stubEnv('OAUTH_ISSUER', issuer)
  vi.stubEnv('OAUTH_AUDIENCE', audience)
  vi.stubEnv('OAUTH_JWKS_URL', `${issuer}/jwks`)
})

afterAll(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
  server.close()
})

interface TokenChange {
  readonly key?: (typeof published)[number]
  readonly issuer?: string
  readonly audience?: string
  readonly expiresIn?: string
}

function makeToken(change: TokenChange = {}): Promise<string> {
  const { kid, alg, pair } = change.key ?? published[0] ?? { kid: '', alg: '', pair: undefined }
  return new SignJWT({})
    .setProtectedHeader({ alg, kid })
    .setIssuer(change.issuer ?? issuer)
    .setAudience(change.audience ?? audience)
    .setExpirationTime(change.expiresIn ?? '5m')
    .sign(pair?.privateKey as KeyPair['privateKey'])
}

async function send(authorization: string | undefined, token = authToken): Promise<number> {
  const { app } = await import('../../examples/oauth/app.mjs')
  const signed = signRequest({ url, ...sampleWebhook('message.inbound'), authToken: token })
  const headers = { ...signed.headers, ...(authorization !== undefined && { authorization }) }
  return (await deliver(app, { ...signed, headers })).status
}

test('the signature and the token are both needed', async () => {
  const token = await makeToken()
  expect(await send(`Bearer ${token}`)).toBe(200)
  expect(await send(`bearer ${token}`)).toBe(200)
  expect(await send(`Bearer ${token}`, 'fedcba9876543210fedcba9876543210')).toBe(403)
})

test('every other token is refused', async () => {
  const stranger = { kid: 'first', alg: 'RS256', pair: await generateKeyPair('RS256') }
  const [header, payload] = (await makeToken()).split('.')
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
  for (const token of [
    await makeToken({ key: stranger }),
    await makeToken({ issuer: 'https://other.example' }),
    await makeToken({ audience: 'other' }),
    await makeToken({ expiresIn: '-1m' }),
    unsigned,
    `${header}.${payload}.AAAA`,
    'junk',
  ])
    expect(await send(`Bearer ${token}`)).toBe(401)
  for (const authorization of [undefined, '', 'Bearer', 'Basic dXNlcjpwYXNz', `Bearer ${await makeToken()}, x`])
    expect(await send(authorization)).toBe(401)
})

test('the issuer changes its keys, and is down for a while', async () => {
  expect(await send(`Bearer ${await makeToken()}`)).toBe(200)
  published = [{ kid: 'second', alg: 'ES256', pair: await generateKeyPair('ES256') }]
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2000 })
  expect(await send(`Bearer ${await makeToken()}`)).toBe(200)
  isDown = true
  vi.setSystemTime(Date.now() + 2000)
  expect(await send(`Bearer ${await makeToken()}`)).toBe(200)
  const unknown = { kid: 'third', alg: 'ES256', pair: await generateKeyPair('ES256') }
  expect(await send(`Bearer ${await makeToken({ key: unknown })}`)).toBe(503)
})
