import type { IncomingRequest, Mode, Webhook } from '../../index.ts'
import type { OptionsFor, OptionsSource } from './guard.ts'
import { releaseUnlessAnswered, toIncomingRequest, toResponse } from './web.ts'
import { createSocketGuard, type WebSocketOptions } from './web-socket.ts'

/** What SvelteKit, Astro and React Router hand to an endpoint: one object, with the web Request in it. */
export interface RequestEvent {
  readonly request: Request
}

export type WebhookHandler<M extends Mode, Event> = (
  webhook: Webhook<M>,
  event: Event,
) => Response | PromiseLike<Response>

/** What one framework tells besides the Request. */
export interface Surroundings {
  /** What an options function is given. */
  readonly env: unknown
  readonly connection: Partial<Pick<IncomingRequest, 'encrypted' | 'remoteAddress' | 'urlIsNormalized'>>
}

/** Wraps a handler into an endpoint. What the handler throws (a redirect and an HTTP error too) goes on to the framework. */
export function wrapEndpoint<M extends Mode, Event extends RequestEvent, Env>(
  options: OptionsSource<OptionsFor<M> & WebSocketOptions, Env>,
  handler: WebhookHandler<M, Event>,
  look: (event: Event) => Surroundings,
): (event: Event) => Promise<Response> {
  const guard = createSocketGuard<Env>(options)
  return async (event) => {
    const { request } = event
    const { env, connection } = look(event)
    const read = (): IncomingRequest => ({ ...toIncomingRequest(request), url: findUrl(request), ...connection })
    const outcome = await guard.check(read, event, env as Env)
    if (outcome.webhook === undefined) return toResponse(outcome.answer)
    const work = async (): Promise<Response> => handler(outcome.webhook as Webhook<M>, event)
    return releaseUnlessAnswered(outcome, request, work, (response) => response?.status)
  }
}

/**
 * Servers put the URL together from a Host header that nobody checked. One that ends its authority early becomes a part of the path,
 * for their router too: such a request has no URL that could be verified.
 */
function findUrl({ headers, url }: Request): string {
  const isPlain = ['host', 'x-forwarded-host'].every((name) => !/[/\\?#]/.test(headers.get(name) ?? ''))
  return isPlain ? url : ''
}

/** Calls what frameworks let throw: SvelteKit and Astro do where their deployment adapter does not know the answer. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

// No deployment adapter takes an address from these, where one may be of a proxy, or of the server itself.
const noSources = new Set([
  'host',
  'origin',
  'referer',
  'via',
  'x-forwarded-by',
  'x-forwarded-host',
  'x-forwarded-server',
])

/**
 * The peer's address from a framework that tells the client's. Each deployment adapter decides where to take that from, and anyone
 * can write a header: an address that one of them names, whole, counts for nothing.
 */
export function findPeerAddress(headers: Headers, tell: () => unknown): { readonly remoteAddress?: string } {
  const address = attempt(tell)
  if (typeof address !== 'string' || address === '') return {}
  const told = address.trim().toLowerCase()
  for (const [name, value] of headers) if (!noSources.has(name) && listAddresses(value).includes(told)) return {}
  return { remoteAddress: address }
}

/** What a reader may take for an address in a header's list: each element, without its port, quotes and brackets (RFC 7239). */
function listAddresses(value: string): readonly string[] {
  return value
    .toLowerCase()
    .split(/[,;]/)
    .flatMap((element) => {
      const node = element.trim().replace(/^for=/, '').replace(/^"|"$/g, '')
      const bare = node.replace(/:\d+$/, '')
      return [node, bare, bare.replace(/^\[|\]$/g, '')]
    })
}
