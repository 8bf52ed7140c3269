import { describe, expect, test } from 'vitest'
import { createVerifier, type IncomingRequest } from '../src/index.ts'
import { memoryStore, replayGuard } from '../src/replay/index.ts'
import { getRequest, handshakeRequest, options, origin, outcome, sign } from './requests.ts'

describe('handshakes', () => {
  const relay = '/relay?b=2&a=1'
  const wss = 'wss://api.example.com'
  const cases: [what: string, request: IncomingRequest, expected: string][] = [
    ['signed unchanged', handshakeRequest('/media', `${wss}/media`), 'url'],
    ['signed with a trailing slash', handshakeRequest('/media', `${wss}/media/`), 'url'],
    ['signed without a trailing slash', handshakeRequest('/media/', `${wss}/media`), 'url'],
    ['the query in the URL', handshakeRequest(relay, wss + relay), 'url'],
    ['the query as sorted parameters', handshakeRequest(relay, `${wss}/relaya1b2`), 'url'],
    ['the query as sorted parameters after a slash', handshakeRequest(relay, `${wss}/relay/a1b2`), 'url'],
    ['signed with the default port', handshakeRequest(relay, `${wss}:443/relaya1b2`), 'url'],
    ['signed as https', handshakeRequest('/media', `${origin}/media`), 'signature_mismatch'],
    ['another query', handshakeRequest('/relay?a=1', `${wss}/relaya2`), 'signature_mismatch'],
    [
      'headers in another letter case',
      handshakeRequest('/media', `${wss}/media`, { headers: { upgrade: 'WebSocket', connection: 'upgrade' } }),
      'url',
    ],
    [
      'without Connection',
      handshakeRequest('/media', `${wss}/media`, { headers: { connection: 'keep-alive' } }),
      'method_not_allowed',
    ],
    [
      'another upgrade',
      handshakeRequest('/media', `${wss}/media`, { headers: { upgrade: 'h2c' } }),
      'method_not_allowed',
    ],
    [
      'two upgrades',
      handshakeRequest('/media', `${wss}/media`, { headers: { upgrade: 'websocket, h2c' } }),
      'method_not_allowed',
    ],
    ['as a POST', { ...handshakeRequest('/media', `${wss}/media`), method: 'POST' }, 'method_not_allowed'],
    [
      'as a POST signed as https',
      { ...handshakeRequest('/media', `${origin}/media`), method: 'POST' },
      'method_not_allowed',
    ],
    ['without upgrade headers', { ...getRequest({ target: '/media' }), handshake: true }, 'method_not_allowed'],
    ['with a body', { ...handshakeRequest('/media', `${wss}/media`), body: 'x' }, 'body_unsigned'],
    [
      'that announces a body',
      handshakeRequest('/media', `${wss}/media`, { headers: { 'content-length': '1' } }),
      'body_unsigned',
    ],
    [
      'that announces chunks',
      handshakeRequest('/media', `${wss}/media`, { headers: { 'transfer-encoding': 'chunked' } }),
      'body_unsigned',
    ],
    [
      'that announces no bytes',
      handshakeRequest('/media', `${wss}/media`, { headers: { 'content-length': '0' } }),
      'url',
    ],
    [
      'extended CONNECT',
      {
        handshake: true,
        method: 'CONNECT',
        url: '/media',
        headers: {
          ':protocol': 'websocket',
          ':authority': 'api.example.com',
          'x-twilio-signature': sign(`${wss}/media`),
        },
      },
      'url',
    ],
    [
      'CONNECT for another protocol',
      {
        handshake: true,
        method: 'CONNECT',
        url: '/media',
        headers: { ':protocol': 'webtransport', 'x-twilio-signature': sign(`${wss}/media`) },
      },
      'method_not_allowed',
    ],
  ]
  for (const [what, request, expected] of cases)
    test(`${what}: ${expected}`, async () => {
      expect(await outcome(request)).toBe(expected)
    })

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
    const sharedKeys = { webhooks_sharedkey_01: 'a-shared-key-secret' }

    test('do not make a handshake of a GET', async () => {
      expect(await createVerifier(options).verify(ordinary)).toMatchObject({ ok: true, handshake: false })
    })
    test('the signature of a handshake does not verify a GET or a POST', async () => {
      expect(await outcome(captured)).toBe('signature_mismatch')
      expect(await outcome({ ...captured, method: 'POST' })).toBe('signature_mismatch')
    })
    test('sharedKeysOnly refuses the Auth Token', async () => {
      const given = { sharedKeys, sharedKeysOnly: true }
      for (const request of [ordinary, captured]) expect(await outcome(request, given)).toBe('key_not_allowed')
    })
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
    test('CONNECT is not allowed for a webhook', async () => {
      const request = {
        method: 'CONNECT',
        url: '/media',
        headers: { ':protocol': 'websocket', 'x-twilio-signature': sign(`${wss}/media`) },
      }
      expect(await outcome(request)).toBe('method_not_allowed')
    })
  })

  test('the verdict has handshake: true', async () => {
    const { verify } = createVerifier(options)
    expect(await verify(handshakeRequest('/media', `${wss}/media`))).toMatchObject({ ok: true, handshake: true })
    expect(await verify(getRequest())).toMatchObject({ ok: true, handshake: false })
  })

  test('an http URL is signed as wss, never as ws', async () => {
    const request = handshakeRequest('/media', 'ws://localhost:3000/media')
    const secure = handshakeRequest('/media', 'wss://localhost:3000/media')
    const given = { publicUrl: 'http://localhost:3000' }
    expect(await outcome(request, given)).toBe('signature_mismatch')
    expect(await outcome(secure, given)).toBe('url')
  })

  test('params contains the query', async () => {
    const verdict = await createVerifier(options).verify(handshakeRequest(relay, `${wss}/relaya1b2`))
    expect(verdict.ok && [...verdict.params]).toEqual([
      ['b', '2'],
      ['a', '1'],
    ])
  })
})
