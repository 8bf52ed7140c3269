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
  // Some versions of Node.js 20 throw in `headersDistinct` if a header is named __proto__.
  for (let at = 0; at < req.rawHeaders.length; at += 2)
    headers.append(req.rawHeaders[at] ?? '', req.rawHeaders[at + 1] ?? '')
  const hasBody = method !== 'GET' && method !== 'HEAD'
  // Node.js and the DOM type the same stream differently.
  const body = /** @type {ReadableStream} */ (/** @type {unknown} */ (Readable.toWeb(req)))
  return new Request(`http://127.0.0.1:${port}${req.url}`, {
    method,
    headers,
    ...(hasBody && { body, duplex: 'half' }),
  })
}
