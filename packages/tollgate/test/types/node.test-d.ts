import { createServer } from 'node:http'
import { createServer as createHttp2Server, createSecureServer as createSecureHttp2Server } from 'node:http2'
import { createServer as createSecureServer } from 'node:https'
import { twilioWebhook } from '../../src/adapters/node.ts'

createServer(
  twilioWebhook({ authToken: process.env.TWILIO_AUTH_TOKEN }, (webhook, req, res) => {
    res.end(`${webhook.covers} ${webhook.params.get('Body')} ${req.url}`)
  }),
)
createSecureServer(
  {},
  twilioWebhook(
    () => ({ publicUrl: 'https://example.com' }),
    async (webhook, _req, res) => {
      res.end(webhook.covers)
    },
  ),
)
// @ts-expect-error a handler is needed
createServer(twilioWebhook({}))
// @ts-expect-error paths belong to middleware
createServer(twilioWebhook({ paths: '/sms' }, (_webhook, _req, res) => res.end()))

// The same listener serves HTTP/2.
const listener = twilioWebhook({}, (webhook, req, res) => res.end(`${webhook.covers} ${req.url}`))
createServer(listener)
createHttp2Server(listener)
createSecureHttp2Server({}, listener).on('request', listener)
createSecureHttp2Server(
  { allowHTTP1: true },
  twilioWebhook({}, (webhook, _req, res) => res.end(webhook.covers)),
)
