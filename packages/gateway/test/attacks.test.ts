import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { memoryStore, replayGuard } from 'tollgate/replay'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  accountSid,
  authToken,
  collectLog,
  formatRequest,
  listCgiVariables,
  listenOn,
  readUntil,
  routeTo,
  type Started,
  send,
  sendRaw,
  separators,
  signMessage,
  signSms,
  sms,
  startGateway,
  startUpstream,
  type Upstream,
} from './support.ts'

let upstream: Upstream
let gateway: Started

beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startGateway(
    upstream.url,
    { limits: { trustedPeers: [], bodiesPerPeer: 4 }, timeoutMs: 3000 },
    { authToken: { [accountSid]: authToken } },
  )
})

afterAll(async () => {
  await gateway.close({ graceMs: 0 })
  await upstream.close()
})

const close = { connection: 'close' }
const forged = Buffer.alloc(20, 7).toString('base64')

test('E1: a request without a well-formed signature is refused before its body arrives', async () => {
  for (const signature of ['', 'X-Twilio-Signature: nonsense\r\n', `X-Twilio-Signature: ${forged}, ${forged}\r\n`]) {
    const socket = connect(gateway.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`POST /sms HTTP/1.1\r\nHost: api.example.com\r\n${signature}Content-Length: 1000000\r\n\r\n`)
    expect(await readUntil(socket)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*connection: close/i)
  }
})

