import { twilioWebhook } from 'tollgate/sveltekit'
import { makeRouted } from 'tollgate-conformance'

/** Makes the endpoint of a route that the generator attacks. */
export const routed = (route) =>
  makeRouted(twilioWebhook, ({ url, params, request }) => {
    const { pathname, search } = new URL(request.url)
    return {
      route,
      params,
      urls: { 'new URL(request.url)': pathname + search, 'event.url': url.pathname + url.search },
    }
  })
