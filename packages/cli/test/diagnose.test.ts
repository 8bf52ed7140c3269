import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createVerifier } from 'tollgate'
import { diagnose, diagnoseSendGrid } from 'tollgate/diagnose'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { signRequest, signSendGridRequest } from 'tollgate/testing'
import { describe, expect, test, vi } from 'vitest'
import {
  answering,
  authToken,
  expectUsage,
  keep,
  makeFolder,
  otherToken,
  readJson,
  record,
  sharedSecret,
  signCurl,
  tollgate,
  tollgateAtTerminal,
  tollgateHere,
  writeScratch,
} from './support.ts'

const formType = 'application/x-www-form-urlencoded'
const params = { From: '+15551230001', Body: 'a private text' }
const signed = signRequest({ url: 'https://example.com/api/sms', params, authToken })
const signature = signed.headers['x-twilio-signature']

// Twilio calls https://example.com/api/sms. The proxy uses http to the server and strips /api.
const behindProxy = [
  "me@box:~/app$ curl -i 'http://example.com/sms' \\",
  "> -H 'X-Forwarded-Proto: https' \\",
  `> -H 'X-Twilio-Signature: ${signature}' \\`,
  `> --data '${signed.body}'`,
].join('\n')

interface Document {
  genuine: boolean
  proven: { causes: { id: string; fix: string }[]; signedUrl: string } | null
  suspected: { id: string }[]
}

const idsOf = (ran: Awaited<ReturnType<typeof tollgate>>) =>
  (readJson(ran) as unknown as Document).proven?.causes.map(({ id }) => id).sort()

