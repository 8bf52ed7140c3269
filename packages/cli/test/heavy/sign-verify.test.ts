import { signRequest } from 'tollgate/testing'
import { describe, expect, test } from 'vitest'
import {
  answering,
  authToken,
  expectUsage,
  otherToken,
  readJson,
  sharedSecret,
  signCurl,
  tollgate,
  tollgateAtTerminal,
  writeScratch,
} from '../support.ts'

// Slow, because each case starts the command.

const url = 'https://example.com/sms'
const params = ['--param', 'From=+15551230001', '--param', 'Body=Hello & goodbye']

describe('sign', () => {
  test('prints the headers and a curl command that verifies as genuine', async () => {
    const signed = await tollgate(['sign', '--url', url, ...params])
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    expect(signed.stdout).toContain('POST https://example.com/sms\n')
    const expected = signRequest({ url, params: { From: '+15551230001', Body: 'Hello & goodbye' }, authToken })
    expect(signed.stdout).toContain(`x-twilio-signature: ${expected.headers['x-twilio-signature']}\n`)
    const verified = await tollgate(['verify'], { input: signed.stdout })
    expect(verified).toMatchObject({ code: 0 })
    expect(verified.stdout).toContain('genuine\n')
  })

  test('--json prints one document', async () => {
    const signed = await tollgate(['sign', '--url', url, ...params, '--json'])
    expect(readJson(signed)).toMatchObject({ method: 'POST', url, body: 'From=%2B15551230001&Body=Hello+%26+goodbye' })
  })

  test('--only prints one part', async () => {
    const headers = await tollgate(['sign', '--url', url, '--only', 'headers'])
    expect(headers.stdout).toMatch(/^user-agent: .*\naccept: .*\nx-twilio-signature: \S+\n$/)
    const curl = await tollgate(['sign', '--url', url, '--only', 'curl'])
    expect(curl.stdout).toMatch(/^curl /)
  })

  test('reads JSON, a form and other bodies from files or standard input', async () => {
    const json = await tollgate(['sign', '--url', url, '--json-body', writeScratch('{"a": 1}'), '--json'])
    expect(readJson(json)).toMatchObject({ body: '{"a": 1}', url: expect.stringMatching(/\?bodySHA256=[0-9a-f]{64}$/) })
    const form = await tollgate(['sign', '--url', url, '--form', '-', '--json'], { input: 'a=%201&b=\n' })
    expect(readJson(form)).toMatchObject({ body: 'a=%201&b=', url })
    const text = await tollgate(['sign', '--url', url, '--body', '-', '--content-type', 'text/plain', '--json'], {
      input: 'x',
    })
    expect(readJson(text)).toMatchObject({ headers: { 'content-type': 'text/plain' } })
  })

  test('signs with a SharedKey', async () => {
    const env = { TOLLGATE_SHARED_KEY: sharedSecret }
    const signed = await tollgate(['sign', '--url', url, ...params, '--shared-key', 'k1'], { env })
    expect(signed.stdout).toContain('x-twilio-webhooks-signature-settings: key=k1,algorithm=HMAC_SHA256\n')
    const verified = await tollgate(['verify', '--json', '--shared-key', 'k1'], {
      input: signed.stdout,
      env,
      withToken: false,
    })
    expect(readJson(verified)).toMatchObject({
      genuine: true,
      key: { kind: 'shared_key', id: 'k1' },
      algorithm: 'HMAC_SHA256',
    })
  })
})

