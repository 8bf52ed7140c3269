import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askRaw, openForTest, openPage, type Page } from './kit.ts'

let page: Page
beforeAll(async () => {
  page = await openPage()
})
afterAll(() => page.close())

const cookie = () => page.cookie
const newPath = () => new URL(page.inspector.createUrl()).search.replace(/^/, '/')
const origin = () => `http://127.0.0.1:${page.port}`

test('the printed address sets an HttpOnly, SameSite cookie and leaves the address bar', async () => {
  const path = newPath()
  expect(path).not.toContain(page.token)
  const first = await askRaw(page.port, path)
  expect(first.status).toBe(303)
  expect(first.headers.location).toBe('/')
  expect(first.headers['set-cookie']).toEqual([`${cookie()}; Path=/; HttpOnly; SameSite=Strict`])
  const second = await askRaw(page.port, '/', { headers: { cookie: `other=1; ${cookie()}` } })
  expect(second.status).toBe(200)
  expect(second.text).toContain('<title>Tollgate inspector</title>')
})

test('an address opens the page once; after that it works only in the browser that used it', async () => {
  const path = newPath()
  expect((await askRaw(page.port, path)).status).toBe(303)
  const again = await askRaw(page.port, path)
  expect([again.status, again.headers['set-cookie']]).toEqual([401, undefined])
  expect(again.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(again.text).toContain('<h1>This address was used already</h1>')
  expect(again.text).toContain(`open <code>http://127.0.0.1:${page.port}/</code>`)
  expect((await askRaw(page.port, '/')).text).toContain('<h1>This browser has not opened the page yet</h1>')
  expect((await askRaw(page.port, '/style.css')).status).toBe(200)
  expect((await askRaw(page.port, '/style.css', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403)
  const inBrowser = await askRaw(page.port, path, { headers: { cookie: cookie() } })
  expect([inBrowser.status, inBrowser.headers.location]).toEqual([303, '/'])
  expect((await askRaw(page.port, `/?code=${page.token}`)).status).toBe(401)
  expect((await askRaw(page.port, `/?token=${page.token}`)).status).toBe(401)
})

test('a code counts only for the page itself, and of unused codes only the newest 20', async () => {
  const [oldest, ...others] = Array.from({ length: 21 }, newPath)
  const [code = ''] = /(?<==).*/.exec(others[0] ?? '') ?? []
  for (const path of [`/api/info?code=${code}`, `/main.js?code=${code}`])
    expect((await askRaw(page.port, path)).status).toBe(401)
  expect((await askRaw(page.port, others[0] ?? '', { method: 'HEAD' })).status).toBe(401)
  expect((await askRaw(page.port, oldest ?? '')).status).toBe(401)
  for (const path of others) expect((await askRaw(page.port, path)).status).toBe(303)
})

test('two runs have cookies with two names, and those of many ended runs are removed', async () => {
  const other = await openForTest()
  expect(other.cookie.split('=')[0]).not.toBe(page.cookie.split('=')[0])
  const old = Array.from({ length: 8 }, (_, at) => `tollgate_inspector_0000000${at}=x`)
  const { headers } = await askRaw(page.port, newPath(), { headers: { cookie: ['a=1', ...old, 'b=2'].join('; ') } })
  const [own, ...removed] = headers['set-cookie'] ?? []
  expect(own).toMatch(/^tollgate_inspector_[0-9a-f]{8}=/)
  expect(removed.map((one) => one.slice(0, 31))).toEqual([0, 1, 2].map((at) => `tollgate_inspector_0000000${at}=; M`))
})

test('a browser without access makes the next address, once for each that was used', async () => {
  const urls: string[] = []
  const own = await openForTest({ onNewUrl: (url) => void urls.push(url) })
  for (let visit = 0; visit < 3; visit++) expect((await askRaw(own.port, '/')).status).toBe(401)
  expect((await askRaw(own.port, '/api/info')).status).toBe(401)
  expect(urls).toHaveLength(1)
  expect((await askRaw(own.port, new URL(urls[0] ?? '').search.replace(/^/, '/'))).status).toBe(303)
  expect((await askRaw(own.port, '/', { headers: { host: 'evil.example' } })).status).toBe(403)
  expect(urls).toHaveLength(1)
  expect((await askRaw(own.port, '/')).status).toBe(401)
  expect(urls).toHaveLength(2)
})

test('shows nothing without the token', async () => {
  const paths = ['/', '/main.js', '/api/info', '/api/captures', '/api/events', '/api/export', '/nowhere']
  for (const path of paths) expect((await askRaw(page.port, path)).status, path).toBe(401)
})

test.each([
  ['a shorter token', (token: string) => token.slice(0, -1)],
  ['a longer token', (token: string) => `${token}x`],
  ['another token', (token: string) => token.replace(/./g, 'x')],
  ['none', () => ''],
])('a wrong token is refused: %s', async (_name, spoil) => {
  const token = spoil(page.token)
  expect((await askRaw(page.port, `/?code=${token}`)).status).toBe(401)
  expect((await page.ask('/api/info', { headers: { 'x-tollgate-inspector-token': token } })).status).toBe(401)
  const cookies = page.cookie.replace(/=.*$/, `=${token}`)
  expect((await askRaw(page.port, '/api/info', { headers: { cookie: cookies } })).status).toBe(401)
})

test.each([
  'evil.example',
  'evil.example:80',
  '127.0.0.1',
  '127.0.0.1.evil.example:4040',
  'localhost:1',
  'user@127.0.0.1',
])('another Host is refused, with or without the token: %j', async (host) => {
  expect((await page.ask('/api/info', { headers: { host } })).status).toBe(403)
  const path = newPath()
  expect((await askRaw(page.port, path, { headers: { host } })).status).toBe(403)
  expect((await askRaw(page.port, path)).status, 'the code was not used').toBe(303)
})

test('two Host headers are refused', async () => {
  const sent = `GET /api/info HTTP/1.1\r\nHost: 127.0.0.1:${page.port}\r\nHost: evil.example\r\nConnection: close\r\nx-tollgate-inspector-token: ${page.token}\r\n\r\n`
  const socket = connect(page.port, '127.0.0.1')
  socket.write(sent)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 40[03]/)
})

test('answers both names of this machine', async () => {
  for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST'])
    expect((await page.ask('/api/info', { headers: { host: `${name}:${page.port}` } })).status).toBe(200)
})

test('other sites cannot read or write, even with the cookie', async () => {
  const write = { method: 'DELETE', headers: { cookie: cookie() } }
  const from = (headers: Record<string, string>) =>
    askRaw(page.port, '/api/captures', { ...write, headers: { ...write.headers, ...headers } })
  expect((await from({ origin: 'https://evil.example' })).status).toBe(403)
  expect((await from({ origin: 'null' })).status).toBe(403)
  expect((await from({ origin: `http://localhost:${page.port}` })).status).toBe(403)
  expect((await from({ origin: origin(), 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await from({})).status, 'without an Origin').toBe(403)
  expect((await from({ origin: origin(), 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  const read = { headers: { cookie: cookie(), origin: 'https://evil.example' } }
  expect((await askRaw(page.port, '/api/captures', read)).status).toBe(403)
})

test.each(['same-site', 'cross-site', 'same-origin, none', ''])(
  'a page of a %j origin starts no download and reads nothing',
  async (site) => {
    const headers = { cookie: cookie(), 'sec-fetch-site': site }
    const navigation = { ...headers, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    const paths = [
      '/api/export',
      '/api/export?format=har',
      '/api/captures',
      '/api/info',
      '/api/events',
      '/main.js',
      '/codes/none',
    ]
    for (const path of paths) {
      expect(await askRaw(page.port, path, { headers: navigation })).toMatchObject({
        status: 403,
        text: 'Other sites may not use this page.',
      })
      expect((await askRaw(page.port, path, { headers, method: 'HEAD' })).status, path).toBe(403)
    }
    // The token in a header does not help: no browser sends it for another site.
    expect((await page.ask('/api/export', { headers: { 'sec-fetch-site': site } })).status).toBe(403)
    // A link may open the page itself, which then asks for everything as its own origin.
    expect((await askRaw(page.port, '/', { headers: navigation })).status).toBe(200)
  },
)

test('the page, an address that a person typed and a program can download, with the cookie or the token only', async () => {
  for (const site of ['same-origin', 'none']) {
    const headers = { 'sec-fetch-site': site }
    const answer = await askRaw(page.port, '/api/export', { headers: { ...headers, cookie: cookie() } })
    expect(answer.headers['content-disposition']).toBe('attachment; filename="tollgate-captures.json"')
    expect((await askRaw(page.port, '/api/export', { headers })).status).toBe(401)
  }
  expect((await page.ask('/api/export')).status).toBe(200)
  expect((await askRaw(page.port, '/api/export')).status).toBe(401)
})

test('a write must be JSON, which a form of another site cannot send', async () => {
  const answer = await page.ask('/api/send', { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } })
  expect(answer.status).toBe(415)
})

test('a body over 64 MiB is refused, and the page is told why', async () => {
  const answer = await page.ask('/api/import', { method: 'POST', body: 'x'.repeat(64 * 1_048_576 + 1) })
  expect(answer).toMatchObject({ status: 413, text: 'The body is larger than 64 MiB.' })
})

test('every answer forbids features that the page does not need', async () => {
  for (const path of ['/', '/main.js', '/api/info', '/nowhere', newPath()]) {
    const { headers } = await page.ask(path)
    expect(headers['content-security-policy'], path).toMatch(/^default-src 'none'; script-src 'self';/)
    expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['cache-control']).toBe('no-store')
  }
})

test('unknown paths and methods get 404, never a file', async () => {
  const paths = [
    '/../package.json',
    '/%2e%2e/package.json',
    '/index.html',
    '/constructor',
    '/__proto__',
    '//evil.example/',
  ]
  for (const path of paths) expect((await page.ask(path)).status, path).toBe(404)
  expect((await page.ask('/api/captures', { method: 'PATCH' })).status).toBe(404)
  expect((await page.ask('/api/captures/no-such-capture')).status).toBe(404)
  expect((await page.ask('/api/captures/x/copy?as=toString')).status).toBe(400)
})

test('only this machine can connect', async () => {
  const others = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const outside = others.filter(({ internal, family }) => !internal && family === 'IPv4')
  for (const { address } of outside)
    await expect(
      new Promise((resolve, reject) => {
        const socket = connect(page.port, address, () => resolve(socket.destroy()))
        socket.on('error', reject)
      }),
    ).rejects.toThrow('ECONNREFUSED')
  expect((await page.ask('/api/info')).status).toBe(200)
})

test('each rejection code has its page in HTML, and no other path reaches a file', async () => {
  const answer = await page.ask('/codes/signature_mismatch')
  expect(answer.status).toBe(200)
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(answer.text).toContain('<h1>signature_mismatch</h1>')
  expect(answer.text).toContain('<strong>Meaning.</strong>')
  expect(answer.text).not.toMatch(/\]\(|\*\*|<script/)
  expect((await askRaw(page.port, '/codes/signature_mismatch')).status).toBe(401)
  for (const path of ['/codes/', '/codes/nothing', '/codes/../index', '/codes/%2e%2e%2findex', '/codes/README.md'])
    expect((await page.ask(path)).status, path).toBe(404)
})
