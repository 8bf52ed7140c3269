import { twilioWebhook } from 'tollgate/fetch'
import { findRoute, type Ran } from './routes.ts'
import type { GuardOptions } from './server.ts'

type Handler = (request: Request, ...platform: readonly unknown[]) => Response | Promise<Response>

/** An application that routes by the URL of the Request. */
export function makeFetchApp(options: GuardOptions | undefined): Handler {
  if (options === undefined) return answer
  return twilioWebhook(options, (_webhook, request: Request, ..._platform: readonly unknown[]) => answer(request))
}

function answer(request: Request): Response {
  if (!URL.canParse(request.url)) return new Response('no URL', { status: 404 })
  const { pathname, search } = new URL(request.url)
  const found = findRoute(pathname)
  if (found === undefined) return new Response('no route', { status: 404 })
  const ran: Ran = { ...found, urls: { 'request.url': request.url, 'new URL(request.url)': pathname + search } }
  return Response.json(ran)
}
