import { once } from 'node:events'
import { connect } from 'node:net'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findFreePort } from '../../../../tools/services/free-port.mjs'
import { resources } from '../../src/audit/resources.ts'
import { commands } from '../../src/commands/table.ts'
import { authToken, listen, type Running, tollgate, tollgateHere, waitForText, writeScratch } from '../support.ts'

// Slow, because it runs every command, two of them as processes that listen.

/** Acts in a terminal, reverses what follows, and has characters that stay unseen. */
const hostile = 'a\x1b[31m\x9b31m\x7f\x07\u202etxet\u2066\u200b\u200dzz\ud800z\u{e0041}z'
/** The part of it that a header can hold, as bytes. */
const hostileHeader = 'a\x9b31m\x80\xe2\x80\xae'

const color = new RegExp(`${String.fromCharCode(27)}\\[(1|22|3[1236]|39)m`, 'g')

// Written apart from the filter.
const acting =
  /(?![\n\t])\p{Cc}|[\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}|[\u{e0000}-\u{e007f}]/u

const main = `AC${'1'.repeat(32)}`
const sid = (prefix: string): string => prefix + '3'.repeat(32)

let api: Running
let server: Running
let upstream: Running
let voice: Running
beforeAll(async () => {
  const item = {
    ...{ sid: hostile, id: hostile, owner_account_sid: main, auth_token: authToken, status: 'active' },
    ...{ voice_url: `https://${hostile}.example.com/${hostile}`, sms_url: hostile, voice_method: hostile },
    ...{
      webhook_url: `http://example.com/${hostile}`,
      url: `https://x:${hostile}@example.com/${hostile}?${hostile}#${hostile}`,
    },
    ...{
      request_url: `https://example.com/${hostile}`,
      request_method: hostile,
      request_variables: `${hostile}=${hostile}`,
    },
    ...{ error_code: '11200', date_created: hostile, request_headers: hostile, signature: { type: 'none' } },
    request: { url: `https://example.com/${hostile}`, method: hostile, parameters: { [hostile]: hostile } },
    response: { response_code: hostile, date_created: hostile },
  }
  const names = Object.values(resources).flatMap(({ list, parent }) => [list ?? [], parent?.list ?? []].flat())
  api = await listen((req, res) => {
    const lists = Object.fromEntries([...names, 'alerts', 'events', 'rules', 'settings'].map((name) => [name, [item]]))
    const status = /Domains|Trunks/.test(req.url ?? '') ? 403 : 200
    res.writeHead(status, { 'content-type': 'application/json' })
    res.end(
      JSON.stringify({
        ...item,
        ...lists,
        accounts: [{ ...item, sid: `AC${'2'.repeat(32)}` }],
        code: 20403,
        message: hostile,
      }),
    )
  })
  server = await listen((_req, res) => {
    res.writeHead(302, hostileHeader, {
      'content-type': `text/xml; ${hostileHeader}`,
      location: `http://x/${hostileHeader}`,
    })
    res.end(`<Response><Say>${hostile}</Say></${hostile}>`)
  })
  // Where a cut text of a URL is no XML, the document is refused, so the second one has none.
  voice = await listen((req, res) => {
    const text = hostile.replace(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    const action = `https://${encodeURIComponent(text)}.example.com/${text}`
    const own = `<Say>${text}</Say><Play>${text}</Play><Gather action="${action}" finishOnKey="${text}"/>`
    res.writeHead(200, { 'content-type': 'text/xml', 'set-cookie': `a=${hostileHeader}` })
    res.end(
      `<Response>${req.url === '/nouns' ? '' : own}<Dial><${'x'.repeat(9)}>${text}</${'x'.repeat(9)}></Dial></Response>`,
    )
  })
  upstream = await listen((_req, res) => res.writeHead(500, hostileHeader, { 'x-h': hostileHeader }).end(hostile))
})
afterAll(async () => void (await Promise.all([api, server, upstream, voice].map((one) => one.close()))))

const capture = (signed: boolean): string => {
  const { method, url, headers, body } = signRequest({
    url: `https://example.com/${encodeURIComponent('x')}`,
    params: { Body: hostile, From: hostile, AccountSid: main, [hostile]: hostile, MessageSid: sid('SM') },
    authToken,
  })
  const own = {
    ...headers,
    'x-forwarded-host': hostileHeader,
    'x-original-url': `/${hostileHeader}`,
    host: hostileHeader,
  }
  return writeScratch(
    JSON.stringify({
      method,
      url,
      headers: signed ? { ...headers, 'x-h': hostileHeader } : { ...own, 'x-twilio-signature': 'x' },
      body,
    }),
  )
}

/** Words for each command, whose input and whose servers are hostile. */
const scenarios: Readonly<Record<string, () => readonly (readonly string[])[]>> = {
  sign: () => [
    ['--url', 'https://example.com/x', '--param', `Body=${hostile}`],
    ['--url', `https://example.com/${hostile}`],
    ['--url', 'https://example.com/x', '--header', `x: ${hostile}`],
  ],
  verify: () => [
    [capture(true), '--public-url', 'https://example.com'],
    [capture(false), '--public-url', 'https://example.com'],
    [writeScratch(hostile)],
    ['--capture', `/nowhere/${hostile}`],
  ],
  diagnose: () =>
    [
      [capture(false), '--public-url', 'https://example.com'],
      ['--alert'],
      ['--alert', sid('NO'), '--public-url', 'https://example.com'],
      [capture(true), '--alert', sid('NO')],
      ['--alert', sid('CA'), '--public-url', 'https://example.com'],
    ].map((words) => (words.includes('--alert') ? [...words, '--api-url', `${api.origin}/{product}`] : words)),
  send: () => [
    ['message.inbound', '--to', `${server.origin}/sms?${encodeURIComponent('x')}`],
    ['message.inbound', '--to', `${upstream.origin}/sms`],
    ['message.inbound', '--to', `http://${hostile}/sms`],
    ['--list'],
  ],
  gateway: () => [
    ['--config', `/nowhere/${hostile}.yaml`],
    ['--config', writeScratch(`${JSON.stringify({ [hostile]: 1, routes: [{ [hostile]: hostile }] })}`)],
    ['--upstream', `http://${hostile}`, '--public-url', 'https://example.com'],
  ],
  dev: () => [['--upstream', `http://${hostile}`], ['--public-url', `https://${hostile}`], [`--${hostile}`]],
  audit: () => [
    ['--api-url', `${api.origin}/{product}`, '--rate', '100', '--public-url', 'https://example.com'],
    ['--api-url', `${api.origin}/{product}`, '--rate', '100'],
    ['--baseline', writeScratch(JSON.stringify({ [hostile]: hostile }))],
  ],
  conform: () => [
    ['--to', `${upstream.origin}/sms`],
    ['--to', `http://${hostile}/sms`],
    ['--to', `${server.origin}/${hostile}`],
  ],
  call: () => [
    ['--to', `${voice.origin}/voice`],
    ['--to', `${voice.origin}/nouns`, '--attack'],
    ['--to', `${server.origin}/voice`],
    ['--to', `http://${hostile}/voice`],
    ['--to', `${voice.origin}/voice`, '--map', `https://${hostile}=${hostile}`],
  ],
}

interface Printed {
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command with the variables of an account. */
function runWith(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Printed> {
  return tollgateHere(words, { env: { TWILIO_ACCOUNT_SID: main, ...env } })
}

function expectInert({ stdout, stderr }: Printed, what: string): void {
  expect(stdout, what).not.toMatch(acting)
  expect(stderr, what).not.toMatch(acting)
}

test('each command has a scenario', () => {
  expect(Object.keys(scenarios).sort()).toEqual(Object.keys(commands).sort())
})

describe.each(Object.keys(commands))('tollgate %s', (name) => {
  test('prints nothing that acts in a terminal, in any form, with and without colours', async () => {
    const { command } = (await commands[name]?.load()) ?? {}
    const forms = ['json'].filter((flag) => Object.hasOwn(command?.flags ?? {}, flag))
    let all = ''
    for (const words of scenarios[name]?.() ?? []) {
      for (const form of [[], ...forms.map((flag) => [`--${flag}`])]) {
        const printed = await runWith([name, ...words, ...form])
        expectInert(printed, [name, ...words, ...form].join(' '))
        all += printed.stdout + printed.stderr
        if (form.length > 0 && printed.stdout !== '') JSON.parse(printed.stdout)
      }
      const { stdout, stderr } = await runWith([name, ...words], { FORCE_COLOR: '1' })
      const bare = { stdout: stdout.replace(color, ''), stderr: stderr.replace(color, '') }
      expectInert(bare, 'with colours')
      expect(bare.stdout + bare.stderr).not.toMatch(/color-[0-9a-f]/)
    }
    // The texts arrived, so that the filter had to do something. Two commands repeat no text of their flags.
    if (name !== 'conform' && name !== 'dev') expect(all).toMatch(/\[U\+202E\]|\\u202e|%E2%80%AE/)
  })

  test('a hostile name of a flag', async () => {
    expectInert(await runWith([name, `--${hostile}`]), 'flag')
    expectInert(await runWith([name, `--${hostile}=1`, '--json']), 'flag')
    expectInert(await runWith([`${name}${hostile}`]), 'command')
  })
})

/** Starts a command that listens, sends these requests, and returns what it printed until it ended. */
async function serve(words: readonly string[], port: number, requests: readonly string[]): Promise<Printed> {
  return await tollgate(words, {
    onStarted: async (child) => {
      await waitForText(child, /listens on|^Webhooks/m)
      for (const request of requests) {
        const socket = connect(port, '127.0.0.1').on('error', () => undefined)
        socket.end(Buffer.from(request, 'latin1'))
        await once(socket.resume(), 'close')
      }
      child.kill('SIGTERM')
    },
  })
}

/** Requests with hostile bytes in each place, one of which is signed and reaches the upstream. */
function listRequests(url: string): readonly string[] {
  const lines = (line: string, fields: readonly string[], body = ''): string =>
    [line, 'Host: example.com', 'Connection: close', `Content-Length: ${body.length}`, ...fields, '', body].join('\r\n')
  const signed = signRequest({ url, params: { Body: hostile }, authToken })
  const fields = Object.entries(signed.headers).flatMap(([name, value]) =>
    /^(host|content-length)$/i.test(name) ? [] : `${name}: ${value}`,
  )
  return [
    lines(`GET /${hostileHeader} HTTP/1.1`, [
      `X-Forwarded-Uri: /${hostileHeader}`,
      `X-Forwarded-Host: ${hostileHeader}`,
    ]),
    lines('POST /sms HTTP/1.1', [`X-Twilio-Signature: ${hostileHeader}`, `User-Agent: ${hostileHeader}`]),
    lines(`POST ${new URL(url).pathname} HTTP/1.1`, [...fields, `X-H: ${hostileHeader}`], String(signed.body)),
    lines('GET /verify HTTP/1.1', [
      'X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=',
      ...['X-Forwarded-Method: POST', `X-Forwarded-Uri: /${hostileHeader}`, 'X-Forwarded-Host: example.com'],
    ]),
    `${hostileHeader} / HTTP/1.1\r\n\r\n`,
  ]
}

describe('a command that listens', () => {
  test('the log and the messages of the gateway', async () => {
    const [port, authPort] = [await findFreePort(), await findFreePort()]
    const config = writeScratch(
      JSON.stringify({
        listen: `127.0.0.1:${port}`,
        routes: [
          {
            path: '/',
            upstream: upstream.origin,
            publicUrl: 'https://example.com',
            keys: { env: 'TWILIO_AUTH_TOKEN' },
          },
        ],
        forwardAuth: {
          listen: `127.0.0.1:${authPort}`,
          publicUrl: 'https://example.com',
          keys: { env: 'TWILIO_AUTH_TOKEN' },
        },
      }),
    )
    const requests = listRequests('https://example.com/sms')
    const printed = await serve(['gateway', '--config', config], port, requests)
    expectInert(printed, 'gateway')
    expect(printed.stdout).toMatch(/"msg":"request"/)
    expectInert(await serve(['gateway', '--config', config], authPort, requests), 'forward-auth')
  })

  test('the lines and the hints of dev', async () => {
    const port = await findFreePort()
    const words = ['dev', '--listen', `127.0.0.1:${port}`, '--inspector-port', '0', '--upstream', upstream.origin]
    const printed = await serve(
      [...words, '--public-url', 'https://example.com'],
      port,
      listRequests('https://example.com/sms'),
    )
    expectInert(printed, 'dev')
    expect(printed.stdout).toMatch(/^POST .* {2}(refused|accepted)/m)
  })
})
