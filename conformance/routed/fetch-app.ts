import { twilioWebhook } from 'tollgate/fetch'
import { findRoute, type Ran } from './routes.ts'
import type { GuardOptions } from './server.ts'

type Handler = (request: Request, ...platform: readonly unknown[]) => Response | Promise<Response>

type Upgrade = (request: Request, text: string, platform: readonly unknown[]) => Response | undefined

/**
 * An application that routes by the URL of the Request.
 * @param upgrade Answers a request for an upgrade. Default: none is.
 */
export function makeFetchApp(options: GuardOptions | undefined, upgrade?: Upgrade): Handler {
  const answer: Handler = (request, ...platform) => {
    const ran = readRan(request)
    if (ran === undefined) return new Response('no route', { status: 404 })
    const isUpgrade = request.headers.get('upgrade') !== null
    return (isUpgrade && upgrade?.(request, JSON.stringify(ran), platform)) || Response.json(ran)
  }
  if (options === undefined) return answer
  return twilioWebhook(
    { ...options, webSocket: upgrade !== undefined },
    (_webhook, request: Request, ...platform: readonly unknown[]) => answer(request, ...platform),
  )
}

function readRan(request: Request): Ran | undefined {
  if (!URL.canParse(request.url)) return undefined
  const { pathname, search } = new URL(request.url)
  const found = findRoute(pathname)
  return found && { ...found, urls: { 'request.url': request.url, 'new URL(request.url)': pathname + search } }
}
