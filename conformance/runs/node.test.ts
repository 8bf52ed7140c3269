import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createServer2, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import type { VerifierOptions } from 'tollgate'
import { twilioWebhook } from 'tollgate/node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openConnection, send, toRaw, writeRequest } from '../adapter/socket.ts'
import { host, makeHandshake, makeRequest, origin, otherToken, sms, token, withHeaders } from '../kit/draft.ts'

const options = { publicUrl: origin, authToken: token }

function listen(server: Server): Promise<number> {
  onTestFinished(() => void server.close())
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

test('text chunks after setEncoding verify', async () => {
  const guard = twilioWebhook(options, (webhook, _req, res) => void res.end(webhook.params.get('Body')))
  const port = await listen(
    createServer((req, res) => {
      req.setEncoding('utf8')
      void guard(req, res)
    }),
  )
  expect((await send(port, toRaw(await makeRequest()))).body).toBe(new Map(sms).get('Body'))
})

test('a stream that was read before: 500, and no handler runs', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const handler = vi.fn()
  const guard = twilioWebhook(options, handler)
  const port = await listen(
    createServer((req, res) => {
      req.resume().once('end', () => void guard(req, res))
    }),
  )
  expect((await send(port, toRaw(await makeRequest()))).status).toBe(500)
  expect(handler).not.toHaveBeenCalled()
})

test('a rejection of an unread body closes the connection after the answer', async () => {
  const port = await listen(createServer(twilioWebhook(options, () => undefined)))
  const connection = openConnection(port)
  const bytes = writeRequest(toRaw(withHeaders(await makeRequest(), { 'x-twilio-signature': undefined })))
  connection.write(bytes.subarray(0, bytes.length - 20))
  expect((await connection.read()).status).toBe(403)
  await connection.closed
})

test('a client that leaves during the check releases the reservation', async () => {
  const release = vi.fn()
  const leave: (() => Promise<void>)[] = []
  const reserve = async (): Promise<{ delivery: 'first'; release: () => void }> => {
    for (const one of leave) await one()
    return { delivery: 'first', release }
  }
  const guard = twilioWebhook({ ...options, replay: { reserve } }, () => undefined)
  const port = await listen(
    createServer((req, res) => {
      const gone = once(res, 'close')
      leave.push(async () => {
        socket.destroy()
        await gone
      })
      void guard(req, res)
    }),
  )
  const { socket, write } = openConnection(port)
  write(writeRequest(toRaw(await makeRequest())))
  await vi.waitFor(() => expect(release).toHaveBeenCalledTimes(1))
})

/** Asks over HTTP/2, where :authority replaces Host. */
async function ask2(verifierOptions: VerifierOptions, authority: string, secret = token): Promise<[number, string]> {
  const guard = twilioWebhook(verifierOptions, (webhook, _req, res) => void res.end(webhook.ok ? webhook.covers : ''))
  const server = createServer2((req, res) => void guard(req as never, res as never))
  const session = connect(`http://127.0.0.1:${await listen(server)}`)
  onTestFinished(() => void session.close())
  const { headers, body = '' } = await makeRequest({ token: secret })
  const { host: _host, ...rest } = headers
  const stream = session.request({ ...rest, ':method': 'POST', ':path': '/sms', ':authority': authority })
  stream.end(body)
  const status = new Promise<number>((resolve, reject) => {
    stream.on('response', (answer: IncomingHttpHeaders & { ':status'?: number }) => resolve(answer[':status'] ?? 0))
    stream.on('error', reject)
  })
  let text = ''
  for await (const chunk of stream) text += chunk
  return [await status, text]
}

test('HTTP/2: genuine, forged, and by :authority', async () => {
  const several = { ...options, publicUrl: [origin, 'https://b.example.com'] }
  expect(await ask2(options, 'any.example')).toEqual([200, 'params'])
  expect(await ask2(options, 'any.example', otherToken)).toEqual([403, 'Twilio Request Validation Failed.'])
  expect(await ask2(several, 'app.example.com')).toEqual([200, 'params'])
  expect((await ask2(several, 'evil.example'))[0]).toBe(403)
})

test('HTTP/2: an extended CONNECT is a handshake', async () => {
  const seen: unknown[] = []
  const guard = twilioWebhook({ ...options, mode: 'observe' }, (webhook, _req, res) => {
    seen.push(webhook.ok ? [webhook.handshake, webhook.matched.url] : webhook.code)
    res.end()
  })
  const requested = vi.fn()
  // node:http2 emits `connect` with a request only if there is a request listener.
  const server = createServer2({ settings: { enableConnectProtocol: true } }, requested)
  server.on('connect', (req, res) => void guard(req as never, res as never))
  const session = connect(`http://127.0.0.1:${await listen(server)}`)
  onTestFinished(() => void session.close())
  await once(session, 'remoteSettings')
  const { headers } = await makeHandshake('/media')
  for (const protocol of ['websocket', 'connect-udp']) {
    const stream = session.request({
      ':method': 'CONNECT',
      ':protocol': protocol,
      ':scheme': 'https',
      ':path': '/media',
      ':authority': host,
      'x-twilio-signature': headers['x-twilio-signature'],
    })
    await once(stream, 'response')
    stream.destroy()
  }
  expect(requested).not.toHaveBeenCalled()
  expect(seen).toEqual([[true, `wss://${host}/media`], 'method_not_allowed'])
})
