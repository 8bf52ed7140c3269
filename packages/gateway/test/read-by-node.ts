import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'

export interface NodesReading {
  readonly req: IncomingMessage
  readonly body: Buffer
  readonly mayStay: boolean
}

/** What `node:http` makes of the bytes of a connection: its requests, and whether it broke off. */
export async function readByNode(bytes: Uint8Array): Promise<{ requests: NodesReading[]; broke: boolean }> {
  const requests: NodesReading[] = []
  let broke = false
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    requests.push({ req, body: Buffer.concat(chunks), mayStay: res.shouldKeepAlive })
    res.end()
  })
  server.on('clientError', (_, socket) => {
    broke = true
    socket.destroy()
  })
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  const closed = once(socket, 'close')
  server.emit('connection', socket)
  socket.push(bytes)
  // Let it answer first: an end would stop it.
  setImmediate(() => setImmediate(() => socket.push(null)))
  await closed
  return { requests, broke }
}
