import { describe, expect, test } from 'vitest'
import { createVerifier, type IncomingRequest, type VerifierOptions } from '../src/index.ts'
import { handshakeRequest, options, origin, sign } from './requests.ts'

async function outcome(request: unknown, given: Partial<VerifierOptions> = {}): Promise<string> {
  const verdict = await createVerifier({ ...options, ...given }).verify(request as IncomingRequest)
  return verdict.ok ? verdict.covers : verdict.code
}

describe('handshakes', () => {
  const relay = '/relay?b=2&a=1'
  const wss = 'wss://api.example.com'
  const cases: [what: string, request: IncomingRequest, expected: string][] = [
    ['as it is', handshakeRequest('/media', `${wss}/media`), 'url'],
    ['with a last slash', handshakeRequest('/media', `${wss}/media/`), 'url'],
    ['without it', handshakeRequest('/media/', `${wss}/media`), 'url'],
    ['the query in the URL', handshakeRequest(relay, wss + relay), 'url'],
    ['the query as sorted parameters', handshakeRequest(relay, `${wss}/relaya1b2`), 'url'],
    ['the same with a slash', handshakeRequest(relay, `${wss}/relay/a1b2`), 'url'],
    ['with the default port', handshakeRequest(relay, `${wss}:443/relaya1b2`), 'url'],
    ['as https', handshakeRequest('/media', `${origin}/media`), 'signature_mismatch'],
    ['another query', handshakeRequest('/relay?a=1', `${wss}/relaya2`), 'signature_mismatch'],
    [
      'in other letters',
      handshakeRequest('/media', `${wss}/media`, { headers: { upgrade: 'WebSocket', connection: 'upgrade' } }),
      'url',
    ],
    [
      'without Connection',
      handshakeRequest('/media', `${wss}/media`, { headers: { connection: 'keep-alive' } }),
      'signature_mismatch',
    ],
    [
      'another upgrade',
      handshakeRequest('/media', `${wss}/media`, { headers: { upgrade: 'h2c' } }),
      'signature_mismatch',
    ],
    ['as a POST', { ...handshakeRequest('/media', `${wss}/media`), method: 'POST' }, 'signature_mismatch'],
    ['with a body', { ...handshakeRequest('/media', `${wss}/media`), body: 'x' }, 'body_unsigned'],
    [
      'extended CONNECT',
      {
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

  test('http is ws', async () => {
    const request = handshakeRequest('/media', 'ws://localhost:3000/media')
    const secure = handshakeRequest('/media', 'wss://localhost:3000/media')
    const given = { publicUrl: 'http://localhost:3000' }
    expect(await outcome(request, given)).toBe('signature_mismatch')
    expect(await outcome(secure, given)).toBe('url') // the contract: the scheme is wss
  })

  test('the parameters are those of the query', async () => {
    const verdict = await createVerifier(options).verify(handshakeRequest(relay, `${wss}/relaya1b2`))
    expect(verdict.ok && [...verdict.params]).toEqual([
      ['b', '2'],
      ['a', '1'],
    ])
  })
})
