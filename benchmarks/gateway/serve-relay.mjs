// Passes bytes on and reads none of them: what reading and writing takes on Node.js, which any proxy of HTTP adds to.
import { connect, createServer } from 'node:net'

const { UPSTREAM = '', PORT } = process.env
const { hostname, port } = new URL(UPSTREAM)

createServer({ noDelay: true }, (client) => {
  const upstream = connect({ host: hostname, port: Number(port), noDelay: true })
  client.on('data', (bytes) => upstream.write(bytes))
  client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
  upstream.on('data', (bytes) => client.write(bytes))
  upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
}).listen(Number(PORT), '127.0.0.1')
