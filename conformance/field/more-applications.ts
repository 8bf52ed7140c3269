import express, { type Request, type RequestHandler } from 'express'
import { createVerifier, type IncomingRequest, type VerifierOptions } from 'tollgate'
import { captureRawBody } from 'tollgate/express'
import { origin, sms as smsParams } from '../kit/draft.ts'
import type { App, SetUp } from './set-up.ts'

const sms = { url: `${origin}/sms` }
const event = '{"specversion": "1.0", "type": "com.twilio.voice.call.completed", "data": {"to": "+1", "a": [1, 2]}}'
const events = { url: `${origin}/events`, json: event }
const readText = express.text({ type: () => true })

/** The text of the body changes between its parser and the guard. */
function changingText(change: (text: string) => string): App {
  const middleware: RequestHandler = (req, _res, next) => {
    req.body = change(req.body)
    next()
  }
  return { express: (app, guard) => app.use(readText, middleware, guard) }
}

/** The fields of the form change between its parser and the guard. */
function changingFields(change: (name: string, value: string) => readonly (readonly [string, string])[]): App {
  return changingText((text) =>
    new URLSearchParams(
      [...new URLSearchParams(text)].flatMap(([name, value]) => change(name, value).map(([a, b]) => [a, b])),
    ).toString(),
  )
}

/** A middleware that users write themselves with `createVerifier`. */
function byHand(read: (req: Request) => Partial<IncomingRequest>): App {
  return {
    express: (app, _guard, options: VerifierOptions) => {
      const verifier = createVerifier(options)
      app.use(readText, async (req, res, next) => {
        const { method, originalUrl: url, headers } = req
        const verdict = await verifier.verify({ method, url, headers, body: req.body, ...read(req) })
        if (verdict.ok) next()
        else res.sendStatus(verdict.status)
      })
    },
  }
}

const whole = byHand(() => ({}))
const mend = { app: whole }
const camel = (name: string): string => name.replace(/^[A-Z]/, (letter) => letter.toLowerCase())
const snake = (name: string): string => camel(name).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function changeKeys(json: unknown, change: (key: string) => string): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map((one) => changeKeys(one, change))
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [change(key), changeKeys(value, change)]))
}