describe('verify', () => {
  const signed = signRequest({ url, params: { From: '+15551230001', Body: 'Hello & goodbye' }, authToken })
  const signature = signed.headers['x-twilio-signature'] ?? ''

  test('reads flags', async () => {
    const words = ['verify', '--url', url, ...params, '--signature', signature]
    expect(await tollgate([...words, '--json'])).toMatchObject({ code: 0 })
    const spoofed = await tollgate([...words, '--param', 'More=1'])
    expect(spoofed).toMatchObject({ code: 1 })
    expect(spoofed.stdout).toMatch(/^not genuine: signature_mismatch\n/)
    expect(spoofed.stdout).not.toContain('goodbye')
  })

  test('reads a raw HTTP request, as the server saw it', async () => {
    const raw = `POST /sms HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: ${signature}\r\n\r\n${signed.body}`
    const file = writeScratch(raw)
    expect(await tollgate(['verify', '--raw', file])).toMatchObject({ code: 1 })
    const words = ['verify', '--raw', file, '--public-url', 'https://example.com']
    expect(await tollgate(words)).toMatchObject({ code: 0 })
    expect(await tollgate(['verify', '-', '--public-url', 'https://example.com'], { input: raw })).toMatchObject({
      code: 0,
    })
  })

  test('reads an entry of a HAR file, and a capture', async () => {
    const headers = Object.entries(signed.headers).map(([name, value]) => ({ name, value }))
    const request = { method: 'POST', url, headers, postData: { text: signed.body } }
    const har = JSON.stringify({
      log: { entries: [{ request: { ...request, url: 'https://example.com/' } }, { request }] },
    })
    const file = writeScratch(har)
    expectUsage(await tollgate(['verify', '--har', file]), /has 2 entries; choose one with --entry N/)
    expect(await tollgate(['verify', '--har', file, '--entry', '1'])).toMatchObject({ code: 1 })
    expect(await tollgate(['verify', '--har', file, '--entry', '2'])).toMatchObject({ code: 0 })
    expect(await tollgate(['verify', '-', '--entry', '2'], { input: har })).toMatchObject({ code: 0 })
    const capture = JSON.stringify({ method: 'POST', url, headers: signed.headers, body: signed.body })
    expect(await tollgate(['verify'], { input: capture })).toMatchObject({ code: 0 })
    expect(await tollgate(['verify', '--capture', writeScratch(capture)])).toMatchObject({ code: 0 })
  })

  test('prints what the signature covers and the URL that was signed', async () => {
    const port = signCurl({ url: 'https://example.com:443/sms', params: { AccountSid: `AC${'a'.repeat(32)}` } })
    const verified = await tollgate(
      [
        'verify',
        '--public-url',
        'https://example.com',
        '--auth-token-file',
        writeScratch(`${otherToken}\n${authToken}\n`),
      ],
      { input: port, withToken: false },
    )
    expect(verified.stdout).toBe(
      [
        'genuine',
        '  covers     the URL and every form parameter',
        `  account    AC${'a'.repeat(32)}`,
        '  key        Auth Token 2',
        '  algorithm  HMAC_SHA1',
        '  signed URL https://example.com:443/sms',
        '  URL form   with the port',
        '',
      ].join('\n'),
    )
  })

  test('reads the token from a file or from standard input', async () => {
    const words = ['verify', '--url', url, ...params, '--signature', signature]
    const withToken = false
    expect(await tollgate([...words, '--auth-token-stdin'], { input: `${authToken}\n`, withToken })).toMatchObject({
      code: 0,
    })
    expect(await tollgate([...words, '--auth-token-file', writeScratch(authToken)], { withToken })).toMatchObject({
      code: 0,
    })
    expectUsage(await tollgate(words, { withToken }), /no Auth Token: set TWILIO_AUTH_TOKEN/)
    expectUsage(
      await tollgate([...words, '--auth-token-file', writeScratch(` ${authToken}`)], { withToken }),
      /: the Auth Token of --auth-token-file has white space around it/,
    )
    for (const command of [words, ['sign', '--url', url], ['gateway', '--upstream', '1', '--public-url', url]])
      expectUsage(
        await tollgate(command, { withToken, env: { TWILIO_AUTH_TOKEN: `${authToken}\n` } }),
        /^tollgate: TWILIO_AUTH_TOKEN has white space around it/m,
      )
    expectUsage(await tollgate([...words, '--auth-token-file', authToken], { withToken }), 'the file does not exist')
  })

  test('reads variables from an .env file; the environment wins', async () => {
    const words = ['verify', '--url', url, ...params, '--signature', signature, '--dotenv']
    const file = writeScratch(`# a comment\nexport TWILIO_AUTH_TOKEN="${authToken}"\nNO_COLOR=1\n`)
    expect(await tollgate([...words, file], { withToken: false })).toMatchObject({ code: 0 })
    expect(await tollgate([...words, writeScratch(`TWILIO_AUTH_TOKEN=${otherToken}`)])).toMatchObject({ code: 0 })
    expectUsage(await tollgate([...words, `${file}.missing`]), '--dotenv: the file does not exist')
  })

  test('does not show a token that is typed at a terminal', async () => {
    const words = ['verify', '--url', url, ...params, '--signature', signature, '--auth-token-stdin']
    const ran = await tollgateAtTerminal(words, {
      withToken: false,
      ...answering({ 'it is not shown': `${authToken}\r` }),
    })
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('genuine') })
  })

  test('at a terminal, a pasted command ends with Enter', async () => {
    const ran = await tollgateAtTerminal(['verify'], {
      keepOpen: true,
      onStarted: (child) => {
        // This line is longer than a terminal's line mode allows.
        const command = signCurl({ url, params: { Body: 'ф'.repeat(1600) } })
        child.stdout?.once('data', () => child.stdin?.write(`${command}\nand what the command printed\n`))
      },
    })
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('\u001b[32mgenuine\u001b[39m') })
  })
})
