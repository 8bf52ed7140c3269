import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sampleWebhook } from 'tollgate/testing'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { loadConfiguration } from '../src/config/load.ts'
import { createResources } from '../src/config/resources.ts'
import { configurationSchema } from '../src/config/schema.ts'
import type { TwilioRoute } from '../src/options.ts'
import { authToken, send, signSms, startGateway, startUpstream } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'tollgate-configuration-'))
const file = join(folder, 'gateway.yaml')
const env = { TWILIO_AUTH_TOKEN: authToken, OTHER_TOKEN: 'fedcba9876543210fedcba9876543210' }
const resources = createResources(env, () => undefined)

afterAll(async () => {
  await resources.closeAll()
  rmSync(folder, { recursive: true })
})

function load(text: string) {
  writeFileSync(file, text)
  return loadConfiguration(file, resources)
}

const minimal = `listen: 127.0.0.1:0
routes:
  - upstream: http://127.0.0.1:3000
    publicUrl: https://api.example.com
`

test('the defaults are the token from the environment and the log', async () => {
  const { options, graceMs } = await load(minimal)
  expect([graceMs, options.log, options.listen]).toEqual([15_000, 'info', { host: '127.0.0.1', port: 0 }])
  expect(options.routes).toMatchObject([{ path: '/', upstream: 'http://127.0.0.1:3000', authToken: [authToken] }])
})

test('reads JSON', async () => {
  const { options } = await load(
    JSON.stringify({ routes: [{ upstream: 'http://a:1', publicUrl: 'https://a.example', path: '/sms' }] }),
  )
  expect(options.routes[0]?.path).toBe('/sms')
})

test('keys come from a file, from variables or from Twilio, and a route can have its own', async () => {
  const keyFile = join(folder, 'keys.json')
  writeFileSync(keyFile, JSON.stringify({ accounts: { [`AC${'a'.repeat(32)}`]: authToken } }), { mode: 0o600 })
  const { options } = await load(`keys: { file: ${keyFile} }
routes:
  - { path: /, upstream: 'http://127.0.0.1:1', publicUrl: 'https://a.example' }
  - { path: /b, upstream: 'http://127.0.0.1:2', publicUrl: 'https://a.example', keys: { env: [OTHER_TOKEN, TWILIO_AUTH_TOKEN] } }
  - path: /c
    upstream: http://127.0.0.1:3
    publicUrl: https://a.example
    keys: { twilio: { accountSid: AC${'a'.repeat(32)}, authTokenEnv: TWILIO_AUTH_TOKEN, knownAccounts: [AC${'b'.repeat(32)}], maxEntries: 40000 } }
`)
  const [one, two, three] = options.routes as readonly TwilioRoute[]
  expect([typeof one?.authToken, typeof one?.sharedKeys]).toEqual(['function', 'function'])
  expect(two?.authToken).toEqual([env.OTHER_TOKEN, authToken])
  expect(typeof three?.authToken).toBe('function')
})

const bomb = [
  'a: &a [x]',
  ...Array.from({ length: 9 }, (_, index) => {
    const [last, next] = ['abcdefghij'[index], 'abcdefghij'[index + 1]]
    return `${next}: &${next} [${`*${last}, `.repeat(9)}]`
  }),
].join('\n')

