import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createGateway } from '@tollgate/gateway'
import { signRequest } from 'tollgate/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCaddy } from '../../tools/services/caddy.mjs'
import { findFreePort } from '../../tools/services/free-port.mjs'
import { startHaproxy } from '../../tools/services/haproxy.mjs'
import { startNginx } from '../../tools/services/nginx.mjs'
import type { RunningProxy } from '../../tools/services/proxy.d.mts'
import { makeFolder } from '../../tools/services/run-server.mjs'
import { otherToken, token } from '../kit/draft.ts'
import { type Certificate, makeCertificate } from '../proxies/certificate.ts'
import { sendBytes, sendTls, toWire } from '../proxies/client.ts'
import { fillConfiguration } from '../proxies/configuration.ts'

const proxies = {
  nginx: { file: 'nginx-forward-auth.conf', start: startNginx },
  Caddy: { file: 'Caddyfile-forward-auth', start: startCaddy },
  HAProxy: { file: 'haproxy-forward-auth.cfg', start: startHaproxy },
}

const publicUrl = 'https://app.example.com'
const accountSid = 'AC0123456789abcdef0123456789abcdef'
const seen: IncomingMessage['headers'][] = []
const app = createServer((req, res) => {
  seen.push(req.headers)
  res.end('reached')
})
const folder = makeFolder('forward-auth')
const gateway = createGateway({
  listen: { port: 0 },
  forwardAuth: { listen: { port: 0 }, publicUrl, authToken: token },
  routes: [],
})
let certificate: Certificate
let authPort: string

beforeAll(async () => {
  app.listen(0, '127.0.0.1')
  certificate = await makeCertificate(folder)
  authPort = new URL((await gateway.listen()).forwardAuthUrl ?? '').port
})

afterAll(async () => {
  await gateway.close({ graceMs: 0 })
  app.closeAllConnections()
  app.close()
  rmSync(folder, { recursive: true })
})

function signGet(target: string, authToken = token) {
  return toWire(signRequest({ url: `${publicUrl}${target}`, method: 'GET', authToken }))
}

function readExample(name: string): string {
  return readFileSync(new URL(`../../examples/proxies/${name}`, import.meta.url), 'utf8').replaceAll('8081', authPort)
}

for (const [name, { file, start }] of Object.entries(proxies))
  describe(`${name} with ${file}`, () => {
    let proxy: RunningProxy
    let port: number

    beforeAll(async () => {
      port = await findFreePort()
      const script = join(folder, 'tollgate.lua')
      writeFileSync(script, readExample('tollgate.lua'))
      const { port: appPort } = app.address() as AddressInfo
      const places = { port, appPort, certificate, webRoot: folder }
      proxy = await start(fillConfiguration(readExample(file), places).replace('/etc/haproxy/tollgate.lua', script), [
        port,
      ])
    })

    afterAll(() => proxy.stop())

    test('a genuine GET passes, with its verdict headers', async () => {
      seen.length = 0
      const target = `/voice?AccountSid=${accountSid}&From=%2B1555&q=a+b%20c`
      const wire = signGet(target)
      const spoofed = [
        ['Tollgate-Verified', 'body'],
        ['Tollgate-Account-Sid', 'AC1'],
      ] as const
      const reply = await sendTls(port, { ...wire, headers: [...wire.headers, ...spoofed] })
      expect([reply.status, reply.body]).toEqual([200, 'reached'])
      expect(seen[0]).toMatchObject({ 'tollgate-verified': 'url' })
      expect(seen[0]?.['tollgate-account-sid'] ?? '').toBe(accountSid)
    })

    test('a verdict header without a value does not come from the client either', async () => {
      seen.length = 0
      const wire = signGet('/voice')
      const spoofed = [['Tollgate-Account-Sid', 'AC1']] as const
      expect((await sendTls(port, { ...wire, headers: [...wire.headers, ...spoofed] })).status).toBe(200)
      expect(seen[0]?.['tollgate-account-sid'] ?? '').toBe('')
    })

    test('no other spelling of a verdict header reaches the application', async () => {
      const wire = signGet('/voice')
      for (const name of ['tollgate_verified', 'tollgate~verified', 'Tollgate.Verified', 'tollgate-verified_']) {
        seen.length = 0
        const { status } = await sendTls(port, { ...wire, headers: [...wire.headers, [name, 'body'] as const] })
        expect([200, 403]).toContain(status)
        const names = seen.flatMap((headers) => Object.keys(headers)).filter((one) => one.startsWith('tollgate'))
        expect(names.filter((one) => !/^tollgate-(verified|account-sid)$/.test(one))).toEqual([])
        expect(seen.map((headers) => headers['tollgate-verified'])).toEqual(status === 200 ? ['url'] : [])
      }
    })

    test('a forged GET, one for another path and an unsigned one do not pass', async () => {
      seen.length = 0
      const headers = [['host', 'app.example.com']] as const
      for (const wire of [
        signGet('/voice', otherToken),
        { ...signGet('/voice'), target: '/other' },
        { ...signGet('/voice'), headers },
        // The proxy's own headers about the request replace those of the client.
        {
          ...signGet('/voice'),
          target: '/admin',
          headers: [...signGet('/voice').headers, ['X-Forwarded-Uri', '/voice'], ['X-Original-Uri', '/voice']] as const,
        },
      ])
        expect((await sendTls(port, wire)).status).toBe(403)
      expect(seen).toEqual([])
    })

    test('a POST does not pass, not even a genuine one, because its body is not sent', async () => {
      seen.length = 0
      const genuine = toWire(
        signRequest({ url: `${publicUrl}/sms`, params: { AccountSid: accountSid, Body: 'x' }, authToken: token }),
      )
      for (const wire of [
        genuine,
        { ...genuine, body: 'Body=forged' },
        // A signed GET with an unsigned body.
        { ...signGet('/voice'), method: 'POST', body: 'Body=forged' },
        { ...signGet('/voice'), method: 'POST' },
        { ...signGet('/voice'), method: 'PUT', body: 'Body=forged' },
      ])
        expect((await sendTls(port, wire)).status).toBe(403)
      expect(seen).toEqual([])
    })

    test('a GET with a forged body does not pass', async () => {
      seen.length = 0
      expect((await sendTls(port, { ...signGet('/voice'), body: 'Body=forged' })).status).toBe(403)
      const { headers, target } = signGet('/voice')
      const lines = headers.map(([field, value]) => `${field}: ${value}\r\n`).join('')
      const chunked = 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nb\r\nBody=forged\r\n0\r\n\r\n'
      expect(await sendBytes(port, Buffer.from(`GET ${target} HTTP/1.1\r\n${lines}${chunked}`))).toBe(403)
      expect(seen).toEqual([])
    })
  })
