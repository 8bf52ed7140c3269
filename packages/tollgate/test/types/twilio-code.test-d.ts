import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http2'
import type { ParsedUrlQuery } from 'node:querystring'
import express from 'express'
import {
  getExpectedBodyHash,
  getExpectedTwilioSignature,
  type Request as TwilioRequest,
  validateBody,
  validateExpressRequest,
  validateIncomingRequest,
  validateRequest,
  validateRequestWithBody,
  type WebhookOptions,
  webhook,
} from '../../src/compat/index.ts'

// Code as users of the `twilio` package write it. `tools/package-test/types.test.ts` compiles this
// file with the types of that package too.

/** The body of a message, as applications write it: an interface has no index signature. */
interface SmsBody {
  From: string
  Body: string
  NumMedia?: number
}
class ParsedSms {
  From = ''
}

declare const [token, signature, url]: [string, string, string]
declare const sms: SmsBody
declare const query: ParsedUrlQuery
declare const formData: FormData
declare const headers: IncomingHttpHeaders
declare const event: { headers: Record<string, string>; body: string }
// biome-ignore lint/suspicious/noExplicitAny: body parsers return any
declare const parsed: any

const app = express()
app.post('/sms', webhook(), (req, res) => {
  const from: string = req.body.From
  res.send(from)
})
const bodyParser = express.urlencoded({ extended: false })
app.post('/sms', bodyParser, webhook({ validate: process.env.NODE_ENV !== 'test' }), async (req, res, next) => {
  res.type('text/xml').send(req.body.From)
  next()
})
app.post<{ id: string }, string, SmsBody>('/:id', webhook(), (req, res) => {
  res.send(req.params.id + req.body.From.trim())
})
express.Router().post('/sms/:id', webhook({}), (req, res) => void res.json([req.body.Body, req.params.id]))
app.use('/sms', webhook(token, { url, host: 'example.com', protocol: 'https' }))
app.use(webhook(token), webhook({ authToken: token }, token), webhook(undefined, { includeHelpers: true }))
app.use((req, res, next) => webhook({ validate: true })(req, res, next))
const handlers: express.RequestHandler[] = [webhook()]
app.use(handlers)
// The API routes of Next have a request with a parsed body.
webhook()({} as IncomingMessage & { body: SmsBody }, {} as ServerResponse, () => {})

express().use((req, res, next) => {
  if (validateExpressRequest(req, token, { url }) && validateIncomingRequest(req, token)) next()
  else res.status(403).end()
})
const made = { protocol: 'https', header: () => undefined, headers, originalUrl: '/', rawBody: 'x', body: sms }
validateIncomingRequest(made, token, { host: 'example.com', protocol: 'https' })

validateRequest(token, signature, url, sms)
validateRequest(token, signature, url, parsed as SmsBody)
validateRequest(token, signature, url, query)
validateRequest(token, signature, url, formData)
validateRequest(token, signature, url, Object.fromEntries(formData))
validateRequest(token, signature, url, Object.fromEntries(new URLSearchParams(event.body)))
validateRequest(token, signature, url, new URLSearchParams(event.body))
validateRequest(token, event.headers['X-Twilio-Signature'] as string, url, new ParsedSms())
validateRequest(token, parsed, url, { NumMedia: 0, Digits: ['1'], deep: { a: 1 } })
const validSms = <T extends SmsBody>(body: T): boolean => validateRequest(token, signature, url, body)
const computed: string = getExpectedTwilioSignature(token, url, sms)
console.log(validSms(sms), computed)

validateRequestWithBody(token, signature, url, JSON.stringify(sms))
const hash: string = getExpectedBodyHash(event.body)
for (const one of [hash, Buffer.from(hash), [1, 2], ['a']]) validateBody(event.body, one)

// Options are built step by step.
const options: WebhookOptions = {}
options.validate = false
options.url = url
export function readSender(request: TwilioRequest): string {
  return request.body.From
}

// So are requests, and parameters by the type of the argument.
const request: TwilioRequest = { ...made, headers }
request.protocol = 'https'
request.originalUrl = `/sms${request.rawBody.toString()}`
const [type, cookies] = [request.headers['content-type']?.trim(), request.headers['set-cookie']?.join()]
const built: Parameters<typeof getExpectedTwilioSignature>[2] = {}
built.From = type
built.cookies = cookies
class StubRequest implements TwilioRequest {
  protocol = 'https'
  headers = {}
  originalUrl = '/'
  rawBody?: string
  body: unknown
  header = (): undefined => undefined
}
validateExpressRequest(new StubRequest(), token)
