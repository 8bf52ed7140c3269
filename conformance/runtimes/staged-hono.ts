import { makeHonoApp } from '../frameworks/hono-app.ts'
import { stage } from './stage.ts'

/** An application of Hono. The runtime gets its `fetch`. */
export const { answer, takeOrder } = stage((scenario) => {
  const app = makeHonoApp(scenario, 'route')
  return (request, env, context) => app.fetch(request, env as never, context as never)
})
