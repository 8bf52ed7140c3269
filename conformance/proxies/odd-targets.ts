import { assert, assertEqual } from '../kit/assert.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import { type Bench, expectAccepted, expectRejected, publicOrigin, signSms } from './bench.ts'
import { sendBytes, toWire } from './client.ts'
import { oddTargets, type ProxyKind } from './kinds.ts'

/** Tests that the proxy or the app refuses each of these targets. */
export function oddTargetsSuite(kind: ProxyKind, getBench: () => Bench): Suite {
  const table: CaseTable = Object.fromEntries(
    Object.entries(oddTargets).map(([name, target]) => [
      name,
      async () => {
        const bench = getBench()
        bench.app.use('node:http', { publicUrl: publicOrigin })
        const { headers } = signSms('https://evil.example/sms')
        const fields = { host: 'app.example.com', connection: 'close', 'content-length': '0', ...headers }
        const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}\r\n`)
        const bytes = Buffer.from(`POST ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
        const status = await sendBytes(bench.port('forwarding'), bytes)
        assertEqual(bench.app.handlerRuns, 0, 'runs of the handler')
        assert(kind.name === 'Caddy' || status >= 400, `the status is ${status}`)
        const answers = bench.app.arrived === 0 ? status : undefined
        assertEqual(answers, kind.answers[name as keyof typeof oddTargets], "the proxy's own answer")
      },
    ]),
  )
  return defineSuite('targets that are not URLs', { ...table, ...listReencoded(kind, getBench) })
}

/**
 * Lists the cases for the usual way to strip a prefix, after which re-encoded paths do not verify.
 */
function listReencoded({ reencodes = [] }: ProxyKind, getBench: () => Bench): CaseTable {
  const behind = { site: 'careless', adapter: 'express', options: { publicUrl: `${publicOrigin}/twilio` } } as const
  const send = (target: string) => toWire(signSms(`${publicOrigin}/twilio${target}`))
  if (reencodes.length === 0) return {}
  return {
    'a prefix stripped by a path in proxy_pass': async () => {
      await expectAccepted(getBench(), behind, send("/sms/in-bound_1.php?q=a%2Fb|'+%20//"))
      for (const target of reencodes) await expectRejected(getBench(), behind, send(target), 'signature_mismatch')
    },
  }
}
