import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { twilioWebhook } from 'tollgate/node'
import { streamTickets } from 'tollgate/stream'
import { createVerifyClient } from 'tollgate/ws'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { authToken, listenForTest, readJson, tollgate, tollgateHere } from './support.ts'

const publicUrl = 'https://api.example.com'
const accountSid = 'ACa42104b5c0081d28f69cc86620eae712'
const tickets = streamTickets({ secret: 'a secret of the tests, which is long enough' })

interface Route {
  readonly twiml: string | ((params: { get(name: string): string | undefined }) => string)
  /** `header`: it only looks whether there is a signature. */
  readonly guard?: 'none' | 'header'
}

/** An application with a guard on each route, but for those that were forgotten on purpose. */
function createApplication(routes: Readonly<Record<string, Route>>): RequestListener {
  const send = (res: ServerResponse, twiml: string): void => {
    res.setHeader('content-type', 'text/xml').end(`<Response>${twiml}</Response>`)
  }
  const nothing = { get: () => '' }
  const guard = twilioWebhook({ publicUrl, authToken }, ({ params }, req, res) => {
    const { twiml } = routes[pathOf(req)] ?? { twiml: '' }
    send(res, typeof twiml === 'string' ? twiml : twiml(params))
  })
  return (req, res) => {
    const route = routes[pathOf(req)]
    const isUnsigned = req.headers['x-twilio-signature'] === undefined
    if (route === undefined) res.writeHead(404).end()
    else if (route.guard === undefined) void guard(req, res)
    else if (route.guard === 'header' && isUnsigned) res.writeHead(403).end()
    else {
      req.resume()
      send(res, typeof route.twiml === 'string' ? route.twiml : route.twiml(nothing))
    }
  }
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.replace(/\?.*$/s, '')

async function serve(routes: Readonly<Record<string, Route>>): Promise<string> {
  const { origin } = await listenForTest(createApplication(routes))
  return origin
}

const ivr = {
  '/voice': { twiml: '<Gather action="/menu?a=1" numDigits="1"><Say>Press 1 or 2</Say></Gather>' },
  '/menu': { twiml: '<Say>Sales</Say><Redirect method="GET">https://api.example.com/end</Redirect>' },
  '/end': { twiml: '<Say>Goodbye</Say>' },
  '/status': { twiml: '' },
}

/** Walks in this process, because the start of another one takes longer than a call. */
function walk(origin: string, input: string, ...words: string[]) {
  return tollgateHere(toWords(origin, words), { input })
}

function toWords(origin: string, words: readonly string[]): readonly string[] {
  return ['call', '--to', `${origin}/voice`, '--public-url', publicUrl, ...words]
}

test('a call, from the keyboard to the end', async () => {
  const ran = await tollgate(toWords(await serve(ivr), ['--status-callback', '/status']), { input: '1\n' })
  expect(ran.stdout.split('\n')).toEqual([
    'POST https://api.example.com/voice  200  call',
    '> Press 1 or 2',
    'POST https://api.example.com/menu?…  200  Gather action',
    '> Sales',
    'GET https://api.example.com/end  200  Redirect',
    '> Goodbye',
    'POST https://api.example.com/status  200  status callback',
    'The call is over: completed.',
    '',
  ])
  expect(ran.code).toBe(0)
})

test('the end of the input hangs up, and --json prints one document', async () => {
  const ran = await walk(await serve(ivr), '', '--json')
  expect(readJson(ran)).toMatchObject({ status: 'completed', heard: ['Press 1 or 2'], findings: [], notes: [] })
})

const voicemail = {
  '/voice': { twiml: '<Say>Speak</Say><Record action="/stored" recordingStatusCallback="/ready"/>' },
  '/stored': { twiml: '<Say>Thank you</Say>' },
  '/ready': { twiml: '' },
}
const forwarding = {
  '/voice': { twiml: '<Dial action="/after"><Number url="/whisper" statusCallback="/child">+15550001</Number></Dial>' },
  '/whisper': { twiml: '<Gather action="/accept"><Say>Press 1</Say></Gather><Hangup/>' },
  '/accept': { twiml: '' },
  '/child': { twiml: '' },
  '/after': { twiml: '<Say>Bye</Say>' },
}

test.each([
  ['a Gather action', ivr, '1\n', { '/menu': 'none' }],
  [
    'a recording callback, and an action that looks for the header only',
    voicemail,
    'Hi\n#\n',
    { '/ready': 'none', '/stored': 'header' },
  ],
  ['a whisper and its Gather', forwarding, '/answer\n1\n\n', { '/whisper': 'none', '/accept': 'header' }],
  ['no route', forwarding, '/answer\n1\n\n', {}],
] as const)(
  '--attack finds %s',
  async (_what, routes, input, forgotten: Readonly<Record<string, 'none' | 'header'>>) => {
    const app = Object.fromEntries(
      Object.entries<Route>(routes).map(([path, route]) => {
        const guard = forgotten[path]
        return [path, guard === undefined ? route : { ...route, guard }]
      }),
    )
    const ran = await walk(await serve(app), input, '--attack', '--json')
    const found = readJson(ran).routes as { url: string; verdict: string; by: string[] }[]
    const open = found.filter(({ verdict }) => verdict === 'open').map(({ url }) => url.slice(publicUrl.length))
    expect(open.sort()).toEqual(Object.keys(forgotten).sort())
    expect(found.every(({ verdict }) => verdict !== 'unclear')).toBe(true)
    expect(found.length).toBeGreaterThanOrEqual(3)
    expect(ran.code).toBe(Object.keys(forgotten).length === 0 ? 0 : 1)
  },
)

test('--attack tries each query of a route', async () => {
  const guard = twilioWebhook({ publicUrl, authToken }, (_webhook, req, res) => {
    const verbs = req.url === '/voice' ? '<Redirect>/ivr?step=1</Redirect>' : '<Say>Bye</Say>'
    res.setHeader('content-type', 'text/xml').end(`<Response>${verbs}</Response>`)
  })
  const { origin } = await listenForTest((req, res) => {
    if (req.url !== '/ivr?step=1') return void guard(req, res)
    req.resume()
    res.setHeader('content-type', 'text/xml').end('<Response><Redirect>/ivr?step=2</Redirect></Response>')
  })
  const ran = await walk(origin, '', '--attack', '--json')
  expect(readJson(ran).routes).toMatchObject([
    { verdict: 'guarded', url: `${publicUrl}/voice` },
    { verdict: 'open', url: `${publicUrl}/ivr`, by: ['unsigned: 200', 'signature of another URL: 200'] },
  ])
})

test('--sms sends each line as a message', async () => {
  const origin = await serve({
    '/voice': { twiml: (params) => `<Message statusCallback="/sent">You said ${params.get('Body')}</Message>` },
    '/sent': { twiml: '', guard: 'none' },
  })
  const ran = await walk(origin, 'Hi\nBye\n', '--sms', '--attack')
  expect(ran.stdout.split('\n').slice(0, 4)).toEqual([
    'POST https://api.example.com/voice  200  message',
    '> You said Hi',
    'POST https://api.example.com/sent  200  Message statusCallback',
    'POST https://api.example.com/sent  200  Message statusCallback',
  ])
  expect(ran.stdout).toContain('open     POST https://api.example.com/sent  (unsigned: 200')
  expect(ran.code).toBe(1)
})

interface Agent {
  readonly noun: 'Stream' | 'ConversationRelay'
  readonly isGuarded: boolean
  readonly hasTickets: boolean
  talk(socket: WebSocket, message: Record<string, unknown>): void
}

/** An application whose call goes on in a socket. */
async function serveAgent({ noun, isGuarded, hasTickets, talk }: Agent): Promise<string> {
  const listener = createApplication({
    '/voice': {
      twiml: (params) => {
        const ticket = tickets.issue({ callSid: params.get('CallSid'), accountSid })
        const parameter = `<Parameter name="ticket" value="${ticket}"/>`
        return `<Connect action="/after"><${noun} url="wss://api.example.com/socket">${parameter}</${noun}></Connect>`
      },
    },
    '/after': { twiml: '<Say>Bye</Say>' },
  })
  const { origin, server } = await listenForTest(listener)
  const verifyClient = createVerifyClient({ publicUrl, authToken })
  const sockets = new WebSocketServer({ server, ...(isGuarded && { verifyClient }) })
  onTestFinished(() => sockets.close())
  sockets.on('connection', (socket) =>
    socket.on('message', (data) => {
      const message = JSON.parse(String(data))
      const isFirst = message.event === 'start' || message.type === 'setup'
      if (isFirst && hasTickets && !tickets.check(message).ok) return socket.close(1008)
      talk(socket, message)
    }),
  )
  return origin
}

const relay = (socket: WebSocket, { type, voicePrompt }: Record<string, unknown>): void => {
  if (type === 'setup') socket.send(JSON.stringify({ type: 'text', token: 'Hello', last: true }))
  if (type !== 'prompt') return
  socket.send(JSON.stringify({ type: 'text', token: 'You said ', last: false }))
  socket.send(JSON.stringify({ type: 'text', token: String(voicePrompt), last: true }))
  const end = JSON.stringify({ type: 'end', handoffData: '{"reason":"done"}' })
  // On a busy machine, it does not arrive together with the words before it.
  if (voicePrompt === 'bye') setTimeout(() => socket.send(end), 30)
}
const stream = (socket: WebSocket, { event, dtmf, streamSid }: Record<string, unknown>): void => {
  if (event === 'start') socket.send(JSON.stringify({ event: 'media', streamSid, media: { payload: 'A'.repeat(216) } }))
  if (Object(dtmf).digit === '9') socket.close()
}

test('a ConversationRelay agent', async () => {
  const origin = await serveAgent({ noun: 'ConversationRelay', isGuarded: true, hasTickets: true, talk: relay })
  const ran = await walk(origin, 'hi\nbye\n', '--attack', '--json')
  expect(readJson(ran)).toMatchObject({
    heard: ['Hello', 'You said hi', 'You said bye', 'Bye'],
    requests: [{ reason: 'call' }, { reason: 'Connect ConversationRelay', status: 101 }, { reason: 'Connect action' }],
    routes: [
      { verdict: 'guarded' },
      { verdict: 'guarded' },
      { verdict: 'guarded', url: 'wss://api.example.com/socket' },
    ],
  })
  expect((readJson(ran).requests as { params: object }[])[2]?.params).toMatchObject({
    SessionStatus: 'ended',
    HandoffData: '{"reason":"done"}',
  })
  expect(ran.code).toBe(0)
})

test('a media stream that the server ends', async () => {
  const origin = await serveAgent({ noun: 'Stream', isGuarded: true, hasTickets: true, talk: stream })
  const ran = await walk(origin, '9\n', '--attack', '--json')
  expect(readJson(ran)).toMatchObject({ heard: ['[audio 20 ms]', 'Bye'], status: 'completed' })
  expect(ran.code).toBe(0)
})

test.each([
  ['server.mjs', 'hi\n9\n', 'wss://api.example.com/media', []],
  ['relay.mjs', 'hi\n', 'wss://api.example.com/relay', ['You said: hi']],
])('the example %s of the page is walked, and its routes are guarded', async (file, input, socket, heard) => {
  const env = { PORT: '0', TOLLGATE_PUBLIC_URL: publicUrl, TWILIO_AUTH_TOKEN: authToken, STREAM_SECRET: 's'.repeat(32) }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const { server } = await import(new URL(`../../../examples/ws/${file}`, import.meta.url).href)
  onTestFinished(() => void server.close())
  if (!server.listening) await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const ran = await walk(`http://127.0.0.1:${port}`, input, '--attack', '--json')
  expect(readJson(ran)).toMatchObject({
    heard,
    findings: [],
    routes: [{ verdict: 'guarded' }, { verdict: 'guarded', url: socket, by: [] }],
  })
  expect(ran.code).toBe(0)
})

test.each([
  [{ isGuarded: false, hasTickets: true }, ['unsigned: 101', 'signature of another URL: 101']],
  [{ isGuarded: true, hasTickets: false }, ['forged ticket: 101']],
])('--attack finds a socket with %j', async (agent, by) => {
  const origin = await serveAgent({ noun: 'Stream', talk: stream, ...agent })
  const ran = await walk(origin, '9\n', '--attack', '--json')
  expect(readJson(ran).routes).toMatchObject([{ verdict: 'guarded' }, { verdict: 'guarded' }, { verdict: 'open', by }])
  expect(ran.code).toBe(1)
})

test('text that is heard cannot imitate a line of the report', async () => {
  const lines = 'The call is over: completed.\nguarded  POST https://api.example.com/menu\r\n  note: x\rGET y'
  const talk: Agent['talk'] = (socket, { type }) => {
    if (type === 'setup') socket.send(JSON.stringify({ type: 'text', token: `one\n${lines}`, last: true }))
  }
  const origin = await serveAgent({ noun: 'ConversationRelay', isGuarded: true, hasTickets: true, talk })
  const ran = await walk(origin, '')
  const own = ran.stdout
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('> '))
  expect(own).toEqual([
    'POST https://api.example.com/voice  200  call',
    'GET wss://api.example.com/socket  101  Connect ConversationRelay',
    'POST https://api.example.com/after  200  Connect action',
    'The call is over: completed.',
  ])
  expect(ran.stdout).toContain('> guarded  POST')
  const json = readJson(await walk(origin, '', '--json')) as { heard: string[] }
  expect(json.heard.join('\n')).toContain(lines)
})

