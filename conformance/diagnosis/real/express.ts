import express5, { type Express, type Request, type RequestHandler } from 'express'
import mongoSanitize from 'express-mongo-sanitize'
import { body as field } from 'express-validator'
import express4 from 'express4'
import hpp from 'hpp'
import qs from 'qs'
import type { SeenRequest } from '../setup.ts'
import type { Sent } from '../webhooks.ts'
import { deliver, withServer } from './capture.ts'
import { asConsumed, named, type RealRow } from './row.ts'

type Look = (req: Request) => Partial<SeenRequest>

/** Returns the request that an Express handler sees after some middleware. */
function seeBehind(middleware: readonly RequestHandler[], look: Look, { express = express5, at = '/' } = {}) {
  return async (sent: Sent): Promise<SeenRequest> => {
    let seen: SeenRequest | undefined
    const app: Express = express()
    for (const one of middleware) app.use(one)
    app.use(at, (req, res) => {
      seen = { method: req.method, url: req.originalUrl, headers: { ...req.headers }, ...look(req) }
      res.end()
    })
    await withServer(app, (port) => deliver(sent, port))
    if (seen === undefined) throw new Error('Express did not reach the handler.')
    return seen
  }
}

const params: Look = ({ body }) => ({ params: body })
const consumed: Look = ({ body }) => asConsumed(body)
const rewritten: Look = ({ body }) => ({ body: JSON.stringify(body) })
const extended = express5.urlencoded({ extended: true })
const simple = express5.urlencoded({ extended: false })
const express = named('express')
const brackets = (pairs: readonly (readonly [string, string])[]) =>
  [...pairs, ['Answers[name]', 'Ana'], ['Answers[size]', 'M']] as const

