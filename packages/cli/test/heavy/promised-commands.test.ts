import { spawn } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { twilioWebhook } from 'tollgate/node'
import { sampleWebhook, signRequest, signSendGridRequest, writeRequests } from 'tollgate/testing'
import { twiml } from 'tollgate/twiml'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  authToken,
  bin,
  keep,
  listen,
  makeFolder,
  openWebSockets,
  otherToken,
  type Running,
  record,
} from '../support.ts'
import { createAlerts, createItem, startFakeTwilio } from '../twilio-api/fake.ts'

// What the pages promise: each command stands on its page, letter for letter, and does in a shell what the
// page says. Only addresses that are not of this machine, and secrets, are replaced.

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const publicUrl = 'https://api.example.com'
const account = `AC${'1'.repeat(32)}`
const alertSid = `NO${'1'.repeat(32)}`
const folder = makeFolder()
symlinkSync(bin, join(folder, 'tollgate'))

interface Server {
  /** The address of the page's server, which the command names. */
  readonly at: string
  /** The `publicUrl` that it was given. Default: its own address. */
  readonly publicUrl?: string
  /** Answers without a look at the signature. */
  readonly open?: (res: { end(text?: string): unknown; writeHead(status: number): unknown }) => unknown
}

interface Promised {
  readonly page: string
  readonly command: string
  /** Commands of the page that come before it. */
  readonly after?: readonly string[]
  readonly server?: Server
  /** What takes the place of words of the command. */
  readonly replaced?: Readonly<Record<string, string>>
  readonly input?: string
  /** The command goes on: it is ended when all of `sees` was printed. */
  readonly runs?: boolean
  readonly env?: () => Readonly<Record<string, string>>
  readonly code?: number
  readonly sees: readonly (string | RegExp)[]
}

const accepted = ['200 OK']
const refused = { code: 1, sees: ['403'] }
const toFake = (command: string) => ({ [command]: `TWILIO_ACCOUNT_SID=${account} ${command} --api-url="$FAKE_TWILIO"` })

