import { signRequest } from 'tollgate/testing'
import { describe, expect, test } from 'vitest'
import { Args } from '../src/args.ts'
import { commands } from '../src/commands/table.ts'
import { readDotenv } from '../src/dotenv.ts'
import { authToken, expectUsage, listenForTest, tollgate, tollgateHere, waitForText, writeScratch } from './support.ts'

// What a folder of a stranger may hold.
const hostile = `
NODE_OPTIONS=--require ./evil.cjs
NODE_TLS_REJECT_UNAUTHORIZED=0
NODE_EXTRA_CA_CERTS=evil.pem
SSLKEYLOGFILE=keys
HTTPS_PROXY=http://attacker.example
LD_PRELOAD=./evil.so
PATH=.
TWILIO_AUTH_TOKEN=${authToken}
`

describe('--dotenv', () => {
  test('takes only the variables that commands read', async () => {
    const file = writeScratch(`${hostile}TOLLGATE_SHARED_KEY=a\nSENDGRID_WEBHOOK_PUBLIC_KEY=b\nTWILIO_API_KEY=c\n`)
    const args = new Args(new Map([['dotenv', [file]]]))
    const { stdin, stdout, stderr } = process
    // The environment of the process would be changed with it.
    const io = { stdin, stdout, stderr, env: Object.freeze({ HOME: '/home', TWILIO_API_KEY: 'stays' }) }
    const { env } = await readDotenv(args, io)
    expect(env).toEqual({
      ...{ HOME: '/home', TWILIO_API_KEY: 'stays', TWILIO_AUTH_TOKEN: authToken },
      ...{ TOLLGATE_SHARED_KEY: 'a', SENDGRID_WEBHOOK_PUBLIC_KEY: 'b' },
    })
  })

  test('changes nothing in the process, whose environment Node.js reads later', async () => {
    const before = { ...process.env }
    const { url, headers } = signRequest({ url: 'https://example.com/x', method: 'GET', authToken })
    const signature = new Headers(headers).get('x-twilio-signature') ?? ''
    const words = ['verify', '--url', url, '--method', 'GET', '--signature', signature]
    const ran = await tollgateHere([...words, '--dotenv', writeScratch(hostile)], { withToken: false })
    expect(ran).toMatchObject({ code: 0 })
    expect(process.env).toEqual(before)
  })

  test('the old name says what the new one is, before anything is read', async () => {
    for (const [name, row] of Object.entries(commands)) {
      const { flags } = (await row.load()).command
      if (!Object.hasOwn(flags, 'dotenv')) continue
      expectUsage(await tollgateHere([name, '--env-file', '/nowhere']), 'tollgate: --env-file is now --dotenv')
    }
  })

  test('a configuration of the gateway may name a variable of its own', async () => {
    const upstream = await listenForTest((_req, res) => void res.end('<Response/>'))
    const config = writeScratch(
      JSON.stringify({
        listen: '127.0.0.1:0',
        routes: [{ path: '/', upstream: upstream.origin, publicUrl: 'https://example.com', keys: { env: 'MY_TOKEN' } }],
      }),
    )
    const words = ['gateway', '--config', config]
    const signed = signRequest({ url: 'https://example.com/sms', params: { Body: 'x' }, authToken })
    let status = 0
    const ran = await tollgate([...words, '--dotenv', writeScratch(`${hostile}MY_TOKEN=${authToken}`)], {
      withToken: false,
      onStarted: async (child) => {
        const [, origin] = await waitForText(child, /The gateway listens on (\S+)/)
        const { headers, body = '' } = signed
        status = (await fetch(`${origin}/sms`, { method: 'POST', headers, body })).status
        child.kill('SIGTERM')
      },
    })
    expect(ran).toMatchObject({ code: 0 })
    expect(status).toBe(200)
    expectUsage(await tollgate(words, { withToken: false }), 'the environment variable MY_TOKEN is not set')
  })
})
