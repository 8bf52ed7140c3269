import express from 'express'
import { webhook } from 'tollgate/compat'

export const app = express()
app.post('/sms', express.urlencoded({ extended: false }), webhook(), (req, res) => {
  res.type('text/xml').send(`<Response><Message>From ${req.body.From}</Message></Response>`)
})
