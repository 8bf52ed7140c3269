import { createServer } from 'node:http'
import { handler } from './handler.mjs'

// Turns each request into an event, as a Function URL does.
const server = createServer(async (req, res) => {
  const [rawPath, rawQueryString] = (req.url ?? '').split(/\?(.*)/s)
  const headers = Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, String(value)]))
  const body = Buffer.concat(await req.toArray()).toString('base64')
  const requestContext = { http: { method: req.method, sourceIp: req.socket.remoteAddress } }
  const event = { version: '2.0', rawPath, rawQueryString, headers, body, isBase64Encoded: true, requestContext }
  const answer = await handler(event, {})
  res.writeHead(answer.statusCode, answer.headers).end(answer.body)
})
const port = Number(process.env.PORT ?? 3000)
server.listen(port, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${port}`))