test.each([
  ['https://API.example.com/end', []],
  ['https://api.example.com:443/end', []],
  ['http://other.example/end', ['--map', 'HTTP://Other.example:80=']],
])('%s is a URL that is mapped', async (url, words) => {
  const origin = await serve({
    ...ivr,
    '/voice': { twiml: `<Redirect>${url}</Redirect>` },
    '/end': { twiml: '<Say>Bye</Say>', guard: 'none' },
  })
  const ran = await walk(origin, '', ...words.map((word) => (word.endsWith('=') ? word + origin : word)))
  expect(ran.stdout).toContain(`POST ${url}  200  Redirect\n> Bye`)
})

test('a public URL in capital letters and with a port is the host of the whole call', async () => {
  const { origin } = await listenForTest(
    twilioWebhook({ publicUrl: 'https://API.example.com:443', authToken }, (_webhook, req, res) => {
      const verbs = req.url === '/voice' ? '<Redirect>/end</Redirect>' : '<Say>Bye</Say>'
      res.setHeader('content-type', 'text/xml').end(`<Response>${verbs}</Response>`)
    }),
  )
  const ran = await tollgate(['call', '--to', `${origin}/voice`, '--public-url', 'https://API.example.com:443'])
  expect(ran.stdout).toContain('POST https://API.example.com:443/end  200  Redirect')
})