const faults: readonly (readonly [what: string, text: string, message: RegExp])[] = [
  [
    'an unknown option',
    `${minimal}    upstreem: x\n`,
    /gateway\.yaml:5: routes\[0\]\.upstreem: there is no such option/,
  ],
  ['an unknown option at the top', `listem: 1\n${minimal}`, /gateway\.yaml:1: listem: there is no such option/],
  [
    'an option in another spelling',
    `${minimal}    web_socket: true\n`,
    /:5: routes\[0\]\.web_socket: there is no such option here\. Did you mean webSocket\?$/,
  ],
  [
    'a misspelt option whose right name is required',
    minimal.replace('publicUrl', 'public-url'),
    /:4: routes\[0\]\.public-url: there is no such option here\. Did you mean publicUrl\?$/,
  ],
  [
    'an option of another scheme',
    `${minimal}    maxAgeSeconds: 5\n`,
    /:5: routes\[0\]\.maxAgeSeconds: there is no such option here\. Options here: scheme, (?!.*maxAge).*webSocket$/,
  ],
  [
    'an option of forward-auth that does not exist',
    `${minimal}forwardAuth: { upstream: x, publicUrl: 'https://a.example' }\n`,
    /:5: forwardAuth\.upstream: there is no such option here\. Options here: .*style, pathPrefix/,
  ],
  [
    'an option of keys that does not exist',
    `${minimal}keys: { authToken: x }\n`,
    /:5: keys\.authToken: there is no such option here\. Options here: env, file, twilio, allowReadableByOthers$/,
  ],
  ['a control character in a name', `${minimal}"a\\eb": 1\n`, /:5: "a\\u001bb": there is no such option/],
  ['a route that is no object', 'routes:\n  - /sms\n', /:2: routes\[0\]: expected object, received string$/],
  ['aliases that make the file large', bomb, /gateway\.yaml: Excessive alias count/],
  ['two documents', `${minimal}---\na: 1\n`, /gateway\.yaml:5: the file has more than one document$/],
  ['a host with a wildcard', `${minimal}    host: '*.example.com'\n`, /:5: routes\[0\]\.host: .*without wildcards/],
  ['a host with an impossible port', `${minimal}    host: a.example:99999\n`, /:5: routes\[0\]\.host: /],
  [
    'a certificate, which earlier releases had',
    `listen: { port: 0, tls: { certFile: /nowhere/a.pem, keyFile: /nowhere/b.pem } }\n${minimal.slice(20)}`,
    /:1: listen\.tls: there is no such option here\. TLS ends at the proxy in front of the gateway: docs\/gateway\.md#/,
  ],
  [
    'a path prefix of Envoy in another style',
    `${minimal}forwardAuth: { pathPrefix: /envoy, publicUrl: 'https://a.example' }\n`,
    /:5: forwardAuth\.pathPrefix: .*style: envoy/,
  ],
  [
    'a SendGrid route without its default key',
    `${minimal}  - { path: /events, scheme: sendgrid, upstream: 'http://a:1' }\n`,
    /:5: routes\[1\]: the environment variable SENDGRID_WEBHOOK_PUBLIC_KEY is not set$/,
  ],
  ['a missing option', 'routes:\n  - upstream: http://a:1\n', /gateway\.yaml:2: routes\[0\]\.publicUrl: /],
  ['a wrong type', minimal.replace('127.0.0.1:0', 'nonsense'), /gateway\.yaml:1: listen: must be host:port/],
  ['a port out of range', `listen: { port: 99999 }\n${minimal.slice(20)}`, /gateway\.yaml:1: listen\.port: /],
  ['broken YAML', 'routes:\n  - a: [1\n', /gateway\.yaml:\d+: /],
  ['a repeated key', `${minimal}listen: 127.0.0.1:1\n`, /gateway\.yaml:5: Map keys must be unique/],
  [
    'an upstream with a path',
    minimal.replace(':3000', ':3000/x'),
    /gateway\.yaml:3: routes\[0\]\.upstream: "upstream" must be http/,
  ],
  ['a public URL without a scheme', minimal.replace('https://', ''), /gateway\.yaml:4: routes\[0\]\.publicUrl: /],
  [
    'a variable that is not set',
    `keys: { env: NOT_SET }\n${minimal}`,
    /gateway\.yaml:1: keys: the environment variable NOT_SET/,
  ],
  [
    'a secret instead of a variable name',
    `keys: { env: '0a-!' }\n${minimal}`,
    /must be the name of an environment variable/,
  ],
  ['two sources of keys', `keys: { env: A, file: b }\n${minimal}`, /gateway\.yaml:1: keys: needs exactly one of/],
  ['a missing key file', `keys: { file: /nowhere/keys.json }\n${minimal}`, /gateway\.yaml:1: keys: The key file/],
  [
    'workers, which earlier releases had',
    `workers: 2\n${minimal}`,
    /gateway\.yaml:1: workers: there is no such option here\. The gateway is one process\. .*docs\/gateway\.md#/,
  ],
  [
    'a password in a Redis URL',
    `replay: { store: redis, redisUrl: 'redis://:pw@h:1' }\n${minimal}`,
    /gateway\.yaml:1: replay\.redisUrl: /,
  ],
  ['Redis without a URL', `replay: { store: redis }\n${minimal}`, /gateway\.yaml:1: replay: needs "redisUrlEnv"/],
  ['a file without routes', 'listen: 127.0.0.1:1\n', /gateway\.yaml:1: routes: /],
  [
    'a second route for the same path',
    `${minimal}  - { upstream: 'http://a:1', publicUrl: 'https://a.example' }\n`,
    /two routes for host \* and path \/$/,
  ],
  [
    'a public URL with a wildcard',
    minimal.replace('https://api.example.com', "'https://*.example.com'"),
    /gateway\.yaml:4: routes\[0\]\.publicUrl: "publicUrl" has a host that no request can have/,
  ],
  [
    'a wildcard in forward-auth',
    `forwardAuth:\n  publicUrl: 'https://*.example.com'\n`,
    /gateway\.yaml:2: forwardAuth\.publicUrl: "publicUrl" has a host that no request can have/,
  ],
  ...(
    ['http://127.0.0.1:0', 'http://a:1?', 'http://a:1?x=1', 'http://@a:1', 'http://u:@a:1', 'http://a:1#'] as const
  ).map(
    (upstream) =>
      [
        `the upstream ${upstream}`,
        minimal.replace('http://127.0.0.1:3000', upstream.replace('#', '/#')),
        /gateway\.yaml:3: routes\[0\]\.upstream: "upstream" (must be http|has the port 0)/,
      ] as const,
  ),
  [
    'a variable that nothing replaces',
    minimal.replace('127.0.0.1:3000', '$'.concat('{UPSTREAM}')),
    /gateway\.yaml:3: routes\[0\]\.upstream: holds the variable UPSTREAM, but the file is read as it stands$/,
  ],
  [
    'a variable without braces',
    minimal.replace('127.0.0.1:3000', '$UPSTREAM'),
    /gateway\.yaml:3: routes\[0\]\.upstream: "upstream" contains the variable UPSTREAM, which was not replaced/,
  ],
  [
    'two URLs of Redis',
    `replay: { store: redis, redisUrl: 'redis://h:1', redisUrlEnv: REDIS_URL }\n${minimal}`,
    /gateway\.yaml:1: replay: needs "redisUrlEnv" or "redisUrl", not both/,
  ],
  [
    'a limit that refuses every body',
    `${minimal}    maxBodyBytes: 0\n`,
    /gateway\.yaml:5: routes\[0\]\.maxBodyBytes: must be at least 1/,
  ],
  ...['a', 'F'].map(
    (first) =>
      [
        `a token that begins with ${first} instead of a variable name`,
        `keys: { env: ${first}f0a9c1d3f0a9c1d3f0a9c1d3f0a9c1d }\n${minimal}`,
        /gateway\.yaml:1: keys\.env: must be the name of an environment variable, not a secret$/,
      ] as const,
  ),
  [
    'another secret instead of a variable name',
    `keys: { env: sk3f0a9c1d }\n${minimal}`,
    /gateway\.yaml:1: keys: the environment variable that is named here is not set$/,
  ],
  [
    'the listener as admin',
    `${minimal.replace(':0', ':8080')}admin: localhost:8080\n`,
    /gateway\.yaml:5: admin: "admin" has the same address as "listen"$/,
  ],
  [
    'the default listener as that of forward-auth',
    `${minimal.slice(20)}forwardAuth:\n  listen: 0.0.0.0:8080\n  publicUrl: https://a.example\n`,
    /gateway\.yaml:5: forwardAuth\.listen: "forwardAuth\.listen" has the same address as "listen"$/,
  ],
  [
    'an upstream that is the listener of the gateway',
    minimal.replace('127.0.0.1:0', '127.0.0.1:3000'),
    /gateway\.yaml:3: routes\[0\]\.upstream: .*"upstream" is http:\/\/127\.0\.0\.1:3000.* "listen"/,
  ],
  [
    'an upstream that is the admin listener',
    `admin: 127.0.0.1:3000\n${minimal}`,
    /gateway\.yaml:4: routes\[0\]\.upstream: .* "admin"/,
  ],
  [
    'a trusted peer that is not an address',
    `limits: { trustedPeers: [anything] }\n${minimal}`,
    /gateway\.yaml:1: limits\.trustedPeers: /,
  ],
]

