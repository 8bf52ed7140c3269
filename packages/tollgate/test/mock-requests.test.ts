import mocks113 from 'node-mocks-http-1.13'
import mocks118 from 'node-mocks-http-1.18'
import { describe, expect, test } from 'vitest'
import { createVerifier, type IncomingRequest } from '../src/index.ts'
import { formRequest, options } from './requests.ts'

/**
 * The function that the tests use. Version 1.13 is installed under another name, so it has no
 * types.
 */
interface Mocks {
  createRequest(options: { method: 'POST'; url: string; headers: Record<string, string> }): {
    readonly method: string
    readonly url: string
    readonly headers: unknown
  }
}

const versions = { '1.13': mocks113, '1.18': mocks118 } as unknown as Readonly<Record<string, Mocks>>
const { verify } = createVerifier(options)
const params = [['Body', 'hello']] as const

// The headers of these requests are a record that also has a `get()` method. The two versions
// return different values for a missing header.
for (const [version, mocks] of Object.entries(versions))
  describe(`a request of node-mocks-http ${version}`, () => {
    const mock = (request: IncomingRequest): IncomingRequest => {
      const headers = { ...request.headers } as Record<string, string>
      const shouted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
      const { method, url, headers: made } = mocks.createRequest({ method: 'POST', url: request.url, headers: shouted })
      return { method, url, headers: made as IncomingRequest['headers'], body: request.body }
    }

    test('verifies', async () => {
      expect(await verify(mock(formRequest(params)))).toMatchObject({ ok: true, covers: 'params' })
    })

    test('is refused without a signature', async () => {
      const unsigned = formRequest(params, { headers: { 'x-twilio-signature': undefined } })
      const { 'x-twilio-signature': _signature, ...headers } = unsigned.headers as Record<string, string>
      expect(await verify(mock({ ...unsigned, headers }))).toMatchObject({ ok: false, code: 'signature_missing' })
    })
  })
