import { expect, onTestFinished, test } from 'vitest'
import { send, toRaw } from '../adapter/socket.ts'
import { startBuilt } from '../frameworks/built.ts'
import { reactRouter } from '../frameworks/react-router.ts'
import { makeRequest, origin, otherToken, token } from '../kit/draft.ts'
import { describeBuilt } from './built-version.ts'

for (const version of reactRouter) {
  describeBuilt(version, 'conformance/projects/react-router')
  test(`${version.name}: the example, without a check of the Origin header`, async () => {
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