for (const [what, text, message] of faults)
  test(`${what} is an error that names the line`, async () => {
    const error = await load(text).then(
      () => undefined,
      (reason: Error) => reason,
    )
    expect(error?.name).toBe('ConfigurationError')
    expect(error?.message).toMatch(message)
    expect(error?.message).not.toMatch(/:pw@|3f0a9c1d/)
  })

test('a missing file is an error', async () => {
  await expect(loadConfiguration(join(folder, 'none.yaml'), resources)).rejects.toThrow('there is no such file')
})

test('a reload keeps the replay store with its deliveries', async () => {
  const upstream = await startUpstream()
  const text = `replay: { store: memory, whenRepeated: reject }
routes: [{ upstream: '${upstream.url}', publicUrl: 'https://api.example.com' }]
`
  const { options } = await load(text)
  const gateway = await startGateway('', { ...options, log: 'silent', listen: { port: 0 } })
  const { url } = gateway
  resources.closeUnused()
  const signed = signSms('/sms', Object.fromEntries(sampleWebhook('message.inbound', { Body: 'once' }).params ?? []))
  expect((await send(url, signed)).status).toBe(200)
  const next = await load(`${text}timeoutMs: 5000\n`)
  await gateway.reload({ ...next.options, listen: { port: 0 } })
  resources.closeUnused()
  expect((await send(url, signed)).status).toBe(403)
})

