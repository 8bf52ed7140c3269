import createFastify from 'fastify'
import { twilioWebhook } from 'tollgate/fastify'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { parseMail } from './parse-mail.mjs'

// #region inbound
const verifier = createSendGridVerifier({
  publicKey: process.env.SENDGRID_INBOUND_PUBLIC_KEY,
  maxBodyBytes: 32 * 1024 * 1024,
})

export const app = createFastify({ bodyLimit: 32 * 1024 * 1024 })
app.register(async (scope) => {
  scope.register(twilioWebhook, { verifier })
  scope.post('/inbound', async (request) => {
    const { fields, files } = parseMail(request.twilio?.body ?? new Uint8Array(), request.headers['content-type'] ?? '')
    return { from: fields.get('from'), subject: fields.get('subject'), files: files.length }
  })
})
// #endregion
