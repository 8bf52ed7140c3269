import { createServer } from 'node:http'
import { handler } from './sms.mjs'

// Calls the handler with a request like Azure's.
const port = Number(process.env.PORT ?? 3000)
const server = createServer(async (req, res) => {
  const headers = Object.entries(req.headers).map(([name, value]) => [name, String(value)])
  const body = req.method === 'POST' ? Buffer.concat(await req.toArray()) : null
  const url = new URL(req.url ?? '/', `http://127.0.0.1:${port}`)
  const request = new Request(url, { method: req.method ?? 'GET', headers: Object.fromEntries(headers), body })
  const answer = await handler(request, {})
  res.writeHead(answer.status, answer.headers).end(answer.body)
})
server.listen(port, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${port}`))
