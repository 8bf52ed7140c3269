import type { Elysia } from 'elysia'
import { twilioWebhook } from 'tollgate/elysia'
import type { ParserBefore } from '../adapter/framework.ts'
import type { Scenario } from '../adapter/scenario.ts'

const kept: ParserBefore = { form: 'accepted', json: 'accepted', keepsNames: true }
const lost: ParserBefore = { form: 'consumed', json: 'consumed', keepsNames: false }

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
  // Without a handler of errors Elysia answers 500 itself, by other ways.
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

/** What the suite has to know of Elysia, wherever it runs. */
export const elysiaFeatures = {
  paths: false,
  mounts: true,
  stacks: false,
  appBody: true,
  parsersBefore: { onParse: lost, 'onParse of a clone': kept },
  parsersAfter: ['request.text'],
} as const
