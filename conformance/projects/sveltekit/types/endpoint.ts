import type { RequestEvent, RequestHandler } from '@sveltejs/kit'
import { twilioWebhook } from 'tollgate/sveltekit'

const options = { publicUrl: 'https://app.example.com' }

export const byType: RequestHandler = twilioWebhook(options, (webhook, event) => {
  event.setHeaders({ 'x-account': webhook.accountSid ?? '' })
  return new Response(webhook.matched.url)
})

export const byEvent: RequestHandler = twilioWebhook(options, async (_webhook, { fetch, params }: RequestEvent) =>
  fetch(`/${params.id}`),
)

export const observed: RequestHandler = twilioWebhook({ ...options, mode: 'observe' }, (webhook) => {
  // @ts-expect-error it may be undefined, for a request that did not verify
  const { url } = webhook.matched
  return new Response(webhook.ok ? webhook.matched.url : String(url))
})

export const withEnv: RequestHandler = twilioWebhook(
  (env: { readonly TOKEN: string }) => ({ ...options, authToken: env.TOKEN }),
  () => new Response(),
)

// @ts-expect-error a handler answers with a Response
twilioWebhook(options, () => 'text')