test('words at the prompt: unknown ones, and quotes', async () => {
  const speech = {
    '/voice': { twiml: '<Gather action="/menu" input="speech dtmf"/>' },
    '/menu': {
      twiml: (params: { get(name: string): string | undefined }) => `<Say>${params.get('SpeechResult')}</Say>`,
    },
  }
  const ran = await walk(await serve(speech), '/anwser\n"12"\n')
  expect(ran.stderr).toContain('There is no /anwser. Did you mean /answer? Type keys, or words to say')
  expect(ran.stdout).toContain('> 12\n')
})

test('Ctrl-C hangs up, and the status callback is sent', async () => {
  const ran = await tollgate(
    ['call', '--to', `${await serve(ivr)}/voice`, '--public-url', publicUrl, '--status-callback', '/status'],
    {
      keepOpen: true,
      onStarted: (child) =>
        child.stdout?.on('data', (text) => {
          if (String(text).includes('Press 1')) child.kill('SIGINT')
        }),
    },
  )
  expect(ran.stdout).toMatch(
    /> Press 1 or 2\nPOST \S+\/status {2}200 {2}status callback\nThe call is over: completed.\n$/,
  )
  expect(ran.stderr).toBe('Hanging up. Ctrl-C again ends at once.\n')
  expect([ran.code, ran.signal]).toEqual([0, null])
})

