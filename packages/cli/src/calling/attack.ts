import type { OutgoingRequest } from '@tollgate/calls'
import type { LocalTransport, SentSocket } from './transport.ts'

/** A route that the call led to, and what a forged request did there. */
export interface Route {
  readonly method: string
  /** Without its query. */
  readonly url: string
  /** `unclear`: a forged request was answered with another error than 400, 401 and 403. */
  readonly verdict: 'guarded' | 'open' | 'unclear'
  /** The forged requests that were accepted, or whose answer is unclear. */
  readonly by: readonly string[]
}

const refusals = [400, 401, 403]
const ticketWaitMs = 2000

/**
 * Sends forged copies of each request of a call: without a signature, with one of another URL, and for
 * a socket with a ticket that was never issued.
 */
export async function attackRoutes(transport: LocalTransport): Promise<Route[]> {
  const requests = distinct(transport.sent, ({ request }) => `${request.method} ${request.url}`)
  const sockets = distinct(transport.sockets, ({ url }) => url)
  const tried: Tried[] = []
  for (const { request } of requests) tried.push(await attackRequest(transport, request))
  for (const socket of sockets) tried.push(await attackSocket(transport, socket))
  // An application may choose a handler by the query, so each query is tried. They are one route.
  const routes = distinct(tried, keyOfRoute)
  return routes.map((route) => judge(tried.filter((one) => keyOfRoute(one) === keyOfRoute(route))))
}

type Result = readonly [by: string, status: number]

interface Tried {
  readonly method: string
  /** Without its query. */
  readonly url: string
  readonly results: readonly Result[]
}

function keyOfRoute({ method, url }: Tried): string {
  return `${method} ${url}`
}

async function attackRequest(transport: LocalTransport, request: OutgoingRequest): Promise<Tried> {
  const results: Result[] = []
  for (const [by, forgery] of listForgeries(request.url))
    results.push([by, await statusOf(transport.send(request, forgery))])
  return { method: request.method, url: cutQuery(request.url), results }
}

function listForgeries(url: string): [by: string, forgery: { unsigned?: true; signedUrl?: string }][] {
  return [
    ['unsigned', { unsigned: true }],
    ['signature of another URL', { signedUrl: `${cutQuery(url).replace(/\/$/, '')}/another-route` }],
  ]
}

/** The status, or 0 if the server did not answer. */
async function statusOf(answer: ReturnType<LocalTransport['send']>): Promise<number> {
  try {
    return (await answer)?.status ?? 0
  } catch {
    return 0
  }
}

function judge(tried: readonly Tried[]): Route {
  const [{ method = '', url = '' } = {}] = tried
  const results = tried.flatMap((one) => one.results)
  const open = results.filter(([, status]) => status >= 100 && status < 400)
  const unclear = results.filter(([, status]) => status === 0 || (status >= 400 && !refusals.includes(status)))
  const named = open.length > 0 ? open : unclear
  const verdict = open.length > 0 ? 'open' : unclear.length > 0 ? 'unclear' : 'guarded'
  const by = new Set(named.map(([what, status]) => `${what}: ${status || 'no answer'}`))
  return { method, url, verdict, by: [...by] }
}

async function attackSocket(transport: LocalTransport, { url, first }: SentSocket): Promise<Tried> {
  const results: Result[] = []
  for (const [by, forgery] of listForgeries(url)) results.push([by, await openForStatus(transport, url, forgery)])
  const forged = first === undefined ? undefined : forgeTicket(first)
  // A socket without a ticket is bound to no call, which no request can show.
  if (forged !== undefined) results.push(['forged ticket', await openForStatus(transport, url, {}, forged)])
  return { method: 'GET', url: cutQuery(url), results }
}

/** Changes one character of the ticket. `undefined` if the first message has none. */
function forgeTicket(first: Readonly<Record<string, unknown>>): object | undefined {
  const copy = structuredClone(first)
  const { customParameters } = Object(copy.start ?? copy) as { customParameters?: Record<string, string> }
  const ticket = customParameters?.ticket
  if (customParameters === undefined || ticket === undefined || ticket === '') return undefined
  customParameters.ticket = ticket.slice(0, -2) + (ticket.at(-2) === 'A' ? 'B' : 'A') + ticket.slice(-1)
  return copy
}

/** Opens a socket: 101, or the status of the refusal. If the first message ends it, that is 403. */
function openForStatus(
  transport: LocalTransport,
  url: string,
  forgery: Parameters<LocalTransport['open']>[1],
  first?: object,
): Promise<number> {
  const socket = transport.open(url, forgery)
  if (socket === undefined) return Promise.resolve(0)
  return new Promise((resolve) => {
    let status = 0
    let isOurs = false
    const end = (): void => {
      isOurs = true
      socket.terminate()
    }
    socket.on('error', () => undefined)
    socket.on('unexpected-response', (_request, response) => {
      status = response.statusCode ?? 0
      response.destroy()
      end()
    })
    socket.on('open', () => {
      status = 101
      if (first === undefined) return end()
      if ('event' in first) socket.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }))
      socket.send(JSON.stringify(first))
      setTimeout(end, ticketWaitMs)
    })
    // A server that ends the socket after the message has refused it.
    socket.on('close', () => resolve(status === 101 && !isOurs ? 403 : status))
  })
}

function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()]
}

function cutQuery(url: string): string {
  return url.replace(/\?.*$/s, '')
}
