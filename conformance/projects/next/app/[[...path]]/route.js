import { twilioWebhook } from 'tollgate/next'
import { isRouted } from 'tollgate-conformance'
import { player } from '../../play.js'
import { routed } from '../../routed.js'

const play = isRouted
  ? routed('/*')
  : player(({ options, handle }) =>
      twilioWebhook(options, async (webhook, request) => {
        const { status, headers, body } = await handle(webhook)
        // The request can still be read.
        if (request.method === 'POST') await request.arrayBuffer()
        return new Response(body || null, { status, headers })
      }),
    )

export { play as DELETE, play as GET, play as HEAD, play as OPTIONS, play as PATCH, play as POST, play as PUT }
