import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { makeBuiltFramework, startBuilt } from '../frameworks/built.ts'
import { builtSuite } from '../frameworks/built-suite.ts'
import { sveltekit } from '../frameworks/sveltekit.ts'
import { bindFramework } from '../kit/bind-framework.ts'
import { origin } from '../kit/draft.ts'
import type { RemoteServer } from '../projects/remote.ts'
import { describeOriginCheck } from './origin-check.ts'
import { testOwnTypes } from './own-types.ts'

for (const version of sveltekit) {
  let server: RemoteServer
  const framework = makeBuiltFramework(version, () => server)
  describe(version.name, () => {
    beforeAll(async () => {
      server = await startBuilt(version, { sources: 'conformance/projects/sveltekit', as: 'suite' })
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
    sources: 'examples/sveltekit',
    byDefault: { 'vite.config.js': (text) => text.replace("csrf: { trustedOrigins: ['*'] },", '') },
    withOther: { 'src/routes/other/+server.js': () => "export const POST = () => new Response('posted')\n" },
    // The default of adapter-node is https.
    ownOrigin: origin,
  })
}

test('the page shows the endpoint of the example as it is', () => {
  const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
  const endpoint = read('examples/sveltekit/src/routes/sms/+server.js').trimEnd()
  expect(read('docs/frameworks/sveltekit.md')).toContain(endpoint)
})
