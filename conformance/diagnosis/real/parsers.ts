import { parse, stringify } from 'node:querystring'
import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import httpUrlencodeBodyParser from '@middy/http-urlencode-body-parser'
import qs from 'qs'
import { arrive } from '../arrive.ts'
import type { Sent } from '../webhooks.ts'
import { asConsumed, named, type RealRow } from './row.ts'

const node = `Node.js ${process.versions.node}`
const middyUrlencode = named('@middy/http-urlencode-body-parser')
const middyJson = named('@middy/http-json-body-parser')

/** The body goes through a parser, and what it makes is all that is left. */
const parsedBy = (parser: (body: string) => unknown) => (sent: Sent) =>
  arrive(sent, { params: parser(sent.body ?? '') })

/** The same, and the application says that it read the stream. */
const consumedBy = (parser: (body: string) => unknown) => (sent: Sent) =>
  arrive(sent, asConsumed(parser(sent.body ?? '')))

/** The query goes through a parser and back. */
const queryBy = (respell: (query: string) => string) => (sent: Sent) => {
  const [, query = ''] = sent.url.split('?')
  return arrive(sent, { url: `${new URL(sent.url).pathname}?${respell(query)}` })
}

const sortedQuery = queryBy((query) => {
  const params = new URLSearchParams(query)
  params.sort()
  return params.toString()
})

/** Returns the request that a Lambda handler gets after a middy parser. */
const middyBehind = (parser: 'form' | 'json', look: (body: unknown) => object) => async (sent: Sent) => {
  let body: unknown
  const plugin = parser === 'form' ? httpUrlencodeBodyParser() : httpJsonBodyParser()
  const chain = middy<{ body: unknown }>()
  chain.use(plugin as Parameters<typeof chain.use>[0])
  const handler = chain.handler(async (event) => {
    body = event.body
  })
  const event = { headers: { ...sent.headers }, body: sent.body, isBase64Encoded: false }
  await handler(event as never, {} as never)
  return arrive(sent, look(body))
}

const blankAsNull: NonNullable<qs.IParseOptions['decoder']> = (text, decode, _charset, type) =>
  type === 'value' && text === '' ? null : decode?.(text)

const withBrackets = (pairs: Sent['pairs']): Sent['pairs'] => [
  ...pairs,
  ['Profile[city]', 'Lisbon'],
  ['Profile[zip]', '1100'],
]
const onceEach = (pairs: Sent['pairs']) =>
  pairs.filter(([name], at) => pairs.findIndex((pair) => pair[0] === name) === at)

