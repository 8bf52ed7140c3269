import { twilioWebhook } from 'tollgate/react-router'
import { makeRouted } from 'tollgate-conformance'

/** Makes the action and loader of a route that the generator attacks. */
export const routed = (route) =>
  makeRouted(twilioWebhook, ({ url, params, request }) => {
    const { pathname, search } = new URL(request.url)
    return {
      route,
      params,
      urls: { 'new URL(request.url)': pathname + search },
      ...(url && { paths: { 'args.url.pathname': url.pathname } }),
    }
  })
