// The least proxy that a developer writes: node:http in front, undici behind. It verifies nothing.
import { createServer } from 'node:http'
import { Pool } from 'undici'

const { UPSTREAM = '', PORT } = process.env
const pool = new Pool(UPSTREAM, { connections: 256, pipelining: 1 })

// RFC 9110 section 7.6.1.
const hopNames = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
])

createServer((req, res) => {
  const request = { path: req.url ?? '/', method: /** @type {'POST'} */ (req.method), headers: keep(req.headers) }
  pool
    .stream({ ...request, body: req, opaque: res }, ({ statusCode, headers }) => {
      return res.writeHead(statusCode, keep(headers))
    })
    .catch(() => res.destroy())
}).listen(Number(PORT), '127.0.0.1')

/** @param {import('node:http').IncomingHttpHeaders} headers @returns {typeof headers} */
function keep(headers) {
  /** @type {typeof headers} */
  const kept = {}
  for (const name in headers) if (!hopNames.has(name)) kept[name] = headers[name]
  return kept
}
