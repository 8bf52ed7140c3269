import { defineHandler, readBody } from 'nitro/h3'
import { currentScenario, isRouted } from 'tollgate-conformance'
import { guardsAt } from '../guard.js'
import { showRan } from '../routed.js'

const parsers = { readBody, 'event.req.text': ({ req }) => parse(req) }

export default defineHandler({
  middleware: [
    (event, next) => guardsAt('route')[0]?.(event, next),
    (event, next) => guardsAt('route')[1]?.(event, next),
  ],
  async handler(event) {
    if (isRouted) return showRan(event, '/*')
    const { after, handle } = currentScenario()
    const appBody = event.req.method === 'POST' ? await parsers[after]?.(event) : undefined
    const { status, headers, body } = await handle(event.context.twilio, appBody)
    event.res.status = status
    for (const [name, value] of Object.entries(headers)) event.res.headers.set(name, value)
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
