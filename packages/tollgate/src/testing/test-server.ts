import { checkKnownOptions } from '../checks/options.ts'
import {
  makeTestToken,
  readPublicUrl,
  signDelivery,
  type TestServer,
  type TestServerOptions,
  type TestSetting,
} from './delivery.ts'

/** A handler of web requests, alone or as the `fetch` of an object: a Hono app, what a Worker exports. */
export type FetchApplication = FetchHandler | { fetch: FetchHandler }
type FetchHandler = (request: Request) => Response | Promise<Response>

export const knownTestServerOptions: Record<keyof TestServerOptions, true> = { publicUrl: true }

/**
 * Puts Twilio before an application of web requests, for unit tests: no socket, in any runtime. `makeApplication` is
 * called once, with the public URL and the Auth Token to configure the application with; it may set environment
 * variables and import a module that reads them.
 *
 * An exception of the application's rejects `send`. For listeners of Node.js's `http` (Express, Koa, Fastify) there is
 * the `testServer` of `tollgate/testing/node`.
 */
export async function testServer(
  makeApplication: (setting: TestSetting) => FetchApplication | Promise<FetchApplication>,
  options: TestServerOptions = {},
): Promise<TestServer> {
  checkKnownOptions(options, knownTestServerOptions, 'testServer')
  if (typeof makeApplication !== 'function')
    throw new TypeError('testServer needs a function that makes the application: testServer(({ url, authToken }) => …)')
  const setting = { url: readPublicUrl(options.publicUrl ?? 'https://example.com'), authToken: makeTestToken() }
  const handle = readApplication(await makeApplication(setting))
  const { origin } = new URL(setting.url)
  return {
    ...setting,
    async send(path, what, overrides?: Readonly<Record<string, string>>) {
      const { method, headers, body, target } = signDelivery(setting, path, what, overrides)
      const init = { method, headers }
      return handle(new Request(origin + target, body === undefined ? init : { ...init, body }))
    },
    async close() {},
  }
}

function readApplication(application: unknown): FetchHandler {
  if (typeof application === 'function') return application as FetchHandler
  const { fetch } = (application ?? {}) as { fetch?: unknown }
  if (typeof fetch === 'function') return (request) => (application as { fetch: FetchHandler }).fetch(request)
  throw new TypeError(
    'testServer needs a function that returns a fetch handler or an object with one; for a listener of node:http ' +
      "import testServer from 'tollgate/testing/node'",
  )
}
