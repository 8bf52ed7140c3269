import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signRequest } from 'tollgate/testing'
import { afterAll, expect, test, vi } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'
import { authToken, formatRequest, listenOn, send, sendRaw, signSms, sms, startGateway } from '../support.ts'

// In heavy/, because it needs openssl.

const folder = mkdtempSync(join(tmpdir(), 'tollgate-gateway-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function makeCertificate(name: string): Promise<void> {
  const openssl = requireProgram('openssl')
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
  execFileSync(openssl, ['req', ...kind, '-subj', `/CN=${name}`, ...files], { stdio: 'pipe' })
}

test('TLS to the upstream: an untrusted certificate is 502, and a trusted one serves small and large messages', async () => {
  await makeCertificate('localhost')
  const bodies: string[] = []
  const large = 'x'.repeat(300_000)
  const tls = { cert: readFileSync(join(folder, 'cert.pem')), key: readFileSync(join(folder, 'key.pem')) }
  const upstream = createServer(tls, async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    bodies.push(body)
    res.end(req.url === '/large' ? large : 'fine')
  })
  const port = new URL(await listenOn(upstream)).port
  const { url } = await startGateway(`https://localhost:${port}`)
  const signed = signSms()
  expect(await send(url, signed)).toMatchObject({ status: 502 })
  expect(bodies).toEqual([])
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  const long = signSms('/large', { ...sms, Body: 'y'.repeat(100_000) })
  try {
    for (let round = 0; round < 2; round++) {
      expect(await send(url, signed)).toMatchObject({ status: 200, body: 'fine' })
      expect(await send(url, long)).toMatchObject({ status: 200, body: large })
    }
  } finally {
    vi.unstubAllEnvs()
  }
  expect(bodies).toEqual([signed.body, long.body, signed.body, long.body])
})

test('TLS to the upstream: an address is not a server name, for requests and for handshakes', async () => {
  await makeCertificate('127.0.0.1')
  const names: unknown[] = []
  const tls = { cert: readFileSync(join(folder, 'cert.pem')), key: readFileSync(join(folder, 'key.pem')) }
  const upstream = createServer(tls, (_req, res) => res.end('fine'))
  upstream.on('upgrade', (_req, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n'))
  upstream.on('secureConnection', ({ servername }) => names.push(servername))
  const port = new URL(await listenOn(upstream)).port
  const gateway = await startGateway(`https://127.0.0.1:${port}`, {}, { webSocket: true })
  const { headers } = signRequest({ url: 'wss://api.example.com/media', authToken })
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  try {
    expect(await send(gateway.url, signSms())).toMatchObject({ status: 200 })
    const handshake = { method: 'GET', target: '/media', headers: { ...headers, host: 'api.example.com' }, body: '' }
    const sent = formatRequest(handshake, { 'content-length': '0' })
    expect(await sendRaw(gateway.port, sent, '\r\n\r\n')).toContain('HTTP/1.1 426 ')
  } finally {
    vi.unstubAllEnvs()
  }
  expect(names).toEqual([false, false])
})
