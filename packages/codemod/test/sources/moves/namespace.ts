import * as Twilio from 'twilio'
import express = require('express')

const options: Twilio.WebhookOptions = { validate: process.env.NODE_ENV !== 'off', url: 'https://app.example.com/sms' }

export const guard = Twilio.webhook(process.env.TWILIO_AUTH_TOKEN ?? '', options) as express.RequestHandler
export const client = Twilio.default('AC00000000000000000000000000000000', 'token')
export const app = express().use(express.urlencoded({ extended: false }), guard, (_req, res) => void res.end())
