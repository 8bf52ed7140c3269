import type { RequestListener } from 'node:http'
import { type SignedSendGridRequest, signSendGridRequest } from 'tollgate/testing'
import { beforeAll, expect, test, vi } from 'vitest'
import { deliver } from './deliver.ts'

const contentType = 'multipart/form-data; boundary=xYzZY'
const part = (head: string, content: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(`--xYzZY\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ])
const mail = Buffer.concat([
  part('name="from"', Buffer.from('Zoë <zoe@example.com>')),
  part('name="subject"', Buffer.from('Grüße', 'latin1')),
  part('name="text"', Buffer.from('?')),
  part('name="charsets"', Buffer.from('{"from":"UTF-8","subject":"iso-8859-1","text":"no-such-charset"}')),
  part(
    'name="attachment1"; filename="a.bin"',
    Uint8Array.from({ length: 5000 }, (_, index) => index % 256),
  ),
  Buffer.from('--xYzZY--\r\n'),
])
const parsed = { from: 'Zoë <zoe@example.com>', subject: 'Grüße', files: 1 }

let signedMail: SignedSendGridRequest
beforeAll(async () => {
  signedMail = await signSendGridRequest({ body: mail, contentType, url: 'http://127.0.0.1/inbound' })
  vi.stubEnv('SENDGRID_WEBHOOK_PUBLIC_KEY', signedMail.publicKey)
  vi.stubEnv('SENDGRID_INBOUND_PUBLIC_KEY', signedMail.publicKey)
  return () => vi.unstubAllEnvs()
})

test('Express', async () => {
  // The examples listen as soon as they are imported.
  vi.stubEnv('PORT', '0')
  const { app } = await import('../../examples/sendgrid/express.mjs')
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const { signed } = await import('../../examples/sendgrid/test-your-handler.mjs')
  expect((await deliver(app, signed)).status).toBe(204)
  expect(log.mock.calls).toEqual([['ada@example.com: 550 5.1.1 The email account does not exist']])
  log.mockRestore()
  const forged = { ...signed, body: new Uint8Array(signed.body).fill(0x20, 5, 9) }
  expect((await deliver(app, forged)).status).toBe(403)
  const inbound = await import('../../examples/sendgrid/express-inbound.mjs')
  expect(await (await deliver(inbound.app, signedMail)).json()).toEqual(parsed)
})

test('Fastify', async () => {
  const { app } = await import('../../examples/sendgrid/fastify.mjs')
  await app.ready()
  expect(await (await deliver(app.routing as RequestListener, signedMail)).json()).toEqual(parsed)
  await app.close()
})

test('fetch', async () => {
  const { default: handler } = await import('../../examples/sendgrid/fetch.mjs')
  expect(await (await handler.fetch(signedMail.toRequest())).json()).toEqual(parsed)
})

test('a test of a handler', async () => {
  const { signed, verifier } = await import('../../examples/sendgrid/test-your-handler.mjs')
  expect(await verifier.verify(signed)).toMatchObject({ ok: true, stale: false })
})
