import type { VerifierOptions } from 'tollgate'
import { assertEqual } from '../kit/assert.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import { type AdapterName, adapterNames } from './app.ts'
import { type Bench, expectAccepted, expectRejected, forge, publicOrigin, signSms } from './bench.ts'
import { sendTls, toWire, type Wire } from './client.ts'
import { shown } from './examples.ts'

export const spoofs: Wire['headers'] = [
  ['x-forwarded-host', 'evil.example'],
  ['x-forwarded-proto', 'http'],
  ['x-forwarded-port', '8080'],
  ['x-forwarded-prefix', '/evil'],
  ['x-original-host', 'evil.example'],
  ['forwarded', 'host=evil.example;proto=http'],
]

/** Tests a `publicUrl`, which nothing in a request changes. */
export function withPublicUrlSuite(getBench: () => Bench): Suite {
  return defineSuite('publicUrl', Object.assign({}, ...adapterNames.map((adapter) => listCases(adapter, getBench))))
}

function listCases(adapter: AdapterName, getBench: () => Bench): CaseTable {
  const behind = (options: VerifierOptions) => ({ site: 'forwarding', adapter, options }) as const
  return {
    [`${adapter}: TLS ended at the proxy`]: async () => {
      const url = `${publicOrigin}/sms?x=1`
      await expectAccepted(getBench(), behind(shown.oneHost), toWire(signSms(url)))
      for (const forged of forge(url))
        await expectRejected(getBench(), behind(shown.oneHost), forged, 'signature_mismatch')
      // The URL that the app itself sees.
      await expectRejected(
        getBench(),
        behind({ publicUrl: 'http://app.example.com' }),
        toWire(signSms(url)),
        'signature_mismatch',
      )
    },
    [`${adapter}: a path prefix stripped`]: async () => {
      const url = `${publicOrigin}/twilio/sms?x=1`
      const received = await expectAccepted(getBench(), behind(shown.prefixStripped), toWire(signSms(url)))
      assertEqual(received.target, '/sms?x=1', 'what the app sees')
      for (const forged of forge(url))
        await expectRejected(getBench(), behind(shown.prefixStripped), forged, 'signature_mismatch')
      await expectRejected(getBench(), behind(shown.oneHost), toWire(signSms(url)), 'signature_mismatch')
    },
    [`${adapter}: a port rewritten`]: async () => {
      const url = 'https://app.example.com:8443/sms'
      const named = behind(shown.otherPort)
      await expectAccepted(getBench(), named, toWire(signSms(url)))
      // Voice webhooks over HTTPS are signed without the port, but sent with it.
      await expectAccepted(
        getBench(),
        named,
        toWire(signSms(`${publicOrigin}/sms`), [['host', 'app.example.com:8443']]),
      )
      for (const forged of forge(url)) await expectRejected(getBench(), named, forged, 'signature_mismatch')
      await expectRejected(getBench(), behind(shown.oneHost), toWire(signSms(url)), 'signature_mismatch')
    },
    [`${adapter}: several public URLs, by Host`]: async () => {
      const several = behind(shown.severalHosts)
      await expectAccepted(getBench(), several, toWire(signSms(`${publicOrigin}/sms`)))
      await expectRejected(
        getBench(),
        several,
        toWire(signSms('https://other.example.com/sms'), [['host', 'app.example.com']]),
        'signature_mismatch',
      )
    },
    [`${adapter}: spoofed forwarding headers are ignored`]: async () => {
      await expectAccepted(getBench(), behind(shown.oneHost), toWire(signSms(`${publicOrigin}/sms`), spoofs))
      for (const url of ['https://evil.example/sms', 'http://evil.example/sms', 'http://evil.example:8080/sms'])
        await expectRejected(
          getBench(),
          behind(shown.oneHost),
          toWire(signSms(url), [...spoofs, ['host', 'app.example.com']]),
          'signature_mismatch',
        )
    },
    [`${adapter}: another Host`]: async () => {
      const bench = getBench()
      bench.app.use(adapter, shown.oneHost)
      const reply = await sendTls(bench.port('forwarding'), toWire(signSms('https://evil.example/sms')))
      // Caddy itself answers for an unknown host.
      if (bench.app.verdicts.length > 0)
        assertEqual([reply.status, ...bench.app.verdicts], [403, 'signature_mismatch'], 'the answer')
      assertEqual(bench.app.handlerRuns, 0, 'runs of the handler')
    },
    [`${adapter}: the signature of another path`]: async () => {
      const wire = { ...toWire(signSms(`${publicOrigin}/sms`)), target: '/voice' }
      await expectRejected(getBench(), behind(shown.oneHost), wire, 'signature_mismatch')
    },
  }
}
