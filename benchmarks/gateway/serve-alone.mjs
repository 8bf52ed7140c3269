// A server that reads the body and answers. This is the cost of the side of a proxy that faces the
// clients.
import { createServer } from 'node:http'
import { answer } from './answer.mjs'

createServer((req, res) => {
  req.resume().on('end', () => res.setHeader('content-type', 'text/xml').end(answer))
}).listen(Number(process.env.PORT), '127.0.0.1')
