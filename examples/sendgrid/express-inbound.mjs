import express from 'express'
import { twilioWebhook } from 'tollgate/express'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { parseMail } from './parse-mail.mjs'

const verifier = createSendGridVerifier({
  publicKey: process.env.SENDGRID_INBOUND_PUBLIC_KEY,
  maxBodyBytes: 32 * 1024 * 1024,
})

export const app = express()
app.post(
  '/inbound',
  twilioWebhook({ verifier }, (webhook, req, res) => {
    const { fields, files } = parseMail(webhook.body, req.get('content-type') ?? '')
    res.json({ from: fields.get('from'), subject: fields.get('subject'), files: files.length })
  }),
)
app.listen(process.env.PORT ?? 3000)
