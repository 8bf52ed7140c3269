import { PassThrough } from 'node:stream'
import { signRequest } from 'tollgate/testing'
import { describe, expect, test } from 'vitest'
import { Args } from '../src/args.ts'
import { commands } from '../src/commands/table.ts'
import { readDotenv } from '../src/dotenv.ts'
import type { Io } from '../src/io.ts'
import { run } from '../src/run.ts'
import { authToken, expectUsage, listen, tollgate, writeScratch } from './support.ts'

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

function makeIo(env: Io['env']): Io & { readonly stderr: PassThrough } {
  const stdin = new PassThrough()
  stdin.end()
  return { stdin, stdout: new PassThrough(), stderr: new PassThrough(), env }
}

describe('--dotenv', () => {
  test('takes only the variables that commands read', async () => {
    const file = writeScratch(`${hostile}TOLLGATE_SHARED_KEY=a\nSENDGRID_WEBHOOK_PUBLIC_KEY=b\nTWILIO_API_KEY=c\n`)
    const args = new Args(new Map([['dotenv', [file]]]))
    const { env } = await readDotenv(args, makeIo({ HOME: '/home', TWILIO_API_KEY: 'stays' }))
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
    expect(await run([...words, '--dotenv', writeScratch(hostile)], makeIo(process.env))).toBe(0)
    expect(process.env).toEqual(before)
  })

  test('the old name says what the new one is, before anything is read', async () => {
    for (const [name, row] of Object.entries(commands)) {
      const { flags } = (await row.load()).command
      if (!Object.hasOwn(flags, 'dotenv')) continue
      const io = makeIo({})
      expect(await run([name, '--env-file', '/nowhere'], io)).toBe(2)
      expect(String(io.stderr.read())).toContain('tollgate: --env-file is now --dotenv')
    }
  })

  test('a configuration of the gateway may name a variable of its own', async () => {
    const upstream = await listen((_req, res) => void res.end('<Response/>'))
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
      onStarted: (child) =>
        child.stderr?.on('data', async (text) => {
          const [, origin] = /The gateway listens on (\S+)/.exec(String(text)) ?? []
          if (origin === undefined) return
          const { headers, body = '' } = signed
          status = (await fetch(`${origin}/sms`, { method: 'POST', headers, body })).status
          child.kill('SIGTERM')
        }),
    })
    await upstream.close()
    expect(ran).toMatchObject({ code: 0 })
    expect(status).toBe(200)
    expectUsage(await tollgate(words, { withToken: false }), 'the environment variable MY_TOKEN is not set')
  })
})
