import { afterAll, beforeAll, describe } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { astro } from '../frameworks/astro.ts'
import { makeBuiltFramework, startBuilt } from '../frameworks/built.ts'
import { builtSuite } from '../frameworks/built-suite.ts'
import { bindFramework } from '../kit/bind-framework.ts'
import { host } from '../kit/draft.ts'
import type { RemoteServer } from '../projects/remote.ts'
import { describeOriginCheck } from './origin-check.ts'
import { testOwnTypes } from './own-types.ts'

for (const version of astro) {
  let server: RemoteServer
  const framework = makeBuiltFramework(version, () => server)
  describe(version.name, () => {
    beforeAll(async () => {
      server = await startBuilt(version, { sources: 'conformance/projects/astro', as: 'suite' })
    }, 180_000)
    afterAll(() => server?.stop())
    bindFramework(
      framework,
      adapterSuites(framework, [...socketAttackSuites(framework), builtSuite(framework)]),
      'conformance',
    )
    testOwnTypes(version)
  })

  describeOriginCheck(version, {
    sources: 'examples/astro',
    byDefault: {
      'astro.config.mjs': (text) => text.replace('security: { checkOrigin: false },', ''),
      'src/middleware.js': () => 'export const onRequest = (_context, next) => next()\n',
    },
    withOther: { 'src/pages/other.js': () => "export const POST = () => new Response('posted')\n" },
    // The URL that Astro makes without `security.allowedDomains`. Version 5 takes no host from a
    // request.
    ownOrigin: version.project === 'astro5' ? 'http://localhost' : `http://${host}`,
  })
}
