import express from 'express'
import { readWebhook, twilioWebhook } from 'tollgate/express'
import { isKind } from 'tollgate/params'
import { memoryStore, replayGuard } from 'tollgate/replay'

const ranks = ['queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'read']

/** The last status of each order. In place of your database. @type {Map<unknown, string>} */
export const orders = new Map()

export const app = express()
const guard = twilioWebhook({
  publicUrl: 'https://api.example.com',
  replay: replayGuard({ store: memoryStore() }),
})

// The StatusCallback of each message: https://api.example.com/status?order=1042#rc=3&rp=all
app.post('/status', guard, (req, res) => {
  const { params, delivery } = readWebhook(req)
  if (isKind(params, 'message.status') && delivery !== 'repeated') {
    const order = req.query.order // signed, because it is a part of the URL
    const status = params.get('MessageStatus')
    // Statuses may arrive in any order: an earlier one does not replace a later one.
    if (ranks.indexOf(status) > ranks.indexOf(orders.get(order) ?? '')) orders.set(order, status)
  }
  res.sendStatus(204)
})
