// httpxy with a keep-alive agent. It verifies nothing.
import { Agent, createServer } from 'node:http'
import { createProxyServer } from 'httpxy'

const { UPSTREAM = '', PORT } = process.env
const proxy = createProxyServer({ target: UPSTREAM, agent: new Agent({ keepAlive: true, maxSockets: Infinity }) })
createServer((req, res) => {
  proxy.web(req, res).catch(() => res.destroy())
}).listen(Number(PORT), '127.0.0.1')
