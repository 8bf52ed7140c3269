// @fastify/http-proxy with undici's keep-alive connections. It verifies nothing.
import httpProxy from '@fastify/http-proxy'
import fastify from 'fastify'

const { UPSTREAM = '', PORT } = process.env
const app = fastify()
await app.register(httpProxy, { upstream: UPSTREAM, undici: { connections: 256, pipelining: 1 } })
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
