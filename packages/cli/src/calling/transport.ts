import { cutPublicUrl, type OutgoingRequest, type Transport } from '@tollgate/calls'
import { splitUrl } from 'tollgate/internal'
import { signRequest } from 'tollgate/testing'
import { WebSocket } from 'ws'
import { UsageError } from '../exit.ts'
import { deliver, type ServerAnswer } from '../sending/deliver.ts'
import { prepare } from '../sending/prepare.ts'

/** A public origin or prefix, and the server that answers for it. */
export interface Mapping {
  readonly from: string
  readonly to: string
}

export interface SentRequest {
  readonly request: OutgoingRequest
  readonly status: number
}

/** A socket of the walk, with the first message that says whose call it is. */
export interface SentSocket {
  readonly url: string
  first?: Readonly<Record<string, unknown>>
}

/** What a forged request changes. Without a change it is signed as Twilio signs it. */
export interface Forgery {
  readonly unsigned?: true
  readonly signedUrl?: string
}

const mostMessageBytes = 1024 * 1024

/** Reaches the mapped servers, and no other host. */
export class LocalTransport implements Transport {
  readonly sent: SentRequest[] = []
  readonly sockets: SentSocket[] = []
  readonly #mappings: readonly Mapping[]
  readonly #authToken: string
  readonly #timeoutMs: number

  constructor(mappings: readonly Mapping[], authToken: string, timeoutMs: number) {
    // The longest prefix that fits is the one that is meant.
    this.#mappings = [...mappings].sort((one, other) => other.from.length - one.from.length)
    this.#authToken = authToken
    this.#timeoutMs = timeoutMs
  }

  async request(request: OutgoingRequest): ReturnType<Transport['request']> {
    const answer = await this.send(request)
    if (answer === undefined) return undefined
    const { status, headers, body, cut, durationMs } = answer
    this.sent.push({ request, status })
    return { status, headers, body, bytes: Buffer.byteLength(body), isCut: cut, durationMs }
  }

  /** Sends a request, or a forged copy of it. `undefined` if no mapping has its URL. */
  async send(request: OutgoingRequest, { unsigned, signedUrl }: Forgery = {}): Promise<ServerAnswer | undefined> {
    const { url, method, contentType } = request
    const found = this.#find(url)
    if (found === undefined) return undefined
    const content = {
      method,
      params: request.params.map(([name, value]): [string, string] => [name, value]),
      headers: request.headers,
      ...(contentType !== undefined && method === 'POST' && { contentType }),
      authToken: this.#authToken,
    }
    // Signed as it is written: Twilio signs the host as it is configured.
    const addresses = { to: found.to + found.rest, publicUrl: url.slice(0, url.length - found.rest.length) }
    const delivery = prepare(content, addresses, {})
    const headers = { ...delivery.headers }
    if (unsigned) delete headers['x-twilio-signature']
    if (signedUrl !== undefined)
      headers['x-twilio-signature'] = signRequest({ ...content, url: signedUrl }).headers['x-twilio-signature'] ?? ''
    return await deliver({ ...delivery, headers }, this.#timeoutMs)
  }

  openSocket(url: string): WebSocket | undefined {
    const kept: SentSocket = { url }
    const socket = this.open(url)
    if (socket === undefined) return undefined
    this.sockets.push(kept)
    const send = socket.send.bind(socket)
    socket.send = (data: unknown): void => {
      if (kept.first === undefined && /"(event":"start|type":"setup)"/.test(String(data)))
        kept.first = JSON.parse(String(data))
      send(String(data))
    }
    return socket
  }

  /** Begins the handshake of a socket, or a forged copy of it. `undefined` if no mapping has its URL. */
  open(url: string, { unsigned, signedUrl }: Forgery = {}): WebSocket | undefined {
    const found = this.#find(url)
    if (found === undefined) return undefined
    const signed = signRequest({ url: signedUrl ?? url, authToken: this.#authToken })
    const { 'x-twilio-signature': signature = '', 'user-agent': agent = '' } = signed.headers
    return new WebSocket(found.to.replace(/^http/i, 'ws') + found.rest, {
      headers: {
        host: splitUrl(url)?.authority ?? '',
        'user-agent': agent,
        ...(!unsigned && { 'x-twilio-signature': signature }),
      },
      handshakeTimeout: this.#timeoutMs,
      maxPayload: mostMessageBytes,
      perMessageDeflate: false,
    })
  }

  /** Finds the server for a public URL, and what follows the mapped part. */
  #find(url: string): { readonly to: string; readonly rest: string } | undefined {
    for (const { from, to } of this.#mappings) {
      const rest = cutPublicUrl(url, from)
      if (rest !== undefined) return { to, rest }
    }
    return undefined
  }
}

/**
 * Reads `--map FROM=TO`.
 * @throws UsageError if a side is no http or https URL, or the server has a path
 */
export function readMapping(text: string): Mapping {
  const at = text.indexOf('=')
  const [from, to] = [text.slice(0, at), text.slice(at + 1)].map((url) => url.replace(/\/$/, ''))
  const [target, source] = [splitUrl(to ?? ''), splitUrl(from ?? '')]
  const isPlain = [source, target].every(
    (parts) => parts !== undefined && /^https?$/i.test(parts.scheme) && parts.userinfo === '',
  )
  if (at < 1 || !isPlain || target?.target !== '/' || /[?#]/.test(`${from}${to}`))
    throw new UsageError('--map needs PUBLIC-URL=SERVER, such as https://api.example.com=http://localhost:3000.')
  return { from: from ?? '', to: to ?? '' }
}
