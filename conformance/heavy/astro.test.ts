import { expect, onTestFinished, test } from 'vitest'
import { send, toRaw } from '../adapter/socket.ts'
import { astro } from '../frameworks/astro.ts'
import { startBuilt } from '../frameworks/built.ts'
import { host, makeRequest } from '../kit/draft.ts'
import { describeBuilt } from './built-version.ts'
import { describeOriginCheck } from './origin-check.ts'

for (const version of astro) {
  describeBuilt(version, 'conformance/projects/astro')
  describeOriginCheck(version, {
    sources: 'examples/astro',
    byDefault: {
      'astro.config.mjs': (text) => text.replace('security: { checkOrigin: false },', ''),
      'src/middleware.js': () => 'export const onRequest = (_context, next) => next()\n',
    },
    withOther: { 'src/pages/other.js': () => "export const POST = () => new Response('posted')\n" },
    // The URL that Astro makes without `security.allowedDomains`.
    ownOrigin: `http://${host}`,
  })

  test(`${version.name}: a path that Astro decodes several times runs no other route`, async () => {
    const plan = { sources: 'conformance/projects/astro', as: 'suite' }
    const { port, stop } = await startBuilt(version, plan, { ROUTED: 'guarded' })
    onTestFinished(stop)
    const ask = async (path: string): Promise<string> => {
      const { status, body } = await send(port, toRaw(await makeRequest({ path })))
      return status === 200 ? JSON.parse(body).route : String(status)
    }
    expect(await ask('/routed/sms')).toBe('/routed/sms')
    expect(await ask('/routed/%73ms')).toBe('/routed/sms')
    expect(await ask('/routed/acme%20%7E/sms')).toBe('/routed/:a/sms')
    for (const path of ['/routed/%2573ms', '/routed/files/%252e%252e/%252e%252e/routed/sms', '/routed/a%252541/sms'])
      expect([path, await ask(path)]).toEqual([path, '403'])
  }, 120_000)
}
