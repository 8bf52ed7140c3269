import type { Elysia } from 'elysia'
import { twilioWebhook } from 'tollgate/elysia'
import { kept, lost } from '../adapter/framework.ts'
import type { Scenario } from '../adapter/scenario.ts'

function parse(headers: Headers, text: string): unknown {
  return headers.get('content-type') === 'application/json'
    ? JSON.parse(text)
    : Object.fromEntries(new URLSearchParams(text))
}

/** Adds the plugin and the guarded routes of a scenario to an app. */
export function addScenario(
  { id, options, handle, before, after, mountedAt = '' }: Scenario,
  app: Elysia,
): { fetch: Elysia['fetch'] } {
  if (before === 'onParse') app.onParse(({ request }) => request.text())
  if (before === 'onParse of a clone') app.onParse(({ request }) => request.clone().text())
  // Without an error handler, Elysia answers 500 itself and takes another path through its code.
  if (id !== 'handler throws') app.onError(() => new Response('Internal Server Error', { status: 500 }))
  const guarded = app.use(twilioWebhook(options))
  for (const path of [mountedAt || '/', `${mountedAt}/*`])
    guarded.all(
      path,
      async ({ twilio, request }) => {
        const text = after === 'request.text' ? await request.text() : ''
        const { status, headers, body } = await handle(twilio, text ? parse(request.headers, text) : undefined)
        return new Response(body || null, { status, headers })
      },
      { twilio: true },
    )
  return guarded
}

/** The properties of Elysia that are the same on every runtime. */
export const elysiaFeatures = {
  mounts: true,
  appBody: true,
  parsersBefore: { onParse: lost, 'onParse of a clone': kept },
  parsersAfter: ['request.text'],
} as const
