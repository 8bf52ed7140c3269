import { twilioWebhook } from 'tollgate/next'
import { makeRouted } from 'tollgate-conformance'

/** Makes the handler of a route that the generator attacks. */
export const routed = (route) =>
  makeRouted(twilioWebhook, async (request, { params }) => {
    const { pathname, search } = new URL(request.url)
    return {
      route,
      params: { ...(await params) },
      urls: { 'new URL(request.url)': pathname + search },
      paths: { 'nextUrl.pathname': request.nextUrl.pathname },
    }
  })
