import mocks113 from 'node-mocks-http-1.13'
import mocks118 from 'node-mocks-http-1.18'
import { describe, expect, test } from 'vitest'
import { createVerifier, type IncomingRequest } from '../src/index.ts'
import { formRequest, options } from './requests.ts'

/** The one function that is used: 1.13 under another name has no types. */
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

// Its requests have headers that are a record and have a `get()` at once; what that answers for a missing one has changed.
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

    test('without a signature has none', async () => {
      const unsigned = formRequest(params, { headers: { 'x-twilio-signature': undefined } })
      const { 'x-twilio-signature': _signature, ...headers } = unsigned.headers as Record<string, string>
      expect(await verify(mock({ ...unsigned, headers }))).toMatchObject({ ok: false, code: 'signature_missing' })
    })
  })
