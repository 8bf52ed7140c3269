import express5 from 'express'
import express4 from 'express4'
import { captureRawBody, twilioWebhook } from 'tollgate/express'
import { type Framework, kept, type ParserBefore } from '../adapter/framework.ts'
import { listen, sendReply } from './listen.ts'

const lost: ParserBefore = { form: 'consumed', json: 'accepted', keepsNames: false }

function listParsers(express: typeof express5) {
  return {
    'urlencoded extended': { parser: express.urlencoded({ extended: true }), before: lost },
    'urlencoded simple': { parser: express.urlencoded({ extended: false }), before: lost },
    json: { parser: express.json(), before: { form: 'accepted', json: 'consumed', keepsNames: true } },
    'urlencoded with captureRawBody': {
      parser: express.urlencoded({ extended: true, verify: captureRawBody }),
      before: kept,
    },
    'json with captureRawBody': { parser: express.json({ verify: captureRawBody }), before: kept },
    raw: { parser: express.raw({ type: '*/*' }), before: kept },
    text: { parser: express.text({ type: '*/*' }), before: kept },
  } as const
}

function makeFramework(name: string, express: typeof express5): Framework {
  const parsers: Readonly<Record<string, { readonly parser: express5.RequestHandler; readonly before: ParserBefore }>> =
    listParsers(express)
  return {
    name,
    start({ options, handle, before = '', after = '', mountedAt, stacked }) {
      const app = express()
      const router = express.Router()
      const first = parsers[before]?.parser
      const second = parsers[after]?.parser
      if (first) app.use(first)
      router.use(twilioWebhook(options))
      if (stacked) router.use(twilioWebhook(options))
      if (second) router.use(second)
      router.use((req, res, next) => {
        handle(req.twilio, req.body).then((reply) => sendReply(res, reply), next)
      })
      app.use(mountedAt ?? '/', router)
      app.set('env', 'test')
      return listen(app)
    },
    paths: true,
    mounts: true,
    stacks: true,
    appBody: true,
    parsersBefore: Object.fromEntries(Object.entries(parsers).map(([parser, { before }]) => [parser, before])),
    parsersAfter: ['urlencoded extended', 'urlencoded simple', 'json', 'raw', 'text'],
    address: 'target',
    exceptions: {},
  }
}

/** Makes a framework for the handler form, which is for platforms without middleware. */
function makeHandlerForm(name: string, express: typeof express5): Framework {
  return {
    ...makeFramework(name, express),
    start({ options, handle, mountedAt }) {
      const app = express()
      const handler = twilioWebhook(options, async (webhook, req, res) =>
        sendReply(res, await handle(webhook, req.body)),
      )
      app.use(mountedAt ?? '/', handler)
      // Requests that `paths` does not guard go on to the next handler.
      app.use((req, res, next) => {
        handle(undefined, req.body).then((reply) => sendReply(res, reply), next)
      })
      app.set('env', 'test')
      return listen(app)
    },
    stacks: false,
    parsersBefore: {},
    parsersAfter: [],
  }
}

export const express: readonly Framework[] = [
  makeFramework('express 4', express4),
  makeFramework('express 5', express5),
  makeHandlerForm('express 4, handler form', express4),
  makeHandlerForm('express 5, handler form', express5),
]
