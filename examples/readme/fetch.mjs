import { twilioWebhook } from 'tollgate/fetch'

export default {
  fetch: twilioWebhook({ publicUrl: 'https://api.example.com' }, (webhook) => {
    return new Response(`Hello ${webhook.params.get('From')}`)
  }),
}
