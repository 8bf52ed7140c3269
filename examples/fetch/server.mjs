import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import handler from './handler.mjs'

const port = Number(process.env.PORT ?? 3000)

export const server = createServer(async (req, res) => {
  const response = await handler.fetch(toRequest(req))
  res.writeHead(response.status, Object.fromEntries(response.headers))
  res.end(await response.text())
})

server.listen(port, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${port}`))

/** @param {import('node:http').IncomingMessage} req */
function toRequest(req) {
  const method = req.method ?? 'GET'
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(req.headersDistinct))
    for (const value of values) headers.append(name, value)
  const hasBody = method !== 'GET' && method !== 'HEAD'
  // Node.js and the DOM type the same stream differently.
  const body = /** @type {ReadableStream} */ (/** @type {unknown} */ (Readable.toWeb(req)))
  return new Request(`http://127.0.0.1:${port}${req.url}`, {
    method,
    headers,
    ...(hasBody && { body, duplex: 'half' }),
  })
}
