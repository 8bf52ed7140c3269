import { gzipSync } from 'node:zlib'
import formbody from '@fastify/formbody'
import { bodyParser } from '@koa/bodyparser'
import express, { type Request, type RequestHandler } from 'express'
import mongoSanitize from 'express-mongo-sanitize'
import { body } from 'express-validator'
import { Hono } from 'hono'
import hpp from 'hpp'
import { koaBody } from 'koa-body'
import oldBodyParser from 'koa-bodyparser'
import mount from 'koa-mount'
import qs from 'qs'
import serverless from 'serverless-http'
import { createVerifier, type IncomingRequest, type VerifierOptions } from 'tollgate'
import { captureRawBody } from 'tollgate/express'
import { twilioWebhook } from 'tollgate/fastify'
import { twilioWebhook as guardFetch } from 'tollgate/fetch'
import { origin, sms as smsParams } from '../kit/draft.ts'
import type { App, SetUp } from './set-up.ts'

const sms = { url: `${origin}/sms` }
const pretty = '{\n  "EventType": "onMessageAdded",\n  "Body": "Grüße",\n  "Price": 1.0\n}\n'
const events = { url: `${origin}/events?source=1`, json: pretty }
const form = express.urlencoded({ extended: true })
const keptForm = express.urlencoded({ extended: true, verify: captureRawBody })

/** Makes the raw body again from what a parser left, as users do who need it. */
const rebuildForm: RequestHandler = (req, _res, next) => {
  Object.assign(req, { rawBody: new URLSearchParams(req.body).toString() })
  next()
}

const rebuildJson: RequestHandler = (req, _res, next) => {
  Object.assign(req, { rawBody: JSON.stringify(req.body) })
  next()
}

const parseNumbers: RequestHandler = ({ body }, _res, next) => {
  for (const [name, value] of Object.entries(body)) if (/^[+-]?\d+$/.test(String(value))) body[name] = Number(value)
  next()
}

/** Keeps the text of the body in another form. */
function wrapping(wrap: (text: string) => string | Uint8Array): App {
  const middleware: RequestHandler = (req, _res, next) => {
    Object.assign(req, { rawBody: wrap(req.body) })
    next()
  }
  return { express: (app, guard) => app.use(readText, middleware, guard) }
}

const sanitizeMongo: RequestHandler = mongoSanitize()

/** A middleware that users write themselves with `createVerifier`. */
function checkByHand(options: VerifierOptions, read: (req: Request) => Partial<IncomingRequest>): RequestHandler {
  const verifier = createVerifier(options)
  return async (req, res, next) => {
    const { method, originalUrl: url, headers } = req
    const verdict = await verifier.verify({ method, url, headers, ...read(req) })
    if (verdict.ok) next()
    else res.sendStatus(verdict.status)
  }
}

const readText = express.text({ type: () => true })
const textFirst: App = { express: (app, guard) => app.use(readText, guard) }

/** The text of the body changes between its parser and the guard. */
function changingText(change: (text: string) => string): App {
  const middleware: RequestHandler = (req, _res, next) => {
    req.body = change(req.body)
    next()
  }
  return { express: (app, guard) => app.use(readText, middleware, guard) }
}

const byHand = (read: Parameters<typeof checkByHand>[1]): App => ({
  express: (app, _guard, options) => app.use(readText, checkByHand(options, read)),
})
const wholeByHand = byHand((req) => ({ body: req.body }))

