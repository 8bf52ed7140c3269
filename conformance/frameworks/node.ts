import { createServer } from 'node:http'
import { twilioWebhook } from 'tollgate/node'
import type { Framework } from '../adapter/framework.ts'
import { sendReply, serve } from './listen.ts'

export const node: Framework = {
  name: 'node:http',
  async start({ options, handle }) {
    const listener = twilioWebhook(options, async (webhook, _req, res) => sendReply(res, await handle(webhook)))
    const server = createServer(listener)
    // A handshake is handed to the listener as a request where nobody listens for `upgrade`.
    return serve(server)
  },
  paths: false,
  mounts: false,
  stacks: false,
  appBody: false,
  parsersBefore: {},
  parsersAfter: [],
  exceptions: {},
}
