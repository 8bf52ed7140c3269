import type { NextRequest } from 'next/server'
import { twilioWebhook } from 'tollgate/next'

// Compiled by `next build` against Next's own types.
const options = () => ({ publicUrl: 'https://app.example.com', authToken: '12345' })

export const POST = twilioWebhook(options, (webhook, request: NextRequest, context: { params: Promise<object> }) => {
  const body: string | undefined = webhook.params.get('Body')
  return Response.json([body, request.nextUrl.pathname, typeof context.params])
})