/** Set-ups with real frameworks and parsers. */
export const applicationSetUps: readonly SetUp[] = [
  // A parser reads the body before the guard.
  {
    id: 'express-json-first',
    what: 'express.json() is global and runs before the guard, which gets a JSON event.',
    source: 'https://github.com/twilio/twilio-node/issues/657',
    sent: events,
    app: { express: (app, guard) => app.use(express.json(), guard) },
    cause: 'body-parser-before-guard',
    mend: { app: { express: (app, guard) => app.use(guard, express.json()) } },
  },
  {
    id: 'express-urlencoded-first',
    what: 'express.urlencoded() is global and runs before the guard.',
    source: 'https://github.com/twilio/twilio-node/issues/924',
    sent: sms,
    app: { express: (app, guard) => app.use(form, guard) },
    cause: 'body-parser-before-guard',
    mend: { app: { express: (app, guard) => app.use(keptForm, guard) } },
  },
  {
    id: 'express4-urlencoded-first',
    what: 'The same with Express 4, whose parsers set req._body.',
    source: 'https://expressjs.com/en/4x/api.html#express.urlencoded',
    sent: sms,
    app: { express4: (app, guard) => app.use(express.urlencoded({ extended: false }), guard) },
    cause: 'body-parser-before-guard',
    mend: { app: { express4: (app, guard) => app.use(guard, express.urlencoded({ extended: false })) } },
  },
  {
    id: 'nest-parsers-first',
    what: 'Nest registers the parsers of Express before any guard, and "rawBody" is not set.',
    source: 'https://docs.nestjs.com/faq/raw-body',
    sent: sms,
    app: { express: (app, guard) => app.use(express.json(), form, guard) },
    cause: 'body-parser-before-guard',
    mend: { app: { express: (app, guard) => app.use(express.json({ verify: captureRawBody }), keptForm, guard) } },
  },
  {
    id: 'apollo-json-first',
    what: 'A GraphQL server on Express needs express.json(), and its app has the webhook too.',
    source: 'https://www.apollographql.com/docs/apollo-server/api/express-middleware',
    sent: { url: `${origin}/twilio/events`, json: '{"type": "task.created"}' },
    app: {
      express: (app, guard) => app.use(express.json({ limit: '50mb' })).use('/twilio', guard),
    },
    cause: 'body-parser-before-guard',
    mend: {
      app: { express: (app, guard) => app.use('/twilio', guard).use(express.json({ limit: '50mb' })) },
    },
  },
  {
    id: 'express-stream-logged',
    what: 'A middleware logs the body by reading the stream of the request.',
    source: 'https://github.com/APIDevTools/swagger-express-middleware/issues/77',
    sent: sms,
    app: {
      express: (app, guard) => {
        const log: RequestHandler = async (req, _res, next) => {
          let size = 0
          for await (const chunk of req) size += chunk.length
          req.app.set('logged', size)
          next()
        }
        app.use(log, guard)
      },
    },
    cause: 'body-read-by-middleware',
    mend: { app: { express: (app, guard) => app.use(guard) } },
  },
  {
    id: 'koa-body-first',
    what: 'koa-body runs before the guard and keeps only the parsed form.',
    source: 'https://github.com/koajs/koa-body',
    sent: sms,
    app: { koa: (app, guard) => app.use(koaBody()).use(guard) },
    cause: 'body-parser-before-guard',
    mend: { app: { koa: (app, guard) => app.use(koaBody({ includeUnparsed: true })).use(guard) } },
  },
  {
    id: 'koa-body-json-first',
    what: 'koa-body runs before the guard and parses a JSON event.',
    source: 'https://github.com/koajs/koa-body',
    sent: events,
    app: { koa: (app, guard) => app.use(koaBody()).use(guard) },
    cause: 'body-parser-before-guard',
    mend: { app: { koa: (app, guard) => app.use(koaBody({ includeUnparsed: true })).use(guard) } },
  },
  {
    id: 'fastify-raw-read-first',
    what: 'An onRequest hook of Fastify reads request.raw to log the body.',
    source: 'https://fastify.dev/docs/latest/Reference/Hooks/#onrequest',
    sent: sms,
    app: {
      fastify: (app, options) => {
        app.addHook('onRequest', async ({ raw }) => {
          let size = 0
          for await (const chunk of raw) size += chunk.length
          if (size === 0) throw new Error('The body is empty.')
        })
        return app.register(twilioWebhook, options)
      },
    },
    cause: 'body-read-by-middleware',
    mend: { app: { fastify: (app, options) => app.register(twilioWebhook, options) } },
  },
  {
    id: 'hono-form-data-first',
    what: 'A middleware of Hono reads c.req.raw.formData() before the guard.',
    source: 'https://hono.dev/docs/api/request#raw',
    sent: sms,
    app: {
      hono: (app, guard) =>
        app
          .use(async (c, next) => {
            await c.req.raw.formData()
            await next()
          })
          .use(guard),
    },
    cause: 'body-read-by-middleware',
    mend: {
      app: {
        hono: (app, guard) =>
          app
            .use(async (c, next) => {
              await c.req.raw.clone().formData()
              await next()
            })
            .use(guard),
      },
    },
  },

  // The body is made again from what a parser left.
  {
    id: 'express-form-as-json',
    what: 'The raw body of a form is JSON.stringify(req.body).',
    source: 'https://github.com/twilio/twilio-node/issues/924',
    sent: sms,
    app: { express: (app, guard) => app.use(form, rebuildJson, guard) },
    cause: 'form-turned-into-json',
    mend: { app: { express: (app, guard) => app.use(keptForm, guard) } },
  },
  {
    id: 'express-numbers-parsed',
    what: 'A middleware reads values as numbers, so phone numbers lose their plus, and the form is made again.',
    source: 'https://github.com/sindresorhus/query-string#parsenumbers',
    sent: sms,
    app: { express: (app, guard) => app.use(form, parseNumbers, rebuildForm, guard) },
    cause: 'numbers-lost-their-plus',
    mend: { app: { express: (app, guard) => app.use(keptForm, guard) } },
  },
  {
    id: 'express-body-compressed',
    what: 'A queue in this server keeps bodies compressed, and passes the compressed bytes on.',
    source: 'https://nodejs.org/api/zlib.html',
    sent: sms,
    app: wrapping((text) => gzipSync(text)),
    cause: 'body-compressed',
    mend: { app: textFirst },
  },
  {
    id: 'express-form-wrapped-in-json',
    what: 'A queue in this server keeps the request as JSON, and passes the JSON on instead of its body.',
    source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html',
    sent: sms,
    app: wrapping((body) => JSON.stringify({ method: 'POST', body })),
    cause: 'form-wrapped-in-json',
    mend: { app: textFirst },
  },
  {
    id: 'express-json-rebuilt',
    what: 'The raw body is JSON.stringify(req.body).',
    source: 'https://github.com/KanishJebaMathewM/Truxify/issues/5502',
    sent: events,
    app: { express: (app, guard) => app.use(express.json(), rebuildJson, guard) },
    cause: 'json-serialised-again',
    mend: { app: { express: (app, guard) => app.use(express.json({ verify: captureRawBody }), guard) } },
  },
  {
    id: 'fastify-json-rebuilt',
    what: 'A handler of Fastify verifies JSON.stringify(request.body) with createVerifier.',
    source: 'https://fastify.dev/docs/latest/Reference/ContentTypeParser/',
    sent: { url: `${origin}/events`, json: '{"a":1, "b":[1.50]}' },
    app: {
      fastify: (app, options) => {
        const verifier = createVerifier(options)
        app.addHook('preHandler', async ({ method, url, headers, body: parsed }, reply) => {
          const verdict = await verifier.verify({ method, url, headers, body: JSON.stringify(parsed) })
          if (!verdict.ok) return reply.code(verdict.status).send()
        })
      },
    },
    cause: 'json-serialised-again',
    mend: { app: { fastify: (app, options) => app.register(twilioWebhook, options) } },
  },
  {
    id: 'express-repeats-rebuilt',
    what: 'The raw body is made with qs, which gives repeated parameters an index.',
    source: 'https://github.com/twilio/twilio-node/issues/722',
    sent: {
      ...sms,
      params: [
        ['EventType', 'onConversationAdd'],
        ['MessagingBinding.Address', '+14155550142'],
        ['MessagingBinding.Address', '+14155550199'],
      ],
    },
    app: {
      express: (app, guard) => {
        const rebuild: RequestHandler = (req, _res, next) => {
          Object.assign(req, { rawBody: qs.stringify(req.body) })
          next()
        }
        app.use(form, rebuild, guard)
      },
    },
    cause: 'repeated-parameters-indexed',
    mend: { app: { express: (app, guard) => app.use(keptForm, guard) } },
  },
  {
    id: 'express-brackets-rebuilt',
    what: 'The parser nests names with brackets, and URLSearchParams writes "[object Object]".',
    source: 'https://expressjs.com/en/5x/api.html#express.urlencoded',
    sent: {
      ...sms,
      params: [
        ['Foo[0]', 'a'],
        ['Foo[1]', 'b'],
        ['Meta[lang]', 'en'],
      ],
    },
    app: { express: (app, guard) => app.use(form, rebuildForm, guard) },
    cause: 'names-with-brackets-nested',
    mend: {
      app: { express: (app, guard) => app.use(express.urlencoded({ extended: false }), rebuildForm, guard) },
    },
  },
  {
    id: 'express-values-trimmed',
    what: 'A middleware trims every value of the form, and the raw body is made from the result.',
    source: 'https://www.twilio.com/docs/usage/security',
    sent: { ...sms, params: [...smsParams.slice(0, 4), ['Body', ' yes \n']] },
    app: {
      express: (app, guard) => {
        const trim: RequestHandler = (req, _res, next) => {
          for (const [name, value] of Object.entries(req.body)) req.body[name] = String(value).trim()
          next()
        }
        app.use(form, trim, rebuildForm, guard)
      },
    },
    cause: 'values-trimmed',
    mend: { app: { express: (app, guard) => app.use(form, rebuildForm, guard) } },
  },
  {
    id: 'express-values-escaped',
    what: 'express-validator escapes HTML in all values before the raw body is made.',
    source: 'https://express-validator.github.io/docs/api/validation-chain#escape',
    sent: sms,
    app: { express: (app, guard) => app.use(form, body('*').escape(), rebuildForm, guard) },
    cause: 'values-html-escaped',
    mend: { app: { express: (app, guard) => app.use(form, rebuildForm, guard) } },
  },
  {
    id: 'express-hpp',
    what: 'hpp keeps only the last of repeated parameters.',
    source: 'https://github.com/analog-nico/hpp',
    sent: {
      ...sms,
      params: [
        ['AccountSid', 'AC00000000000000000000000000000001'],
        ['Address', '+14155550142'],
        ['Address', '+14155550199'],
      ],
    },
    app: { express4: (app, guard) => app.use(form, hpp(), rebuildForm, guard) },
    cause: 'repeated-parameters-reduced',
    mend: { app: { express4: (app, guard) => app.use(guard, form, hpp()) } },
  },
  {
    id: 'express-mongo-sanitize',
    what: 'express-mongo-sanitize removes the parameters whose name has a dot.',
    source: 'https://github.com/fiznool/express-mongo-sanitize',
    sent: {
      ...sms,
      params: [
        ['EventType', 'onConversationAdded'],
        ['MessagingBinding.ProxyAddress', '+14155550142'],
      ],
    },
    app: { express4: (app, guard) => app.use(form, sanitizeMongo, rebuildForm, guard) },
    cause: 'parameters-removed-by-sanitizer',
    mend: { app: { express4: (app, guard) => app.use(guard, form, sanitizeMongo) } },
  },
  {
    id: 'express-empty-values-dropped',
    what: 'A middleware removes the empty fields of a form before the raw body is made.',
    source: 'https://github.com/twilio/twilio-php/issues/436',
    sent: sms,
    app: {
      express: (app, guard) => {
        const drop: RequestHandler = (req, _res, next) => {
          for (const [name, value] of Object.entries(req.body)) if (value === '') delete req.body[name]
          next()
        }
        app.use(form, drop, rebuildForm, guard)
      },
    },
    cause: 'empty-parameters-removed',
    mend: { app: { express: (app, guard) => app.use(form, rebuildForm, guard) } },
  },
  {
    id: 'express-text-latin1',
    what: 'express.text() reads the JSON event as Latin-1.',
    source: 'https://expressjs.com/en/5x/api.html#express.text',
    sent: events,
    app: {
      express: (app, guard) => app.use(express.text({ type: () => true, defaultCharset: 'latin1' }), guard),
    },
    cause: 'charset-changed',
    mend: { app: textFirst },
  },
  {
    id: 'express-text-trimmed',
    what: 'A middleware trims the text of the body, so that the last line break of a JSON event is lost.',
    source: 'https://www.twilio.com/docs/api/errors/57012',
    sent: events,
    app: changingText((text) => text.trim()),
    cause: 'body-trimmed',
    mend: { app: textFirst },
  },
  {
    id: 'express-plus-decoded-twice',
    what: 'A middleware decodes the form with decodeURIComponent before it is parsed, so that plus signs become spaces.',
    source: 'https://github.com/mscdex/busboy/pull/14',
    sent: {
      ...sms,
      params: [
        ['From', '+14155550142'],
        ['Timestamp', 'Thu, 26 Nov 2026 10:00:00 +0000'],
      ],
    },
    app: changingText((text) => decodeURIComponent(text)),
    cause: 'form-decoded-twice',
    mend: { app: textFirst },
  },
  {
    id: 'express-newlines-converted',
    what: 'A middleware turns the line breaks of messages from CRLF into LF.',
    source: 'https://www.twilio.com/docs/usage/security',
    sent: { ...sms, params: [...smsParams.slice(0, 4), ['Body', 'one\r\ntwo']] },
    app: changingText((text) => text.replaceAll('%0D%0A', '%0A')),
    cause: 'line-breaks-converted',
    mend: { app: textFirst },
  },

  // The URL or the method changes in the app.
  {
    id: 'express-mounted-by-hand',
    what: 'A router is mounted at /api, and the code of the app verifies req.url.',
    source: 'https://github.com/twilio/twilio-node/pull/26',
    sent: { url: `${origin}/api/sms?x=1` },
    app: {
      express: (app, _guard, options) =>
        app.use(
          '/api',
          readText,
          checkByHand(options, (req) => ({ url: req.url, body: req.body })),
        ),
    },
    cause: 'mount-path-stripped',
    mend: { options: { publicUrl: `${origin}/api` } },
  },
  {
    id: 'express-path-by-hand',
    what: 'The code of the app verifies req.path, which has no query.',
    source: 'https://expressjs.com/en/5x/api.html#req.path',
    sent: { url: `${origin}/sms?flow=4` },
    app: byHand((req) => ({ url: req.path, body: req.body })),
    cause: 'query-dropped-by-application',
    hint: 'publicUrl',
    mend: { app: wholeByHand },
  },
  {
    id: 'express-query-sorted',
    what: 'The code of the app makes the query again, with sorted names.',
    source: 'https://github.com/bmlt-enabled/yap/pull/1629',
    sent: { url: `${origin}/gather?Retry=1&Digits=2&lang=en` },
    app: byHand((req) => {
      const query = new URLSearchParams(req.query as Record<string, string>)
      query.sort()
      return { url: `${req.path}?${query}`, body: req.body }
    }),
    cause: 'query-sorted',
    mend: { app: wholeByHand },
  },
  {
    id: 'express-url-decoded',
    what: 'The code of the app decodes the URL before it is verified.',
    source: 'https://github.com/twilio/twilio-node/pull/621',
    sent: { url: `${origin}/sms?to=sip%3Abot%40example.com` },
    app: byHand((req) => ({ url: decodeURIComponent(req.originalUrl), body: req.body })),
    cause: 'url-decoded-by-application',
    mend: { app: wholeByHand },
  },
  {
    id: 'express-encoded-twice',
    what: 'The code of the app encodes the URL again with encodeURI, so that % becomes %25.',
    source: 'https://github.com/pillarjs/encodeurl',
    sent: { url: `${origin}/sms?name=J%C3%BCrgen` },
    app: byHand((req) => ({ url: encodeURI(req.originalUrl), body: req.body })),
    cause: 'url-encoded-twice',
    mend: { app: wholeByHand },
  },
  {
    id: 'express-headers-by-hand',
    what: 'The code of the app passes only the headers that it knows, without the type of the body.',
    source: 'https://www.twilio.com/docs/usage/webhooks/webhooks-security',
    sent: sms,
    app: byHand((req) => ({
      headers: { host: req.get('host'), 'x-twilio-signature': req.get('x-twilio-signature') },
      body: req.body,
    })),
    cause: 'content-type-lost',
    mend: { app: wholeByHand },
  },
  {
    id: 'express-body-not-passed',
    what: 'The code of the app passes no body to the verifier.',
    source: 'https://github.com/twilio/twilio-node/issues/81',
    sent: sms,
    app: { express: (app, _guard, options) => app.use(checkByHand(options, () => ({}))) },
    cause: 'body-not-passed',
    mend: { app: wholeByHand },
  },
  {
    id: 'express-method-override',
    what: 'A middleware like method-override takes the method from the query before the guard runs.',
    source: 'https://expressjs.com/en/resources/middleware/method-override.html',
    sent: { url: `${origin}/sms?_method=PATCH` },
    app: {
      express: (app, guard) => {
        const override: RequestHandler = (req, _res, next) => {
          req.method = String(req.query._method)
          next()
        }
        app.use(override, guard)
      },
    },
    cause: 'method-changed',
    mend: { app: { express: (app, guard) => app.use(guard) } },
  },
  {
    id: 'fastify-version-stripped',
    what: 'The code of the app strips the version from request.url before it verifies the form.',
    source: 'https://fastify.dev/docs/latest/Reference/Request/',
    sent: { url: `${origin}/v2/sms` },
    app: {
      fastify: async (app, options) => {
        const verifier = createVerifier(options)
        await app.register(formbody)
        app.addHook('preHandler', async ({ method, url, headers, body: parsed }, reply) => {
          const verdict = await verifier.verify({
            method,
            url: url.replace(/^\/v\d+/, ''),
            headers,
            body: new URLSearchParams(parsed as Record<string, string>).toString(),
          })
          if (!verdict.ok) return reply.code(verdict.status).send()
        })
      },
    },
    cause: 'prefix-stripped-by-application',
    mend: { options: { publicUrl: `${origin}/v2` } },
  },
  {
    id: 'koa-mount-by-hand',
    what: 'koa-mount strips its prefix, and the code of the app verifies ctx.url.',
    source: 'https://github.com/koajs/mount',
    sent: { url: `${origin}/webhooks/sms` },
    app: {
      koa: (app, _guard, options) => {
        const verifier = createVerifier(options)
        app.use(
          mount('/webhooks', async (ctx, next) => {
            const { method, url, headers } = ctx
            const verdict = await verifier.verify({ method, url, headers, body: ctx.req })
            if (verdict.ok) await next()
            else ctx.status = verdict.status
          }),
        )
      },
    },
    cause: 'mount-path-stripped',
    mend: {
      app: {
        koa: (app, guard) => app.use(mount('/webhooks', guard)),
      },
    },
  },
  {
    id: 'hono-mount-fetch',
    what: 'app.mount() of Hono strips its path from the request of a handler for fetch.',
    source: 'https://hono.dev/docs/api/hono#mount',
    sent: { url: `${origin}/twilio/sms` },
    app: {
      hono: (app, _guard, options) =>
        app.mount(
          '/twilio',
          guardFetch(options, () => new Response('<Response/>')),
        ),
    },
    cause: 'mount-path-stripped',
    mend: { options: { publicUrl: `${origin}/twilio` } },
  },

  // These work.
  {
    id: 'works-express-raw-first',
    what: 'express.raw() runs before the guard and keeps the bytes.',
    source: 'https://expressjs.com/en/5x/api.html#express.raw',
    sent: events,
    app: { express: (app, guard) => app.use(express.raw({ type: () => true }), guard) },
    works: true,
  },
  {
    id: 'works-express-json-first-form',
    what: 'express.json() runs before the guard, and the webhook is a form.',
    source: 'https://expressjs.com/en/5x/api.html#express.json',
    sent: sms,
    app: { express: (app, guard) => app.use(express.json(), guard) },
    works: true,
  },
  {
    id: 'works-express-mounted',
    what: 'The guard is in a router that is mounted below two prefixes.',
    source: 'https://expressjs.com/en/5x/api.html#req.originalUrl',
    sent: { url: `${origin}/api/twilio/sms` },
    app: { express: (app, guard) => app.use('/api', express.Router().use('/twilio', guard)) },
    works: true,
  },
  {
    id: 'works-express-language-stripped',
    what: 'A middleware strips the language from req.url before the guard.',
    source: 'https://expressjs.com/en/5x/api.html#req.originalUrl',
    sent: { url: `${origin}/en/sms` },
    app: {
      express: (app, guard) => {
        const strip: RequestHandler = (req, _res, next) => {
          req.url = req.url.replace(/^\/en/, '')
          next()
        }
        app.use(strip, guard)
      },
    },
    works: true,
  },
  {
    id: 'works-koa-bodyparser-first',
    what: 'koa-bodyparser runs before the guard and keeps the text.',
    source: 'https://github.com/koajs/bodyparser#raw-body',
    sent: sms,
    app: { koa: (app, guard) => app.use(oldBodyParser()).use(guard) },
    works: true,
  },
  {
    id: 'works-koa-scoped-bodyparser-first',
    what: '@koa/bodyparser runs before the guard, with a JSON event.',
    source: 'https://github.com/koajs/bodyparser#raw-body',
    sent: events,
    app: { koa: (app, guard) => app.use(bodyParser()).use(guard) },
    works: true,
  },
  {
    id: 'works-fastify-formbody',
    what: 'Fastify has @fastify/formbody beside the plugin.',
    source: 'https://github.com/fastify/fastify-formbody',
    sent: sms,
    app: { fastify: (app, options) => app.register(formbody).register(twilioWebhook, options) },
    works: true,
  },
  {
    id: 'works-hono-parse-body-first',
    what: 'A middleware of Hono calls c.req.parseBody(), which Hono caches.',
    source: 'https://hono.dev/docs/api/request#parsebody',
    sent: sms,
    app: {
      hono: (app, guard) =>
        app
          .use(async (c, next) => {
            await c.req.parseBody()
            await next()
          })
          .use(guard),
    },
    works: true,
  },
  {
    id: 'works-hono-mount',
    what: 'app.mount() of Hono strips its path, and the guard for Hono reads the request of node:http.',
    source: 'https://hono.dev/docs/api/hono#mount',
    sent: { url: `${origin}/twilio/sms` },
    app: {
      hono: (app, guard) => app.mount('/twilio', new Hono().use(guard).all('*', (c) => c.text('<Response/>')).fetch),
    },
    works: true,
  },
  {
    id: 'works-serverless-http',
    what: 'An app of Express with a global parser runs in a Lambda function with serverless-http, which sets req.body.',
    source: 'https://github.com/dougmoscrop/serverless-http',
    sent: sms,
    app: {
      door: 'HTTP API',
      lambda: (_guarded, options) => {
        const app = express()
        app.use(
          checkByHand(options, (req) => ({ body: req.body })),
          (_req, res) => res.send('<Response/>'),
        )
        return serverless(app) as never
      },
    },
    works: true,
  },
]
