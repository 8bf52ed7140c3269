import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { type SignSendGridRequestInput, signSendGridRequest } from 'tollgate/testing'
import { afterAll, describe, expect, test } from 'vitest'
import vectors from '../../../conformance/data/sendgrid.json' with { type: 'json' }
import { loadConfiguration } from '../src/config/load.ts'
import { createResources } from '../src/config/resources.ts'
import { createGateway, type Exchange, type GatewayOptions, type Route } from '../src/index.ts'
import {
  authToken,
  collectLog,
  routeTo,
  send,
  sendRaw,
  signSms,
  startGateway,
  startUpstream,
  type Upstream,
} from './support.ts'

type SendGridRoute = Extract<Route, { readonly scheme: 'sendgrid' }>

const { publicKey } = await signSendGridRequest()

async function signEvents(input: SignSendGridRequestInput = {}) {
  const { method, headers, body } = await signSendGridRequest(input)
  const all: Record<string, string> = { ...headers, host: 'api.example.com' }
  return { method, target: '/events', headers: all, body }
}

/** Serves what Twilio signed on `/`, and what SendGrid signed on `/events`. */
async function startBoth(route: Partial<SendGridRoute> = {}, more: Partial<GatewayOptions> = {}, upstream?: Upstream) {
  const app = upstream ?? (await startUpstream())
  const events = { scheme: 'sendgrid', path: '/events', upstream: app.url, publicKey, ...route } as const
  const gateway = await startGateway(app.url, { routes: [routeTo(app.url), events], ...more })
  return { app, ...gateway }
}

