import { type MadeRow, makeSetUps } from '../arrive.ts'

const parsed = (consumedBy: string) => ({ consumedBy, fix: 'Mount it after the webhook.' })
const reserialize =
  (indent?: number | string) =>
  (body = '') =>
    JSON.stringify(JSON.parse(body), null, indent)

/** Changes of the body: its bytes, its type, and parsers that read it first. */
const rows: readonly MadeRow[] = [
  {
    name: 'JSON is parsed and written again, which loses its line breaks',
    webhook: 'studio-http-request-json',
    spoil: ({ body }) => ({ body: reserialize()(body) }),
    expected: ['body_reserialized'],
  },
  {
    name: 'JSON is written again with an indent of two',
    webhook: 'event-streams-batch',
    spoil: ({ body }) => ({ body: reserialize(2)(body) }),
    expected: ['body_reserialized'],
  },
  {
    name: 'JSON is written again with tabs',
    webhook: 'conversation-orchestrator',
    spoil: ({ body }) => ({ body: reserialize('\t')(body) }),
    expected: ['body_reserialized'],
  },
  {
    name: 'JSON that escaped its letters is written again',
    webhook: 'conversation-orchestrator',
    wish: {
      body: '{"eventType":"COMMUNICATION_CREATED","data":{"id":"comms_1","content":{"text":"Gr\\u00fc\\u00dfe aus K\\u00f6ln"}}}',
    },
    spoil: ({ body }) => ({ body: reserialize()(body) }),
    expected: ['body_reserialized'],
  },
  {
    name: 'the text of the JSON is written as JSON',
    webhook: 'event-streams-batch',
    spoil: ({ body }) => ({ body: JSON.stringify(body) }),
    expected: ['body_reserialized'],
  },
  {
    name: 'the Buffer of the JSON is written as JSON',
    webhook: 'voice-intelligence-transcript',
    spoil: ({ body = '' }) => ({ body: JSON.stringify(Buffer.from(body)) }),
    expected: ['body_reserialized'],
  },
  {
    name: 'JSON loses a field that is not in its schema',
    webhook: 'voice-intelligence-transcript',
    spoil: ({ body = '' }) => ({ body: body.replace(/"[a-z_]+":"[^"]*",/, '') }),
    expected: ['body_reserialized'],
  },
  {
    name: 'a line break at the end of JSON is trimmed',
    webhook: 'event-streams-test',
    wish: {
      body: '[{"specversion":"1.0","type":"com.twilio.eventstreams.test-event","id":"EZ1","data":{"test_id":"t1"}}]\n',
    },
    spoil: ({ body }) => ({ body: body?.trim() ?? null }),
    expected: ['body_whitespace'],
  },
  {
    name: 'a line break is added to JSON',
    webhook: 'voice-intelligence-transcript',
    spoil: ({ body }) => ({ body: `${body}\n` }),
    expected: ['body_whitespace'],
  },
  {
    name: 'the line breaks of JSON become CRLF',
    webhook: 'studio-http-request-json',
    spoil: ({ body }) => ({ body: body?.replaceAll('\n', '\r\n') ?? null }),
    expected: ['body_whitespace'],
  },
  {
    name: 'a byte order mark is added to JSON',
    webhook: 'event-streams-batch',
    spoil: ({ body }) => ({ body: `\ufeff${body}` }),
    expected: ['body_whitespace'],
  },
  {
    name: 'a line break is added to a form',
    webhook: 'conference-participant-join',
    spoil: ({ body }) => ({ body: `${body}\r\n` }),
    expected: ['body_whitespace'],
  },
  {
    name: 'bodySHA256 is taken out of the query',
    webhook: 'event-streams-batch',
    spoil: ({ url }) => ({ url: `/twilio/events?${/source=\w+/.exec(url)?.[0]}` }),
    expected: ['body_hash_missing'],
    or: [['query_missing']],
  },
  {
    name: 'bodySHA256 is taken out, and nothing of the query is left',
    webhook: 'conversation-orchestrator',
    spoil: () => ({ url: '/webhook' }),
    expected: ['body_hash_missing'],
    or: [['query_missing']],
  },
  {
    name: 'JSON under the type of a form',
    webhook: 'studio-http-request-json',
    spoil: () => ({ headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    expected: ['json_taken_as_form'],
  },
  {
    name: 'JSON that a form parser made one name of',
    webhook: 'event-streams-test',
    spoil: ({ body = '' }) => ({ params: { [body]: '' } }),
    expected: ['json_taken_as_form'],
  },
  {
    name: 'a form under the type of JSON',
    webhook: 'sms-inbound',
    spoil: () => ({ headers: { 'content-type': 'application/json' } }),
    expected: ['form_taken_as_json'],
  },
  {
    name: 'a form without a type',
    webhook: 'voice-amd-async',
    spoil: () => ({ headers: { 'content-type': undefined } }),
    expected: ['form_taken_as_json'],
  },
  {
    name: 'a form that became JSON on its way',
    webhook: 'video-participant-connected',
    spoil: ({ pairs }) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(pairs)),
    }),
    expected: ['form_taken_as_json'],
    or: [['body_reserialized']],
  },
  {
    name: 'a parser read the form, and nothing is left',
    webhook: 'whatsapp-inbound-text',
    spoil: () => ({ body: parsed('express.urlencoded()') }),
    expected: ['body_already_parsed'],
  },
  {
    name: 'a parser read JSON, and nothing is left',
    webhook: 'event-streams-batch',
    spoil: () => ({ body: parsed('express.json()') }),
    expected: ['body_already_parsed'],
  },
  {
    name: 'a parser read the form, and its parameters are whole',
    webhook: 'proxy-interaction',
    spoil: ({ pairs }) => ({ body: parsed('koa-body'), params: Object.fromEntries(pairs) }),
    expected: ['body_already_parsed'],
  },
]

export const makeBodySetUps = () => makeSetUps(rows)
