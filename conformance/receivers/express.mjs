// Express with the `twilio` package, as its README describes it.
import express from 'express'
import twilio from 'twilio'

const { host } = new URL(process.env.PUBLIC_URL)
const app = express()
const rawBody = (req, _res, buffer) => {
  req.rawBody = buffer
}
app.use(express.urlencoded({ extended: false, verify: rawBody }), express.json({ verify: rawBody }))
app.all('/sms', twilio.webhook({ host, protocol: 'https' }), (_req, res) => {
  res.type('text/xml').send('<Response/>')
})
app.listen(process.env.PORT, '127.0.0.1')
