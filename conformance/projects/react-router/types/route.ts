import type { ActionFunction, ActionFunctionArgs, LoaderFunction } from 'react-router'
import { twilioWebhook } from 'tollgate/react-router'

const options = { publicUrl: 'https://app.example.com' }

export const action: ActionFunction = twilioWebhook(options, (webhook, args) => {
  const { id = '' } = args.params
  return new Response(id + webhook.matched.url)
})

export const byArgs: ActionFunction = twilioWebhook(options, (_webhook, { params }: ActionFunctionArgs) =>
  Response.json(params),
)

export const loader: LoaderFunction = twilioWebhook({ ...options, mode: 'observe' }, (webhook) => {
  // @ts-expect-error it may be undefined, for a request that did not verify
  const { url } = webhook.matched
  return new Response(webhook.ok ? webhook.matched.url : String(url))
})

export const withContext: ActionFunction = twilioWebhook(
  (context: { readonly token: string }) => ({ ...options, authToken: context.token }),
  () => new Response(),
)

// @ts-expect-error a handler answers with a Response
twilioWebhook(options, () => 'text')
