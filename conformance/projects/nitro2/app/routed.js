import { defineEventHandler, getQuery, getRequestURL } from 'h3'
import { guardsAt } from './guard.js'

/** Makes the handler of a route that the generator attacks. */
export const routed = (route) =>
  defineEventHandler({ onRequest: (event) => guardsAt('route')[0]?.(event), handler: (event) => showRan(event, route) })

export function showRan(event, route) {
  const { pathname, search } = getRequestURL(event)
  return {
    route,
    params: { ...event.context.params },
    urls: { 'event.path': event.path, getRequestURL: pathname + search },
    parsed: getQuery(event),
  }
}