const commandLine: readonly Omit<Promised, 'page'>[] = [
  {
    command: 'npx @tollgate/cli send sms --to localhost:3000/sms   # does my server accept what Twilio would send?',
    server: { at: 'localhost:3000' },
    sees: accepted,
  },
  {
    command:
      'npx @tollgate/cli diagnose                                              # why was this request refused? (paste it as curl)',
    input: signRequest({
      url: `${publicUrl}/sms`,
      ...sampleWebhook('message.inbound'),
      authToken: otherToken,
    }).toCurl(),
    code: 1,
    sees: ['signature_mismatch', `${publicUrl}/sms`, '--other-url'],
  },
  {
    command: 'tollgate sign --url https://example.com/sms --param From=+15551230001 --param Body=Hi',
    sees: [/^X-Twilio-Signature: \S{27}=$/im, "'https://example.com/sms'", 'From=%2B15551230001&Body=Hi'],
  },
  {
    command: 'tollgate sign --url https://example.com/events --json-body event.json',
    sees: [/https:\/\/example\.com\/events\?bodySHA256=[0-9a-f]{64}/, /^X-Twilio-Signature: \S{27}=$/im],
  },
  {
    command: 'tollgate sign --url https://example.com/sms --kind message.inbound --only curl | sh',
    server: { at: 'https://example.com' },
    sees: ['<Response>'],
  },
  {
    command: 'tollgate verify --raw request.txt --public-url https://example.com',
    sees: ['genuine', 'https://example.com/sms'],
  },
  { command: 'pbpaste | tollgate verify --json', replaced: { pbpaste: 'cat request.txt' }, sees: ['"genuine": true'] },
  {
    command: 'tollgate diagnose failing.txt --other-url https://example.com/api/sms',
    code: 1,
    sees: ['path_prefix', "publicUrl: 'https://example.com/api'"],
  },
  {
    command: 'tollgate diagnose session.har --entry 3 --other-key-file tokens.txt --json',
    code: 1,
    sees: ['"id": "token_of_other_account"', 'old-account'],
  },
  {
    command: 'tollgate diagnose --alert                                            # the last failed webhooks',
    replaced: toFake('tollgate diagnose'),
    sees: [alertSid, 'https://example.com/api/sms'],
  },
  {
    command:
      'tollgate diagnose --alert --last                                     # the one of the request that was refused',
    replaced: toFake('tollgate diagnose'),
    env: () =>
      keep(record('http://example.com/sms', signRequest({ url: 'https://example.com/api/sms', ...sms, authToken }))),
    code: 1,
    sees: ['path_prefix', "publicUrl: 'https://example.com/api'"],
  },
  {
    command:
      'tollgate diagnose failing.txt --alert NO…                             # what was sent, and what the server saw',
    replaced: { ...toFake('tollgate diagnose'), 'NO…': alertSid },
    code: 1,
    sees: ['path_prefix', "publicUrl: 'https://example.com/api'"],
  },
  {
    command:
      'tollgate diagnose --alert NO… --public-url https://example.com        # what was sent, and the configuration alone',
    replaced: { ...toFake('tollgate diagnose'), 'NO…': alertSid },
    sees: ['The public URL is right, if /api/sms and these parameters reach your server unchanged'],
  },
  { command: 'tollgate send --list', sees: ['message.inbound', 'call.inbound', 'sendgrid.events'] },
  { command: 'tollgate send sms --to localhost:3000/sms', server: { at: 'localhost:3000' }, sees: accepted },
  {
    command: 'tollgate send call --to localhost:3000/voice --set From=+15551230001',
    server: { at: 'localhost:3000' },
    sees: [...accepted, '+15551230001'],
  },
  {
    command: 'tollgate send media-stream.handshake --to ws://127.0.0.1:3000/stream',
    server: { at: '127.0.0.1:3000' },
    sees: ['101'],
  },
  {
    command: 'tollgate send message.inbound --to http://127.0.0.1:3000/sms --public-url https://example.com/api',
    server: { at: '127.0.0.1:3000', publicUrl: 'https://example.com/api' },
    sees: accepted,
  },
  {
    command: 'tollgate send --capture capture.json --to http://127.0.0.1:3000',
    server: { at: '127.0.0.1:3000', publicUrl: 'https://example.com' },
    sees: accepted,
  },
  {
    command: 'tollgate send sendgrid.events --to http://127.0.0.1:3000/events --private-key-file key.pem',
    after: ['openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem'],
    server: { at: 'http://127.0.0.1:3000', open: (res) => [res.writeHead(204), res.end()] },
    sees: ['204', /MFkw\S{120}/],
  },
  {
    command: 'tollgate verify --raw request.txt --public-key MFkw…',
    replaced: { 'request.txt': 'events.txt', 'MFkw…': '"$SENDGRID_KEY"' },
    sees: ['genuine'],
  },
  {
    command: 'tollgate diagnose failing.txt --public-key MFkw…',
    replaced: { 'failing.txt': 'changed-events.txt', 'MFkw…': '"$SENDGRID_KEY"' },
    code: 1,
    sees: ['signature_mismatch'],
  },
  {
    command: 'tollgate gateway --upstream 3000 --public-url https://api.example.com',
    replaced: { 'api.example.com': 'api.example.com --listen 127.0.0.1:0' },
    runs: true,
    sees: [/127\.0\.0\.1:\d+/],
  },
  { command: 'tollgate gateway --config gateway.yaml', runs: true, sees: [/127\.0\.0\.1:\d+/] },
  {
    command: 'tollgate dev                                          # without an application or an account',
    replaced: { 'tollgate dev': 'tollgate dev --listen 127.0.0.1:0 --inspector-port 0' },
    runs: true,
    sees: [/http:\/\/127\.0\.0\.1:\d+/],
  },
]

const sendsBoth = (page: string, at: string, path = '/sms', kind = 'sms', scheme = ''): Promised[] => [
  {
    page,
    command: `npx @tollgate/cli send ${kind} --to ${scheme}${at}${path} --public-url ${publicUrl}`,
    server: { at, publicUrl },
    sees: kind === 'sms' ? accepted : ['101'],
  },
  {
    page,
    command: `npx @tollgate/cli send ${kind} --to ${scheme}${at}${path}`,
    server: { at, publicUrl },
    ...refused,
  },
]