describe('a route of SendGrid', () => {
  test('E5: passes on what SendGrid signed, byte for byte, with what was verified', async () => {
    const { app, url } = await startBoth()
    const signed = await signEvents()
    const forged = { 'tollgate-stale': 'true', tollgate_verified: 'params', 'tollgate-account-sid': 'AC1' }
    const reply = await send(url, { ...signed, headers: { ...signed.headers, ...forged } })
    expect(reply.status).toBe(200)
    expect(app.seen[0]?.body).toEqual(Buffer.from(signed.body))
    expect(app.seen[0]?.headers).toMatchObject({
      'tollgate-verified': 'body',
      'tollgate-account-sid': '',
      'tollgate-stale': 'false',
      'x-twilio-email-event-webhook-signature': signed.headers['x-twilio-email-event-webhook-signature'],
    })
    expect(Object.keys(app.seen[0]?.headers ?? {}).filter((name) => name.startsWith('tollgate'))).toHaveLength(4)
  })

  test.each(vectors.map((vector) => [vector.title, vector] as const))('%s', async (_, vector) => {
    const { url } = await startBoth({ publicKey: vector.publicKey })
    const headers = {
      host: 'api.example.com',
      'content-type': 'application/json',
      'x-twilio-email-event-webhook-signature': vector.signature,
      'x-twilio-email-event-webhook-timestamp': vector.timestamp,
    }
    const reply = await send(url, { method: 'POST', target: '/events', headers, body: vector.body })
    expect(reply.status).toBe(vector.valid ? 200 : 403)
  })

  test('C4: refuses what Twilio signed, and the route of Twilio refuses what SendGrid signed', async () => {
    const { app, url } = await startBoth()
    expect((await send(url, signSms('/events'))).status).toBe(403)
    expect((await send(url, { ...(await signEvents()), target: '/sms' })).status).toBe(403)
    expect((await send(url, signSms())).status).toBe(200)
    expect(app.seen.map(({ target }) => target)).toEqual(['/sms'])
  })

  test.each([
    ['another key', { privateKey: newPrivateKey() }, {}],
    ['an old request with `whenStale: reject`', { timestamp: 1_700_000_000 }, { whenStale: 'reject' }],
  ] as const)('%s is refused', async (_, input, route) => {
    const { app, url } = await startBoth(route)
    expect((await send(url, await signEvents(input))).status).toBe(403)
    expect(app.seen).toEqual([])
  })

  test('an old request is marked for the upstream', async () => {
    const { app, url } = await startBoth()
    expect((await send(url, await signEvents({ timestamp: 1_700_000_000 }))).status).toBe(200)
    expect(app.seen[0]?.headers['tollgate-stale']).toBe('true')
  })

  test('B1 C2 E5: other methods, a repeated signature, a name that CGI servers confuse, and a handshake, on a route of SendGrid are refused', async () => {
    const { app, url } = await startBoth()
    const signed = await signEvents()
    const signature = signed.headers['x-twilio-email-event-webhook-signature'] ?? ''
    expect((await send(url, { ...signed, method: 'PUT' })).status).toBe(403)
    const disguised = { ...signed.headers, x_twilio_email_event_webhook_signature: signature }
    expect((await send(url, { ...signed, headers: disguised })).status).toBe(400)
    const port = Number(new URL(url).port)
    const lines = (more: string) =>
      `POST /events HTTP/1.1\r\n${Object.entries({ ...signed.headers, 'content-length': String(signed.body.length) })
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}${more}Connection: close\r\n\r\n${Buffer.from(signed.body).toString('latin1')}`
    const repeated = await sendRaw(port, lines(`X-Twilio-Email-Event-Webhook-Signature: ${signature}\r\n`))
    expect(repeated).toMatch(/^HTTP\/1\.1 403 /)
    const handshake = 'GET /events HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    expect(await sendRaw(port, handshake)).toMatch(/^HTTP\/1\.1 403 /)
    expect(app.seen).toEqual([])
  })

  test('a mail of Inbound Parse with any bytes, chunked, within `maxBodyBytes`', async () => {
    const { app, url } = await startBoth({ maxBodyBytes: 100_000 })
    const bytes = Buffer.from(Uint8Array.from({ length: 60_000 }, (_, index) => (index * 31) % 256))
    const body = Buffer.concat([Buffer.from('--b\r\n\r\n'), bytes, Buffer.from('\r\n--b--\r\n')])
    const signed = await signEvents({ body, contentType: 'multipart/form-data; boundary=b' })
    const chunked = { ...signed, headers: { ...signed.headers, 'transfer-encoding': 'chunked' } }
    expect((await send(url, chunked)).status).toBe(200)
    expect(app.seen[0]?.body.equals(body)).toBe(true)
    const large = await signEvents({ body: Buffer.concat([body, body]) })
    expect((await send(url, large)).status).toBe(413)
  })

  test('a replay is refused, and a delivery that failed may come again', async () => {
    const statuses = [500, 200, 200]
    const app = await startUpstream((_, res) => res.writeHead(statuses.shift() ?? 200).end())
    const replay = replayGuard({ store: memoryStore(), whenRepeated: 'reject' })
    const { url } = await startBoth({ replay }, {}, app)
    const signed = await signEvents()
    const replies = [await send(url, signed), await send(url, signed), await send(url, signed)]
    expect(replies.map(({ status }) => status)).toEqual([500, 200, 403])
  })

  test('metrics, log and `onExchange` name the verdict without an account', async () => {
    const exchanges: Exchange[] = []
    const { lines, log } = collectLog()
    const { url, adminUrl } = await startBoth({}, { admin: {}, log, onExchange: (one) => exchanges.push(one) })
    await send(url, await signEvents())
    await send(url, { ...(await signEvents()), body: Buffer.from('[]') })
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
    expect(metrics).toContain('tollgate_verdicts_total{code="accepted",route="/events"} 1')
    expect(metrics).toContain('tollgate_verdicts_total{code="signature_mismatch",route="/events"} 1')
    expect(lines).toMatchObject([
      { code: 'accepted', route: '/events' },
      { code: 'signature_mismatch', route: '/events' },
    ])
    expect(exchanges[0]?.route).toEqual({ path: '/events', scheme: 'sendgrid', publicUrl: undefined })
    expect(exchanges[0]?.verdict).toMatchObject({ ok: true, matched: { key: { kind: 'sendgrid', index: 0 } } })
  })
})

