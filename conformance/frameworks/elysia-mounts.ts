import { type AnyElysia, Elysia } from 'elysia'
import { twilioWebhook } from 'tollgate/elysia'
import { send, toRaw } from '../adapter/socket.ts'
import { assertEqual } from '../kit/assert.ts'
import { makeRequest, origin, otherToken, token } from '../kit/draft.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'

const guarded = { twilio: true } as const
const mounted = (): Response => new Response('mounted')
const plugin = (): ReturnType<typeof twilioWebhook> => twilioWebhook({ publicUrl: origin, authToken: token })
const inner = (): AnyElysia => new Elysia().all('/*', mounted)

/** The ways to guard a mount, each below a path of its own. */
const ways: Readonly<Record<string, (config: { aot: boolean }) => unknown>> = {
  '/guard': (config) => new Elysia(config).use(plugin()).guard(guarded, (app) => app.mount('/guard', mounted)),
  '/later': (config) => new Elysia(config).use(plugin()).guard(guarded).mount('/later', mounted),
  '/group': (config) => new Elysia(config).use(plugin()).group('/group', guarded, (app) => app.mount('/', mounted)),
  '/own': (config) => new Elysia(config).use(plugin()).mount('/own', mounted, guarded as never),
  '/app': (config) => new Elysia(config).use(plugin()).guard(guarded, (app) => app.mount('/app', inner())),
  '/inherited': (config) =>
    new Elysia(config)
      .use(new Elysia({ name: 'auth' }).use(plugin()))
      .guard(guarded, (app) => app.mount('/inherited', mounted)),
  '/child': (config) =>
    new Elysia(config).use(new Elysia().use(plugin()).guard(guarded, (app) => app.mount('/child', mounted))),
}

/** Makes an app with all of them. Beside them, `/open` is not guarded. */
export function makeMounts(config: { aot: boolean }): Elysia {
  const app = new Elysia(config)
  for (const make of Object.values(ways)) app.use(make(config) as Elysia)
  return app.mount('/open', mounted)
}

const refused = '403 Twilio Request Validation Failed.'

/** The cases for a server of `makeMounts`. */
export function mountSuite(findPort: () => number): Suite {
  const ask = async (path: string, key: string): Promise<string> => {
    const { status, body } = await send(findPort(), toRaw(await makeRequest({ path, token: key })))
    return `${status} ${body}`
  }
  const expectBoth = async (path: string, forged: string): Promise<void> => {
    assertEqual(await ask(path, otherToken), forged, `forged, ${path}`)
    assertEqual(await ask(path, token), '200 mounted', `genuine, ${path}`)
  }
  const guardedCases = Object.keys(ways).map((way) => [
    `${way}: only genuine requests get through`,
    () => expectBoth(`${way}/sms`, refused),
  ])
  return defineSuite('mounts', {
    ...Object.fromEntries(guardedCases),
    'a mount that is not guarded is open': () => expectBoth('/open', '200 mounted'),
  })
}