const promises: readonly Promised[] = [
  ...commandLine.map((promised) => ({ page: 'docs/command-line.md', ...promised })),
  ...sendsBoth('README.md', 'localhost:3000'),
  ...sendsBoth('docs/twilio-error-codes.md', 'localhost:3000'),
  ...sendsBoth('docs/other-languages.md', 'localhost:8080'),
  ...sendsBoth('docs/frameworks/ws.md', 'localhost:3000', '/media', 'media-stream.handshake', 'ws://'),
  {
    page: 'docs/gateway.md',
    command: `npx @tollgate/cli send message.inbound --to http://127.0.0.1:8080/sms --public-url ${publicUrl}`,
    server: { at: '127.0.0.1:8080', publicUrl },
    sees: accepted,
  },
  {
    page: 'docs/upgrading-the-gateway.md',
    command: 'npx @tollgate/cli@NEW gateway --config gateway.yaml --check',
    replaced: { '@NEW': '' },
    sees: [],
  },
  {
    page: 'docs/json-webhooks.md',
    command: 'npx @tollgate/cli send events.batch --to localhost:3000/events',
    server: { at: 'localhost:3000' },
    sees: accepted,
  },
  {
    page: 'docs/json-webhooks.md',
    command: 'npx @tollgate/cli send --json-body event.json --to localhost:3000/events',
    server: { at: 'localhost:3000' },
    sees: accepted,
  },
  {
    page: 'docs/conform.md',
    command: `npx @tollgate/cli conform --to http://127.0.0.1:5000/sms --public-url ${publicUrl}`,
    server: { at: '127.0.0.1:5000', publicUrl },
    sees: ['genuine accepted', '59 of 59'],
  },
  {
    page: 'docs/conform.md',
    command: `npx @tollgate/cli conform --to http://127.0.0.1:5000/sms --public-url ${publicUrl}`,
    server: { at: '127.0.0.1:5000', open: (res) => res.end() },
    code: 1,
    sees: ['A request without a signature is accepted', '0 of 59'],
  },
  {
    page: 'docs/calls.md',
    command: `TWILIO_AUTH_TOKEN=… npx @tollgate/cli call --to localhost:3000/voice --public-url ${publicUrl}`,
    replaced: { '…': authToken },
    server: { at: 'localhost:3000', publicUrl },
    sees: ['You said'],
  },
  {
    page: 'docs/audit.md',
    command: `npx @tollgate/cli audit --public-url ${publicUrl}`,
    replaced: toFake(`tollgate audit --public-url ${publicUrl}`),
    code: 1,
    sees: ['sms_url', 'cleartext', 'http://api.example.com/sms'],
  },
  {
    page: 'docs/audit.md',
    command: 'tollgate audit --baseline before.json    # shows the URLs and findings that are new, changed or gone',
    after: ['tollgate audit --json > before.json      # then change the URLs at Twilio'],
    replaced: toFake('tollgate audit'),
    sees: ['Since the baseline: no URL changed'],
  },
]

const gatewayConfig = `listen: 127.0.0.1:0
routes:
  - path: /
    upstream: http://127.0.0.1:9
    publicUrl: ${publicUrl}
    keys: { env: TWILIO_AUTH_TOKEN }
`

const sms = sampleWebhook('message.inbound')
let fake: Awaited<ReturnType<typeof startFakeTwilio>>
let sendGridKey = ''