const wrong: readonly (readonly [what: string, route: object, message: RegExp])[] = [
  ['an unknown scheme', { scheme: 'acme' }, /"scheme" must be one of: twilio, sendgrid/],
  ['a name of every object', { scheme: 'constructor' }, /"scheme" must be one of/],
  ['an option of Twilio', { publicUrl: 'https://a.example' }, /Unknown option "publicUrl" of "routes\[0\]"/],
  ['WebSockets', { webSocket: true }, /Unknown option "webSocket"/],
  ['a private key', { publicKey: newPrivateKey() }, /In routes\[0\]: "publicKey" is a private key/],
]
test.each(wrong)('%s is an error', (_, route, message) => {
  const routes = [{ scheme: 'sendgrid', path: '/', upstream: 'http://a:1', publicKey, ...route } as SendGridRoute]
  expect(() => createGateway({ routes })).toThrow(message)
})

describe('forward-auth', () => {
  const start = async (more: Pick<SendGridRoute, 'whenStale'> = {}) => {
    const forwardAuth = { scheme: 'sendgrid', listen: { port: 0 }, publicKey, ...more } as const
    const { forwardAuthUrl: url = '' } = await startGateway('', { routes: [], forwardAuth })
    return { url }
  }
  const asked = { 'x-forwarded-method': 'POST', 'x-forwarded-host': 'api.example.com', 'x-forwarded-uri': '/events' }

  test('answers 200 only to what SendGrid signed, with its whole body', async () => {
    const { url } = await start()
    const { headers, body } = await signEvents()
    const ask = async (bytes: Uint8Array, more: Record<string, string> = {}) => {
      const request = { method: 'POST', target: '/', headers: { ...headers, ...asked, ...more }, body: bytes }
      const reply = await send(url, request)
      return {
        status: reply.status,
        verified: reply.headers['tollgate-verified'],
        stale: reply.headers['tollgate-stale'],
      }
    }
    const refused = { status: 403, verified: undefined, stale: undefined }
    expect(await ask(body)).toEqual({ status: 200, verified: 'body', stale: 'false' })
    expect(await ask(body.slice(1))).toEqual(refused)
    expect(await ask(new Uint8Array(0))).toEqual(refused)
    expect((await ask(body, { 'x-forwarded-method': 'GET' })).status).toBeGreaterThanOrEqual(400)
    expect((await ask(body, { tollgate_verified: 'body' })).status).toBe(403)
  })

  test('takes an old request as configured', async () => {
    const old = await signEvents({ timestamp: Math.floor(Date.now() / 1000) - 3600 })
    for (const [whenStale, status] of [
      ['mark', 200],
      ['reject', 403],
    ] as const) {
      const { url } = await start({ whenStale })
      const reply = await send(url, { ...old, target: '/', headers: { ...old.headers, ...asked } })
      expect([reply.status, reply.headers['tollgate-stale']]).toEqual([status, status === 200 ? 'true' : undefined])
    }
  })

  test('an option of Twilio is an error', () => {
    const forwardAuth = {
      scheme: 'sendgrid',
      publicKey,
      sharedKeysOnly: true,
    } as unknown as GatewayOptions['forwardAuth']
    expect(() => createGateway({ routes: [], forwardAuth })).toThrow('Unknown option "sharedKeysOnly" of "forwardAuth"')
  })
})

