// An application that receives an SMS. It reads the form, checks the sender and answers with TwiML.
import { createServer } from 'node:http'
import { answer } from './answer.mjs'

// Connections stay open while the other proxies take their turns.
createServer({ keepAliveTimeout: 600_000 }, async (req, res) => {
  const chunks = []
  for await (const chunk of req) chunks.push(chunk)
  const params = new URLSearchParams(Buffer.concat(chunks).toString())
  if (!params.has('From')) return void res.writeHead(400).end()
  res.setHeader('content-type', 'text/xml').end(answer)
}).listen(Number(process.env.PORT), '127.0.0.1')
