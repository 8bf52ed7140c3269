import { assertEqual } from '../kit/assert.ts'
import { makeJsonRequest, makeRequest, otherToken, sms } from '../kit/draft.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import type { Framework, ParserBefore } from './framework.ts'
import { expectAccepted, expectRejected, withServer } from './server.ts'

/** Tests the framework's own body parsers, before the adapter and after it. */
export function parsersSuite(framework: Framework): Suite {
  const table: Record<string, CaseTable[string]> = {}
  for (const [before, expected] of Object.entries(framework.parsersBefore ?? {}))
    table[`before: ${before}`] = () => checkBefore(framework, before, expected)
  for (const after of framework.parsersAfter ?? []) table[`after: ${after}`] = () => checkAfter(framework, after)
  return defineSuite('body parsers', table)
}

function checkBefore(framework: Framework, before: string, expected: ParserBefore): Promise<void> {
  return withServer(
    framework,
    'plain',
    async (server) => {
      const form = await makeRequest()
      if (expected.form === 'accepted') {
        const { params } = await expectAccepted(server, form)
        assertEqual(params, sms, 'parameters')
        await expectRejected(server, await makeRequest({ token: otherToken }), 'signature_mismatch')
      } else await expectRejected(server, form, 'body_already_consumed', 500)
      const json = await makeJsonRequest({ a: ' 1 ' })
      if (expected.json === 'accepted') await expectAccepted(server, json)
      else await expectRejected(server, json, 'body_already_consumed', 500)
      if (expected.keepsNames)
        await expectAccepted(
          server,
          await makeRequest({
            params: [
              ['a[b]', '1'],
              ['__proto__', '2'],
              ['', '3'],
              ['x', '1'],
              ['x', '1'],
            ],
          }),
        )
      await expectAccepted(server, await makeRequest({ params: [], contentType: null }))
      await expectAccepted(server, await makeRequest({ params: [], contentType: 'application/x-www-form-urlencoded' }))
      await expectAccepted(server, await makeRequest({ method: 'GET', path: '/x?a=1' }))
    },
    { before },
  )
}

function checkAfter(framework: Framework, after: string): Promise<void> {
  return withServer(
    framework,
    'plain',
    async (server) => {
      const { params, appBody } = await expectAccepted(server, await makeRequest())
      assertEqual(params, sms, 'parameters')
      if (framework.appBody) assertEqual(appBody, Object.fromEntries(sms), 'the body of the application')
      const json = await expectAccepted(server, await makeJsonRequest({ a: 1 }))
      if (framework.appBody) assertEqual(json.appBody, { a: 1 }, 'the body of the application')
      await expectAccepted(server, await makeRequest({ params: [], contentType: null }))
      await expectAccepted(server, await makeRequest({ method: 'GET', path: '/x?a=1' }))
      await expectRejected(server, await makeRequest({ token: otherToken }), 'signature_mismatch')
    },
    { after },
  )
}
