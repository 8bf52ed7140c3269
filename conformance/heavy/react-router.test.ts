import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { send, toRaw } from '../adapter/socket.ts'
import { adapterSuites } from '../adapter/suite.ts'
import { socketAttackSuites } from '../attacks/sockets.ts'
import { makeBuiltFramework, startBuilt } from '../frameworks/built.ts'
import { builtSuite } from '../frameworks/built-suite.ts'
import { reactRouter } from '../frameworks/react-router.ts'
import { bindFramework } from '../kit/bind-framework.ts'
import { makeRequest, origin, otherToken, token } from '../kit/draft.ts'
import type { RemoteServer } from '../projects/remote.ts'
import { testOwnTypes } from './own-types.ts'

for (const version of reactRouter) {
  let server: RemoteServer
  const framework = makeBuiltFramework(version, () => server)
  describe(version.name, () => {
    beforeAll(async () => {
      server = await startBuilt(version, {
        sources: 'conformance/projects/react-router',
        as: version.env ? 'raw' : 'suite',
      })
    }, 180_000)
    afterAll(() => server?.stop())
    bindFramework(
      framework,
      adapterSuites(framework, [...socketAttackSuites(framework), builtSuite(framework)]),
      'conformance',
    )
    if (version.env === undefined) testOwnTypes(version)
  })

  test(`${version.name}: the example, and no check of the Origin header in its way`, async () => {
    const env = { TOLLGATE_PUBLIC_URL: origin, TWILIO_AUTH_TOKEN: token }
    const { port, stop } = await startBuilt(version, { sources: 'examples/react-router', as: 'example' }, env)
    onTestFinished(stop)
    const { status, headers, body } = await send(port, toRaw(await makeRequest({ params: [['Body', 'a < b']] })))
    expect([status, headers['content-type'], body]).toEqual([
      200,
      'text/xml; charset=utf-8',
      '<Response><Message>You said: a &lt; b</Message></Response>',
    ])
    const forged = await send(port, toRaw(await makeRequest({ token: otherToken })))
    expect([forged.status, forged.body]).toEqual([403, 'Twilio Request Validation Failed.'])
  }, 120_000)
}
