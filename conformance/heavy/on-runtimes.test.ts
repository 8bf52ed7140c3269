import { afterAll, beforeAll, describe } from 'vitest'
import { makeFrameworkOnRuntime, onRuntimes, type RuntimeServer } from '../frameworks/on-runtimes.ts'
import { bindAdapter } from '../kit/bind-framework.ts'
import { bundleEntries } from '../runtimes/bundle.ts'
import { turnedAwaySuite } from '../runtimes/turned-away.ts'

beforeAll(async () => {
  await bundleEntries(onRuntimes.map(({ entry }) => entry))
})

for (const one of onRuntimes) {
  let server: RuntimeServer
  const framework = makeFrameworkOnRuntime(one, () => server)
  describe(one.name, () => {
    beforeAll(async () => {
      server = await one.start()
    })
    afterAll(() => server?.stop())
    bindAdapter(framework, [turnedAwaySuite(framework)], 'conformance')
  })
}
