import type { IncomingMessage, RequestListener } from 'node:http'
import { twilioWebhook } from 'tollgate/node'
import { signRequest } from 'tollgate/testing'
import twilio from 'twilio'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Webhook } from '../src/audit/inventory.ts'
import { listTargets, parseAllowedHosts, probeAll } from '../src/audit/probe.ts'
import { authToken, listen, type Ran, type Running, readJson, tollgate } from './support.ts'
import { createItem, startFakeTwilio } from './twilio-api/fake.ts'

const main = `AC${'1'.repeat(32)}`
const lists = `api /2010-04-01/Accounts/${main}/Applications.json`

type Handler = (req: IncomingMessage, body: string, publicUrl: string) => number

/** Reads the body, then answers with the status of the handler. */
const answer =
  (handler: Handler): ((publicUrl: string) => RequestListener) =>
  (publicUrl) =>
  async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    res.writeHead(handler(req, body, publicUrl), { location: '/redirected' }).end()
  }

const isSignedFor = (req: IncomingMessage, body: string, url: string): boolean =>
  twilio.validateRequest(
    authToken,
    String(req.headers['x-twilio-signature'] ?? ''),
    url,
    Object.fromEntries(new URLSearchParams(body)),
  )

const byTollgate = (publicUrl: string): RequestListener =>
  twilioWebhook({ authToken, publicUrl }, (_webhook, _req, res) => void res.end('ok'))

// Name, method at Twilio, the server, and what the probe must say.
const servers: readonly [
  name: string,
  method: string,
  create: (publicUrl: string) => RequestListener,
  verdict: string,
][] = [
  ['tollgate', 'POST', byTollgate, 'refused'],
  ['tollgate, GET', 'GET', byTollgate, 'refused'],
  ['twilio', 'POST', answer((req, body, url) => (isSignedFor(req, body, url + req.url) ? 200 : 403)), 'refused'],
  ['twilio, 401', 'POST', answer((req, body, url) => (isSignedFor(req, body, url + req.url) ? 200 : 401)), 'refused'],
  ['nothing', 'POST', answer(() => 200), 'not guarded'],
  ['nothing, GET', 'GET', answer(() => 200), 'not guarded'],
  ['nothing, 204', 'POST', answer(() => 204), 'not guarded'],
  [
    'only the presence of the header',
    'POST',
    answer((req) => (req.headers['x-twilio-signature'] ? 200 : 403)),
    'not guarded',
  ],
  [
    'only the length of the signature',
    'POST',
    answer((req) => (req.headers['x-twilio-signature']?.length === 28 ? 200 : 403)),
    'not guarded',
  ],
  [
    'a signature if there is one',
    'POST',
    answer((req, body, url) =>
      req.headers['x-twilio-signature'] === undefined || isSignedFor(req, body, url + req.url) ? 200 : 403,
    ),
    'not guarded',
  ],
  ['a redirect', 'POST', answer(() => 302), 'unclear'],
  ['a crash', 'POST', answer(() => 500), 'refused'],
]

interface Seen {
  readonly name: string
  readonly host: string
  readonly at: number
  readonly url: string
  readonly body: string
  readonly signature: string | undefined
}

const running: Running[] = []
const seen: Seen[] = []
const urls: { name: string; method: string; url: string; verdict: string }[] = []
let fake: Awaited<ReturnType<typeof startFakeTwilio>>

