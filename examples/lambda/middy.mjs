import middy from '@middy/core'
import httpUrlencodeBodyParser from '@middy/http-urlencode-body-parser'
import { twilioWebhookMiddy } from 'tollgate/lambda'

export const handler = middy()
  .use(twilioWebhookMiddy({ publicUrl: process.env.TOLLGATE_PUBLIC_URL }))
  .use(httpUrlencodeBodyParser())
  .handler(async (event) => ({ statusCode: 200, body: `Hello ${event.twilio.params.get('From')}` }))