test('the upstream and the proxy of forward-auth get the mark of the replay guard', async () => {
  const upstream = await startUpstream()
  const { options } = await load(`listen: { port: 0 }
log: silent
replay: { store: memory }
routes:
  - { path: /, upstream: '${upstream.url}', publicUrl: 'https://api.example.com' }
  - { path: /unguarded, upstream: '${upstream.url}', publicUrl: 'https://api.example.com', replay: false }
forwardAuth: { listen: 127.0.0.1:0, publicUrl: 'https://api.example.com' }
`)
  const { url, forwardAuthUrl = '' } = await startGateway('', options)
  const lying = { 'tollgate-delivery': 'first', tollgate_delivery: 'first' }
  for (const target of ['/sms', '/sms', '/unguarded', '/unguarded']) {
    const signed = signSms(target)
    expect((await send(url, { ...signed, headers: { ...signed.headers, ...lying } })).status).toBe(200)
  }
  expect(upstream.seen.map(({ headers }) => headers['tollgate-delivery'])).toEqual([
    'first',
    'repeated',
    undefined,
    undefined,
  ])
  expect(upstream.seen.flatMap(({ rawHeaders }) => rawHeaders)).not.toContain('tollgate_delivery')
  const ask = async () => {
    const { host, ...headers } = signSms('/auth').headers
    const described = { 'x-forwarded-method': 'POST', 'x-forwarded-host': host ?? '', 'x-forwarded-uri': '/auth' }
    const { body } = signSms('/auth')
    const answer = await fetch(forwardAuthUrl, { method: 'POST', headers: { ...headers, ...described }, body })
    return [answer.status, answer.headers.get('tollgate-delivery')]
  }
  expect([await ask(), await ask()]).toEqual([
    [200, 'first'],
    [200, 'repeated'],
  ])
  const off = await load(`${minimal}replay: { store: memory }
forwardAuth: { publicUrl: 'https://api.example.com', replay: false }
`)
  expect(off.options.forwardAuth?.replay).toBeUndefined()
  expect(off.options.routes[0]?.replay).toBeDefined()
})

test('a 500 from the upstream releases the delivery, so that it can be sent again', async () => {
  let status = 500
  const upstream = await startUpstream((_, res) => res.writeHead(status).end())
  const { options } = await load(
    `replay: { store: memory, whenRepeated: reject, ttlSeconds: 60 }\nroutes: [{ upstream: '${upstream.url}', publicUrl: 'https://api.example.com' }]\n`,
  )
  const { url } = await startGateway('', { ...options, log: 'silent', listen: { port: 0 } })
  const signed = signSms('/sms', Object.fromEntries(sampleWebhook('message.inbound', { Body: 'twice' }).params ?? []))
  expect((await send(url, signed)).status).toBe(500)
  status = 200
  await expect.poll(async () => (await send(url, signed)).status).toBe(200)
  expect((await send(url, signed)).status).toBe(403)
})

test('a route that lists PUT serves a sender that is set to it', async () => {
  const upstream = await startUpstream()
  const { options } = await load(
    `routes:
  - { path: /put, upstream: '${upstream.url}', publicUrl: 'https://api.example.com', methods: [POST, PUT] }
  - { path: /, upstream: '${upstream.url}', publicUrl: 'https://api.example.com' }
`,
  )
  const { url } = await startGateway('', { ...options, log: 'silent', listen: { port: 0 } })
  expect((await send(url, { ...signSms('/put'), method: 'PUT' })).status).toBe(200)
  expect((await send(url, { ...signSms('/sms'), method: 'PUT' })).status).toBe(403)
  expect(upstream.seen.map(({ method, target }) => `${method} ${target}`)).toEqual(['PUT /put'])
  await expect(
    load(`${minimal}    methods: [DELETE]
`),
  ).rejects.toThrow('methods')
})

test('a key file that others may read is refused', async () => {
  const open = join(folder, 'open.json')
  writeFileSync(open, '{}')
  chmodSync(open, 0o644)
  await expect(load(`keys: { file: ${open} }\n${minimal}`)).rejects.toThrow('others than its owner')
})

test('docs/gateway.md names every option of the file', () => {
  const page = readFileSync(new URL('../../../docs/gateway.md', import.meta.url), 'utf8')
  const listNames = (schema: unknown): string[] => {
    if (typeof schema !== 'object' || schema === null) return []
    const own = Object.keys(Object((schema as { properties?: unknown }).properties))
    return [...own, ...Object.values(schema).flatMap(listNames)]
  }
  const names = new Set(listNames(z.toJSONSchema(configurationSchema, { io: 'input' })))
  expect(names.size).toBeGreaterThan(40)
  expect([...names].filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([])
})
