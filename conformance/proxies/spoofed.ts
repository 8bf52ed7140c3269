import { fromRequest } from 'tollgate'
import { assert, assertEqual } from '../kit/assert.ts'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import { type AdapterName, adapterNames } from './app.ts'
import {
  assertRejected,
  type Bench,
  expectAccepted,
  expectRejected,
  publicOrigin,
  rejectionText,
  signSms,
} from './bench.ts'
import { sendPlain, sendTls, toWire, type Wire } from './client.ts'
import type { ProxyKind } from './kinds.ts'
import { spoofs } from './with-public-url.ts'

/** A loopback address that is not the proxy's. */
const untrustedPeer = '127.0.0.2'

/**
 * Tests forwarding headers from a client: sent past the proxy, and through one that keeps them or
 * adds to them.
 */
export function spoofedSuite(kind: ProxyKind, getBench: () => Bench): Suite {
  return defineSuite(
    'spoofed headers',
    Object.assign({}, ...adapterNames.map((adapter) => listCases(adapter, kind, getBench))),
  )
}

function listCases(adapter: AdapterName, { repeats }: ProxyKind, getBench: () => Bench): CaseTable {
  const rule = (forwardedBy: 'forwarded' | 'x-forwarded') =>
    fromRequest({ allowedHosts: ['app.example.com'], trustedProxies: '127.0.0.1', forwardedBy })
  const careless = { site: 'careless', adapter, options: { publicUrl: rule('x-forwarded') } } as const
  const url = `${publicOrigin}/sms`
  const withHost = (...headers: Wire['headers']): Wire['headers'] => [['host', 'app.example.com'], ...headers]

  /** Sends to the app itself, from an address that is not a proxy. */
  const sendPast = async (forwardedBy: 'forwarded' | 'x-forwarded', signedUrl: string, headers: Wire['headers']) => {
    const { app } = getBench()
    app.use(adapter, { publicUrl: rule(forwardedBy) })
    return sendPlain(app.port, toWire(signSms(signedUrl), withHost(...headers)), untrustedPeer)
  }
  return {
    [`${adapter}: past the proxy`]: async () => {
      for (const forwardedBy of ['x-forwarded', 'forwarded'] as const) {
        const counting = spoofs.filter(([name]) => /^(forwarded|x-forwarded-(host|proto|port))$/.test(name))
        for (const spoof of counting)
          assertRejected(getBench(), await sendPast(forwardedBy, url, [spoof]), 'url_not_allowed')
        assertRejected(getBench(), await sendPast(forwardedBy, url, [['forwarded', 'proto=https']]), 'url_not_allowed')
        const both = await sendPast(forwardedBy, url, [
          ['x-forwarded-host', 'app.example.com'],
          ['x-forwarded-proto', 'https'],
        ])
        assertRejected(getBench(), both, 'url_not_allowed')
      }
    },
    [`${adapter}: headers that are ignored`]: async () => {
      for (const name of [
        'x-original-host',
        'x-host',
        'x-forwarded-server',
        'x-forwarded-prefix',
        'x-original-url',
        'x-rewrite-url',
      ]) {
        const spoof = [[name, 'evil.example'] as const]
        assertRejected(
          getBench(),
          await sendPast('x-forwarded', 'http://evil.example/sms', spoof),
          'signature_mismatch',
        )
        const genuine = await sendPast('x-forwarded', 'http://app.example.com/sms', spoof)
        assertEqual(genuine.status, 200, `the status with ${name}`)
      }
    },
    [`${adapter}: a careless proxy, without spoofed headers`]: async () => {
      await expectAccepted(getBench(), careless, toWire(signSms(url)))
    },
    [`${adapter}: another host through a careless proxy`]: async () => {
      const wire = toWire(signSms('https://evil.example/sms'), withHost(['x-forwarded-host', 'evil.example']))
      await expectRejected(getBench(), careless, wire, 'url_not_allowed')
    },
    [`${adapter}: lists through a careless proxy`]: async () => {
      for (const list of [
        'app.example.com, evil.example',
        'evil.example, app.example.com',
        'app.example.com,app.example.com',
      ])
        await expectRejected(
          getBench(),
          careless,
          toWire(signSms(url), [['x-forwarded-host', list]]),
          'url_not_allowed',
        )
      await expectRejected(
        getBench(),
        careless,
        toWire(signSms(url), [['x-forwarded-proto', 'https, http']]),
        'url_not_allowed',
      )
    },
    [`${adapter}: repeats through a careless proxy`]: async () => {
      const send = (...values: readonly string[]): Wire =>
        toWire(
          signSms(url),
          values.map((value) => ['x-forwarded-host', value] as const),
        )
      await expectRejected(getBench(), careless, send('app.example.com', 'evil.example'), 'url_not_allowed')
      for (const first of ['evil.example', 'app.example.com']) {
        const wire = send(first, 'app.example.com')
        if (repeats === 'kept') await expectRejected(getBench(), careless, wire, 'url_not_allowed')
        else await expectAccepted(getBench(), careless, wire)
      }
    },
    [`${adapter}: another scheme through a careless proxy`]: async () => {
      const { app, port } = getBench()
      app.use(adapter, careless.options)
      const reply = await sendTls(port('careless'), toWire(signSms(url), [['x-forwarded-proto', 'http']]))
      assertEqual([reply.status, reply.body, app.handlerRuns], [403, rejectionText, 0], 'the answer')
      // The header is a list if the proxy adds its own value, otherwise it makes an unsigned URL.
      assert(/^(url_not_allowed|signature_mismatch)$/.test(app.verdicts.join()), `the verdict is ${app.verdicts}`)
    },
    [`${adapter}: another port through a careless proxy`]: async () => {
      const wire = toWire(signSms(`${publicOrigin}:8080/sms`), withHost(['x-forwarded-port', '8080']))
      const { app, port } = getBench()
      app.use(adapter, careless.options)
      const reply = await sendTls(port('careless'), wire)
      assertEqual([reply.status, app.handlerRuns], [403, 0], 'the answer')
    },
  }
}
