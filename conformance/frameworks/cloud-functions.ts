import { type HttpFunction, http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { type GuardedHandler, twilioWebhook } from 'tollgate/express'
import type { Framework, Running } from '../adapter/framework.ts'
import { sendReply, serve } from './listen.ts'

const parsesFirst = "the framework's body parsers read the whole body before the function runs"
let count = 0

/** Registers a function under a new name, and serves it. */
export function startFunction(handler: GuardedHandler): Promise<Running> {
  const name = `f${count++}`
  // @koa/bodyparser, which is part of the same compilation, declares a `rawBody` of another type
  // for every request.
  http(name, handler as unknown as HttpFunction)
  return serve(getTestServer(name))
}

/** The handler form of the Express adapter on the server of Cloud Functions and Firebase. */
export const cloudFunctions: Framework = {
  name: 'functions-framework 5',
  start({ options, handle }) {
    return startFunction(twilioWebhook(options, async (webhook, _req, res) => sendReply(res, await handle(webhook))))
  },
  address: 'target',
  exceptions: {
    'chunks over the limit, before the rest is sent': parsesFirst,
    'a declared length over the limit, before the body is sent': parsesFirst,
    'an upload that is aborted': parsesFirst,
    'a body in gzip': 'the body parsers inflate the body first, and answer 400 to invalid gzip',
    'B2 a form under another content type, or two': 'the JSON parser runs first, and answers 400 to malformed JSON',
    'E1 more than 10,000 pairs': 'the form parser answers 413 to more than 1,000 parameters',
    'E2 the server survives hostile targets and bytes': 'the form parser answers 413 to more than 1,000 parameters',
    'E3 no header switches the check off, and no path is exempt': 'the framework itself answers 404 to /favicon.ico',
  },
}