describe('diagnose --last', () => {
  const cache = makeFolder()
  const env = { XDG_CACHE_HOME: cache, TWILIO_AUTH_TOKEN: otherToken }

  test('reads a request of SendGrid with the command that the refusal prints', async () => {
    const own = makeFolder()
    vi.stubEnv('XDG_CACHE_HOME', own)
    const printed: string[] = []
    vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(String(line)))
    const made = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    const other = made.export({ format: 'der', type: 'spki' }).toString('base64')
    const { publicKey, ...signed } = await signSendGridRequest({ url: 'https://example.com/events' })
    await createSendGridVerifier({ publicKey: other, diagnose: diagnoseSendGrid }).verify(signed)
    await vi.waitFor(() => expect(printed).toHaveLength(1), { timeout: 20_000 })
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    const [, words = ''] = /npx @tollgate\/cli (.*)/.exec(printed[0] ?? '') ?? []
    // The shell in which people paste the command has no key of the server.
    const inOwn = { env: { XDG_CACHE_HOME: own }, withToken: false }
    const file = join(own, 'other.pub')
    writeFileSync(file, publicKey)
    const ran = await tollgateHere(words.replace(' other.pub', ` ${file}`).split(' '), inOwn)
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining('The key "other.pub" signed it.') })
    const without = await tollgateHere(words.replace(' --other-key-file other.pub', '').split(' '), inOwn)
    expect(without).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('diagnose --last --other-key-file other.pub'),
    })
  })

  test('reads the request that the option `diagnose` has kept, as it stands', async () => {
    expectUsage(await tollgate(['diagnose', '--last'], { env }), '--last: no refused request was kept')
    const withAccount = { env: { ...env, TWILIO_ACCOUNT_SID: `AC${'a'.repeat(32)}` } }
    const words = ['diagnose', '--alert', `NO${'a'.repeat(32)}`, '--last']
    expectUsage(
      await tollgateHere(words, withAccount),
      'In place of --last, give the publicUrl of your server: --public-url URL',
    )
    vi.stubEnv('XDG_CACHE_HOME', cache)
    const printed: string[] = []
    vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(String(line)))
    const form = { MessageSid: `SM${'1'.repeat(32)}`, AccountSid: `AC${'2'.repeat(32)}`, Body: 'private' }
    const signed = signRequest({ url: 'https://example.com/api/sms', params: form, authToken })
    const verifier = createVerifier({ publicUrl: 'https://example.com/api', authToken: otherToken, diagnose })
    for (const url of ['/old', '/sms']) await verifier.verify({ ...signed, url, body: signed.body ?? '' })
    await vi.waitFor(() => expect(printed).toHaveLength(2), { timeout: 20_000 })
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    expect(printed[1]).toMatch(/ npx @tollgate\/cli diagnose --last --alert$/)

    const ran = await tollgateHere(['diagnose', '--last'], { env })
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining("diagnose --last --other-url 'URL'") })
    expect(ran.stdout).toMatch(/^POST https:\/\/example\.com\/api\/sms, refused at 20\d\d-.* \(entry 1 of 2; /)
    expect(ran.stdout + ran.stderr).not.toContain('private')
    const settled = await tollgateHere(['diagnose', '--last', '--public-url', 'https://example.com/api'], {
      env: { ...env, TWILIO_AUTH_TOKEN: authToken },
    })
    expect(settled).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\ngenuine with .* Your server refused it/),
    })
    // The shell in which people paste the command has no token of the server.
    const bare = { env: { XDG_CACHE_HOME: cache, NO_COLOR: '1' }, withToken: false }
    expectUsage(
      await tollgateHere(['diagnose', '--last'], bare),
      'There is no Auth Token: set TWILIO_AUTH_TOKEN, or use --dotenv',
    )
    const asked = await tollgateAtTerminal(['diagnose', '--last'], {
      ...bare,
      ...answering({ 'it is not shown': `${otherToken}\r`, 'Enter if you do not have it': '\r' }),
    })
    expect(asked).toMatchObject({ code: 1, stdout: expect.stringContaining("--other-url 'URL'") })
    const older = await tollgateHere(['diagnose', '--last', '--entry', '2'], { env })
    expect(older.stdout).toMatch(/^POST https:\/\/example\.com\/api\/old, refused at/)
    expectUsage(await tollgateHere(['diagnose', '--last', '--entry', '3'], { env }), '--entry: 2 requests were kept')
    expectUsage(await tollgateHere(['diagnose', '--last', '--curl', 'x'], { env }), 'cannot be used together')
  })

  test('tries the other Auth Tokens of .env in its folder, or of the file of --dotenv', async () => {
    const url = 'https://example.com/sms'
    const kept = keep(record(url, signRequest({ url, params, authToken })))
    const folder = kept.XDG_CACHE_HOME
    const third = 'c'.repeat(32)
    const ask = (text: string, token: string | undefined, words: readonly string[] = []) => {
      writeFileSync(join(folder, '.env'), text)
      const env = { ...kept, ...(token === undefined ? {} : { TWILIO_AUTH_TOKEN: token }) }
      return tollgate(['diagnose', '--last', ...words], { env, cwd: folder, withToken: false })
    }
    const shell = await ask(`# local\nA=b\n export TWILIO_AUTH_TOKEN = "${authToken}" # mine\n`, otherToken)
    expect(shell.stdout).toContain('TWILIO_AUTH_TOKEN in line 3 of .env signed')
    expect(shell.stderr).toContain('Also trying another Auth Token, TWILIO_AUTH_TOKEN in line 3 of .env.')
    const twice = `TWILIO_AUTH_TOKEN='${authToken}'\r\nX=1\r\nTWILIO_AUTH_TOKEN=${otherToken}\r\n`
    const file = await ask(twice, undefined, ['--dotenv', '.env'])
    expect(file.stdout).toContain('TWILIO_AUTH_TOKEN in line 1 of the file of --dotenv signed')
    expect(file.stderr).not.toContain('line 3')
    // A token that did not sign proves nothing, and what is no other token is not tried.
    const wrong = await ask(`TWILIO_AUTH_TOKEN=${third}`, otherToken)
    expect(wrong.stdout).toContain('Nothing is proven')
    expect(wrong.stdout + wrong.stderr).not.toContain(third)
    const others = `OLD_TWILIO_AUTH_TOKEN=${authToken}\n#TWILIO_AUTH_TOKEN=${authToken}\nTWILIO_AUTH_TOKEN=changeme\n`
    const none = await ask(`${others}TWILIO_AUTH_TOKEN=${otherToken}`, otherToken)
    expect(none.stdout).toContain('Nothing is proven')
    expect(none.stderr).not.toContain('Also trying')
  })

  // The server compared signatures, so it has a secret, which only the command lacks.
  test('of a request that names a SharedKey needs the secret of this key, and says nothing about the server', async () => {
    const id = 'webhooks_sharedkey_42'
    const url = 'https://example.com/api/sms'
    const kept = keep(record(url, signRequest({ url, params, sharedKey: { id, secret: sharedSecret } })))
    const env = { ...kept, NO_COLOR: '1' }
    const flag = new RegExp(
      `This command has no secret of the SharedKey .*: add --shared-key ${id}, with the secret in`,
    )
    for (const withToken of [true, false]) {
      const ran = await tollgateHere(['diagnose', '--last'], { env, withToken })
      expectUsage(ran, flag)
      expect(ran.stdout).toMatch(/^POST .*\n$/)
    }
    const given = await tollgateHere(['diagnose', '--last', '--shared-key', id], {
      env: { ...env, TOLLGATE_SHARED_KEY: sharedSecret },
      withToken: false,
    })
    expect(given).toMatchObject({ code: 0, stdout: expect.stringMatching(/\ngenuine with this key/) })
    const asked = await tollgateAtTerminal(['diagnose', '--last'], {
      env,
      ...answering({ [`The secret of the SharedKey ${id} (it is not shown)`]: 'the secret of another key\r' }),
    })
    expect(asked).toMatchObject({ code: 1, stdout: expect.stringContaining('not genuine: signature_mismatch') })
    expect(asked.stdout).not.toContain('shared_key_unconfigured')
    expect(asked.stdout).not.toContain('the secret of another key')
  })

  test('asks for the URL at Twilio if nothing is proven', async () => {
    const form = Object.fromEntries(
      'MessageSid SmsSid SmsMessageSid AccountSid From To Body NumMedia NumSegments SmsStatus ApiVersion'
        .split(' ')
        .map((name) => [
          name,
          `${/Sid$/.test(name) ? (name === 'AccountSid' ? 'AC' : 'SM') + 'a'.repeat(32) : 'private'}`,
        ]),
    )
    const signedUrl = 'https://example.com/gateways/comms-7/sms'
    const signed = signRequest({ url: signedUrl, params: form, authToken })
    const kept = record('https://example.com/sms', signed)
    const headers: typeof kept.headers = [...kept.headers, ['User-Agent', 'TwilioProxy/1.1']]
    const env = { ...keep({ ...kept, headers, keyVerified: true }), NO_COLOR: '1' }
    const words = ['diagnose', '--last']
    const piped = await tollgateHere(words, { env })
    expect(piped.stdout).toContain(" npx @tollgate/cli diagnose --last --other-url 'URL'")
    for (const [typed, shown] of [
      [signedUrl.slice('https://'.length), `Signed URL: ${signedUrl}`],
      ['', "--other-url 'URL'"],
    ] as const) {
      const asked = await tollgateAtTerminal(words, {
        env,
        withToken: false,
        ...answering({ 'it is not shown': `${authToken}\r`, 'Enter if you do not have it': `${typed}\r` }),
      })
      expect(asked.stdout).toContain(shown)
      expect(asked.stdout).not.toContain('private')
    }
    // Each search takes seconds beside other tests.
  }, 90_000)
})

