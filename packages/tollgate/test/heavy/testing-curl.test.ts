import { execFile } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { signRequest } from 'tollgate/testing'
import { expect, test } from 'vitest'
import { requireProgram } from '../../../../tools/programs.mjs'

// It is here because it needs curl, and `npm test` does not.
const authToken = '0123456789abcdef0123456789abcdef'

test('curl sends exactly the signed request', async () => {
  requireProgram('curl')
  const received: { request: IncomingMessage; body: Buffer }[] = []
  const server = createServer(async (request, response) => {
    received.push({ request, body: await buffer(request) })
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const text = `it's "${'\\'}" $(id) \`id\`\r\n\t@é 👍 {a,b} [1-3]`
  const inputs = [
    { params: { Body: text, '': '', a: ['1', '1'] } },
    { json: { text } },
    { body: `@${text}`, contentType: 'text/plain' },
    { method: 'GET', params: { Body: text } },
    { params: {} },
    { body: 'a NUL: \0', contentType: 'text/plain' },
    { body: 'long '.repeat(50_000), contentType: 'text/plain' },
  ]
  for (const input of inputs) {
    const signed = signRequest({ url: `${origin}/a/../b/./[1-3]{a,b}?q='x'&r=%2f`, ...input, authToken })
    const running = promisify(execFile)('sh')
    running.child.stdin?.end(signed.toCurl())
    await running
    const last = received.at(-1)
    expect(last?.request.method).toBe(signed.method)
    expect(`${origin}${last?.request.url}`).toBe(signed.url)
    expect(last?.request.headers).toMatchObject(signed.headers)
    expect(last?.body.toString()).toBe(signed.body ?? '')
  }
  await new Promise((resolve) => server.close(resolve))
})
