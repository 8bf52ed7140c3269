import type { CauseId } from '../types.ts'
import type { CauseRow } from './cause-row.ts'

type Id = Extract<CauseId, `body_${string}` | 'json_taken_as_form' | 'form_taken_as_json'>

const keep = {
  express: 'Put the guard before express.json(), or keep the bytes: express.json({ verify: captureRawBody }).',
  fastify: 'Register the plugin in the scope: it reads the raw body before the JSON parser does.',
  koa: 'Put the guard before the body parser, or use one that keeps ctx.request.rawBody.',
  hono: 'Put the guard first, or read the body with c.req.text(), json(), parseBody() or arrayBuffer().',
  nest: 'Create the app with rawBody: true.',
  next: 'In the Pages Router export config = { api: { bodyParser: false } }. The App Router needs nothing.',
  lambda: 'Put twilioWebhookMiddy before httpJsonBodyParser and httpUrlencodeBodyParser.',
  firebase: 'Change nothing in the adapter: it reads req.rawBody.',
} as const

/** Changes of the body as a whole. */
export const bodyCauses: Readonly<Record<Id, CauseRow>> = {
  body_reserialized: {
    title: 'JSON was parsed and serialised again',
    symptom:
      'JSON webhooks (Event Streams, Studio, Conversational Intelligence) are refused as `body_hash_mismatch`. Forms pass.',
    reason:
      'bodySHA256 is the hash of the bytes that Twilio sent. JSON.stringify(req.body) returns other bytes: spaces, escapes, numbers and order differ.',
    fix: 'Pass the bytes that arrived, never JSON.stringify of the parsed body.',
    fixes: keep,
  },
  body_whitespace: {
    title: 'White space in the body changed',
    symptom: 'JSON webhooks are refused as `body_hash_mismatch`, although the bodies look the same.',
    reason:
      'A line break at the end, CRLF in place of LF, or a byte order mark changes the hash. Trimming middleware, text parsers, shells and copied captures cause such changes.',
    fix: 'Pass the bytes that arrived, without trimming them or changing their line breaks.',
    fixes: keep,
  },
  body_hash_missing: {
    title: 'bodySHA256 is missing',
    symptom: 'JSON webhooks are refused as `body_unsigned`.',
    reason:
      'Twilio adds the hash of a JSON body to the query as bodySHA256. A proxy or a redirect removes it if it drops the query, or passes on only known parameters.',
    fix: 'Keep the query, which holds bodySHA256, and pass the whole request target.',
    fixes: {
      nginx: 'Append $is_args$args in rewrites. proxy_pass without a path keeps the query.',
      cloudflare: 'Turn off rules that drop or filter query parameters of this path.',
      lambda: 'Pass the event on with its query.',
    },
  },
  json_taken_as_form: {
    title: 'JSON was treated as a form',
    symptom: 'A JSON webhook arrives with the Content-Type of a form, or its fields are passed as parameters.',
    reason:
      'JSON fields are not parameters: Twilio signs only the URL, which holds bodySHA256. A proxy that rewrites Content-Type, or code that passes req.body as parameters, breaks that.',
    fix: 'Pass Content-Type: application/json on unchanged. bodySHA256 covers JSON, parameters do not.',
    fixes: { express: 'Pass the raw body to the validator, not the object from express.json().' },
  },
  form_taken_as_json: {
    title: 'A form was treated as another type',
    symptom: 'A form webhook is refused as `body_unsigned`.',
    reason:
      'Something lost or changed the Content-Type of the form: an API gateway with a JSON template, a function platform’s default, or a test tool. Tollgate reads parameters only from forms.',
    fix: 'Pass Content-Type: application/x-www-form-urlencoded on unchanged.',
    fixes: { lambda: 'Use the proxy integration, without mapping templates.' },
  },
  body_already_parsed: {
    title: 'Something else read the body first',
    symptom: 'The code is `body_already_consumed` (500), or the body is empty, or it is "[object Object]".',
    reason:
      'A body can be read only once. A parser that ran before kept an object and not the bytes. The bytes cannot be rebuilt from the object.',
    fix: 'Verify before the body parser, or keep the bytes: express.urlencoded({ extended: false, verify: captureRawBody }).',
    fixes: keep,
  },
}
