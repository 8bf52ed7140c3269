import type { APIContext, APIRoute } from 'astro'
import { twilioWebhook } from 'tollgate/astro'

const options = { publicUrl: 'https://app.example.com' }

export const byType: APIRoute = twilioWebhook(options, (webhook, context) => {
  context.cookies.set('account', webhook.accountSid ?? '')
  return new Response(webhook.matched.url)
})

export const byContext: APIRoute = twilioWebhook(options, (_webhook, { redirect, params }: APIContext) =>
  redirect(`/${params.id}`),
)

export const observed: APIRoute = twilioWebhook({ ...options, mode: 'observe' }, (webhook) => {
  // @ts-expect-error it may be undefined, for a request that did not verify
  const { url } = webhook.matched
  return new Response(webhook.ok ? webhook.matched.url : String(url))
})

export const withEnv: APIRoute = twilioWebhook(
  (env: { readonly TOKEN: string }) => ({ ...options, authToken: env.TOKEN }),
  () => new Response(),
)

// @ts-expect-error a handler answers with a Response
twilioWebhook(options, () => 'text')
