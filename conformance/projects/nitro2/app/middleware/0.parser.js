import { defineEventHandler, readBody, readRawBody } from 'h3'
import { currentScenario, isRouted } from 'tollgate-conformance'

const parsers = { readBody, readRawBody: (event) => readRawBody(event, false) }

/** Reads the body before the guard. */
export default defineEventHandler(async (event) => {
  if (event.method === 'POST' && !isRouted) await parsers[currentScenario().before]?.(event)
})
