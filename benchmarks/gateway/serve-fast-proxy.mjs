// fast-proxy with undici, which its documentation calls the faster setting. It verifies nothing.
import { createServer } from 'node:http'
import fastProxy from 'fast-proxy'

const { UPSTREAM = '', PORT } = process.env
const { proxy } = fastProxy({ base: UPSTREAM, undici: { connections: 256, pipelining: 1 } })
createServer((req, res) => proxy(req, res, '', {})).listen(Number(PORT), '127.0.0.1')
