import express from 'express'
import twilio from 'twilio' // also for the reply

const app = express()
app.use(express.urlencoded({ extended: false }))

// Only Twilio may post here.
app.post('/sms', twilio.webhook({ host: 'app.example.com', protocol: 'https' }), (req, res) => {
  const twiml = new twilio.twiml.MessagingResponse()
  twiml.message(`You said: ${req.body.Body}`)
  res.type('text/xml').send(twiml.toString())
})

export { app }