beforeAll(async () => {
  for (const [at, [name, method, create, verdict]] of servers.entries()) {
    // Two names of one machine, so that two hosts are probed side by side.
    const host = at % 2 === 0 ? '127.0.0.1' : 'localhost'
    let listener: RequestListener | undefined
    const server = await listen((req, res) => {
      const record = {
        name,
        host,
        at: performance.now(),
        url: req.url ?? '',
        signature: req.headers['x-twilio-signature'] as string,
      }
      let body = ''
      req.on('data', (chunk) => (body += chunk)).on('end', () => seen.push({ ...record, body }))
      listener?.(req, res)
    })
    const origin = server.origin.replace('127.0.0.1', host)
    listener = create(origin)
    running.push(server)
    urls.push({ name, method, url: `${origin}/hook/${at}?token=hidden-value`, verdict })
  }
  const items = urls.map(({ method, url }, at) =>
    createItem(lists, {
      sid: `AP${at.toString(16).repeat(32)}`,
      sms_url: `${url}#rc=2`,
      sms_method: method,
      voice_url: 'https://not-allowed.example/voice',
    }),
  )
  fake = await startFakeTwilio({ accounts: [{ sid: main, authToken, data: { [lists]: items } }] })
})

afterAll(async () => {
  await fake.close()
  for (const server of running) await server.close()
})

interface Probe {
  readonly sent: boolean
  readonly targets: readonly { url: string; method: string; verdict?: string; detail?: string }[]
}

async function probe(...words: string[]): Promise<{ ran: Ran; probe: Probe }> {
  const hosts = urls.flatMap(({ url }) => ['--allow-host', new URL(url).host])
  const base = ['audit', '--api-url', fake.apiUrl, '--rate', '100', '--resource', 'applications', '--json', '--probe']
  const ran = await tollgate([...base, ...(words.includes('--allow-host') ? [] : hosts), ...words], {
    env: { TWILIO_ACCOUNT_SID: main },
  })
  return { ran, probe: readJson(ran).probe as Probe }
}

const toPath = (url: string): string => new URL(url).pathname

describe('tollgate audit --probe', () => {
  test('a dry run lists what would be sent, and sends nothing', async () => {
    const { ran, probe: dry } = await probe()
    // A program reads the document, and a person reads the warning.
    expect(ran.stderr).toContain('The handler of an endpoint that is not guarded will run')
    expect(ran.stderr).not.toContain('hidden-value')
    expect(dry.sent).toBe(false)
    expect(dry.targets.map(({ url }) => toPath(url)).sort()).toEqual(urls.map(({ url }) => toPath(url)).sort())
    expect(seen).toEqual([])
  })

  test('only the hosts of --allow-host count, each with its port', async () => {
    const [first] = urls
    const { host, hostname } = new URL(first?.url ?? '')
    expect((await probe('--allow-host', host)).probe.targets).toHaveLength(1)
    expect((await probe('--allow-host', hostname)).probe.targets).toEqual([])
    expect((await probe('--send', '--allow-host', 'elsewhere.example')).probe).toEqual({ sent: true, targets: [] })
    expect(seen).toEqual([])
  })

  test('finds the unguarded ones among twelve servers, and harms none', async () => {
    const { ran, probe: sent } = await probe('--send')
    const verdicts = new Map(sent.targets.map(({ url, verdict }) => [toPath(url), verdict]))
    for (const { name, url, verdict } of urls) expect([name, verdicts.get(toPath(url))]).toEqual([name, verdict])
    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The handler of an endpoint that is not guarded will run'),
    })
    expect(ran.stdout + ran.stderr).not.toContain('hidden-value')
    // No redirect was followed, and the URLs arrived as Twilio would send them, without a fragment.
    expect(seen.filter(({ url }) => url === '/redirected' || url.includes('#'))).toEqual([])
    for (const { name, method, url } of urls) {
      const requests = seen.filter((each) => each.name === name)
      expect(requests.length).toBeGreaterThan(0)
      expect(requests.length).toBeLessThanOrEqual(2)
      for (const { body, signature, url: target } of requests) {
        expect([target, body]).toEqual([
          new URL(url).pathname + new URL(url).search,
          method === 'GET' ? '' : 'TollgateProbe=1',
        ])
        const valid = signRequest({
          url,
          method,
          authToken,
          ...(method === 'POST' && { params: { TollgateProbe: '1' } }),
        })
        expect(signature).not.toBe(valid.headers['x-twilio-signature'])
      }
    }
    // An endpoint that answered the first request got no second one.
    expect(seen.filter(({ name }) => name.startsWith('nothing'))).toHaveLength(3)
    for (const host of ['127.0.0.1', 'localhost']) {
      const times = seen
        .filter((each) => each.host === host)
        .map(({ at }) => at)
        .sort((one, other) => one - other)
      for (const [at, time] of times.entries()) if (at > 0) expect(time - (times[at - 1] ?? 0)).toBeGreaterThan(990)
    }
  })
})

