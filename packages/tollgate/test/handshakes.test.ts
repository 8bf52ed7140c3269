import { describe, expect, test } from 'vitest'
import { createVerifier, type IncomingRequest } from '../src/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import { getRequest, handshakeRequest, options, outcome } from './requests.ts'

describe('handshakes', () => {
  const wss = 'wss://api.example.com'

  test('the message says what the request lacks, and names "methods" only if that option decides', async () => {
    const messageOf = async (request: IncomingRequest): Promise<string> => {
      const verdict = await createVerifier(options).verify(request)
      return verdict.ok ? '' : verdict.message
    }
    const post = { ...handshakeRequest('/media', `${wss}/media`), method: 'POST' }
    expect(await messageOf(post)).toMatch(/^The method is not allowed\. The request does not ask for a WebSocket\./)
    const deleted = { ...getRequest({ target: '/media' }), method: 'DELETE' }
    expect(await messageOf(deleted)).toMatch(/^The method is not allowed\. "methods" does not list it\./)
  })

  describe('upgrade headers on a request that the server does not upgrade', () => {
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
    const ordinary = getRequest({ target: '/media', headers: upgrade })
    const captured = { ...handshakeRequest('/media', `${wss}/media`), handshake: undefined }
    test('a replay guard counts it', async () => {
      const replay = replayGuard({ store: memoryStore(), whenRepeated: 'mark' })
      const { verify } = createVerifier({ ...options, replay })
      expect(await verify(ordinary)).toMatchObject({ ok: true, delivery: 'first' })
      expect(await verify(ordinary)).toMatchObject({ ok: true, delivery: 'repeated' })
    })
    test('only handshake: true makes a handshake', async () => {
      for (const handshake of ['true', 1, {}])
        expect(await outcome({ ...captured, handshake })).toBe('signature_mismatch')
    })
  })
})