/** More set-ups with code that changes what it read before the check. */
export const moreApplicationSetUps: readonly SetUp[] = [
  {
    id: 'express-names-camel-cased',
    what: 'Middleware writes the names of the fields in camel case.',
    source: 'https://github.com/sindresorhus/camelcase-keys',
    sent: sms,
    app: changingFields((name, value) => [[camel(name), value]]),
    cause: 'names-camel-cased',
    mend,
  },
  {
    id: 'express-names-snake-cased',
    what: 'Middleware writes the names of the fields in snake case.',
    source: 'https://github.com/bendrucker/snakecase-keys',
    sent: sms,
    app: changingFields((name, value) => [[snake(name), value]]),
    cause: 'names-camel-cased',
    mend,
  },
  {
    id: 'express-values-normalised',
    what: 'Middleware normalises Unicode, and the message has letters of two characters.',
    source: 'https://unicode.org/faq/normalization.html',
    sent: { ...sms, params: [...smsParams.slice(0, 4), ['Body', 'Gru\u0308\u00dfe']] },
    app: changingFields((name, value) => [[name, value.normalize('NFC')]]),
    cause: 'charset-changed',
    mend,
  },
  {
    id: 'express-values-sql-escaped',
    what: 'Middleware escapes quotes for SQL.',
    source: 'https://github.com/mysqljs/mysql#escaping-query-values',
    sent: sms,
    app: changingFields((name, value) => [[name, value.replace(/(['"\\])/g, '\\$1')]]),
    cause: 'values-escaped',
    mend,
  },
  {
    id: 'express-blank-to-null',
    what: 'Middleware turns blank values into null, and the form is written again.',
    source: 'https://laravel.com/docs/11.x/requests#input-trimming-and-normalization',
    sent: sms,
    app: changingFields((name, value) => [[name, value === '' ? String(null) : value]]),
    cause: 'values-null',
    mend,
  },
  {
    id: 'express-parameters-allowed',
    what: 'A schema removes the fields that it does not know.',
    source: 'https://github.com/colinhacks/zod#strip',
    sent: sms,
    app: changingFields((name, value) => (name === 'ToCity' ? [] : [[name, value]])),
    cause: 'empty-parameters-removed',
    mend,
  },
  {
    id: 'express-csrf-field-added',
    what: 'Middleware adds the token against CSRF to the fields.',
    source: 'https://github.com/expressjs/csurf',
    sent: sms,
    app: changingText((text) => `${text}&_csrf=a7Jk2`),
    cause: 'parameter-added',
    mend,
  },
  {
    id: 'express-whitespace-collapsed',
    what: 'Middleware removes the white space at the ends of values.',
    source: 'https://github.com/validatorjs/validator.js#sanitizers',
    sent: { ...sms, params: [...smsParams.slice(0, 4), ['Body', 'Hello ']] },
    app: changingFields((name, value) => [[name, value.trim()]]),
    cause: 'values-trimmed',
    mend,
  },
  {
    id: 'express-form-decoded-by-hand',
    what: 'The code decodes the whole body before it passes it to the verifier.',
    source: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/decodeURIComponent',
    sent: { ...sms, params: smsParams.filter(([name]) => name !== 'Body') },
    app: byHand((req) => ({ body: decodeURIComponent(req.body) })),
    cause: 'form-decoded-twice',
    mend,
  },
  {
    id: 'express-form-as-json-by-hand',
    what: 'The code passes JSON.stringify of the fields as the body.',
    source: 'https://github.com/twilio/twilio-node/issues/924',
    sent: sms,
    app: byHand((req) => ({ body: JSON.stringify(Object.fromEntries(new URLSearchParams(req.body))) })),
    cause: 'form-turned-into-json',
    mend,
  },
  {
    id: 'express-body-object-as-text',
    what: 'The code passes the parsed object as text.',
    source: 'https://github.com/stripe/stripe-node/issues/1254',
    sent: sms,
    app: byHand((req) => ({ body: String(new Object(Object.fromEntries(new URLSearchParams(req.body)))) })),
    cause: 'body-not-passed',
    mend,
  },
  {
    id: 'express-headers-picked',
    what: 'The code passes only the headers that it thinks are needed, and not the signature.',
    source: 'https://github.com/dust-tt/dust/pull/18476',
    sent: sms,
    app: byHand((req) => {
      const { 'x-twilio-signature': _, ...headers } = req.headers
      return { headers }
    }),
    cause: 'signature-not-passed',
    mend,
  },
  {
    id: 'express-signature-decoded',
    what: 'The code decodes the signature as if it were a part of a URL, so that "+" is a space.',
    source: 'https://url.spec.whatwg.org/#urlencoded-parsing',
    sent: { ...sms, params: [...smsParams.slice(0, 4), ['Body', 'Hello 2']] },
    app: byHand((req) => ({
      headers: { ...req.headers, 'x-twilio-signature': encodeURIComponent(String(req.headers['x-twilio-signature'])) },
    })),
    cause: 'signature-url-encoded',
    mend,
  },
  {
    id: 'express-method-from-override',
    what: 'The code passes the method of the override, in small letters.',
    source: 'https://github.com/expressjs/method-override',
    sent: sms,
    app: byHand(() => ({ method: 'PATCH' })),
    cause: 'method-changed',
    mend,
  },
  {
    id: 'express-query-of-router',
    what: 'The code builds the target from the parsed query, which writes spaces as "+".',
    source: 'https://github.com/ljharb/qs#stringifying',
    sent: { url: `${origin}/sms?name=a%20b&x=1` },
    app: byHand((req) => ({ url: `${req.path}?${new URLSearchParams(req.query as Record<string, string>)}` })),
    cause: 'query-spaces-respelled',
    mend,
  },
  {
    id: 'express-path-lower-cased',
    what: 'Middleware makes the path lower case.',
    source: 'https://expressjs.com/en/4x/api.html#app.settings.table',
    sent: { url: `${origin}/Webhooks/Sms` },
    app: byHand((req) => ({ url: req.originalUrl.toLowerCase() })),
    cause: 'path-lower-cased',
    mend,
  },
  {
    id: 'express-slash-removed',
    what: 'Middleware removes the slash at the end of the path.',
    source: 'https://github.com/ericf/express-slash',
    sent: { url: `${origin}/sms/` },
    app: byHand((req) => ({ url: req.originalUrl.replace(/\/$/, '') })),
    cause: 'trailing-slash-removed',
    mend,
  },
  {
    id: 'express-json-keys-sorted',
    what: 'Middleware writes the JSON with sorted names.',
    source: 'https://github.com/epoberezkin/fast-json-stable-stringify',
    sent: { url: `${origin}/events`, json: '{"type":"com.example.sent","specversion":"1.0","data":{"z":1,"a":2}}' },
    app: changingText((text) => {
      const { data, specversion, type } = JSON.parse(text)
      return JSON.stringify({ data: { a: data.a, z: data.z }, specversion, type })
    }),
    cause: 'json-changed',
    mend,
  },
  {
    id: 'express-json-keys-camel-cased',
    what: 'Middleware writes the names in JSON in another case.',
    source: 'https://github.com/domchristie/humps',
    sent: { url: `${origin}/events`, json: '{"EventType":"onMessageAdded","Source":"SDK"}' },
    app: changingText((text) => JSON.stringify(changeKeys(JSON.parse(text), camel))),
    cause: 'json-changed',
    mend,
  },
  {
    id: 'express-json-redacted',
    what: 'A logger hides numbers in the JSON that it passes on.',
    source: 'https://github.com/pinojs/pino/blob/main/docs/redaction.md',
    sent: events,
    app: changingText((text) => {
      const json = JSON.parse(text)
      json.data.to = '[Redacted]'
      return JSON.stringify(json)
    }),
    cause: 'json-changed',
    mend,
  },
  {
    id: 'express-json-spaced',
    what: 'The JSON is written again without its spaces.',
    source: 'https://github.com/sendgrid/sendgrid-nodejs/issues/1411',
    sent: events,
    app: changingText((text) => JSON.stringify(JSON.parse(text))),
    cause: 'json-serialised-again',
    mend,
  },
  {
    id: 'express-json-parser-limit',
    what: 'express.json() runs first, with a limit of its own and without "verify".',
    source: 'https://github.com/nestjs/nest/issues/10471',
    sent: events,
    app: { express: (app, guard) => app.use(express.json({ limit: '50mb' }), guard) },
    cause: 'body-parser-before-guard',
    mend: { app: { express: (app, guard) => app.use(express.json({ limit: '50mb', verify: captureRawBody }), guard) } },
  },
  {
    id: 'express-emoji-removed',
    what: 'Middleware removes emoji, which nothing can put back.',
    source: 'https://github.com/mathiasbynens/emoji-regex',
    sent: { ...sms, params: [...smsParams.slice(0, 4), ['Body', 'Hi \u{1f600} there']] },
    app: changingFields((name, value) => [[name, value.replace(/\p{Emoji_Presentation}/gu, '')]]),
    cause: 'values-lost-characters',
    hint: 'authToken',
    mend,
  },
  {
    id: 'express-body-cut',
    what: 'A field of a database cuts the form, which is verified later.',
    source: 'https://dev.mysql.com/doc/refman/8.0/en/string-type-syntax.html',
    sent: sms,
    app: changingText((text) => text.slice(0, 100)),
    cause: 'values-lost-characters',
    hint: 'authToken',
    mend,
  },
]
