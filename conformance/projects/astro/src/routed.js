import { twilioWebhook } from 'tollgate/astro'
import { makeRouted } from 'tollgate-conformance'

/** Makes the endpoint of a route that the generator attacks. */
export const routed = (route) =>
  makeRouted(twilioWebhook, ({ url, params, request }) => {
    const { pathname, search } = new URL(request.url)
    // Astro 7 joins repeated slashes, for its router too.
    const isJoined = pathname.replace(/\/{2,}/g, '/') === url.pathname
    return {
      route,
      params,
      urls: { 'new URL(request.url)': pathname + search },
      paths: { 'context.url.pathname': isJoined ? pathname : url.pathname },
      queries: { 'context.url.search': url.search.slice(1) },
    }
  })
