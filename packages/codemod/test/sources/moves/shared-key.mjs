import express from 'express'
import { HMAC_SHA1, validateExpressRequest, webhook } from 'twilio'

const url = 'https://app.example.com/sms'
export const app = express().use(
  webhook({ url, sharedKeySecret: 'f1e2d3c4b5a69788796a5b4c3d2e1f00' }),
  (req, res) => {
    const isGenuine = validateExpressRequest(req, process.env.TWILIO_AUTH_TOKEN, { url, algorithm: HMAC_SHA1 })
    res.sendStatus(isGenuine ? 204 : 403)
  },
)
