import { type FromRequestOptions, fromRequest } from 'tollgate'
import { type CaseTable, defineSuite, type Suite } from '../kit/suite.ts'
import { type AdapterName, adapterNames } from './app.ts'
import { type Bench, expectAccepted, expectRejected, forge, publicOrigin, signSms } from './bench.ts'
import { toWire } from './client.ts'
import { shown } from './examples.ts'
import { spoofs } from './with-public-url.ts'

type Family = NonNullable<FromRequestOptions['forwardedBy']>

const sites = { 'x-forwarded': 'forwarding', forwarded: 'forwarded' } as const
const names = { 'x-forwarded': 'fromRequest, X-Forwarded-*', forwarded: 'fromRequest, Forwarded (RFC 7239)' } as const

/** Tests URLs that are built from the proxy's headers. */
export function fromRequestSuite(family: Family, getBench: () => Bench): Suite {
  return defineSuite(
    names[family],
    Object.assign({}, ...adapterNames.map((adapter) => listCases(adapter, family, getBench))),
  )
}

function listCases(adapter: AdapterName, family: Family, getBench: () => Bench): CaseTable {
  const behind = (options: Partial<FromRequestOptions> = {}) => {
    const rule = { allowedHosts: ['app.example.com'], trustedProxies: 'loopback', forwardedBy: family, ...options }
    return { site: sites[family], adapter, options: { publicUrl: fromRequest(rule) } } as const
  }
  const url = `${publicOrigin}/sms?x=1`
  return {
    [`${adapter}: TLS ended at the proxy`]: async () => {
      const documented = { ...behind(), options: family === 'forwarded' ? shown.rfc7239 : shown.manyHosts }
      await expectAccepted(getBench(), documented, toWire(signSms(url)))
      await expectAccepted(getBench(), behind({ allowedHosts: ['*.example.com'] }), toWire(signSms(url)))
      for (const forged of forge(url)) await expectRejected(getBench(), behind(), forged, 'signature_mismatch')
      const inTheClear = toWire(signSms('http://app.example.com/sms'))
      await expectRejected(getBench(), behind(), inTheClear, 'signature_mismatch')
    },
    [`${adapter}: a port rewritten`]: async () => {
      const wire = toWire(signSms('https://app.example.com:8443/sms'))
      const allowed = behind({ allowedHosts: ['app.example.com:8443'] })
      await expectAccepted(getBench(), allowed, wire)
      await expectRejected(getBench(), behind(), wire, 'url_not_allowed')
      await expectRejected(getBench(), allowed, toWire(signSms(url)), 'url_not_allowed')
    },
    [`${adapter}: a host that is not on the list`]: async () => {
      const other = behind({ allowedHosts: ['other.example.com'] })
      await expectRejected(getBench(), other, toWire(signSms(url)), 'url_not_allowed')
    },
    [`${adapter}: a proxy that is not trusted`]: async () => {
      await expectRejected(
        getBench(),
        behind({ trustedProxies: '192.0.2.0/24' }),
        toWire(signSms(url)),
        'url_not_allowed',
      )
      const none = behind({ trustedProxies: undefined, forwardedBy: undefined })
      await expectRejected(getBench(), none, toWire(signSms(url)), 'url_not_allowed')
    },
    [`${adapter}: the other family of headers is ignored`]: async () => {
      const other = behind({ forwardedBy: family === 'forwarded' ? 'x-forwarded' : 'forwarded' })
      await expectRejected(getBench(), other, toWire(signSms(url)), 'signature_mismatch')
    },
    [`${adapter}: the proxy replaces spoofed headers`]: async () => {
      await expectAccepted(getBench(), behind(), toWire(signSms(url), spoofs))
      for (const origin of [
        'https://evil.example',
        'http://evil.example',
        'http://evil.example:8080',
        'http://app.example.com',
      ])
        await expectRejected(
          getBench(),
          behind(),
          toWire(signSms(`${origin}/sms`), [...spoofs, ['host', 'app.example.com']]),
          'signature_mismatch',
        )
    },
    ...(family === 'x-forwarded' && {
      [`${adapter}: no header names a stripped path prefix`]: async () => {
        const wire = toWire(signSms(`${publicOrigin}/twilio/sms`), [['x-forwarded-prefix', '/twilio']])
        await expectRejected(getBench(), behind(), wire, 'signature_mismatch')
      },
    }),
  }
}
