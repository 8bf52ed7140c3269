import { afterAll, beforeAll, describe } from 'vitest'
import { methodsSuite } from '../frameworks/built-suite.ts'
import { makeNitroFramework, nitro, startNitro, startNitroRoot } from '../frameworks/nitro.ts'
import { baseUrlSuite, cacheSuite } from '../frameworks/nitro-suite.ts'
import { bindAdapter } from '../kit/bind-framework.ts'
import type { Suite } from '../kit/suite.ts'
import { makeRoutedServer } from '../routed/built-servers.ts'
import { turnedAwaySuite } from '../runtimes/turned-away.ts'
import { testRoutes } from './routed-built.ts'

/** Leaves out the case of two framings: Node.js itself answers the bytes after the first one. */
function withoutFramings({ name, cases }: Suite): Suite {
  return { name, cases: cases.filter((one) => !one.name.startsWith('B11 ')) }
}

for (const version of nitro)
  for (const shape of version.shapes) {
    let servers: Awaited<ReturnType<typeof startNitro>>
    const framework = makeNitroFramework(version, shape, () => servers)
    describe(shape.name, () => {
      beforeAll(async () => {
        servers = await startNitro(version, shape)
      }, 180_000)
      afterAll(async () => {
        await servers?.root.stop()
        await servers?.mounted.stop()
      })
      const more = [
        baseUrlSuite(framework, version),
        cacheSuite(framework, shape.cached),
        withoutFramings(turnedAwaySuite(framework)),
        methodsSuite(framework),
      ]
      bindAdapter(framework, more, 'conformance')
      testRoutes(makeRoutedServer(shape.name, (env) => startNitroRoot(version, shape, env)))
    })
  }
