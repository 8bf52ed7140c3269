import { isFormType, type Pairs, parseLeniently } from '../../form.ts'
import type { Accepted } from '../../verdict.ts'
import type { VerifierOptions } from '../../verify/types.ts'
import type { Scheme, SeenRequest, SignedPart } from '../scheme.ts'
import { verifierOptions } from './options.ts'
import { createVerifier } from './verifier.ts'
import { kindOf, kinds } from './webhooks/index.ts'

const covered = {
  params: 'the URL and every form parameter',
  body: 'the URL and every byte of the body (bodySHA256)',
  url: 'only the URL with its query',
} as const

/** Twilio's signature: an HMAC over the URL and the parameters, or the hash of the body. */
export const twilio: Scheme<VerifierOptions, Accepted> = {
  name: 'twilio',
  title: 'Twilio',
  headers: ['X-Twilio-Signature', 'X-Twilio-Signature-Key-Sid', 'X-Twilio-Webhooks-Signature-Settings'],
  options: verifierOptions,
  keys: {
    option: 'authToken',
    variable: 'TWILIO_AUTH_TOKEN',
    flag: 'auth-token',
    words: 'Auth Token',
    isSecret: true,
  },
  signsUrl: true,
  signsHandshakes: true,
  kinds: Object.keys(kinds).sort(),
  describeCoverage: ({ covers }) => covered[covers],
  createVerifier,
  nameKey(key): string {
    if (key.kind === 'shared_key') return `SharedKey ${key.id}`
    return key.index === 0 ? 'your Auth Token' : `your Auth Token number ${key.index + 1}`
  },
  nameKind,
  quote: (request) => listParams(request).find(([name]) => name === 'Body')?.[1],
  listSigned,
  describe: ({ handshake, accountSid, matched }) => ({
    handshake,
    account: accountSid ?? 'none is proven',
    url: matched.url,
  }),
  async sign({ key, url, body, ...rest }) {
    const { sampleWebhook } = await import('./webhooks/sample-webhook.ts')
    const { signContent } = await import('./test-request.ts')
    const content = body === undefined ? sampleWebhook('message.inbound') : { body }
    const signed = signContent({ ...content, ...rest, url, authToken: key })
    return { ...signed, body: new TextEncoder().encode(signed.body) }
  },
  async diagnose(request, { otherKeys, ...options }) {
    const { diagnose } = await import('../../diagnose/index.ts')
    return diagnose(request, { ...options, otherTokens: otherKeys })
  },
  async loadDiagnoser() {
    const { evenInProduction, withHints } = await import('../../diagnose/index.ts')
    return evenInProduction(withHints({ framework: 'gateway' }))
  },
}

function nameKind(request: SeenRequest): string | undefined {
  if (isHandshake(request)) return 'handshake'
  if (isJson(request)) return nameJsonKind(request.body)
  const params = new URLSearchParams(listParams(request).map(([name, value]) => [name, value]))
  return kindOf(params)
}

function nameJsonKind(body = ''): string {
  try {
    const parsed: unknown = JSON.parse(body)
    const { type } = Object(Array.isArray(parsed) ? parsed[0] : parsed) as { readonly type?: unknown }
    return typeof type === 'string' ? type.replace(/^com\.twilio\./, '').slice(0, 80) : 'json'
  } catch {
    return 'json'
  }
}

/** https://www.twilio.com/docs/usage/security */
function listSigned(request: SeenRequest): readonly SignedPart[] {
  const { signedUrl, body } = request
  if (!isHandshake(request)) return listParts(signedUrl ?? request.url, body === undefined ? [] : listParams(request))
  const url = signedUrl ?? request.url.replace(/^http/i, 'ws').replace(/\?.*$/s, '')
  // ConversationRelay signs its query as parameters, on the URL without it.
  return listParts(url, url.includes('?') ? [] : listParams(request))
}

/** The URL, then the name and value of each parameter, sorted, with each distinct pair once. */
function listParts(url: string, params: Pairs): readonly SignedPart[] {
  const parts: SignedPart[] = [{ text: url, from: 'url' }]
  const sorted = [...params].sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]))
  for (const [index, [name, value]] of sorted.entries()) {
    const last = sorted[index - 1]
    if (last?.[0] !== name || last[1] !== value)
      parts.push({ text: name, from: 'name' }, { text: value, from: 'value' })
  }
  return parts
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** The parameters of a form, or else of the query, for display: also those of a malformed form. */
function listParams(request: SeenRequest): Pairs {
  const isForm = isFormType(find(request, 'content-type') ?? '')
  if (request.body !== undefined || isForm) return isForm ? parseLeniently(request.body ?? '') : []
  return parseLeniently(/\?(.*)$/s.exec(request.target)?.[1] ?? '')
}

function isHandshake(request: SeenRequest): boolean {
  return find(request, 'upgrade')?.toLowerCase() === 'websocket'
}

function isJson(request: SeenRequest): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(find(request, 'content-type')?.trim() ?? '')
}

function find({ headers }: SeenRequest, name: string): string | undefined {
  return headers.find(([one]) => one.toLowerCase() === name)?.[1]
}
