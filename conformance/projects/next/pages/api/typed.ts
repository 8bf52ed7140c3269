import type { NextApiRequest, NextApiResponse } from 'next'
import { twilioWebhookApi } from 'tollgate/next'

export const config = { api: { bodyParser: false } }

// Compiled by `next build` against Next's own types.
const options = () => ({ publicUrl: 'https://app.example.com', authToken: '12345', mode: 'observe' as const })

export default twilioWebhookApi(options, (webhook, req: NextApiRequest, res: NextApiResponse) => {
  res.status(webhook.ok ? 200 : webhook.status).json(req.query)
})
