import type { IncomingRequest, Webhook, WebhookSource } from '../../index.ts'
import { checkHandler, type GuardOptions, type OptionsSource } from './guard.ts'
import { findAddress } from './routed.ts'
import { runWork, toIncomingRequest, toResponse } from './web.ts'
import { createSocketGuard, type WebSocketOptions } from './web-socket.ts'

/** The argument that SvelteKit, Astro and React Router pass to an endpoint. */
export interface RequestEvent {
  readonly request: Request
  /** The URL that the framework gives beside that of the Request. Its path must be the same. */
  readonly url?: URL | undefined
}

/** A handler for verified webhooks. It also gets the framework's event. */
export type WebhookHandler<S extends WebhookSource, Event> = (
  webhook: Webhook<S>,
  event: Event,
) => Response | PromiseLike<Response>

/** The facts that a framework gives beside the Request. */
export interface Surroundings {
  /** The argument of the function that returns the options. */
  readonly env: unknown
  readonly connection: Partial<Pick<IncomingRequest, 'encrypted' | 'remoteAddress' | 'urlIsNormalized'>>
}

/** The options of the guards of endpoints. */
export type EndpointOptions<S extends WebhookSource = WebhookSource> = GuardOptions<S> & WebSocketOptions

/** The type of `twilioWebhook` in a framework of endpoints, of which `Least` is the event. */
export type WrapEndpoint<Least extends RequestEvent> = <
  S extends WebhookSource = 'enforce',
  Event extends Least = Least,
  Env = unknown,
>(
  options: OptionsSource<EndpointOptions<S>, Env> | undefined,
  handler: WebhookHandler<S, Event>,
) => (event: Event) => Promise<Response>

/**
 * Makes the adapter of a framework of endpoints. Exceptions of the handler go to the framework,
 * because redirects and HTTP errors are exceptions too.
 * @param look Reads the facts that the Request does not have.
 */
export function createEndpoints<Least extends RequestEvent>(look: (event: Least) => Surroundings): WrapEndpoint<Least> {
  return <S extends WebhookSource, Event extends Least, Env>(
    options: OptionsSource<EndpointOptions<S>, Env> = {},
    handler: WebhookHandler<S, Event>,
  ) => {
    const guard = createSocketGuard<Env>(options)
    checkHandler(handler)
    return async (event: Event) => {
      const { request } = event
      const { env, connection } = look(event)
      const read = (): IncomingRequest => {
        // Astro decodes the path of `context.url` several times, joins its slashes, and routes by it.
        const url = findAddress(request, { path: event.url?.pathname, joinsSlashes: true })
        return { ...toIncomingRequest(request), url, ...connection }
      }
      const outcome = await guard.check(read, event, env as Env)
      if (outcome.webhook === undefined) return toResponse(outcome.answer)
      const work = async (): Promise<Response> => handler(outcome.webhook as Webhook<S>, event)
      return runWork(outcome, work, (response) => response?.status, request)
    }
  }
}

/**
 * Calls a function that may throw, and then returns `undefined`. SvelteKit and Astro throw if their
 * deployment adapter has no answer.
 */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

// No deployment adapter takes the client's address from these. They may hold the address of a proxy
// or of the server itself.
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
 * Returns the client's address as the framework gives it, unless a header contains it. Each
 * deployment adapter decides where it takes the address from, and the sender can write any header.
 * @param read Asks the framework. It may throw.
 */
export function readClientAddress(headers: Headers, read: () => unknown): { readonly remoteAddress?: string } {
  const address = attempt(read)
  if (typeof address !== 'string' || address === '') return {}
  const wanted = address.trim().toLowerCase()
  for (const [name, value] of headers) if (!noSources.has(name) && listAddresses(value).includes(wanted)) return {}
  return { remoteAddress: address }
}

/**
 * Lists what a reader may take for an address in a header's list: each element, also without its
 * port, quotes and brackets (RFC 7239).
 */
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