export const parserRows: readonly RealRow[] = [
  {
    name: 'Object.fromEntries of URLSearchParams, repeats',
    origin: node,
    webhook: 'conversations-onConversationAdd-repeated',
    see: parsedBy((body) => Object.fromEntries(new URLSearchParams(body))),
    expected: ['params_repeats_dropped'],
  },
  {
    name: 'Object.fromEntries of URLSearchParams',
    origin: node,
    webhook: 'voice-sip-inbound',
    see: consumedBy((body) => Object.fromEntries(new URLSearchParams(body))),
    expected: ['body_already_parsed'],
  },
  {
    name: 'URLSearchParams of a body that was decoded before',
    origin: node,
    webhook: 'sms-inbound',
    see: parsedBy((body) => Object.fromEntries(new URLSearchParams(decodeURIComponent(body)))),
    expected: ['params_plus_as_space'],
  },
  {
    name: 'URLSearchParams of a call that was decoded before',
    origin: node,
    webhook: 'voice-dial-action',
    see: parsedBy((body) => Object.fromEntries(new URLSearchParams(decodeURIComponent(body)))),
    expected: ['params_plus_as_space'],
  },
  {
    name: 'querystring.parse of a WhatsApp message that was decoded before',
    origin: node,
    webhook: 'whatsapp-inbound-text',
    see: parsedBy((body) => ({ ...parse(decodeURIComponent(body)) })),
    expected: ['params_plus_as_space'],
  },
  {
    name: 'querystring.parse',
    origin: node,
    webhook: 'debugger-event',
    see: consumedBy((body) => ({ ...parse(body) })),
    expected: ['body_already_parsed'],
  },
  {
    name: 'querystring.parse of at most ten names',
    origin: node,
    webhook: 'sms-inbound',
    see: parsedBy((body) => ({ ...parse(body, '&', '=', { maxKeys: 10 }) })),
    expected: ['params_missing'],
  },
  {
    name: 'qs.parse, brackets',
    origin: named('qs'),
    webhook: 'conversations-onMessageAdded',
    wish: { pairs: withBrackets },
    see: parsedBy((body) => qs.parse(body)),
    expected: ['params_nested'],
  },
  {
    name: 'qs.parse with allowDots',
    origin: named('qs'),
    webhook: 'conversations-onConversationAdd-repeated',
    wish: { pairs: onceEach },
    see: parsedBy((body) => qs.parse(body, { allowDots: true })),
    expected: ['params_nested'],
  },
  {
    name: 'qs.parse with allowDots, repeats',
    origin: named('qs'),
    webhook: 'conversations-onConversationAdd-repeated',
    see: parsedBy((body) => qs.parse(body, { allowDots: true })),
    expected: ['params_nested'],
  },
  {
    name: 'qs.parse that keeps the first of repeats',
    origin: named('qs'),
    webhook: 'conversations-onConversationAdd-repeated',
    see: parsedBy((body) => qs.parse(body, { duplicates: 'first' })),
    expected: ['params_repeats_dropped'],
  },
  {
    name: 'qs.stringify that skips blanks made null',
    origin: named('qs'),
    webhook: 'mms-inbound-two-media',
    see: (sent) =>
      arrive(sent, {
        body: qs.stringify(qs.parse(sent.body ?? '', { decoder: blankAsNull }), { skipNulls: true }),
      }),
    expected: ['params_blank_dropped'],
  },
  {
    name: 'URLSearchParams rewrites the query',
    origin: node,
    webhook: 'sms-inbound',
    wish: { url: 'https://app.example.com/twilio/sms?to=ana%40example.com&note=a%20b*' },
    see: queryBy((query) => new URLSearchParams(query).toString()),
    expected: ['query_encoding'],
  },
  {
    name: 'URLSearchParams sorts the query',
    origin: node,
    webhook: 'voice-status-completed',
    wish: { url: 'https://app.example.com/twilio/call-status?tenant=7&agent=ana&queue=2' },
    see: sortedQuery,
    expected: ['query_order'],
  },
  {
    name: 'URLSearchParams sorts the query of JSON',
    origin: node,
    webhook: 'event-streams-batch',
    see: sortedQuery,
    expected: ['query_order'],
  },
  {
    name: 'querystring rewrites the query',
    origin: node,
    webhook: 'taskrouter-assignment',
    wish: { url: 'https://app.example.com/twilio/taskrouter/assign?skill=sales:emea,|apac' },
    see: queryBy((query) => stringify(parse(query))),
    expected: ['query_encoding'],
  },
  {
    name: 'new URL() re-encodes the path',
    origin: node,
    webhook: 'video-composition-available',
    wish: { url: 'https://app.example.com/twilio/{emea}/compositions' },
    see: (sent) => arrive(sent, { url: new URL(sent.url).pathname }),
    expected: ['path_encoding'],
  },
  {
    name: 'new URL() takes the host in small letters',
    origin: node,
    webhook: 'recording-completed',
    wish: { url: 'https://Hooks.Example.com/twilio/recording' },
    options: { publicUrl: new URL('https://Hooks.Example.com').origin },
    see: (sent) => arrive(sent),
    expected: ['host_case'],
  },
  {
    name: '@middy/http-urlencode-body-parser',
    origin: middyUrlencode,
    webhook: 'conference-participant-join',
    see: middyBehind('form', asConsumed),
    expected: ['body_already_parsed'],
  },
  {
    name: '@middy/http-urlencode-body-parser, and the wrong scheme',
    origin: middyUrlencode,
    webhook: 'voice-gather-dtmf',
    options: { publicUrl: 'http://app.example.com' },
    see: middyBehind('form', asConsumed),
    expected: ['body_already_parsed', 'scheme'],
  },
  {
    name: '@middy/http-json-body-parser, written again',
    origin: middyJson,
    webhook: 'studio-http-request-json',
    see: middyBehind('json', (body) => ({ body: JSON.stringify(body) })),
    expected: ['body_reserialized'],
  },
  {
    name: '@middy/http-json-body-parser, its object as the parameters',
    origin: middyJson,
    webhook: 'conversation-orchestrator',
    see: middyBehind('json', asConsumed),
    expected: ['body_already_parsed'],
    // The object went where parameters of a form belong.
    or: [['json_taken_as_form']],
  },
]
