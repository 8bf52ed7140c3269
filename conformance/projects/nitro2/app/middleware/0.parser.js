import { defineEventHandler, readBody, readRawBody } from 'h3'
import { currentScenario } from 'tollgate-conformance'

const parsers = { readBody, readRawBody: (event) => readRawBody(event, false) }

/** Reads the body before the guard. */
export default defineEventHandler(async (event) => {
  if (event.method === 'POST') await parsers[currentScenario().before]?.(event)
})
