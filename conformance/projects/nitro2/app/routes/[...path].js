import { defineEventHandler, readBody, setResponseHeaders, setResponseStatus, toWebRequest } from 'h3'
import { currentScenario, isRouted } from 'tollgate-conformance'
import { guardsAt } from '../guard.js'
import { showRan } from '../routed.js'

const parsers = { readBody, toWebRequest: (event) => parse(toWebRequest(event)) }

export default defineEventHandler({
  onRequest: [(event) => guardsAt('route')[0]?.(event), (event) => guardsAt('route')[1]?.(event)],
  async handler(event) {
    if (isRouted) return showRan(event, '/*')
    const { after, handle } = currentScenario()
    const appBody = event.method === 'POST' ? await parsers[after]?.(event) : undefined
    const { status, headers, body } = await handle(event.context.twilio, appBody)
    setResponseStatus(event, status)
    setResponseHeaders(event, headers)
    return body
  },
})

async function parse(request) {
  const text = await request.text()
  if (text === '') return undefined
  return request.headers.get('content-type') === 'application/json'
    ? JSON.parse(text)
    : Object.fromEntries(new URLSearchParams(text))
}
