import { twilioWebhook } from 'tollgate/fetch'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { parseMail } from './parse-mail.mjs'

// #region inbound
const verifier = createSendGridVerifier({
  publicKey: process.env.SENDGRID_INBOUND_PUBLIC_KEY,
  maxBodyBytes: 32 * 1024 * 1024,
})

export default {
  fetch: twilioWebhook({ verifier }, (webhook, request) => {
    const { fields, files } = parseMail(webhook.body, request.headers.get('content-type') ?? '')
    return Response.json({ from: fields.get('from'), subject: fields.get('subject'), files: files.length })
  }),
}
// #endregion
