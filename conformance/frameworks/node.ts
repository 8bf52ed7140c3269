import { createServer } from 'node:http'
import { twilioWebhook } from 'tollgate/node'
import type { Framework } from '../adapter/framework.ts'
import { sendReply, serve } from './listen.ts'

export const node: Framework = {
  name: 'node:http',
  async start({ options, handle }) {
    const listener = twilioWebhook(options, async (webhook, _req, res) => sendReply(res, await handle(webhook)))
    const server = createServer(listener)
    // Node.js passes a handshake to the request listener if there is no listener for `upgrade`.
    return serve(server)
  },
  address: 'target',
  exceptions: {},
}
