import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  authToken,
  bin,
  expectUsage,
  listenForTest,
  otherToken,
  readJson,
  run,
  tollgate,
  tollgateAtTerminal,
  writeScratch,
} from '../support.ts'

// Slow, because each case starts the command.

const commands = ['sign', 'verify', 'diagnose', 'send', 'gateway', 'dev', 'audit']

describe('help', () => {
  test.each(commands)('tollgate %s --help has flags, which are on its page, examples and exit codes', async (name) => {
    const ran = await tollgate([name, '--help'], { withToken: false })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toMatch(new RegExp(`^tollgate ${name}`))
    expect(ran.stdout).toMatch(/Examples:\n {2}# .*\n {2}(\S+ \| )?tollgate /)
    expect(ran.stdout).toContain('Exit codes: 0 genuine or done')

    const pages = { audit: ['audit.md'], dev: ['command-line.md', 'inspector.md'] }[name] ?? ['command-line.md']
    const read = (page: string) => readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8')
    const text = pages.map(read).join('\n')
    // Some pages name the help instead of repeating it.
    if (!text.includes(`\`tollgate help ${name}\` prints the flags`))
      for (const [, flag] of ran.stdout.matchAll(/^ {2}(--[a-z-]+)/gm)) expect(text).toContain(flag)
    expect(text).toMatch(new RegExp(`^#+ tollgate ${name}$`, 'm'))
  })

  test('tollgate --help lists the commands; tollgate without arguments prints it and exits 2', async () => {
    const help = await tollgate(['--help'])
    for (const name of commands) expect(help.stdout).toContain(`tollgate ${name} `)
    expect(await tollgate([])).toMatchObject({ code: 2, stdout: '', stderr: help.stdout })
  })

  test.each(['--version', '-v'])('tollgate %s', async (flag) => {
    expect(await tollgate([flag])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })

  test('tollgate help COMMAND is tollgate COMMAND --help', async () => {
    const help = await tollgate(['help', 'send'])
    expect(help).toMatchObject({ code: 0, stdout: (await tollgate(['send', '--help'])).stdout })
    expectUsage(await tollgate(['help', 'sned']), 'Unknown command "sned". Did you mean send?')
  })

  test('the help of audit has the name of each resource', async () => {
    const { stdout } = await tollgate(['help', 'audit'])
    const { stderr } = await tollgate(['audit', '--resource', 'nope'])
    const names = /needs one of: (.+)\./.exec(stderr)?.[1]?.split(', ') ?? []
    expect(names.length).toBeGreaterThan(30)
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  .*\\b${name}\\b`, 'm'))
  })

  test('the help begins with the flags that a command needs, with the placeholder of each value', async () => {
    const { stdout: dev } = await tollgate(['dev', '--help'])
    expect(dev).toMatch(/\.\n\nOptions:\n {2}--upstream URL [\s\S]*?\n {2}--public-url URL /)
    const { stdout } = await tollgate(['help', 'verify'])
    expect(stdout).toMatch(/^ {2}--url URL {2,}The URL that was requested$/m)
    expect(stdout).toMatch(/^ {2}--trailing-slash exact\|either {2,}either: /m)
    expect(stdout).toMatch(/^ {2}--json {2,}Print one JSON document$/m)
  })
})

test("a command does not load the other commands' dependencies", async () => {
  const hook = 'export const load = (url, context, next) => (process._rawDebug(url), next(url, context))'
  const register = `import { register } from 'node:module'; register('data:text/javascript,${encodeURIComponent(hook)}')`
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(register).replaceAll("'", '%27')}` }
  const loaded = async (...words: string[]) => (await tollgate(words, { env })).stderr
  const [sign, send] = [await loaded('sign', '--url', 'https://a.example'), await loaded('send', '--list')]
  expect(sign).not.toMatch(/fast-xml-parser|\/diagnose|dist\/audit/)
  expect(send).toContain('fast-xml-parser')
})

describe('wrong usage names the flag and exits 2', () => {
  const local = 'http://127.0.0.1:1/sms'
  const main = `AC${'1'.repeat(32)}`
  const sendGrid = ['send', 'sendgrid.events', '--to', local]
  const cases: [words: string[], message: string | RegExp, env?: Record<string, string>][] = [
    [['verfy'], 'Unknown command "verfy". Did you mean verify?'],
    [['nonsense'], 'Commands: dev, send'],
    [['--json', 'sign'], 'Put the command first'],
    [['constructor'], 'Unknown command'],
    [['verify', '--ulr', 'x'], 'Unknown flag --ulr of tollgate verify. Did you mean --url?'],
    [['verify', '--ulr=x'], 'Unknown flag --ulr of tollgate verify. Did you mean --url?'],
    [['send', 'sms', '--url', 'http://a.example'], 'Unknown flag --url of tollgate send. Did you mean --to?'],
    [['trigger', 'sms'], '--to is missing: the URL to deliver to.'],
    [['send', '-x'], 'Unknown flag -x of tollgate send.'],
    [['send', '-xyz'], 'Unknown flag -xyz of tollgate send.'],
    [['send', '--', '--to'], 'Unknown flag -- of tollgate send.'],
    [['sign', '-token=x'], '-token is refused'],
    [['sign', '--no-json'], 'Unknown flag --no-json of tollgate sign.'],
    [['sign', '--url'], '--url needs a value: --url URL.'],
    [['sign', '--url', '--json'], '--url needs a value: --url URL.'],
    // Exit code 0 would call a request genuine whose signature is one of these words.
    [['verify', '--url', 'https://a.example', '--signature', '--help'], '--signature needs a value: --signature TEXT.'],
    [['verify', '--url', 'https://a.example', '--signature', '-h'], '--signature needs a value: --signature TEXT.'],
    [['verify', '--help=yes'], '--help takes no value.'],
    [['sign', '--url', 'https://a.example', '--url', 'https://b.example'], '--url is given 2 times'],
    [['sign', '--json=yes', '--url', 'https://a.example'], '--json takes no value'],
    [['sign', '--url', 'nonsense'], 'the URL must be an absolute http'],
    [['sign', '--url', 'https://a.example', 'Body=stray'], 'tollgate sign takes no arguments'],
    [['sign', '--url', 'https://a.example', '--only', 'body'], '--only needs one of: headers, curl.'],
    [['sign', '--url', 'https://a.example', '--method', 'G E T'], '--method must be'],
    [
      ['sign', '--url', 'https://a.example', '--json-body', 'missing.json'],
      '--json-body: "missing.json" does not exist.',
    ],
    [['verify', 'stray'], 'FILE: the file does not exist.'],
    [['verify', 'stray', '--url', 'https://a.example'], '--url describes a request, and FILE gives another'],
    [['diagnose', '--url', 'https://a.example', '--other-key-file', 'x'], '--other-key-file: the file does not exist'],
    [['diagnose', '--prefix', '/api'], '--prefix is gone: use --other-url URL'],
    [['verify', '--url', 'https://a.example', '--curl', 'x'], '--url describes a request, and --curl gives another'],
    [['verify', '--curl', 'x', '--raw', 'y'], '--raw and --curl cannot be used together'],
    [['verify', '--entry', '1', '--url', 'https://a.example'], '--entry needs a file that has several requests'],
    [['verify', '--url', 'https://a.example', '--method', 'get', '--param', 'a=1'], '--param belongs to a form'],
    [['verify', '--url', '/sms'], '--public-url is missing'],
    [['verify', '--url', 'https://a.example', '--public-url', 'nonsense'], '--public-url'],
    [['verify', '--url', 'https://a.example', '--header', 'nonsense'], "--header needs 'NAME: VALUE'"],
    [['verify', '--url', 'https://a.example', '--trailing-slash', 'no'], '--trailing-slash needs one of'],
    [['verify', '--url', 'https://a.example', '--allowed-account', 'x'], '--allowed-account'],
    [['verify', '--url', 'https://a.example', '--shared-key', 'k'], '--shared-key needs its secret'],
    [['send', 'amd', '--entry', '1', '--to', 'http://a.example'], '--entry needs a file that has several requests'],
    [['send', 'amd', '--capture', 'x', '--to', 'http://a.example'], 'sent unchanged: leave out the kind'],
    [['send', '--capture', 'x', '--set', 'a=b', '--to', 'http://a.example'], 'sent unchanged: leave out --set'],
    [['gateway', '--upstream', 'a.example', '--public-url', 'https://a.example'], '--upstream must be http'],
    [['gateway', '--upstream', '3000', '--public-url', 'a.example'], '--public-url is not an absolute'],
    [['dev', '--tunnel', '--public-url', 'https://a.example'], '--tunnel finds the public URL itself'],
    [['dev', '--tunnel', '--listen', '0'], '--tunnel needs a port'],
    [['dev', '--'], 'is missing after "--"'],
    [['dev', '--to', 'sms', '--', 'true'], '--to needs the path'],
    [['dev', '--sign-with-real-token'], '--sign-with-real-token needs an Auth Token', { TWILIO_AUTH_TOKEN: '' }],
    [['dev', '--listen', '0', '--listen', '8080'], '--listen is given 2 times'],
    [['dev', '--inspector-port', '70000'], '--inspector-port needs a whole number'],
    [['dev', '--mode', 'off'], '--mode needs one of: enforce, observe.'],
    [['dev', '--upstream', 'example.com'], '--upstream must be http(s)://host:port'],
    [['dev', '--upstream', '$UPSTREAM'], '--upstream contains the variable UPSTREAM, which was not replaced'],
    [['dev', '--allowed-account', 'x'], 'tollgate: --allowed-account is not "AC" and 32 hex digits'],
    [['dev', '--public-url', 'example.com'], '--public-url is not an absolute'],
    [['send', 'message.inbund', '--to', local], 'no kind of webhook "message.inbund". Did you mean message.inbound?'],
    [['send', 'sms'], '--to is missing'],
    [['send', '--to', local], 'Name the kind of webhook'],
    [['send', 'sms', '--to', 'nonsense'], '--to: the URL is not absolute'],
    [['send', 'sms', '--to', local, '--count', 'many'], '--count needs a whole number'],
    [['send', 'sms', '--to', local, '--set', 'Body'], '--set needs NAME=VALUE'],
    [['send', 'sms', '--to', local, '--param', 'a=1'], '--param replaces the sample'],
    [['send', '--form', '-', '--body', '-', '--to', local], '--form and --body cannot be used together'],
    [['send', '--form', '-', '--auth-token-stdin', '--to', local], /both read standard input/],
    [[...sendGrid, '--set', 'a=b'], '--set does not apply to sendgrid.events.'],
    [[...sendGrid, '--public-url', 'https://a.example'], '--public-url does not apply'],
    [[...sendGrid, '--json-body', writeScratch('{}')], 'SendGrid sends a JSON array'],
    [[...sendGrid, '--content-type', 'text/plain'], '--content-type needs --body'],
    [[...sendGrid, '--private-key-file', '/no/such'], '--private-key-file: the file does not exist'],
    [[...sendGrid, '--private-key-file', writeScratch('x')], '--private-key-file must be a private key of P-256'],
    [['call'], '--to is missing'],
    [['call', '--to', 'ftp://localhost/voice'], '--to needs an http or https URL'],
    [['call', '--to', 'http://a:b@localhost/voice'], '--to needs'],
    [['call', '--to', local, '--sms', '--max-requests', '9'], '--sms and --max-requests cannot be used together'],
    [['call', '--to', local, '--map', 'https://api.example.com'], '--map needs'],
    [['call', '--to', local, '--auth-token-stdin'], '--auth-token-stdin'],
    [['call', '--to', local, '--shared-key', 'id'], '--shared-key'],
    [['call', '--to', local, '--map', 'file:///=http://localhost:3000'], '--map needs'],
    [['conform'], '--to is missing'],
    [['conform', '--to', `${local}?a=1`], '--to needs an http or https URL'],
    [['conform', '--to', 'ws://127.0.0.1:1/sms'], '--to needs an http or https URL'],
    [['conform', '--to', local, '--public-url', `https://a:${otherToken}@example.com/`], '--public-url needs an http'],
    [
      ['conform', '--to', local, '--public-url', 'https://example.com/sms'],
      /begins with \/sms already\. If --to is the proxy.* write --public-url https:\/\/example\.com\..* write --to http:\/\/127\.0\.0\.1:1\./,
    ],
    [['conform', '--to', local, '--accept', 'no-prot'], '--accept: there is no such case. Did you mean no-port?'],
    [['audit'], 'TWILIO_ACCOUNT_SID is missing'],
    [['audit'], 'is not AC and 32 hex digits', { TWILIO_ACCOUNT_SID: 'AC1' }],
    [['audit'], 'neither TWILIO_AUTH_TOKEN nor', { TWILIO_ACCOUNT_SID: main, TWILIO_AUTH_TOKEN: '' }],
    [['audit'], 'TWILIO_API_SECRET beside it', { TWILIO_ACCOUNT_SID: main, TWILIO_API_KEY: `SK${'1'.repeat(32)}` }],
    [['audit', '--api-url', 'http://{product}.example.com'], '--api-url needs an https URL'],
    // It only looks local.
    [['audit', '--api-url', 'http://127.0.0.1.example.com/{product}'], '--api-url needs an https URL'],
    [['audit', '--api-url', 'https://api.example.com'], '--api-url needs {product}'],
    [['audit', '--resource', 'numbers'], '--resource needs one of: phone-numbers,'],
    [['audit', '--public-url', 'api.example.com'], '--public-url needs an absolute URL'],
  ]
  test.each(cases)('%j', async (words, message, env = {}) => {
    const ran = await tollgate(words, { env })
    expectUsage(ran, typeof message === 'string' ? new RegExp(message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : message)
    expect(words.includes('--json') ? readJson(ran) : ran.stdout).toEqual(
      words.includes('--json') ? expect.objectContaining({ error: 'usage' }) : '',
    )
  })

  test('refuses pasted text that is not a request', async () => {
    const inputs: [input: string, message: RegExp][] = [
      ['', /There is no request/],
      ['hello', /no request is read in this form; copy it .* as a curl command \(bash\)/],
      ['{"log": {"entries": []}}', /no entries/],
      ['{"log": ', /^tollgate: Standard input: this is not JSON; .*--alert/m],
      ['[]', /no entries/],
      ['{}', /needs \{ "method"/],
      ["fetch('https://a.example')", /as a curl command/],
      ['Invoke-WebRequest -Uri "https://a.example', /as a curl command/],
      ['Invoke-RestMethod -Uri $url', /as a curl command/],
      ['curl https://a.example -d ‘a=1’', /typographic quotes/],
      ['curl https://a.example —data a=1', /typographic quotes or dashes/],
      ['curl -F a=1 https://a.example', /multipart/],
      ['curl "https://a.example', /never closed/],
      ['POST /sms HTTP/1.1\nnonsense\n\n', /line 2: this is not a header/],
    ]
    for (const [input, message] of inputs) expectUsage(await tollgate(['verify', '-'], { input }), message)
    expectUsage(await tollgate(['verify'], { input: Uint8Array.of(0xff, 0xfe, 0x00) }), /not UTF-8/)
  })
})

describe('text from Windows', () => {
  const request = `POST /sms HTTP/1.1\r\nHost: example.com\r\nX-Twilio-Signature: ${'A'.repeat(27)}=\r\n\r\n`
  const curl = `curl https://example.com/sms -d Body=é -H 'X-Twilio-Signature: ${'A'.repeat(27)}='`
  const encodings: [string, (text: string) => Buffer][] = [
    ['with a mark of UTF-8', (text) => Buffer.from(`\ufeff${text}`)],
    ['in UTF-16, as PowerShell 5 writes it', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['in UTF-16, big-endian', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ]
  test.each(encodings)('%s is read', async (_name, encode) => {
    for (const [flag, text] of Object.entries({ raw: request, curl })) {
      const read = [
        await tollgate(['verify', `--${flag}`, writeScratch(encode(text))]),
        await tollgate(['verify'], { input: encode(text) }),
      ]
      for (const { code, stdout } of read) expect([code, stdout]).toEqual([1, expect.stringContaining('_mismatch')])
    }
    const file = writeScratch(encode(`${authToken}\r\n`))
    const signed = await tollgate(['sign', '--url', 'https://example.com/', '--auth-token-file', file], {
      withToken: false,
    })
    expect(signed.code).toBe(0)
  })
})

describe('secrets', () => {
  const flags = [
    '--auth-token',
    '--token',
    '--authToken',
    '--secret',
    '--shared-key-secret',
    '--password',
    '-auth-token',
  ]
  test.each(flags)('%s is refused without showing its value', async (flag) => {
    for (const words of [[flag, otherToken], [`${flag}=${otherToken}`]]) {
      const ran = await tollgate(['verify', ...words, '--json'])
      expectUsage(ran, /is refused: other users can see a secret in an argument/)
      expect(readJson(ran)).toMatchObject({ error: 'usage' })
    }
  })

  test('a secret in a wrong place is never shown', async () => {
    const places: string[][] = [
      [otherToken],
      ['verify', otherToken],
      ['verify', otherToken, otherToken],
      ['verify', `--${otherToken}`],
      ['verify', '--url', `https://user:${otherToken}@a.example/`],
      ['sign', '--auth-token-file', otherToken, '--url', 'https://a.example'],
      ['diagnose', '--other-key-file', otherToken, '--url', 'https://a.example'],
      ['sign', '--url', 'https://a.example', '--param', otherToken],
      ['send', otherToken, '--to', 'http://127.0.0.1:1'],
      ['verify', '--url', 'https://a.example', '--header', otherToken],
    ]
    for (const words of places) expect((await tollgate(words)).code, words.join(' ')).toBeGreaterThan(0)
  })

  test('a password in a pasted curl command is not shown', async () => {
    for (const command of ['verify', 'diagnose']) {
      const ran = await tollgate([command, '--json'], {
        input: `curl -u me:${otherToken} 'https://a:${otherToken}@e.com/'`,
      })
      expect(ran.stdout + ran.stderr).not.toContain(Buffer.from(`me:${otherToken}`).toString('base64'))
      expect(ran).toMatchObject({ code: 1 })
    }
  })
})

describe('terminals and pipes', () => {
  const words = ['verify', '--url', 'https://a.example']
  const color = '\u001b[31m'

  test('prints colours at a terminal but not in a pipe', async () => {
    expect((await tollgateAtTerminal(words)).stdout).toContain(`${color}not genuine`)
    expect((await tollgate(words)).stdout).toMatch(/^not genuine/)
  })

  test('respects NO_COLOR and FORCE_COLOR', async () => {
    expect((await tollgateAtTerminal(words, { env: { NO_COLOR: '1' } })).stdout).not.toContain(color)
    expect((await tollgateAtTerminal(words, { env: { TERM: 'dumb' } })).stdout).not.toContain(color)
    expect((await tollgate(words, { env: { FORCE_COLOR: '1' } })).stdout).toContain(color)
  })

  test('a reader that closes the pipe early is not an error', async () => {
    const command = `"${process.execPath}" "${bin}" send --list | head -n 1`
    const ran = await run('bash', ['-c', `set -o pipefail; for i in 1 2 3; do ${command}; done`])
    const stdout = 'amd                           POST  form\n'.repeat(3)
    expect(ran).toMatchObject({ code: 0, stdout, stderr: '' })
  })

  for (const name of ['stdout', 'stderr'] as const)
    test(`no verdict is lost when the reader of ${name} has gone`, async () => {
      const script = 'read -r _; exec "$0" "$@" </dev/null'
      const env = { ...process.env, TWILIO_AUTH_TOKEN: '0123456789abcdef0123456789abcdef' }
      const command = [process.execPath, bin, 'diagnose', '--url', 'https://example.com/sms']
      const child = spawn('bash', ['-c', script, ...command], { stdio: 'pipe', env })
      child[name].on('close', () => child.stdin.end('\n')).destroy()
      child[name === 'stdout' ? 'stderr' : 'stdout'].resume()
      expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(1)
    })

  test('an output that cannot be written is an error without a stack trace', async () => {
    const ran = await run('bash', ['-c', '"$0" "$@" 1</dev/null', process.execPath, bin, 'help'])
    expect(ran).toMatchObject({ code: 1, stderr: 'tollgate: standard output cannot be written: EBADF\n' })
  })

  test('Ctrl-C ends it at once, without a message', async () => {
    const silent = await listenForTest(() => undefined)
    const arrived = new Promise<void>((resolve) => silent.server.once('request', () => resolve()))
    const ran = await tollgate(['send', 'message.inbound', '--to', silent.origin, '--timeout', '600'], {
      onStarted: (child) => void arrived.then(() => child.kill('SIGINT')),
    })
    expect(ran).toMatchObject({ signal: 'SIGINT', stdout: '', stderr: '' })
  })

  test('Ctrl-C ends it while it waits for a paste', async () => {
    const ran = await tollgateAtTerminal(['verify'], {
      keepOpen: true,
      onStarted: (child) => {
        child.stdout?.once('data', () => child.stdin?.write('\u0003'))
      },
    })
    expect(ran).toMatchObject({ code: 130 })
  })

  test('Ctrl-D ends a paste in any format', async () => {
    const ran = await tollgateAtTerminal(['verify'], {
      keepOpen: true,
      onStarted: (child) => {
        child.stdout?.once('data', () => child.stdin?.write('GET / HTTP/1.1\nHost: a.example\n\n\u0004'))
      },
    })
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining('signature_missing') })
  })

  test('does not wait for an open standard input that it does not read', async () => {
    expect(await tollgate(words, { keepOpen: true })).toMatchObject({ code: 1 })
  })
})
