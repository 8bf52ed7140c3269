import { defineMiddleware, readBody } from 'nitro/h3'
import { currentScenario, isRouted } from 'tollgate-conformance'

const parsers = { readBody, 'a clone': ({ req }) => req.clone().text() }

/** Reads the body before the guard. */
export default defineMiddleware(async (event) => {
  if (event.req.method === 'POST' && !isRouted) await parsers[currentScenario().before]?.(event)
})
