// node:http with Tollgate.
import { createServer } from 'node:http'
import { twilioWebhook } from 'tollgate/node'
import { hasWebhookShape } from 'tollgate/params'

const options = { publicUrl: new URL(process.env.PUBLIC_URL).origin, checkParams: hasWebhookShape }
const guarded = twilioWebhook(options, (_webhook, _req, res) => {
  res.setHeader('content-type', 'text/xml').end('<Response/>')
})
createServer(guarded).listen(process.env.PORT, '127.0.0.1')
