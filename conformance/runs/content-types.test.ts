import { describe, expect, test } from 'vitest'
import { expectRejected, withServer } from '../adapter/server.ts'
import { replaceHeader } from '../attacks/socket-kit.ts'
import { express } from '../frameworks/express.ts'
import { fastify } from '../frameworks/fastify.ts'
import { h3 } from '../frameworks/h3.ts'
import { hono } from '../frameworks/hono.ts'
import { koa } from '../frameworks/koa.ts'
import { captureWarnings } from '../kit/bind-framework.ts'
import { formType, makeRequest } from '../kit/draft.ts'

captureWarnings()

// Node.js keeps the first Content-Type. Hono and h3 2 make a web Request of all of them, and its
// form parser uses the last one: there, a signed form that is also multipart has other content.
describe.each([...express, fastify, ...h3, ...hono, ...koa])('$name', (framework) => {
  test('a signed form with a second content type is refused', async () => {
    const part = '--x\r\nContent-Disposition: form-data; name="Body"\r\n\r\nevil\r\n--x--\r\n'
    const request = await makeRequest({ body: part, params: [...new URLSearchParams(part)] })
    await withServer(framework, 'plain', async (server) => {
      for (const second of ['multipart/form-data; boundary=x', 'application/json', formType])
        expect(
          await expectRejected(server, replaceHeader(request, 'content-type', formType, second), 'body_unsigned'),
        ).toMatchObject({ status: 403 })
    })
  })
})