describe('diagnose --last, of a request that was refused for its key', () => {
  const [account, main] = [`AC${'b'.repeat(32)}`, `AC${'c'.repeat(32)}`]
  const url = 'https://example.com/sms'
  const kept = keep(record(url, signRequest({ url, params: { ...params, AccountSid: account }, authToken })))
  const env = { TWILIO_AUTH_TOKEN: otherToken, NO_COLOR: '1' }
  const readFirst = (text: string) => /Seen:\n {2}(.*)/.exec(text)?.[1]

  test('reads the account of the configured token from the file of --dotenv', async () => {
    for (const [sid, isNamed] of [
      [main, true],
      [account, false],
    ] as const) {
      const file = writeScratch(`TWILIO_ACCOUNT_SID=${sid}\n`)
      const words = ['diagnose', '--last', '--dotenv', file, '--api-url', 'http://127.0.0.1:1/{product}']
      const first = readFirst((await tollgateHere(words, { env: { ...kept, ...env } })).stdout)
      expect(first?.includes(`names the account ${account}, and TWILIO_ACCOUNT_SID is ${main}`) === true).toBe(isNamed)
    }
  }, 60_000)

  test('asks for the URL in the TwiML of a handshake', async () => {
    const path = '/sockets/media'
    const { headers } = signRequest({ url: `wss://example.com/calls-7${path}`, method: 'GET', authToken })
    const proxied = { ...headers, 'x-forwarded-for': '54.172.60.1' }
    const handshake = keep({ method: 'GET', url: `wss://example.com${path}`, headers: Object.entries(proxied) })
    const words = ['diagnose', '--last', '--public-url', 'https://example.com']
    const { stdout } = await tollgateHere(words, { env: { ...handshake, ...env } })
    expect(stdout).toContain('the URL of <Stream> or <ConversationRelay> in your TwiML?')
  }, 60_000)

  test('asks for the token of the account that the request names', async () => {
    const question = `The primary Auth Token of the account ${account}, from the Twilio console`
    const asked = await tollgateAtTerminal(['diagnose', '--last'], {
      env: { ...kept, NO_COLOR: '1' },
      withToken: false,
      ...answering({ [question]: `${authToken}\r` }),
    })
    expect(asked.stdout).toContain('genuine with this key')
  }, 60_000)
})

