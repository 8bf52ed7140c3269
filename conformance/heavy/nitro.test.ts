import { afterAll, beforeAll, describe } from 'vitest'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { startBuilt } from '../frameworks/built.ts'
import { builtSuite } from '../frameworks/built-suite.ts'
import { makeNitroFramework, nitro } from '../frameworks/nitro.ts'
import { bindFramework } from '../kit/bind-framework.ts'
import type { RemoteServer } from '../projects/remote.ts'

for (const version of nitro)
  for (const shape of version.shapes) {
    let server: RemoteServer
    const framework = makeNitroFramework(version, shape, () => server)
    describe(shape.name, () => {
      beforeAll(async () => {
        const sources = `conformance/projects/${version.project}/app`
        server = await startBuilt({ ...version, ...shape }, { sources, as: 'suite' }, { SHAPE: shape.id })
      }, 180_000)
      afterAll(() => server?.stop())
      bindFramework(
        framework,
        adapterSuites(framework, [...socketAttackSuites(framework), builtSuite(framework)]),
        'conformance',
      )
    })
  }
