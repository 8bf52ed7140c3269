import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { kindOf } from 'tollgate/params'
import { twiml } from 'tollgate/twiml'
import { readBytes } from '../server/web/answers.ts'

interface BuiltInApp {
  readonly url: string
  close(): Promise<void>
}

const maxBodyBytes = 2 * 1_048_576

/** Starts a small TwiML application on a free port of 127.0.0.1, for users without their own. */
export async function startBuiltInApp(): Promise<BuiltInApp> {
  const server = createServer((req, res) => {
    answer(req, res).catch(() => res.destroy())
  })
  // Accepts the media stream of a call and closes it at once.
  server.on('upgrade', (req, socket) => {
    socket.on('error', () => {})
    const accept = createHash('sha1').update(`${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`,
    )
    socket.end(Buffer.from([0x88, 0x02, 0x03, 0xe8]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const body = await readBytes(req, maxBodyBytes)
  if (body === undefined) return void res.writeHead(413).end()
  if (/json/i.test(req.headers['content-type'] ?? '')) return void res.writeHead(204).end()
  const text = req.method === 'GET' ? (req.url ?? '').split('?').slice(1).join('?') : body.toString('utf8')
  const reply = replyTo(new URLSearchParams(text))
  if (reply === undefined) return void res.writeHead(204).end()
  res.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' }).end(reply)
}

type Reply = (params: URLSearchParams) => string

const echo: Reply = (params) => twiml`<Response><Message>You said: ${params.get('Body') ?? ''}</Message></Response>`
const sayDigits: Reply = (params) =>
  twiml`<Response><Say>You pressed ${params.get('Digits') ?? 'nothing'}.</Say><Hangup/></Response>`
const menu: Reply = () =>
  twiml`<Response><Gather input="dtmf speech" numDigits="1" timeout="5"><Say>Welcome. Press 1, or say what you need.</Say></Gather><Say>Goodbye.</Say></Response>`

/** The reply to each kind. Other kinds get an empty answer. */
const replies: Readonly<Record<string, Reply>> = {
  'message.inbound': echo,
  'whatsapp.inbound': echo,
  'call.inbound': menu,
  'sip.inbound': menu,
  'gather.dtmf': sayDigits,
  'gather.speech': (params) =>
    twiml`<Response><Say>I heard: ${params.get('SpeechResult') ?? 'nothing'}</Say><Redirect>/voice</Redirect></Response>`,
  'dial.action': () => twiml`<Response><Hangup/></Response>`,
}

function replyTo(params: URLSearchParams): string | undefined {
  const reply = replies[kindOf(params) ?? '']
  return reply && String(reply(params))
}