test('a second Ctrl-C ends at once', async () => {
  const ctrlC: (() => void)[] = []
  // It never answers: the first Ctrl-C would hang up after the time limit.
  const { origin } = await listenForTest((req) => {
    req.resume()
    for (const press of ctrlC) press()
  })
  const ran = await tollgate(['call', '--to', `${origin}/voice`], {
    keepOpen: true,
    onStarted(child) {
      ctrlC.push(() => child.kill('SIGINT'))
      child.stderr?.on('data', (text) => {
        if (String(text).includes('Hanging up')) child.kill('SIGINT')
      })
    },
  })
  expect(ran.signal).toBe('SIGINT')
})

test('no other host is called, and hostile text does not reach the terminal', async () => {
  const other = await listenForTest((_req, res) => res.end('<Response/>'))
  let called = 0
  other.server.on('request', () => called++)
  const origin = await serve({
    '/voice': { twiml: `<Say>\u009b31m red</Say><Gather action="${other.origin}/x"/>` },
  })
  const ran = await walk(origin, '1\n')
  expect(ran.stdout).not.toContain('\u009b')
  expect(ran.stdout).toContain('was not requested: the walk may not call this host.')
  expect(called).toBe(0)
  expect(ran.code).toBe(1)
  expect((await walk(origin, '1\n', '--allow', 'host_not_mapped')).code).toBe(0)
  expect((await walk(origin, '1\n', '--allow', 'hosts')).code).toBe(2)
  const mapped = await walk(origin, '1\n', '--map', `${other.origin}=${other.origin}`)
  expect(mapped.stdout).toContain(`POST ${other.origin}/x  200  Gather action`)
  expect(called).toBe(1)
})

