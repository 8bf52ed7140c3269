// Passes bytes on without reading them. This is the cost of input and output on Node.js, which
// every HTTP proxy has too.
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
