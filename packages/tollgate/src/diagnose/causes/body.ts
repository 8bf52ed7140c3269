import type { CauseId } from '../types.ts'
import type { CauseRow } from './cause-row.ts'

type Id = Extract<CauseId, `body_${string}` | 'json_taken_as_form' | 'form_taken_as_json'>

const keep = {
  express: 'Put the guard before express.json(), or keep the bytes: express.json({ verify: captureRawBody }).',
  fastify: 'Guard the scope: the plugin reads the raw body before the JSON parser does.',
  koa: 'Put the guard before the body parser, or use one that keeps ctx.request.rawBody.',
  hono: 'Put the guard first, or read the body by c.req.text(), json(), parseBody() or arrayBuffer().',
  nest: 'Create the app with rawBody: true.',
  next: 'In the Pages router export config = { api: { bodyParser: false } }; in the App router nothing is needed.',
  lambda: 'Put twilioWebhookMiddy before httpJsonBodyParser and httpUrlencodeBodyParser.',
  firebase: 'Nothing to do in the adapter: it reads req.rawBody.',
} as const

/** What happens to the body as a whole. */
export const bodyCauses: Readonly<Record<Id, CauseRow>> = {
  body_reserialized: {
    title: 'JSON was parsed and written anew',
    symptom:
      'JSON webhooks (Event Streams, Studio, Conversational Intelligence) are refused as `body_hash_mismatch`, forms pass.',
    reason:
      'bodySHA256 is the hash of the bytes that were sent. JSON.stringify(req.body) gives other bytes: spaces, escapes, numbers and order differ.',
    fix: 'Hand over the bytes that arrived, never JSON.stringify of the parsed body.',
    fixes: keep,
  },
  body_whitespace: {
    title: 'White space in the body was changed',
    symptom: 'JSON webhooks are refused as `body_hash_mismatch`, and the bodies look the same.',
    reason:
      'A line break at the end, CRLF for LF, or a byte order mark changes the hash. Trimming middleware, text parsers, shells and copied captures do that.',
    fix: 'Hand over the bytes that arrived, untrimmed and with their line breaks as they are.',
    fixes: keep,
  },
  body_hash_missing: {
    title: 'bodySHA256 is missing',
    symptom: 'JSON webhooks are refused as `body_unsigned`.',
    reason:
      'Twilio binds a JSON body by its hash, which it adds to the query as bodySHA256. A proxy or a redirect that drops the query, or one that lets only known parameters through, takes it off.',
    fix: 'Keep the query, in which bodySHA256 is, and hand over the whole request target.',
    fixes: {
      nginx: 'Append $is_args$args where you rewrite; proxy_pass without a path keeps the query.',
      cloudflare: 'Let no rule drop or filter query parameters of this path.',
      lambda: 'Pass the event on with its query.',
    },
  },
  json_taken_as_form: {
    title: 'JSON was taken for a form',
    symptom: 'A JSON webhook arrives with the Content-Type of a form, or its fields are given as parameters.',
    reason:
      'JSON fields are no parameters: nothing is signed after the URL, and the body is bound by bodySHA256. A proxy that rewrites Content-Type, or code that gives req.body as parameters, breaks that.',
    fix: 'Pass Content-Type: application/json on as it is; JSON is bound by bodySHA256, not as parameters.',
    fixes: { express: 'Give the validator the raw body, not the object that express.json() made.' },
  },
  form_taken_as_json: {
    title: 'A form was taken for something else',
    symptom: 'A form webhook is refused as `body_unsigned`.',
    reason:
      'The Content-Type of the form was lost or changed: an API gateway with a JSON template, a function platform’s default, a test tool. Tollgate takes parameters from forms only.',
    fix: 'Pass Content-Type: application/x-www-form-urlencoded on as it is.',
    fixes: { lambda: 'Use the proxy integration, without mapping templates.' },
  },
  body_already_parsed: {
    title: 'The body was read before',
    symptom: 'The code is `body_already_consumed` (500), or the body is empty, or it is "[object Object]".',
    reason:
      'A body can be read once. A parser that ran before keeps an object and not the bytes, and from an object they cannot be had back.',
    fix: 'Verify before the body parser, or keep the bytes: express.urlencoded({ extended: false, verify: captureRawBody }).',
    fixes: keep,
  },
}
