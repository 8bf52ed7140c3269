import { defineMiddleware, readBody } from 'nitro/h3'
import { currentScenario } from 'tollgate-conformance'

const parsers = { readBody, 'a clone': ({ req }) => req.clone().text() }

/** Reads the body before the guard. */
export default defineMiddleware(async (event) => {
  if (event.req.method === 'POST') await parsers[currentScenario().before]?.(event)
})