test('E1: 100 Continue is sent only for a well-formed signature', async () => {
  const signed = signSms()
  const [head = '', body = ''] = formatRequest(signed, { expect: '100-continue', ...close }).split('\r\n\r\n')
  const socket = connect(gateway.port, '127.0.0.1')
  socket.write(`${head}\r\n\r\n`)
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  expect(chunk.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  socket.write(body)
  expect(await readUntil(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(upstream.seen.pop()?.headers).not.toHaveProperty('expect')
  const unsigned = 'POST /sms HTTP/1.1\r\nHost: api.example.com\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n'
  expect(await sendRaw(gateway.port, unsigned, '403')).toMatch(/^HTTP\/1\.1 403 /)
})

test('E1: a body beyond the limit is refused by its announced length, or when it exceeds the limit', async () => {
  const head = `POST /sms HTTP/1.1\r\nHost: api.example.com\r\nX-Twilio-Signature: ${forged}\r\n`
  expect(await sendRaw(gateway.port, `${head}Content-Length: 99999999\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /)
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  expect(await sendRaw(gateway.port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}`)).toMatch(
    /^HTTP\/1\.1 413 /,
  )
  expect(upstream.seen).toEqual([])
})

test('E1: a body that does not arrive in time is answered 408', async () => {
  const [head] = formatRequest(signSms()).split('\r\n\r\n')
  expect(await sendRaw(gateway.port, `${head}\r\n\r\nAcc`)).toMatch(/^HTTP\/1\.1 408 /)
})

/** Opens 20 requests whose bodies do not end. */
async function openSlowBodies(port: number): Promise<readonly Socket[]> {
  const [head] = formatRequest(signSms()).split('\r\n\r\n')
  const slow = Array.from({ length: 20 }, () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`${head}\r\n\r\nAcc`)
    return socket
  })
  await new Promise((resolve) => setTimeout(resolve, 100))
  return slow
}

test('E1: a request that waits for slow bodies of its peer is served once they end', async () => {
  const slow = await openSlowBodies(gateway.port)
  const waiting = send(gateway.url, signSms())
  for (const socket of slow) socket.destroy()
  expect((await waiting).status).toBe(200)
  upstream.seen.length = 0
})

test('E6: a complete request does not wait for slow bodies of its peer', async () => {
  const other = await startGateway(upstream.url, { limits: { trustedPeers: [], bodiesPerPeer: 4 } })
  const slow = await openSlowBodies(other.port)
  const ended: string[] = []
  for (const socket of slow) socket.once('data', (answer) => ended.push(String(answer).slice(0, 12)))
  // A request in one piece, a large one in two pieces with a pause, and a chunked one.
  const large = signSms('/sms', { ...sms, Body: 'x'.repeat(50_000) })
  const [largeHead = '', largeBody = ''] = formatRequest(large, close).split('\r\n\r\n')
  const chunked = formatRequest(signSms(), close)
    .replace(/content-length: (\d+)/i, 'Transfer-Encoding: chunked')
    .split('\r\n\r\n')
  const size = Buffer.byteLength(chunked[1] ?? '').toString(16)
  const pieces = [
    [formatRequest(signSms(), close)],
    [`${largeHead}\r\n\r\n${largeBody.slice(0, 100)}`, largeBody.slice(100)],
    [`${chunked[0]}\r\n\r\n`, `${size}\r\n${chunked[1]}\r\n`, '0\r\n\r\n'],
  ]
  for (const list of pieces) {
    const socket = connect({ port: other.port, host: '127.0.0.1', noDelay: true })
    for (const piece of list) {
      socket.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(await readUntil(socket)).toMatch(/^HTTP\/1\.1 200 /)
  }
  expect(ended).toEqual([])
  for (const socket of slow) socket.destroy()
  upstream.seen.length = 0
})

test('E1: a body that has not arrived waits for room and is then read completely', async () => {
  const other = await startGateway(upstream.url, { limits: { trustedPeers: [], bodiesPerPeer: 4 } })
  const [head = '', body = ''] = formatRequest(signSms(), close).split('\r\n\r\n')
  const open = (bytes: string) => {
    const socket = connect(other.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(bytes)
    return socket
  }
  const slow = Array.from({ length: 4 }, () => open(`${head}\r\n\r\nAcc`))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const asking = open(`${head}\r\nExpect: 100-continue\r\n\r\n`)
  const answers: string[] = []
  asking.on('data', (bytes) => answers.push(String(bytes).split('\r\n')[0] ?? ''))
  const large = sendRaw(other.port, formatRequest(signSms('/sms', { ...sms, Body: 'x'.repeat(300_000) }), close))
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect([answers, upstream.seen]).toEqual([[], []])
  slow[0]?.destroy()
  await expect.poll(() => answers, { timeout: 10_000 }).toEqual(['HTTP/1.1 100 Continue'])
  asking.write(body)
  await expect.poll(() => answers, { timeout: 10_000 }).toEqual(['HTTP/1.1 100 Continue', 'HTTP/1.1 200 OK'])
  expect(await large).toMatch(/^HTTP\/1\.1 200 /)
  for (const socket of slow) socket.destroy()
  upstream.seen.length = 0
})

test('E1: forms with too many fields and huge heads are refused', async () => {
  const length = 10_000 - Object.keys(sms).length
  const params = Object.fromEntries(Array.from({ length }, (_, index) => [`p${index}`, 'x']))
  const signed = signSms('/sms', { ...sms, ...params })
  expect((await send(gateway.url, signed)).status).toBe(200)
  upstream.seen.length = 0
  for (const more of ['&x=1', '&x=1'.repeat(10_000)])
    expect((await send(gateway.url, { ...signed, body: signed.body + more })).status).toBe(403)
  const head = `GET / HTTP/1.1\r\nHost: api.example.com\r\nX-Big: ${'x'.repeat(40_000)}\r\n\r\n`
  expect(await sendRaw(gateway.port, head)).toMatch(/^HTTP\/1\.1 431 /)
})

test('E2: no content of a request causes a 500 or stops the gateway', async () => {
  const odd: Readonly<Record<string, string>>[] = [
    { 'content-type': 'application/x-www-form-urlencoded; charset="' },
    { 'content-type': '\x80\xff' },
    { 'content-encoding': 'gzip' },
    { 'x-twilio-signature': `${forged}=` },
    { 'x-twilio-webhooks-signature-settings': 'key=__proto__,algorithm=constructor' },
    { constructor: 'x', __proto__x: 'y', tostring: 'z' },
    { connection: '__proto__, constructor, close' },
  ]
  for (const headers of odd) {
    const answer = await sendRaw(
      gateway.port,
      Buffer.from(formatRequest(signSms(), { ...close, ...headers }), 'latin1'),
      '\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 (200|403|415) /)
  }
  for (const body of ['%', '%ff=%fe', '\0', '=', '&&&&', `__proto__=1&AccountSid=${accountSid}`, '{"a":']) {
    const { status } = await send(gateway.url, { ...signSms(), body })
    expect(status).toBe(403)
  }
  for (const target of ['/%', '/%00', '/..%2f..%2f', '//', '/\\', '/;', '/?%', `/${'a/'.repeat(2000)}`, "/'"]) {
    const answer = await sendRaw(gateway.port, formatRequest({ ...signSms(), target }, close))
    expect(answer).toMatch(/^HTTP\/1\.1 (400|403) /)
  }
  upstream.seen.length = 0
  expect((await send(gateway.url, signSms())).status).toBe(200)
  upstream.seen.length = 0
})

test('E3: no path, query or header turns the check off', async () => {
  for (const target of [
    '/healthz',
    '/readyz',
    '/metrics',
    '/?debug=1',
    '/?skip=true',
    '/sms?ssl_check=1',
    '/favicon.ico',
  ])
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'TRACE']) {
      const bytes = `${method} ${target} HTTP/1.1\r\nHost: api.example.com\r\nX-Debug: 1\r\nX-HTTP-Method-Override: GET\r\n\r\n`
      expect(await sendRaw(gateway.port, bytes, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /)
    }
  // The method is unsigned, so a captured POST must not be sent as a DELETE.
  expect(await sendRaw(gateway.port, formatRequest({ ...signSms(), method: 'DELETE' }, close))).toMatch(
    /^HTTP\/1\.1 403 /,
  )
  expect(upstream.seen).toEqual([])
})

test('E4: all rejections look the same', async () => {
  const genuine = signSms()
  const { 'x-twilio-signature': _, ...rest } = Object.fromEntries(
    Object.entries(genuine.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const stranger = signSms('/sms', { ...sms, AccountSid: `AC${'f'.repeat(32)}` })
  const answers = [
    { ...genuine, headers: { ...rest } },
    { ...genuine, headers: { ...rest, 'x-twilio-signature': 'x' } },
    { ...genuine, headers: { ...rest, 'x-twilio-signature': forged } },
    { ...genuine, body: `${genuine.body}&x=1` },
    stranger,
  ]
  const seen = new Set<string>()
  for (const request of answers) {
    const reply = await send(gateway.url, request)
    const headers = reply.rawHeaders.filter((_, index, all) => !/^date$/i.test(all[index - (index % 2)] ?? ''))
    seen.add(JSON.stringify([reply.status, headers, reply.body]))
  }
  expect([...seen]).toHaveLength(1)
  expect([...seen][0]).toContain('403')
  expect([...seen][0]).toContain('Twilio Request Validation Failed.')
  expect(upstream.seen).toEqual([])
})

test('E5: verdict headers from a client are dropped in every spelling', async () => {
  const spoofed = {
    'Tollgate-Verified': 'body',
    'TOLLGATE-ACCOUNT-SID': 'AC1',
    tollgate_verified: 'body',
    'Tollgate-Anything': '1',
    'Tollgate-Hop': 'params',
    // Connection also nominates the headers that the gateway sets.
    Connection: 'close, tollgate-verified, tollgate-account-sid, X-Private',
    'X-Private': 'for the gateway only',
    'Proxy-Authorization': 'Basic eDp5',
    'Proxy-Connection': 'keep-alive',
    'Keep-Alive': 'timeout=5',
    TE: 'trailers',
    'X-Forwarded-Host': 'evil.example',
    'X-Kept': 'yes',
  }
  expect(await sendRaw(gateway.port, formatRequest(signSms(), spoofed))).toMatch(/^HTTP\/1\.1 200 /)
  const seen = upstream.seen.pop()
  const names = seen?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()) ?? []
  expect(names.filter((name) => /^tollgate/.test(name))).toEqual([
    'tollgate-verified',
    'tollgate-account-sid',
    'tollgate-hop',
  ])
  expect(seen?.headers['tollgate-hop']).toMatch(/^[0-9a-f-]{36}$/)
  expect(seen?.headers).toMatchObject({ 'tollgate-verified': 'params', 'tollgate-account-sid': accountSid })
  for (const name of ['x-private', 'proxy-authorization', 'proxy-connection', 'keep-alive', 'te'])
    expect(names).not.toContain(name)
  expect(seen?.headers).toMatchObject({ 'x-kept': 'yes', 'x-forwarded-host': 'evil.example', host: 'api.example.com' })
})

test('E5: no header from a client becomes a CGI variable of the verdict', async () => {
  const names = separators.flatMap((one) => [
    `tollgate${one}verified`,
    `TOLLGATE${one}Account${one}Sid`,
    `tollgate${one}`,
  ])
  const spoofed = Object.fromEntries(names.map((name) => [name, 'params']))
  const bytes = formatRequest(signSms(), { ...spoofed, 'Tollgates-Kept': 'yes', ...close })
  expect(await sendRaw(gateway.port, bytes)).toMatch(/^HTTP\/1\.1 200 /)
  const variables = [...listCgiVariables(upstream.seen.pop()?.rawHeaders ?? [])].filter(([name]) =>
    name.startsWith('HTTP_TOLLGATE'),
  )
  expect(Object.fromEntries(variables)).toEqual({
    HTTP_TOLLGATE_VERIFIED: ['params'],
    HTTP_TOLLGATE_ACCOUNT_SID: [accountSid],
    HTTP_TOLLGATE_HOP: [expect.stringMatching(/^[0-9a-f-]{36}$/)],
    HTTP_TOLLGATES_KEPT: ['yes'],
  })
})

test('E5: a header that CGI reads as one that the verdict depends on is answered 400', async () => {
  for (const name of ['content-length', 'transfer-encoding', 'content-type', 'content-encoding', 'x-twilio-signature'])
    for (const separator of separators.filter((one) => one !== '-')) {
      const bytes = formatRequest(signSms(), { [name.replaceAll('-', separator)]: 'x', ...close })
      expect([name, separator, await sendRaw(gateway.port, bytes)]).toEqual([
        name,
        separator,
        expect.stringMatching(/^HTTP\/1\.1 400 /),
      ])
    }
  expect(upstream.seen).toEqual([])
})

test('E5: Connection cannot remove a header that the verdict depends on', async () => {
  const signed = signSms()
  const kept = ['host', 'content-type', 'x-twilio-signature']
  const names = [...kept, 'content-length', 'transfer-encoding', 'content-encoding', 'X-Private']
  const answer = await sendRaw(
    gateway.port,
    formatRequest(signed, { Connection: `close, ${names.join(', ')}`, 'X-Private': '1' }),
  )
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  const seen = upstream.seen.pop()
  const sent = Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  expect(seen?.headers).toMatchObject(Object.fromEntries(sent.filter(([name]) => kept.includes(name))))
  expect(seen?.headers).not.toHaveProperty('x-private')
  expect(seen?.body.toString()).toBe(signed.body)
})

test('E5: no header line is lost among thousands', async () => {
  // The shortest possible lines, because a head is limited to 16 KiB.
  const lines = Array.from({ length: 2600 }, (_, index) => `${(index % 10) + 1}:\r\n`)
  const bytes = formatRequest(signSms(), close).replace('\r\n\r\n', `\r\n${lines.join('')}X-Last: yes\r\n\r\n`)
  expect(await sendRaw(gateway.port, bytes)).toMatch(/^HTTP\/1\.1 200 /)
  expect(upstream.seen.pop()?.headers).toHaveProperty('x-last', 'yes')
  // A second length after them is found too.
  const twice = bytes.replace('X-Last: yes', 'Content-Length: 0')
  expect(await sendRaw(gateway.port, twice)).toMatch(/^HTTP\/1\.1 400 /)
  const signedTwice = bytes.replace('X-Last: yes', `X-Twilio-Signature: ${forged}`)
  expect(await sendRaw(gateway.port, signedTwice)).toMatch(/^HTTP\/1\.1 403 /)
  expect(upstream.seen).toEqual([])
})

test('an expectation other than 100-continue is answered 417, and is ignored in HTTP/1.0', async () => {
  for (const expectation of ['200-ok', '', '100-continue, x', 'x, 100-continue', '100-continue\r\nExpect: x']) {
    const answer = await sendRaw(gateway.port, formatRequest(signSms(), { Expect: expectation, ...close }))
    expect([expectation, answer]).toEqual([
      expectation,
      expect.stringMatching(/^HTTP\/1\.1 417 Expectation Failed\r\n/),
    ])
  }
  expect(upstream.seen).toEqual([])
  for (const expectation of ['100-continue', 'x']) {
    const old = formatRequest(signSms(), { Expect: expectation, ...close }).replace('HTTP/1.1', 'HTTP/1.0')
    expect(await sendRaw(gateway.port, old)).toMatch(/^HTTP\/1\.1 200 /)
    expect(upstream.seen.pop()?.headers).not.toHaveProperty('expect')
  }
})

test('E5: headers keep their order and spelling, and target and body keep their bytes', async () => {
  const signed = signSms("/sms/?b=%c3%a9&a=1+2&&=&q='~")
  const more = { 'X-Zebra': '1', 'x-ALPHA': 'a,  b', 'X-Latin': '\xe9', 'X-Empty': '', ...close }
  await sendRaw(gateway.port, Buffer.from(formatRequest(signed, more), 'latin1'))
  const seen = upstream.seen.pop()
  expect(seen?.target).toBe(signed.target)
  expect(seen?.body.toString()).toBe(signed.body)
  const raw = seen?.rawHeaders ?? []
  const kept = raw.filter((_, index) => /^(content-type|x-.*)$/i.test(raw[index - (index % 2)] ?? ''))
  const sent = Object.entries({ ...signed.headers, ...more }).filter(([name]) => /^(content-type|x-)/i.test(name))
  expect(kept).toEqual(sent.flat())
})

test('E5: no request can choose the upstream', async () => {
  const other = await startUpstream()
  const { host } = new URL(other.url)
  const bytes = [
    formatRequest(signSms(), { ...close, host }),
    formatRequest(signSms(), {
      ...close,
      'X-Forwarded-Host': host,
      'X-Original-URL': other.url,
      'X-Rewrite-URL': '/admin',
    }),
    formatRequest({ ...signSms(), target: `${other.url}/sms` }, close),
    formatRequest({ ...signSms(), target: `@${host}/` }, close),
  ]
  for (const request of bytes) await sendRaw(gateway.port, request)
  expect(other.seen).toEqual([])
  expect(upstream.seen.splice(0).map(({ target }) => target)).toEqual(['/sms', '/sms'])
})

test('E5: a path that servers could read as two routes is answered 400', async () => {
  const admin = await startUpstream()
  const routed = await startGateway(upstream.url)
  const route = { publicUrl: 'https://api.example.com', authToken }
  await routed.reload({
    routes: [
      { ...route, path: '/', upstream: upstream.url },
      { ...route, path: '/admin', upstream: admin.url },
    ],
  })
  const post = async (target: string) =>
    Number((await sendRaw(routed.port, formatRequest(signSms(target), close))).split(' ')[1])
  for (const target of [
    '/x/../admin',
    '/x/..;/admin',
    '/%61dmin',
    '/%2561dmin',
    '//admin',
    '/.//admin/x',
    '/ADMIN/x',
    '/x/%2e%2e/admin',
    '/x\\..\\admin',
    '/admin;v=1',
    '/admin/../sms',
    '/admin/%2e%2e/sms',
    '/admin%2fx',
  ])
    expect([target, await post(target)]).toEqual([target, 400])
  for (const target of ['/sms', '/administrator', '/sms/admin', '/a%20b', '/a//b', '/Sms'])
    expect(await post(target)).toBe(200)
  expect(admin.seen).toEqual([])
  for (const target of ['/admin', '/admin/x', '/admin?x=/../sms', '/admin/a%20b']) expect(await post(target)).toBe(200)
  expect(admin.seen).toHaveLength(4)
  upstream.seen.length = 0
})

test('E5: the log has one line of JSON per request, without queries, headers and bodies', async () => {
  const { lines, log } = collectLog()
  const gateway = await startGateway(upstream.url, { log })
  const signed = signSms('/sms?secret=in-the-query', { ...sms, Body: 'secret-message' })
  await send(gateway.url, { ...signed, headers: { ...signed.headers, 'X-Key': 'secret-header' } })
  await sendRaw(gateway.port, 'GET /a%0aINFO:%20fake"} HTTP/1.1\r\nHost: api.example.com\r\n\r\n', '403')
  await expect.poll(() => lines).toHaveLength(2)
  expect(lines).toMatchObject([
    { method: 'POST', path: '/sms', code: 'accepted', status: 200, by: 'upstream', route: '/' },
    { method: 'GET', path: '/a%0aINFO:%20fake"}', code: 'signature_missing', status: 403, by: 'gateway' },
  ])
  expect(JSON.stringify(lines)).not.toMatch(/secret|3f0a9c1d/)
  upstream.seen.length = 0
})

test('E6: many simultaneous requests are answered 200 or 403, and never 429', async () => {
  const genuine = signSms()
  const bad = { ...genuine, body: `${genuine.body}&x=1` }
  const statuses = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => (await send(gateway.url, index % 2 === 0 ? genuine : bad)).status),
  )
  expect(statuses).toEqual(statuses.map((_, index) => (index % 2 === 0 ? 200 : 403)))
  upstream.seen.length = 0
})

test('E6: a silent upstream is 504', async () => {
  const quiet = await startUpstream(() => undefined)
  const other = await startGateway(quiet.url, { timeoutMs: 500 })
  expect((await send(other.url, signSms())).status).toBe(504)
})

test('E6: an upstream that starts before the second attempt gets the request once', async () => {
  const late = await startUpstream()
  const port = Number(new URL(late.url).port)
  await late.close()
  const other = await startGateway(late.url)
  const waiting = send(other.url, signSms())
  const again = createServer((_, res) => res.end('back')).listen(port, '127.0.0.1')
  expect(await waiting).toMatchObject({ status: 200, body: 'back' })
  again.closeAllConnections()
  again.close()
})

test('E6: a client that disconnects cancels its request to the upstream', async () => {
  const left = new Promise<void>((resolve) => {
    const patient = createServer((req) => req.socket.once('close', () => resolve()))
    void listenOn(patient).then(async (url) => {
      const other = await startGateway(url)
      const socket = connect(other.port, '127.0.0.1')
      patient.once('request', () => socket.destroy())
      socket.write(formatRequest(signSms()))
    })
  })
  await left
})

test('E6: a delivery can be sent again if its client disconnected before the verdict', async () => {
  const replay = replayGuard({ store: memoryStore(), whenRepeated: 'reject', ttlSeconds: 60 })
  const lookups: (() => void)[] = []
  const lookup = () => new Promise<string>((resolve) => lookups.push(() => resolve(authToken)))
  const other = await startGateway(upstream.url, {}, { replay, authToken: lookup })
  const signed = signMessage(0x4444)
  const socket = connect(other.port, '127.0.0.1', () => socket.write(formatRequest(signed)))
  await expect.poll(() => lookups.length, { timeout: 10_000 }).toBe(1)
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
  lookups[0]?.()
  for (const [index, status] of [200, 403].entries()) {
    const answer = send(other.url, signed)
    await expect.poll(() => lookups.length, { timeout: 10_000 }).toBe(index + 2)
    lookups[index + 1]?.()
    expect((await answer).status).toBe(status)
  }
  expect(upstream.seen.splice(0)).toHaveLength(1)
})

test('JSON is forwarded as verified by its body hash, and a GET by its URL', async () => {
  const json = signRequest({ url: 'https://api.example.com/events', json: { a: 'é' }, authToken })
  const { pathname, search } = new URL(json.url)
  const headers = { ...json.headers, host: 'api.example.com' }
  expect(
    (await send(gateway.url, { method: 'POST', target: pathname + search, headers, body: json.body ?? '' })).status,
  ).toBe(200)
  expect(upstream.seen.pop()?.headers).toMatchObject({
    'tollgate-verified': 'body',
    'tollgate-account-sid': accountSid,
  })
  const get = signRequest({ url: `https://api.example.com/voice?AccountSid=${accountSid}`, method: 'GET', authToken })
  const target = `/voice?AccountSid=${accountSid}`
  expect((await send(gateway.url, { method: 'GET', target, headers: { ...get.headers, host: 'x' } })).status).toBe(200)
  expect(upstream.seen.pop()?.headers['tollgate-verified']).toBe('url')
})

test('observe mode forwards a request that did not verify, with tollgate-verified: none', async () => {
  const watching = await startGateway(upstream.url, {}, { mode: 'observe' })
  const { status } = await send(watching.url, { ...signSms(), body: 'Body=forged' })
  expect(status).toBe(200)
  expect(upstream.seen.pop()).toMatchObject({
    headers: { 'tollgate-verified': 'none', 'tollgate-account-sid': '' },
    body: Buffer.from('Body=forged'),
  })
})

test('the log says why the answer of an upstream is missing or incomplete', async () => {
  const { lines: logged, log } = collectLog()
  const answers: Readonly<Record<string, string>> = {
    '/fine': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    '/none': '',
    '/folded': 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n',
    '/short': 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx',
  }
  const app = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (bytes) => socket.end(answers[String(bytes).split(' ')[1] ?? ''] ?? ''))
  })
  const url = await listenOn(app)
  const measured = await startGateway(url, {
    log,
    routes: [
      routeTo(url),
      routeTo('http://127.0.0.1:9', { path: '/closed', webSocket: true }),
      routeTo(url.replace('http:', 'https:'), { path: '/plain' }),
    ],
  })
  for (const path of [...Object.keys(answers), '/closed', '/plain'])
    await send(measured.url, signSms(path)).catch(() => undefined)
  const { headers } = signRequest({ url: 'wss://api.example.com/closed', method: 'GET', authToken })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  await sendRaw(measured.port, `GET /closed HTTP/1.1\r\nHost: api.example.com\r\n${lines.join('')}\r\n`)
  expect(logged.map(({ path, status, failure }) => [path, status, failure])).toEqual([
    ['/fine', 200, undefined],
    ['/none', 502, 'connection closed'],
    ['/folded', 502, 'malformed answer'],
    ['/short', 200, 'connection closed'],
    ['/closed', 502, 'ECONNREFUSED'],
    ['/plain', 502, expect.stringMatching(/^E[A-Z_]+$/)],
    ['/closed', 502, 'ECONNREFUSED'],
  ])
})