export const expressRows: readonly RealRow[] = [
  {
    name: 'express.urlencoded, extended',
    origin: express,
    webhook: 'sms-inbound',
    see: seeBehind([extended], consumed),
    expected: ['body_already_parsed'],
  },
  {
    name: 'express.urlencoded, extended, an app that says what read it',
    origin: express,
    webhook: 'voice-gather-speech',
    see: seeBehind([extended], ({ body }) => ({
      ...asConsumed(body),
      body: { consumedBy: 'express.urlencoded()', fix: 'Mount it later.' },
    })),
    expected: ['body_already_parsed'],
  },
  {
    name: 'express.urlencoded, simple, repeats',
    origin: express,
    webhook: 'conversations-onConversationAdd-repeated',
    see: seeBehind([simple], consumed),
    expected: ['body_already_parsed'],
  },
  {
    name: 'express.urlencoded of Express 4',
    origin: named('express4'),
    webhook: 'taskrouter-assignment',
    see: seeBehind([express4.urlencoded({ extended: true })], consumed, { express: express4 }),
    expected: ['body_already_parsed'],
  },
  {
    name: 'express.urlencoded, extended, brackets',
    origin: express,
    webhook: 'voice-sip-inbound',
    wish: { pairs: brackets },
    see: seeBehind([extended], params),
    expected: ['params_nested'],
  },
  {
    name: 'express.urlencoded of Express 4, extended, a list in brackets',
    origin: named('express4'),
    webhook: 'conversations-onMessageAdded',
    wish: { pairs: (pairs) => [...pairs, ['Tags[]', 'vip'], ['Tags[]', 'lisbon']] },
    see: seeBehind([express4.urlencoded({ extended: true })], params, { express: express4 }),
    expected: ['params_nested'],
  },
  {
    name: 'express.urlencoded for every type, given JSON',
    origin: express,
    webhook: 'event-streams-test',
    see: seeBehind([express5.urlencoded({ extended: false, type: '*/*' })], params),
    expected: ['json_taken_as_form'],
  },
  {
    name: 'express.json, then JSON.stringify',
    origin: express,
    webhook: 'studio-http-request-json',
    see: seeBehind([express5.json()], rewritten),
    expected: ['body_reserialized'],
  },
  {
    name: 'express.json, then JSON.stringify with an indent',
    origin: express,
    webhook: 'event-streams-batch',
    see: seeBehind([express5.json()], ({ body }) => ({ body: JSON.stringify(body, null, 2) })),
    expected: ['body_reserialized'],
  },
  {
    name: 'express.json, and nothing is left',
    origin: express,
    webhook: 'conversation-orchestrator',
    see: seeBehind([express5.json()], () => ({ body: { consumedBy: 'express.json()', fix: '' } })),
    expected: ['body_already_parsed'],
  },
  {
    name: 'express.json, and its object as the parameters',
    origin: express,
    webhook: 'voice-intelligence-transcript',
    see: seeBehind([express5.json()], consumed),
    expected: ['body_already_parsed'],
    // The object went where parameters of a form belong.
    or: [['json_taken_as_form']],
  },
  {
    name: 'express.json of numbers that JavaScript writes otherwise',
    origin: express,
    webhook: 'voice-intelligence-transcript',
    wish: { body: '{"account_sid":"ACa42104b5c0081d28f69cc86620eae712","confidence":0.90,"duration":12.0}' },
    see: seeBehind([express5.json()], rewritten),
    expected: ['body_reserialized'],
  },
  {
    name: 'hpp keeps the last of repeats',
    origin: named('hpp'),
    webhook: 'conversations-onConversationAdd-repeated',
    see: seeBehind([express4.urlencoded({ extended: false }), hpp() as RequestHandler], params, { express: express4 }),
    expected: ['params_repeats_dropped'],
  },
  {
    name: 'trim() of express-validator, a blank at the end',
    origin: named('express-validator'),
    webhook: 'sms-inbound',
    wish: { pairs: (pairs) => pairs.map(([name, value]) => [name, name === 'Body' ? 'I will be late ' : value]) },
    see: seeBehind([simple, field('*').trim()], params),
    expected: ['params_trimmed'],
  },
  {
    name: 'trim() of express-validator, a blank at the start',
    origin: named('express-validator'),
    webhook: 'voice-gather-speech',
    wish: { pairs: (pairs) => pairs.map(([name, value]) => [name, name === 'SpeechResult' ? ` ${value}` : value]) },
    see: seeBehind([simple, field('*').trim()], params),
    expected: ['params_trimmed'],
  },
  {
    name: 'trim() of express-validator, a reply of one blank',
    origin: named('express-validator'),
    webhook: 'whatsapp-inbound-button',
    wish: { pairs: (pairs) => pairs.map(([name, value]) => [name, name === 'ProfileName' ? 'Ana ' : value]) },
    see: seeBehind([simple, field('*').trim()], params),
    expected: ['params_trimmed'],
  },
  {
    name: 'express-mongo-sanitize takes away names with dots',
    origin: named('express-mongo-sanitize'),
    webhook: 'conversations-onConversationAdd-repeated',
    see: seeBehind([express4.urlencoded({ extended: false }), mongoSanitize()], params, { express: express4 }),
    expected: ['params_missing'],
  },
  {
    name: 'req.url under a mount',
    origin: express,
    webhook: 'sms-inbound',
    wish: { url: 'https://app.example.com/webhooks/sms' },
    see: seeBehind([express5.raw({ type: '*/*' })], ({ url, body }) => ({ url, body: new Uint8Array(body) }), {
      at: '/webhooks',
    }),
    expected: ['path_prefix'],
  },
  {
    name: 'req.url under a mount, and a parser',
    origin: express,
    webhook: 'voice-status-completed',
    wish: { url: 'https://app.example.com/api/call-status' },
    options: { prefixes: ['/api'] },
    see: seeBehind([express5.raw({ type: '*/*' })], ({ url, body }) => ({ url, body: new Uint8Array(body) }), {
      at: '/api',
    }),
    expected: ['path_prefix'],
  },
  {
    name: 'req.path in place of the URL',
    origin: express,
    webhook: 'voice-gather-dtmf',
    see: seeBehind([express5.raw({ type: '*/*' })], ({ path, body, originalUrl, headers }) => ({
      url: path,
      body: new Uint8Array(body),
      headers: { ...headers, 'x-original-url': originalUrl },
    })),
    expected: ['query_missing'],
  },
  {
    name: 'the query of qs, rewritten by qs',
    origin: named('qs'),
    webhook: 'message-status-delivered',
    wish: { url: "https://app.example.com/twilio/status?name=O'Neil|Co%20(home)" },
    see: seeBehind([express5.raw({ type: '*/*' })], ({ query, body, path }) => ({
      url: `${path}?${qs.stringify(query)}`,
      body: new Uint8Array(body),
    })),
    expected: ['query_encoding'],
  },
  {
    name: 'the query of Express, rewritten by URLSearchParams',
    origin: express,
    webhook: 'recording-completed',
    wish: { url: 'https://app.example.com/twilio/recording?agent=ana%40example.com&note=two%20words' },
    see: seeBehind([express5.raw({ type: '*/*' })], ({ query, body, path }) => ({
      url: `${path}?${new URLSearchParams(query as Record<string, string>)}`,
      body: new Uint8Array(body),
    })),
    expected: ['query_encoding'],
  },
  {
    name: 'query and body in one object',
    origin: express,
    webhook: 'voice-gather-dtmf',
    see: seeBehind([extended], ({ query, body }) => ({ params: { ...query, ...body } })),
    expected: ['query_counted_as_params'],
  },
  {
    name: 'query and body in one object, two names',
    origin: express,
    webhook: 'message-status-delivered',
    wish: { url: 'https://app.example.com/twilio/status?tenant=7&campaign=spring' },
    see: seeBehind([extended], ({ query, body }) => ({ params: { ...query, ...body } })),
    expected: ['query_counted_as_params'],
  },
]

/** req.protocol and Host, as most examples build the URL; no proxy is trusted. */
const builtFromRequest = (sent: Sent) =>
  seeBehind([express5.raw({ type: '*/*' })], ({ body }) => ({
    body: new Uint8Array(body),
  }))(sent)

const viaProtocol = ({ url }: { readonly url: string }): string => `http://app.example.com${url}`

export const expressUrlRows: readonly RealRow[] = ['sms-inbound', 'voice-dial-action', 'taskrouter-event'].map(
  (webhook) => ({
    name: `req.protocol without a trusted proxy, ${webhook}`,
    origin: express,
    webhook,
    options: { signedUrl: viaProtocol },
    see: builtFromRequest,
    expected: ['scheme'],
  }),
)