describe('in a configuration file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-sendgrid-'))
  const file = join(folder, 'gateway.yaml')
  const pem = `-----BEGIN PUBLIC KEY-----\n${publicKey}\n-----END PUBLIC KEY-----\n`
  const env = {
    SENDGRID_WEBHOOK_PUBLIC_KEY: publicKey,
    OTHER_KEY: vectors[0]?.publicKey,
    PRIVATE: newPrivateKey(),
    TOKEN: authToken,
  }
  const resources = createResources(env, () => undefined)
  afterAll(() => rmSync(folder, { recursive: true }))

  const load = (route: string, more = '') => {
    writeFileSync(file, `${more}routes:\n  - scheme: sendgrid\n    upstream: http://127.0.0.1:1\n${route}`)
    return loadConfiguration(file, resources)
  }

  test('the key comes from the environment, a file or the configuration', async () => {
    const keyFile = join(folder, 'key.pem')
    writeFileSync(keyFile, pem)
    const read = async (route: string) => ((await load(route)).options.routes[0] as SendGridRoute).publicKey
    expect(await read('')).toEqual([publicKey])
    expect(await read('    keys: { env: [OTHER_KEY, SENDGRID_WEBHOOK_PUBLIC_KEY] }\n')).toEqual([
      env.OTHER_KEY,
      publicKey,
    ])
    expect(await read(`    keys: { file: ${keyFile} }\n`)).toEqual([pem])
    expect(await read(`    keys: { publicKey: ${publicKey} }\n`)).toBe(publicKey)
  })

  test('a route of SendGrid needs no Auth Token, and takes age and size', async () => {
    const { options } = await load('    maxAgeSeconds: 60\n    whenStale: reject\n    maxBodyBytes: 33554432\n')
    expect(options.routes[0]).toMatchObject({ maxAgeSeconds: 60, whenStale: 'reject', maxBodyBytes: 33_554_432 })
  })

  const faults: readonly (readonly [what: string, route: string, message: RegExp])[] = [
    [
      'an option of Twilio',
      '    publicUrl: https://a.example\n',
      /:4: routes\[0\]\.publicUrl: there is no such option/,
    ],
    ['a missing variable', '    keys: { env: NO_SUCH }\n', /:4: routes\[0\]\.keys: the environment variable NO_SUCH/],
    ['a missing file', '    keys: { file: /no/such }\n', /:4: routes\[0\]\.keys: .* cannot be read \(ENOENT\)/],
    ['two sources', '    keys: { env: A, file: b }\n', /:4: routes\[0\]\.keys: needs exactly one of/],
    ['a private key', '    keys: { env: PRIVATE }\n', /routes\[0\]\.publicKey: "publicKey" is a private key/],
    ['a wrong age', '    maxAgeSeconds: 0\n', /:4: routes\[0\]\.maxAgeSeconds: /],
  ]
  test.each(faults)('%s is an error that names the line', async (_, route, message) => {
    const error = await load(route).catch((thrown: Error) => thrown)
    expect(String(error)).toMatch(message)
    expect(String(error)).not.toContain(env.PRIVATE)
  })

  test('forward-auth takes the scheme, and an unknown one is an error', async () => {
    writeFileSync(file, 'routes:\n  - scheme: acme\n    upstream: http://a:1\n')
    await expect(loadConfiguration(file, resources)).rejects.toThrow(
      /:2: routes\[0\]\.scheme: must be twilio or sendgrid/,
    )
    const { options } = await load('', 'forwardAuth: { publicUrl: https://a.example, keys: { env: TOKEN } }\n')
    expect(options.forwardAuth).toMatchObject({ publicUrl: 'https://a.example', authToken: [env.TOKEN] })
    const both = await load('', 'forwardAuth: { scheme: sendgrid, maxAgeSeconds: 60, keys: { env: OTHER_KEY } }\n')
    expect(both.options.forwardAuth).toMatchObject({ maxAgeSeconds: 60, publicKey: [env.OTHER_KEY] })
    await expect(load('', 'forwardAuth: { scheme: acme }\n')).rejects.toThrow(
      /:1: forwardAuth\.scheme: must be twilio or sendgrid/,
    )
    await expect(load('', 'forwardAuth: { scheme: sendgrid, publicUrl: https://a.example }\n')).rejects.toThrow(
      /:1: forwardAuth\.publicUrl: there is no such option/,
    )
  })
})

function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')
}