beforeAll(async () => {
  // The log of the pages' servers.
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content)
  const raw = (
    url: string,
    signed: { headers: Readonly<Record<string, string>>; body?: string | Uint8Array | undefined },
  ) => {
    const { pathname, host } = new URL(url)
    const lines = Object.entries({ host, ...signed.headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    return Buffer.concat([
      Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`),
      Buffer.from(signed.body ?? ''),
    ])
  }
  const genuine = signRequest({ url: 'https://example.com/sms', ...sms, authToken })
  write('request.txt', raw('https://example.com/sms', genuine))
  write(
    'failing.txt',
    raw('http://example.com/sms', signRequest({ url: 'https://example.com/api/sms', ...sms, authToken })),
  )
  write('event.json', '{"event":"created"}')
  write('capture.json', writeRequests('capture', [record('https://example.com/sms', genuine)]))
  const another = record(
    'https://example.com/sms',
    signRequest({ url: 'https://example.com/sms', ...sms, authToken: otherToken }),
  )
  write('session.har', writeRequests('har', [another, another, another]))
  write('tokens.txt', `old-account=${otherToken}\n`)
  write('gateway.yaml', gatewayConfig)
  const { publicKey, ...events } = await signSendGridRequest({ body: '[{"event":"open"}]\r\n' })
  sendGridKey = publicKey
  write('events.txt', raw('https://example.com/events', events))
  write('changed-events.txt', raw('https://example.com/events', { ...events, body: '[{"event":"click"}]\r\n' }))
  const alert = {
    sid: alertSid,
    request_url: 'https://example.com/api/sms',
    request_variables: new URLSearchParams(sms.params?.map(([name, value]) => [name, value])).toString(),
  }
  const number = { sid: `PN${'1'.repeat(32)}`, sms_url: 'http://api.example.com/sms', sms_method: 'POST' }
  const numbers = `api /2010-04-01/Accounts/${account}/IncomingPhoneNumbers.json`
  const data = { ...createAlerts([alert]), [numbers]: [createItem(numbers, number)] }
  fake = await startFakeTwilio({ accounts: [{ sid: account, authToken, data }] })
})
afterAll(() => fake.close())

let server: Running | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

/** Starts the server of a page, and returns its host and port. */
async function startServer({ open, ...options }: Server): Promise<string> {
  const guard: { current?: RequestListener } = {}
  server = await listen((req, res) => (open === undefined ? guard.current?.(req, res) : open(res)))
  const verified = { publicUrl: options.publicUrl ?? server.origin, authToken }
  guard.current = twilioWebhook(verified, ({ params }, _req, res) => {
    const text = `You said: ${params.get('From')}`
    res.setHeader('content-type', 'text/xml').end(twiml`<Response><Say>${text}</Say></Response>`)
  })
  openWebSockets(server.server, verified)
  return new URL(server.origin).host
}

describe.each(promises)('$page: $command', (promised) => {
  test('does what the page says', async () => {
    const lines = readFileSync(join(root, promised.page), 'utf8').split('\n')
    const commands = [...(promised.after ?? []), promised.command]
    for (const command of commands) expect(lines.map((line) => line.trim())).toContain(command)

    let script = commands.join('\n').replaceAll('npx @tollgate/cli', 'tollgate')
    if (promised.server !== undefined) {
      const host = await startServer(promised.server)
      script = script.replaceAll(promised.server.at, promised.server.at.startsWith('http') ? `http://${host}` : host)
    }
    for (const [word, other] of Object.entries(promised.replaced ?? {})) script = script.replaceAll(word, other)
    const ran = await runScript(script, promised)
    for (const text of promised.sees) expect(ran.output).toMatch(text)
    if (promised.runs !== true) expect(ran).toMatchObject({ code: promised.code ?? 0 })
  })
})

async function runScript(script: string, { input = '', runs, env, sees }: Promised) {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn('sh', ['-c', script], {
    cwd: folder,
    detached: true,
    env: {
      PATH: `${folder}:${PATH}`,
      HOME,
      TWILIO_AUTH_TOKEN: authToken,
      FAKE_TWILIO: fake.apiUrl,
      SENDGRID_KEY: sendGridKey,
      XDG_CACHE_HOME: makeFolder(),
      ...env?.(),
    },
  })
  let output = ''
  let isGoingOn = runs === true
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const isSeen = sees.every((one) => (typeof one === 'string' ? output.includes(one) : one.test(output)))
      if (!isGoingOn || !isSeen || child.pid === undefined) return
      isGoingOn = false
      process.kill(-child.pid, 'SIGTERM')
    })
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  return { code, output }
}
