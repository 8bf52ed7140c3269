import { defineHandler, getQuery } from 'nitro/h3'
import { guardsAt } from './guard.js'

/** Makes the handler of a route that the generator attacks. */
export const routed = (route) =>
  defineHandler({
    middleware: [(event, next) => guardsAt('route')[0]?.(event, next)],
    handler: (event) => showRan(event, route),
  })

export function showRan(event, route) {
  const { pathname, search } = new URL(event.req.url)
  return {
    route,
    params: { ...event.context.params },
    urls: {
      'event.url': event.url.pathname + event.url.search,
      'event.req.url': event.req.url,
      'new URL(event.req.url)': pathname + search,
    },
    parsed: getQuery(event),
  }
}
