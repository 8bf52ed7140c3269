import { afterAll, beforeAll, describe } from 'vitest'
import { mountSuite } from '../frameworks/elysia-mounts.ts'
import { makeFrameworkOnRuntime, onRuntimes, type RuntimeServer } from '../frameworks/on-runtimes.ts'
import { bindSuites } from '../kit/bind.ts'
import { bindAdapter } from '../kit/bind-framework.ts'
import { bundleEntries } from '../runtimes/bundle.ts'
import { programs } from '../runtimes/project.ts'
import { startProgram } from '../runtimes/run-program.ts'
import { turnedAwaySuite } from '../runtimes/turned-away.ts'

beforeAll(async () => {
  await bundleEntries([...onRuntimes.map(({ entry }) => entry), 'elysia-mounts-bun'])
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

describe('mounts of elysia on Bun', () => {
  let program: ReturnType<typeof startProgram>
  let ports: readonly number[] = []
  beforeAll(async () => {
    program = startProgram(programs.bun(), ['dist/elysia-mounts-bun.mjs'])
    ports = await program.readLine()
  })
  afterAll(() => program?.stop())
  for (const [index, aot] of [true, false].entries())
    bindSuites(`with aot: ${aot}`, [mountSuite(() => ports[index] ?? 0)])
})
