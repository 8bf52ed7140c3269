import { default as sdk } from 'twilio'
import express from 'express'

export const app = express()
app.use(express.urlencoded({ extended: false }), sdk['webhook']({ url: 'https://app.example.com/sms' }))
app.use((_req, res) => res.send('<Response/>'))
