import { createCipheriv, createSign, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { twilioWebhook } from 'tollgate/node'
import { createSendGridVerifier } from 'tollgate/sendgrid'

const megabyte = 1024 * 1024

// Cut from one piece, so that garbage of the sender does not count as memory of the receiver.
const random = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16, 9)).update(Buffer.alloc(megabyte))

/**
 * Makes the chunks of one mail of Inbound Parse: a multipart with an attachment of random bytes.
 * The bytes are the same every time, so that no one has to hold them all.
 * @param {number} megabytes
 */
export function* makeMail(megabytes) {
  yield Buffer.from('--xYzZY\r\nContent-Disposition: form-data; name="attachment1"; filename="a.bin"\r\n\r\n')
  /** @param {number} count */
  const start = (count) => (count * 7919) % (megabyte / 2)
  for (let count = 0; count < 16 * megabytes; count++) yield random.subarray(start(count), start(count) + megabyte / 16)
  yield Buffer.from('\r\n--xYzZY--\r\n')
}

/**
 * Signs a mail.
 * @param {number} megabytes
 * @param {import('node:crypto').KeyObject} privateKey
 */
export function signMail(megabytes, privateKey) {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const sign = createSign('sha256').update(timestamp)
  for (const chunk of makeMail(megabytes)) sign.update(chunk)
  return {
    'content-type': 'multipart/form-data; boundary=xYzZY',
    'x-twilio-email-event-webhook-signature': sign.sign(privateKey, 'base64'),
    'x-twilio-email-event-webhook-timestamp': timestamp,
  }
}

// As a program it receives a small mail, then one of 30 MB, and sends by how much its peak
// memory grew. `stream` makes the mail itself, `server` waits for requests.
if (process.send !== undefined) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  const verifier = createSendGridVerifier({ publicKey: spki, maxBodyBytes: 32 * megabyte })
  /** @type {number[]} */
  const peaks = []
  /** @param {import('tollgate/sendgrid').SendGridVerdict} verdict */
  const report = (verdict) => {
    peaks.push(process.resourceUsage().maxRSS / 1024)
    const grown = (peaks.at(-1) ?? 0) - (peaks[0] ?? 0)
    return { ok: verdict.ok, bytes: verdict.ok ? verdict.body.length : verdict.message, grown }
  }
  if (process.argv[2] === 'stream') {
    for (const megabytes of [0, 30]) {
      const headers = signMail(megabytes, privateKey)
      async function* stream() {
        yield* makeMail(megabytes)
      }
      process.send(report(await verifier.verify({ method: 'POST', url: '/mail', headers, body: stream() })))
    }
    process.disconnect()
  } else {
    const handler = twilioWebhook({ verifier }, (webhook, _req, res) => res.end(JSON.stringify(report(webhook))))
    const server = createServer(handler).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    process.send({
      port: typeof address === 'object' ? address?.port : undefined,
      privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    })
  }
}
