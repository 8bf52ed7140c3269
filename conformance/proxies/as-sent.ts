import { assertEqual } from '../kit/assert.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import { adapterNames } from './app.ts'
import { type Bench, expectAccepted, expectRejected, publicOrigin, signSms } from './bench.ts'
import { toWire } from './client.ts'
import { paths, queries } from './queries.ts'

/**
 * Tests that every target arrives at the app byte for byte and verifies, and that one more byte
 * does not.
 */
export function asSentSuite(getBench: () => Bench): Suite {
  const targets = [
    ...Object.entries(queries).map(([name, query]) => [name, `/sms${query}`] as const),
    ...Object.entries(paths),
  ]
  const table: CaseTable = Object.fromEntries(
    targets.flatMap(([name, target]) => [
      [name, () => checkTarget(getBench(), '', target)],
      [`${name}, a prefix stripped`, () => checkTarget(getBench(), '/twilio', target)],
    ]),
  )
  return defineSuite('queries and paths as they were sent', table)
}

async function checkTarget(bench: Bench, prefix: string, target: string): Promise<void> {
  for (const adapter of adapterNames) {
    const behind = { site: 'forwarding', adapter, options: { publicUrl: publicOrigin + prefix } } as const
    const wire = toWire(signSms(publicOrigin + prefix + target))
    const received = await expectAccepted(bench, behind, wire)
    assertEqual(received.target, target, 'what the app sees')
    await expectRejected(bench, behind, { ...wire, target: `${wire.target}x` }, 'signature_mismatch')
  }
}