describe('diagnose', () => {
  test('at a terminal: finds two causes, a stripped prefix and http behind a proxy, with one option that fixes both', async () => {
    const ran = await tollgateAtTerminal(['diagnose', '--other-url', 'https://example.com/api/sms'], {
      keepOpen: true,
      env: { NO_COLOR: '1' },
      onStarted: (child) => {
        child.stdout?.once('data', () => child.stdin?.write(`${behindProxy}\n`))
      },
    })
    const report = ran.stdout.slice(ran.stdout.indexOf('Fix: '))
    expect(report.split('\n')).toEqual([
      "Fix: Set publicUrl: 'https://example.com/api'.",
      "Option:     publicUrl: 'https://example.com/api'",
      'not genuine: signature_mismatch',
      expect.stringMatching(/^Proven: undoing these 2 makes the signature match/),
      expect.stringMatching(/^ {2}scheme {7}\S.*https/),
      expect.stringMatching(/^ {2}path_prefix {2}\S.*\/api/),
      'Signed URL: https://example.com/api/sms',
      '',
    ])
    expect(ran).toMatchObject({ code: 1 })
  })

  test('in a pipe: prints plain text or JSON, without the text of the message', async () => {
    const plain = await tollgate(['diagnose', '--other-url', 'https://example.com/api/sms'], { input: behindProxy })
    expect(plain).toMatchObject({ code: 1 })
    expect(plain.stdout).not.toContain('\x1b')
    const json = await tollgateHere(['diagnose', '--other-url', 'https://example.com/api/sms', '--json'], {
      input: behindProxy,
    })
    expect(idsOf(json)).toEqual(['path_prefix', 'scheme'])
    for (const { stdout, stderr } of [plain, json]) expect(stdout + stderr).not.toMatch(/private/)
  })

  describe('a copy whose body a log cut', () => {
    const url = 'https://example.com/sms'
    const sent = {
      ...{ SmsStatus: 'received', NumMedia: '0', NumSegments: '1', MessageSid: `SM${'1'.repeat(32)}` },
      ...{ AccountSid: `AC${'2'.repeat(32)}`, To: '+15551230002', ApiVersion: '2010-04-01', ...params },
    }
    const { body = '', headers } = signRequest({ url, params: sent, authToken })
    const write = (kept: string, length?: number) =>
      inspect({
        method: 'POST',
        url: '/sms',
        headers: { host: 'example.com', ...headers, ...(length !== undefined && { 'content-length': `${length}` }) },
        body: kept,
      })
    const cut = body.slice(0, 140)

    test.each([
      [`${cut}…`, body.length, '143 bytes of the body, which end in "…", and its Content-Length is'],
      [`${cut}...`, body.length, '143 bytes of the body, which end in "...", and its Content-Length is'],
      [`${cut}…`, undefined, '143 bytes of the body, which end in "…": a log'],
      [cut, body.length, '140 bytes of the body and its Content-Length is'],
    ])('is called so: %s, %s', async (kept, length, said) => {
      for (const scheme of ['http', 'https']) {
        const words = ['diagnose', '--public-url', `${scheme}://example.com`]
        const ran = await tollgateHere(words, { input: write(kept, length) })
        expectUsage(ran, said)
        expect(ran.stderr).toContain('Give the whole body, which the signature covers, or ask Twilio')
        expect(ran.stdout + ran.stderr).not.toMatch(/ruled out|Auth Token in|a private/)
      }
    })

    const writeParsed = (text: string, length: number | undefined) => {
      const all = { host: 'example.com', ...headers, ...(length !== undefined && { 'content-length': `${length}` }) }
      return JSON.stringify({ request: { method: 'POST', url, headers: all, data: { ...sent, Body: text } } })
    }

    test.each([
      ['a private te...', body.length + 200, true],
      ['a private te…', body.length + 200, true],
      // People write dots too, and a form that is written again may be shorter.
      ['a private te…', undefined, false],
      ['a private text', body.length + 2, false],
    ])('in a value of a form that was parsed is called so: %s, %s: %s', async (text, length, isCut) => {
      const { stdout, stderr } = await tollgateHere(['diagnose', '--public-url', 'https://example.com'], {
        input: writeParsed(text, length),
      })
      expect(/a value ends in "(\.\.\.|…)", and its Content-Length is \d+: a log may have cut it/.test(stderr)).toBe(
        isCut,
      )
      expect(stdout + stderr).not.toContain('a private')
    })

    test('is not one whose message ends in dots', async () => {
      const dots = signRequest({ url, params: { ...params, Text: 'wait...' }, authToken })
      const copy = inspect({
        method: 'POST',
        url: '/sms',
        headers: { host: 'example.com', ...dots.headers },
        body: dots.body,
      })
      expect(await tollgateHere(['diagnose'], { input: copy })).toMatchObject({ code: 0 })
      const other = await tollgateHere(['diagnose', '--public-url', 'https://example.org'], { input: copy })
      expect(other.stdout).toMatch(/Signed URL: https:\/\/example\.com/)
      const wrong = await tollgateHere(['diagnose'], { input: copy, env: { TWILIO_AUTH_TOKEN: otherToken } })
      expect(wrong.stdout).toMatch(/ diagnose - --other-url 'URL'\n/)
      const asCurl = await tollgateHere(['diagnose'], { input: dots.toCurl(), env: { TWILIO_AUTH_TOKEN: otherToken } })
      expect(asCurl.stdout).toMatch(/ diagnose --curl - --other-url 'URL'\n/)
    })
  })

  test('text behind printed headers that was not read is said, and nothing is suspected', async () => {
    const input = `/api/sms\nHost: example.com\nX-Twilio-Signature: ${signature}\n\nBody is a private text`
    const ran = await tollgateHere(['diagnose'], { input })
    expectUsage(ran, 'The text behind the headers was not read. If it is the body, write it as Name=value&…')
    expect(ran.stdout + ran.stderr).not.toMatch(/ruled out|private/)
  })

  test('of several entries, the only signed one is chosen', async () => {
    const entry = { method: 'GET', url: 'https://example.com/', headers: [] }
    const own = { method: 'POST', url: signed.url, headers: signed.headers, body: signed.body }
    const ran = await tollgateHere(['diagnose'], { input: JSON.stringify([entry, entry, own]) })
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('genuine') })
    expect(ran.stderr).toContain('Of 3 entries, only entry 3 has a signature (--entry 3).')
    expectUsage(
      await tollgateHere(['diagnose'], { input: JSON.stringify([entry, own, own]) }),
      'choose one with --entry N',
    )
    expectUsage(
      await tollgateHere(['diagnose'], { input: JSON.stringify([entry, entry]) }),
      'choose one with --entry N',
    )
  })

  test('a genuine event of a function says what other code gets wrong', async () => {
    const host = 'a.execute-api.us-east-1.amazonaws.com'
    const of = signRequest({ url: `https://${host}/prod/sms`, params, authToken })
    const event = {
      ...{ path: '/sms', httpMethod: 'POST', headers: { Host: host, ...of.headers } },
      ...{ body: Buffer.from(of.body ?? '').toString('base64'), isBase64Encoded: true },
      requestContext: { path: '/prod/sms', stage: 'prod', domainName: host },
    }
    const { stdout } = await tollgateHere(['diagnose'], { input: JSON.stringify(event) })
    expect(stdout.split('\n')).toEqual([
      'genuine: nothing to fix.',
      `Signed URL: https://${host}/prod/sms`,
      `If your server refused it, it checked another URL or another key: add --public-url with its publicUrl (perhaps http://${host}).`,
      'If other code refuses it: event.path is /sms, and the path that was signed is in requestContext.path: /prod/sms.',
      'If other code refuses it: event.body is in Base64 (isBase64Encoded), and the signature covers the decoded bytes.',
      '',
    ])
  })

  test('a copy whose line ends were put back is no request with nothing to fix', async () => {
    const body = '[\r\n{"email":"a@example.com","event":"open"}\r\n]\r\n'
    const { headers, publicKey } = await signSendGridRequest({ url: 'https://example.com/events', body })
    const head = [
      'POST /events HTTP/1.1',
      'Host: example.com',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ]
    const copy = [...head, `Content-Length: ${body.length}`, '', body.replaceAll('\r', '')].join('\n')
    const ran = await tollgateHere(['diagnose', '--public-key', publicKey], { input: copy })
    expect(ran.stdout).toMatch(/^genuine, as a copy whose line ends were put back\. .*verify the bytes/)
  })

  test('a copy of SendGrid that a person wrote again is told to be exact', async () => {
    const request = await signSendGridRequest({ url: 'https://example.com/events' })
    const body = JSON.stringify(JSON.parse(Buffer.from(request.body).toString()), null, 2)
    const flags = Object.entries(request.headers).map(([name, value]) => `-H '${name}: ${value}'`)
    const input = `curl https://example.com/events ${flags.join(' ')} -d '${body}'`
    const ran = await tollgateHere(['diagnose', '--public-key', request.publicKey], { input })
    expect(ran.stdout).toMatch(
      /^Fix: If you wrote this copy yourself, give the body as it arrived, .*\n {2}.*Verify the bytes/,
    )
  })

  // Such a command comes from a stranger. Each of these files would never end, or never begin.
  test.runIf(process.platform === 'linux')('a curl command reads no device, pipe or file without a size', async () => {
    const pipe = join(makeFolder(), 'pipe')
    spawnSync('/usr/bin/env', ['mkfifo', pipe])
    for (const path of ['/proc/self/pagemap', '/proc/self/environ', '/proc/kmsg', '/dev/zero', pipe, tmpdir()]) {
      const input = `curl http://example.com/sms -H 'X-Twilio-Signature: x' --data-binary @${path}`
      expectUsage(await tollgateHere(['diagnose'], { input }), 'from a file (@) that cannot be read here')
    }
    const large = join(pipe, '../large')
    writeFileSync(large, '')
    truncateSync(large, 17 * 1024 * 1024)
    const input = `curl http://example.com/sms --data-binary @${large}`
    expectUsage(await tollgateHere(['diagnose'], { input }), 'from a file (@) that is larger than 16 MiB')
  })

  test('a genuine copy without the public URL of the server asks for it', async () => {
    const http = signRequest({ url: 'http://example.com:81/sms?a=b', params, authToken })
    const hint = 'it checked another URL or another key: add --public-url with its publicUrl (perhaps'
    const { stdout } = await tollgateHere(['diagnose'], { input: signCurl({ url: signed.url, params }) })
    expect(stdout.split('\n')[2]).toBe(`If your server refused it, ${hint} http://example.com).`)
    const copy = `curl '${http.url}' -H 'X-Twilio-Signature: ${http.headers['x-twilio-signature']}' -d '${http.body}'`
    expect((await tollgateHere(['diagnose'], { input: copy })).stdout).toContain(`${hint} https://example.com:81).`)
    const json = await tollgateHere(['diagnose', '--json'], { input: copy })
    expect([json.code, json.stdout.includes('another key')]).toEqual([0, false])
    const refused = await tollgateHere(['diagnose'], { input: copy.replace('private', 'public') })
    expect(refused.stdout).not.toContain(hint)
  })

  test('with the right public URL there is nothing to fix', async () => {
    const ran = await tollgateHere(['diagnose', '-', '--public-url', 'https://example.com/api'], { input: behindProxy })
    expect(ran).toMatchObject({
      code: 0,
      stdout: 'genuine: nothing to fix.\nSigned URL: https://example.com/api/sms\n',
    })
  })

  test('a token with a space around it, which verify refuses, is a cause', async () => {
    const curl = signCurl({ url: 'https://example.com/sms', params: { Body: 'x' } })
    const ran = await tollgateHere(['diagnose', '--json', '--auth-token-file', writeScratch(`${authToken} \n`)], {
      input: curl,
      withToken: false,
    })
    expect(idsOf(ran)).toEqual(['token_whitespace'])
  })

  test('prints what was seen if nothing is proven', async () => {
    const env = { TWILIO_AUTH_TOKEN: otherToken }
    const ran = await tollgateHere(['diagnose'], { input: behindProxy, env })
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringMatching(/^Try: \S/) })
    expect(ran.stdout).toMatch(/Nothing is proven \(\d+ tried\)\. Seen:\n {2}\w+/)
  })

  describe('of a copy', () => {
    const url = 'https://example.com/api/sms'

    test('with a hidden signature names no stranger, but --alert', async () => {
      const input = `curl ${url} -H 'X-Twilio-Signature: ****' -H 'Cookie: a' --data '${signed.body}'`
      const { stdout } = await tollgateHere(['diagnose'], { input })
      expect(stdout).toMatch(/^Try: Pass X-Twilio-Signature on unchanged\..* --alert NO…\.\n/)
      expect(stdout).not.toContain('not_from_twilio')
    })

    test('that was written with a raw plus says how to write one', async () => {
      const input = `curl ${url} -H 'X-Twilio-Signature: ${signature}' -d From=+15551230001 -d 'Body=a private text'`
      const { stdout } = await tollgateHere(['diagnose'], { input })
      expect(stdout).toMatch(/^Fix: If you wrote this copy yourself, write \+ as %2B .*--data-urlencode/)
      expect(stdout).toContain('params_plus_as_space')
    })

    test('without its body says so, with --alert', async () => {
      const headers = { host: 'example.com', 'x-twilio-signature': signature, 'content-length': '46' }
      const line = { level: 30, req: { method: 'POST', url: '/api/sms', headers }, msg: 'in' }
      const ran = await tollgateHere(['diagnose', '-'], { input: JSON.stringify(line) })
      expectUsage(ran, /No body was found in the copy, and a signature covers the body: .* --alert NO…\./)
      // The server may have got it.
      expect(ran.stdout).toBe('')
    })

    test('without its body and its length says nothing about the body that the server got', async () => {
      const headers = { host: 'example.com', 'x-twilio-signature': '[Filtered]', 'content-type': formType }
      const input = JSON.stringify({ request: { method: 'POST', url: '/api/sms', headers } })
      const ran = await tollgateHere(['diagnose', '-'], { input })
      expect(ran.stderr).toContain('No body was found in the copy')
      expect(ran.stdout).toContain('signature_encoding')
      expect(ran.stdout).not.toContain('body_missing')
    })

    test.each(['webhook.site', 'eo1.m.pipedream.net', 'hkdk.events'])(
      'from %s never has this host as the public URL',
      async (host) => {
        const sent = { url: `https://${host}/0b1c?a=1`, params }
        const { headers, body } = signRequest({ ...sent, authToken })
        const copies = [
          signCurl(sent),
          JSON.stringify({ method: 'POST', url: sent.url, headers, content: body }),
          `POST /0b1c?a=1 HTTP/1.1\nHost: ${host}\nX-Twilio-Signature: ${headers['x-twilio-signature']}\nContent-Type: ${formType}\n\n${body}`,
          `POST ${sent.url} ${inspect(new Headers({ ...headers, host }))} ${body}`,
        ]
        for (const input of copies) {
          const ran = await tollgateHere(['diagnose', '-'], { input })
          expect(ran.stderr).toContain(`Not using ${host} as the public URL`)
          expect(ran.stdout).toMatch(/^Fix: Point Twilio at your own server.*\n.*\nProven: /)
          expect(ran.stdout).not.toMatch(/Option:|publicUrl:/)
          // Not even if it is named.
          expect((await tollgateHere(['diagnose', '-', '--public-url', `https://${host}`], { input })).stdout).toBe(
            ran.stdout,
          )
          const other = await tollgateHere(['diagnose', '-'], { input, env: { TWILIO_AUTH_TOKEN: otherToken } })
          expect(other.stdout).toMatch(/^Try( 1)?: Point Twilio at your own server/)
          expect(other.stdout).not.toContain('.invalid')
        }
      },
    )
  })
})
