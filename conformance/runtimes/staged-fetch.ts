import { twilioWebhook } from 'tollgate/fetch'
import { stage } from './stage.ts'

/** An application with a fetch handler. */
export const { answer, takeOrder } = stage(({ options, handle }) =>
  twilioWebhook(options, async (webhook, _request: Request, ..._platform: readonly unknown[]) => {
    const { status, headers, body } = await handle(webhook)
    return new Response(body || null, { status, headers })
  }),
)
