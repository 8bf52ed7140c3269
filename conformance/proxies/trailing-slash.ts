import { assert, assertEqual } from '../kit/assert.ts'
import { otherToken } from '../kit/draft.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import { type AdapterName, adapterNames } from './app.ts'
import { type Bench, expectAccepted, expectRejected, publicOrigin, signSms } from './bench.ts'
import { sendTls, toWire, type Wire } from './client.ts'
import { shown } from './examples.ts'

/**
 * The case in https://www.twilio.com/docs/usage/security: Twilio is configured with /twilio. For
 * Apache this is a folder, so it redirects to /twilio/ and looks for the index there. The signature
 * covers the first URL, and the request has the second.
 */
export function trailingSlashSuite(getBench: () => Bench): Suite {
  return defineSuite(
    'trailing slash',
    Object.assign({}, ...adapterNames.map((adapter) => listCases(adapter, getBench))),
  )
}

function listCases(adapter: AdapterName, getBench: () => Bench): CaseTable {
  const behind = (trailingSlash: 'exact' | 'either') =>
    ({ site: 'index', adapter, options: trailingSlash === 'either' ? shown.slashAdded : shown.oneHost }) as const
  const slashes = ['exact', 'either'] as const
  return {
    [`${adapter}: refused with 'exact', accepted with 'either'`]: async () => {
      const wire = await follow(getBench(), toWire(signSms(`${publicOrigin}/twilio?x=a%20b`)))
      await expectRejected(getBench(), behind('exact'), wire, 'signature_mismatch')
      const { target } = await expectAccepted(getBench(), behind('either'), wire)
      assertEqual(target, '/twilio/?x=a%20b', 'what the app sees')
    },
    [`${adapter}: a forgery is refused with both`]: async () => {
      const forged = await follow(getBench(), toWire(signSms(`${publicOrigin}/twilio`, otherToken)))
      const genuine = await follow(getBench(), toWire(signSms(`${publicOrigin}/twilio`)))
      const altered = { ...genuine, body: `${genuine.body}&Body=forged` }
      for (const slash of slashes)
        for (const wire of [forged, altered])
          await expectRejected(getBench(), behind(slash), wire, 'signature_mismatch')
    },
    [`${adapter}: the signature of another folder is refused with both`]: async () => {
      const wire = { ...toWire(signSms(`${publicOrigin}/other`)), target: '/twilio/' }
      for (const slash of slashes) await expectRejected(getBench(), behind(slash), wire, 'signature_mismatch')
    },
    [`${adapter}: configured with the slash, it verifies with both`]: async () => {
      for (const slash of slashes)
        await expectAccepted(getBench(), behind(slash), toWire(signSms(`${publicOrigin}/twilio/?x=1`)))
    },
  }
}

/** Returns the request as it is sent again, to the target of Apache's redirect. */
async function follow(bench: Bench, wire: Wire): Promise<Wire> {
  const { status, location = '' } = await sendTls(bench.port('index'), wire)
  assertEqual(status, 301, 'the status of the redirect')
  const target = location.replace(/^https:\/\/app\.example\.com/, '')
  assert(target === wire.target.replace('/twilio', '/twilio/'), `the redirect is to ${location}`)
  return { ...wire, target }
}