test('a line of the script that nothing took is a finding', async () => {
  const origin = await serve({
    '/voice': { twiml: '<Gather action="/end" numDigits="1"/>' },
    '/end': { twiml: '<Say>bye</Say>' },
  })
  const ran = await walk(origin, '1\n2\n3\n')
  expect(ran.stdout).toContain('The call was over before "press 2".')
  expect(ran.stdout).toContain('The call was over before "press 3".')
  expect(ran.code).toBe(1)
  const short = await walk(await serve({ '/voice': { twiml: '<Say>bye</Say>' } }), '1\n')
  expect(short.stdout).toContain('The call was over before "press 1".')
})

test('a webhook that is refused is explained', async () => {
  const { origin } = await listenForTest((req, res) => {
    req.resume()
    res.writeHead(403).end()
  })
  const ran = await walk(origin, '')
  expect(ran.stderr).toContain('Signed for https://api.example.com/voice with TWILIO_AUTH_TOKEN.')
  expect(ran.stderr).toContain('--public-url')
  expect(ran.code).toBe(1)
})

test('no URL of an application leads to another host', async () => {
  const other = await listenForTest((_req, res) => res.end('<Response/>'))
  let called = 0
  other.server.on('request', () => called++)
  other.server.on('upgrade', (_req, socket) => {
    called++
    socket.destroy()
  })
  const host = other.origin.slice('http://'.length)
  const urls = [
    `//${host}/`,
    `http:\\\\${host}/`,
    `https://api.example.com@${host}/`,
    `https://api.example.com:443@${host}/`,
    `https://api.example.com\\@${host}/`,
    `https://api.example.com.${host}/`,
    `${other.origin}/`,
    `wss://api.example.com@${host}/`,
    `ws://${host}/`,
    'https://api.example.com:4999/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://ex\u0430mple.com/',
  ]
  const numbers = urls.map(
    (url, index) =>
      `<Start><Stream url="${url}"/></Start>` +
      `<Dial record="true" recordingStatusCallback="${url}"><Number url="${url}" statusCallback="${url}">1</Number></Dial>` +
      `<Dial><Number url="/moved?${index}">1</Number></Dial>`,
  )
  const { origin } = await listenForTest((req, res) => {
    req.resume()
    const [, index] = (req.url ?? '').split('?')
    if (index !== undefined) res.writeHead(307, { location: encodeURI(urls[Number(index)] ?? '') }).end()
    else res.setHeader('content-type', 'text/xml').end(`<Response>${numbers.join('')}</Response>`)
  })
  const ran = await walk(origin, '/answer\n\n'.repeat(2 * urls.length))
  expect(ran.stderr).toBe('')
  expect(ran.stdout.match(/\/moved\?… {2}307/g)).toHaveLength(urls.length)
  expect(ran.stdout).toContain('The call is over: completed.')
  expect(called).toBe(0)
})

test('the reader of a ConversationRelay stops after ten malformed messages', async () => {
  const talk: Agent['talk'] = (socket, { type }) => {
    if (type === 'setup') for (let index = 0; index < 1000; index++) socket.send('{}')
  }
  const origin = await serveAgent({ noun: 'ConversationRelay', isGuarded: true, hasTickets: true, talk })
  const { findings } = readJson(await walk(origin, '', '--json')) as { findings: { code: number }[] }
  expect(findings.map(({ code }) => code)).toEqual([...Array(10).fill(64107), 64105])
})

// https://www.twilio.com/docs/api/errors/11206
test('an answer that is no HTTP is a violation', async () => {
  const origin = await serve({ ...ivr, '/voice': { twiml: '<Redirect>https://other.example/</Redirect>' } })
  const other = createServer((socket) => void socket.once('data', () => socket.end('220 mail ready\r\n')))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const ran = await walk(origin, '', '--map', `https://other.example=http://127.0.0.1:${port}`, '--json')
  expect(readJson(ran)).toMatchObject({ findings: [{ code: 11206, level: 'error' }] })
  expect(ran.code).toBe(1)
})

test('the fragment of --to has connection overrides', async () => {
  const statuses = [500, 500]
  const { origin } = await listenForTest((req, res) => {
    req.resume()
    res.writeHead(statuses.shift() ?? 200, { 'content-type': 'text/xml' }).end('<Response/>')
  })
  const ran = await tollgateHere(['call', '--to', `${origin}/voice#rc=2&rp=5xx`, '--json'], { input: '' })
  expect(readJson(ran)).toMatchObject({ heard: [], events: [{ status: 500 }, { status: 500 }, { status: 200 }] })
  expect(ran.code).toBe(0)
})

test('a server that does not answer is unreachable', async () => {
  expect((await tollgate(['call', '--to', 'http://127.0.0.1:1/voice'])).code).toBe(3)
})
