import { type RawRequest, send, toRaw } from '../adapter/socket.ts'
import { assert } from '../kit/assert.ts'
import { type Draft, makeHandshake, makeRequest, origin, otherToken, sms, token, withHeaders } from '../kit/draft.ts'

/** A recipe that runs on a port: a handler of POSTs, or of WebSocket handshakes. */
interface Recipe {
  readonly port: number
  readonly kind: 'webhook' | 'handshake'
  readonly path: string
  /** Default: the origin of the suites. */
  readonly publicUrl?: string
}

const otherOrigin = 'https://evil.example'
const forwarded = {
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-original-host': 'evil.example',
  forwarded: 'host=evil.example;proto=https',
}

/**
 * Lists attacks on a recipe, by the class in docs/attacks.md. A signature of another host or of
 * another URL is genuine: the attacker owns another webhook of the same account.
 */
async function listRecipeAttacks(recipe: Recipe): Promise<Record<string, readonly RawRequest[]>> {
  const { path, kind, publicUrl = origin } = recipe
  const isSocket = kind === 'handshake'
  const make = (draft: Draft = {}) => {
    const own: Draft = { origin: publicUrl, path, ...draft }
    const signed = (own.origin ?? origin).replace(/^http/, 'ws') + own.path
    return isSocket ? makeHandshake(own.path, { signed, ...own }) : makeRequest(own)
  }
  const genuine = await make()
  const raw = toRaw(genuine)
  const elsewhere = await make({ origin: otherOrigin })
  const signature = genuine.headers['x-twilio-signature'] ?? ''
  const wrong = (await make({ token: otherToken })).headers['x-twilio-signature'] ?? ''
  const replaceSignature = (value?: string) => toRaw(withHeaders(genuine, { 'x-twilio-signature': value }))
  const doubled = (first: string, second: string) =>
    toRaw(withHeaders(genuine, { 'x-twilio-signature': first }), [['X-Twilio-Signature', second]])
  const withSha256 = await make({ sharedKey: { id: 'downgrade', secret: token } })
  return {
    'C2 no signature': [replaceSignature()],
    'C2 an empty signature': [replaceSignature('')],
    'C6 the token of another account': [replaceSignature(wrong)],
    ...(!isSocket && {
      'B5 another body': [
        { ...raw, body: `${genuine.body}&Body=other` },
        { ...raw, body: 'Body=other' },
      ],
    }),
    'A8 another query': [{ ...raw, target: `${path}?Body=other` }],
    'A1 a signature of another host, with its Host': [toRaw(elsewhere)],
    'A2 a signature of another host, with forwarding headers': [
      toRaw(withHeaders(elsewhere, { host: new URL(publicUrl).host, ...forwarded })),
    ],
    'A6 a signature of another URL': [{ ...toRaw(await make({ path: '/other' })), target: path }],
    'C2 two signature headers': [doubled(wrong, signature), doubled(signature, wrong)],
    'C4 HMAC-SHA256 with the Auth Token': [
      toRaw(withSha256),
      toRaw(withHeaders(withSha256, { 'x-twilio-webhooks-signature-settings': undefined })),
    ],
    'B1 a captured request with another method': (isSocket ? ['POST', 'PUT'] : ['PUT', 'DELETE']).map((method) => ({
      ...raw,
      method,
    })),
    ...(!isSocket && {
      'B1 a captured form, sent as a GET': [{ ...raw, method: 'GET', body: '' }],
      'E1 a body beyond the limit': [toRaw(await make({ params: [...sms, ['Filler', 'x'.repeat(2 * 1024 * 1024)]] }))],
    }),
  }
}

/**
 * Sends every attack. A server may close the connection in place of an answer. It may not send what
 * a handler sends.
 * @returns how many requests were refused
 */
export async function expectAttacksRefused(recipe: Recipe): Promise<number> {
  const attacks = Object.entries(await listRecipeAttacks(recipe))
  for (const [title, requests] of attacks)
    for (const request of requests) {
      const answer = await send(recipe.port, request).catch(() => undefined)
      if (answer === undefined) continue
      assert(answer.status >= 400 && answer.status < 500, `${title}: the status is ${answer.status}`)
      assert(!/<Response>|Hello/.test(answer.body), `${title}: a handler answered`)
    }
  return attacks.length
}
