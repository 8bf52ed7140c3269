import { twilioWebhook } from 'tollgate/next'

// No scenario reaches the Edge runtime, which shares no globals with the server.
const options = () => ({ publicUrl: process.env.EDGE_URL, authToken: process.env.EDGE_TOKEN })

export const POST = twilioWebhook(options, (webhook) => Response.json([...webhook.params]))
export const runtime = 'edge'