test('requests that are answered without being read are in the log and the metrics', async () => {
  const { lines, log } = collectLog()
  const measured = await startGateway(upstream.url, { admin: { port: 0 }, log })
  const head = 'POST /sms HTTP/1.1\r\nHost: api.example.com\r\n'
  await sendRaw(measured.port, 'nonsense\r\n\r\n')
  await sendRaw(measured.port, `${head}X: ${'x'.repeat(20_000)}\r\n\r\n`)
  await sendRaw(measured.port, 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n')
  const silent = connect(measured.port, '127.0.0.1').end()
  await once(silent.resume(), 'close')
  expect(lines.map(({ method, path, code, status }) => [method, path, code, status])).toEqual([
    ['', '', 'malformed', 400],
    ['', '', 'head_too_large', 431],
    ['CONNECT', '', 'unverified', 403],
  ])
  const metrics = await (await fetch(`${measured.adminUrl}/metrics`)).text()
  expect(metrics).toContain('tollgate_responses_total{status="431",by="gateway"} 1')
})

test('health and metrics have their own listener and contain no secrets', async () => {
  const measured = await startGateway(upstream.url, { admin: { port: 0 } })
  await send(measured.url, signSms())
  await send(measured.url, { ...signSms(), body: 'x=1' })
  const read = async (path: string) => await (await fetch(`${measured.adminUrl}${path}`)).text()
  expect(await read('/healthz')).toBe('ok\n')
  expect(await read('/readyz')).toBe('ready\n')
  await expect.poll(() => read('/metrics')).toContain('tollgate_verdicts_total{code="signature_mismatch",route="/"} 1')
  const metrics = await read('/metrics')
  expect(metrics).toContain('tollgate_verdicts_total{code="accepted",route="/"} 1')
  expect(metrics).toContain('tollgate_responses_total{status="200",by="upstream"} 1')
  expect(metrics).toMatch(/tollgate_request_duration_seconds_bucket\{le="0.001",by="upstream"\}/)
  expect(metrics).not.toMatch(/3f0a9c1d|AC0123/)
  expect((await fetch(`${measured.adminUrl}/other`)).status).toBe(404)
  upstream.seen.length = 0
})
