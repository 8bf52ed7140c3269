import { execFile } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { promisify } from 'node:util'
import { EventWebhook } from '@sendgrid/eventwebhook'
import { twilioWebhook } from 'tollgate/node'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { signSendGridRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import vectors from '../../../../conformance/data/sendgrid.json' with { type: 'json' }
import {
  expectUsage,
  keep,
  listen,
  type Running,
  readJson,
  tollgate,
  tollgateAtTerminal,
  writeScratch,
} from '../support.ts'

// Slow, because each case starts the command.

const signatureName = 'x-twilio-email-event-webhook-signature'
const timestampName = 'x-twilio-email-event-webhook-timestamp'
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64')
const keyFile = writeScratch(privatePem)

interface Seen {
  readonly body: Buffer
  readonly signature: string
  readonly timestamp: string
  readonly type: string | undefined
}
const seen: Seen[] = []
let app: Running
/** Refuses what SendGrid's own package refuses, and our verifier too. */
beforeAll(async () => {
  const verifier = createSendGridVerifier({ publicKey })
  const guarded = twilioWebhook({ verifier }, ({ body }, { headers }, res) => {
    const [signature, timestamp] = [String(headers[signatureName]), String(headers[timestampName])]
    seen.push({ body: Buffer.from(body), signature, timestamp, type: headers['content-type'] })
    const official = new EventWebhook()
    const key = official.convertPublicKeyToECDSA(publicKey)
    const isGenuine = official.verifySignature(key, Buffer.from(body).toString(), signature, timestamp)
    res.writeHead(isGenuine ? 204 : 500).end()
  })
  app = await listen(guarded)
})
afterAll(() => app.close())

const withKey = ['--private-key-file', keyFile]
const events = `[{"email":"a@example.com","event":"delivered"},\r\n{"event":"open"}]\r\n`

async function signRaw(more: { readonly body?: string; readonly changed?: string } = {}) {
  const { headers, body } = await signSendGridRequest({ privateKey: privatePem, body: more.body ?? events })
  const lines = Object.entries({ host: 'example.com', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return { text: `POST /events HTTP/1.1\r\n${lines.join('')}\r\n${more.changed ?? Buffer.from(body)}`, headers, body }
}

describe('send sendgrid.events', () => {
  const to = () => ['--to', `${app.origin}/events`]

  test('sends events of every type that both verifiers accept', async () => {
    seen.length = 0
    const ran = await tollgate([
      'send',
      'sendgrid.events',
      ...to(),
      ...withKey,
      '--count',
      '2',
      '--repeat',
      '2',
      '--json',
    ])
    expect(readJson(ran)).toMatchObject({ kind: 'sendgrid.events', publicKey, answers: Array(4).fill({ status: 204 }) })
    expect(ran.code).toBe(0)
    const bodies = seen.map(({ body }) => body.toString())
    expect(new Set(bodies).size).toBe(2)
    expect(JSON.parse(bodies[0] ?? '').length).toBeGreaterThan(10)
    expect(ran.stderr).toContain(`Public key: ${publicKey}`)
    expect(ran.stderr).not.toContain('openssl')
  })

  test('sends a body of your own unchanged', async () => {
    seen.length = 0
    const own = await tollgate(['send', 'sendgrid.events', ...to(), ...withKey, '--json-body', writeScratch(events)])
    expect(own.code).toBe(0)
    const mail = '--b\r\nContent-Disposition: form-data; name="subject"\r\n\r\nHi\r\n--b--\r\n'
    const type = 'multipart/form-data; boundary=b'
    const words = [...withKey, '--body', writeScratch(mail), '--content-type', type]
    expect((await tollgate(['send', 'sendgrid.events', ...to(), ...words])).code).toBe(0)
    expect(seen.map(({ body }) => body.toString())).toEqual([events, mail])
    expect(seen[1]?.type).toBe(type)
  })

  test('makes a key without one, and prints what to configure', async () => {
    const ran = await tollgate(['send', 'sendgrid.events', ...to()], { withToken: false })
    expect(ran.code).toBe(1)
    expect(ran.stdout).toMatch(/^403 /)
    const [, printed = ''] = /^Public key: (\S+)$/m.exec(ran.stderr) ?? []
    expect(() => createSendGridVerifier({ publicKey: printed })).not.toThrow()
    expect(ran.stderr).toContain('openssl genpkey')
  })
})

test('the curl command of sign sends the same bytes, and verify reads it', async () => {
  seen.length = 0
  const words = ['sign', '--kind', 'sendgrid.events', '--url', `${app.origin}/events`, ...withKey]
  const { stdout } = await tollgate([...words, '--only', 'curl', '--json-body', writeScratch(events)])
  await promisify(execFile)('bash', ['-c', stdout])
  expect(seen.map(({ body }) => body.toString())).toEqual([events])
  const verified = await tollgate(['verify', '--json'], {
    input: stdout,
    env: { SENDGRID_WEBHOOK_PUBLIC_KEY: publicKey },
    withToken: false,
  })
  expect(readJson(verified)).toMatchObject({ genuine: true, stale: false, events: 2, key: { index: 0 } })
  const asJson = readJson(await tollgate([...words, '--json']))
  expect(asJson).toMatchObject({ method: 'POST', publicKey })
  expect((await tollgate([...words, '--only', 'headers'])).stdout).toMatch(
    /^x-twilio-email-event-webhook-signature: ME/m,
  )
})

describe('verify', () => {
  const key = ['--public-key', publicKey]

  test.each(vectors.map((vector) => [vector.title, vector] as const))('flags: %s', async (_, vector) => {
    const ran = await tollgate([
      ...['verify', '--url', 'https://example.com/events', '--body', writeScratch(vector.body)],
      ...['--signature', vector.signature, '--timestamp', vector.timestamp, '--public-key', vector.publicKey],
    ])
    expect([ran.code, ran.stdout.split('\n')[0]]).toEqual(
      vector.valid ? [0, 'genuine'] : [1, 'not genuine: signature_mismatch'],
    )
    if (vector.valid) expect(ran.stdout).toMatch(/^ {2}stale +true$/m)
  })

  test('a raw request, a HAR file and JSON are recognised by their headers', async () => {
    const { text, headers, body } = await signRaw()
    const list = Object.entries(headers).map(([name, value]) => ({ name, value }))
    const request = { method: 'POST', url: 'https://example.com/events', headers: list }
    const postData = { mimeType: 'application/json', text: Buffer.from(body).toString() }
    const har = JSON.stringify({ log: { entries: [{ request: { ...request, postData } }] } })
    const capture = JSON.stringify({ ...request, headers, bodyBase64: Buffer.from(body).toString('base64') })
    const pem = writeScratch(createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }))
    for (const input of [text, har, capture])
      expect((await tollgate(['verify', '--public-key-file', pem], { input, withToken: false })).code).toBe(0)
  })

  test('a request of SendGrid without a public key says what is missing', async () => {
    const { text } = await signRaw()
    expectUsage(await tollgate(['verify'], { input: text }), 'set SENDGRID_WEBHOOK_PUBLIC_KEY, or use --public-key')
  })

  test('a request of Twilio without an Auth Token says so, although there is a public key', async () => {
    const words = ['verify', '--url', 'https://example.com/sms', '--param', 'a=b', '--signature', 'x']
    const env = { SENDGRID_WEBHOOK_PUBLIC_KEY: publicKey }
    expectUsage(await tollgate(words, { env, withToken: false }), 'There is no Auth Token')
  })

  test('a private key in the place of the public key is refused, and not printed', async () => {
    const { text } = await signRaw()
    const ran = await tollgate(['verify', '--public-key-file', keyFile], { input: text })
    expectUsage(ran, 'is a private key')
    expect(ran.stdout + ran.stderr).not.toContain(privatePem.split('\n')[1])
  })

  test('control characters of a request do not reach the terminal', async () => {
    const { text } = await signRaw({ body: `[{"event":"\u001b]0;x\u0007"}]`, changed: '[\u001b]' })
    const ran = await tollgateAtTerminal(['diagnose', ...key, writeScratch(text)])
    expect(ran.stdout).not.toContain('\u001b]')
  })
})

describe('diagnose', () => {
  test('--last reads a kept request, and tries the keys of other webhooks', async () => {
    const { headers, body } = await signRaw()
    const url = 'https://example.com/events'
    const env = keep({ method: 'POST', url, headers: Object.entries(headers), body })
    const other = vectors[0]?.publicKey ?? ''
    const how = { env, withToken: false }
    expectUsage(await tollgate(['diagnose', '--last'], how), 'set SENDGRID_WEBHOOK_PUBLIC_KEY, or use --public-key')
    const ran = await tollgate(['diagnose', '--last', '--public-key', other], how)
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining('--other-key-file') })
    const words = ['diagnose', '--last', '--public-key', other, '--other-key-file', writeScratch(publicKey)]
    expect((await tollgate(words, how)).stdout).toMatch(/Proven: .*\n {2}key_other /)
    const right = await tollgate(['diagnose', '--last', '--public-key', publicKey], how)
    expect(right.stdout).toContain('genuine with this key. Your server refused it')
  })

  test('a body that was written again is proven, in text and in JSON', async () => {
    const { text } = await signRaw({ changed: JSON.stringify(JSON.parse(events)) })
    const ran = await tollgate(['diagnose', '--public-key', publicKey], { input: text, withToken: false })
    expect(ran.code).toBe(1)
    expect(ran.stdout).toContain('Proven: undoing this makes the signature match')
    expect(ran.stdout).toContain('never JSON.stringify(req.body)')
    const json = await tollgate(['diagnose', '--public-key', publicKey, '--json'], { input: text })
    expect(readJson(json)).toMatchObject({
      genuine: false,
      code: 'signature_mismatch',
      proven: { causes: [{ id: 'body_reserialized' }] },
    })
  })

  test('the key of another webhook is named by its file', async () => {
    const { text } = await signRaw()
    const other = writeScratch(publicKey)
    const words = ['diagnose', '--public-key', vectors[0]?.publicKey ?? '', '--other-key-file', other]
    const ran = await tollgate(words, { input: text, withToken: false })
    expect(ran.stdout).toContain(`The key "${other.replace(/.*\//, '')}" signed it.`)
  })

  test('a genuine request has nothing to fix', async () => {
    const { text } = await signRaw()
    const ran = await tollgate(['diagnose', '--public-key', publicKey], { input: text })
    expect([ran.code, ran.stdout]).toEqual([0, 'genuine: nothing to fix.\n'])
  })
})