describe('tollgate audit --allow-host', () => {
  const urlsOfHosts = [
    'https://Bücher.example/idn',
    'https://api.example.com:443/port',
    'http://api.example.com/http',
    'https://api.example.com./dot',
    'https://api.example.com:8443/other-port',
    'https://[2001:DB8::1]/ipv6',
    'https://evil.example\\@api.example.com/backslash',
    'https://api.example.com@evil.example/userinfo',
    'https://api.example.com.evil.example/suffix',
  ]
  const webhooks = urlsOfHosts.map((url) => ({ url, method: 'POST' }) as Webhook)

  test.each([
    ['bücher.example', ['idn']],
    ['XN--BCHER-KVA.EXAMPLE', ['idn']],
    ['api.example.com', ['dot', 'http', 'port']],
    ['API.example.com.', ['dot', 'http', 'port']],
    ['api.example.com:443', ['dot', 'port']],
    ['api.example.com:8443', ['other-port']],
    ['[2001:db8:0::1]', ['ipv6']],
    ['2001:db8::1', ['ipv6']],
    ['evil.example', ['userinfo']],
    ['sub.api.example.com', []],
  ])('%s allows %j', (host, names) => {
    const targets = listTargets(webhooks, parseAllowedHosts([host]))
    expect(targets.map(({ url }) => url.replace(/.*\//, '')).sort()).toEqual(names)
  })

  test.each(['*', '*.example.com', 'https://a.example', 'a.example/', 'a b', '', 'a@b', 'a:b', 'a:99999', 'a\\b'])(
    '"%s" is refused',
    (host) => {
      expect(() => parseAllowedHosts([host])).toThrow('--allow-host needs HOST or HOST:PORT')
    },
  )
})

test('the status decides: a body that never ends, or ends too early, is an answer', async () => {
  const neverEnds = await listen((_req, res) => void res.writeHead(200).write('begun'))
  const cut = await listen((_req, res) => {
    res.writeHead(200, { 'content-length': '100' }).write('begun', () => res.destroy())
  })
  const closes = await listen((_req, res) => void res.destroy())
  const targets = [neverEnds, cut, closes].map((server) => ({ url: `${server.origin}/ü`, method: 'POST' }))
  const probed = await probeAll(targets, 60_000, () => undefined)
  expect(probed.map(({ verdict }) => verdict)).toEqual(['not guarded', 'not guarded', 'no answer'])
  expect(probed[2]?.detail).toContain('unsigned: no answer (127.0.0.1:')
  for (const server of [neverEnds, cut, closes]) await server.close()
})

test('no target is asked after four hours, and the result says so', async () => {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  const server = await listen((_req, res) => {
    now += 1.5 * 3_600_000
    res.writeHead(403).end()
  })
  const targets = ['a', 'b', 'c', 'd'].map((path) => ({ url: `${server.origin}/${path}`, method: 'POST' }))
  const probed = await probeAll(targets, 1000, () => undefined)
  clock.mockRestore()
  await server.close()
  expect(probed.map(({ verdict, detail }) => [verdict, detail])).toEqual([
    ['no answer', 'not asked in the first 4 hours'],
    ['no answer', 'not asked in the first 4 hours'],
    ['refused', 'unsigned: 403, wrong signature: 403'],
    ['refused', 'unsigned: 403, wrong signature: 403'],
  ])
})
