import { assertAccepted, assertEqual, assertRejected, assertThrows } from '../kit/assert.ts'
import { makeRequest, token } from '../kit/draft.ts'
import type { Library, Options } from '../kit/library.ts'
import { defineSuite, type Suite } from '../kit/suite.ts'
import { ask } from './ask.ts'

const url = 'https://a.example'

/** Wrong options, and the name that the error must contain. */
const wrong: readonly (readonly [options: object, name: string])[] = [
  [{ authToken: token }, 'publicUrl'],
  [{ publicUrl: url }, 'authToken'],
  [{ publicUrl: '', authToken: token }, 'publicUrl'],
  [{ publicUrl: 'a.example', authToken: token }, 'publicUrl'],
  [{ publicUrl: 'ftp://a.example', authToken: token }, 'publicUrl'],
  [{ publicUrl: `${url}?a=1`, authToken: token }, 'publicUrl'],
  [{ publicUrl: [], authToken: token }, 'publicUrl'],
  [{ publicUrl: null, authToken: token }, 'publicUrl'],
  [{ publicUrl: url, authToken: null }, 'authToken'],
  [{ publicUrl: url, authToken: 42 }, 'authToken'],
  [{ publicUrl: url, authToken: [] }, 'authToken'],
  [{ publicUrl: url, authToken: {} }, 'authToken'],
  [{ publicUrl: url, authToken: { noAccount: token } }, 'authToken'],
  [{ publicUrl: url, authToken: Array.from({ length: 17 }, () => token) }, 'authToken'],
  [{ publicUrl: url, sharedKeys: { a: '' } }, 'sharedKeys'],
  [{ publicUrl: url, sharedKeys: [] }, 'sharedKeys'],
  [{ publicUrl: url, authToken: token, sharedKeysOnly: true }, 'sharedKeysOnly'],
  [{ publicUrl: url, authToken: token, allowedAccounts: 'no account' }, 'allowedAccounts'],
  [{ publicUrl: url, authToken: token, allowedAccounts: [] }, 'allowedAccounts'],
  [{ publicUrl: url, authToken: token, mode: 'off' }, 'mode'],
  [{ publicUrl: url, authToken: token, trailingSlash: true }, 'trailingSlash'],
  [{ publicUrl: url, authToken: token, maxBodyBytes: '1mb' }, 'maxBodyBytes'],
  [{ publicUrl: url, authToken: token, replay: {} }, 'replay'],
  [{ publicUrl: url, authToken: token, diagnose: () => undefined }, 'diagnose'],
  [{ publicUrl: url, authToken: token, onVerdict: 1 }, 'onVerdict'],
  [{ publicUrl: url, authToken: token, onRejected: {} }, 'onRejected'],
  [{ publicUrl: url, authToken: token, validate: false }, 'validate'],
  [{ publicUrl: url, authTokens: token }, 'Did you mean "authToken"?'],
]

export function optionsSuite(library: Library): Suite {
  const create = (options: object): unknown => library.createVerifier(options as Options)
  return defineSuite('options', {
    ...Object.fromEntries(
      wrong.map(([options, name], index) => [
        `${index + 1}: wrong, and the error says ${name}`,
        () => assertThrows(() => create(options), name),
      ]),
    ),
    'numbers that are out of range': () => {
      for (const maxBodyBytes of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
        assertThrows(() => create({ publicUrl: url, authToken: token, maxBodyBytes }), 'maxBodyBytes', 'RangeError')
      assertThrows(
        () => create({ publicUrl: url, authToken: token, lookupTimeoutMs: 0 }),
        'lookupTimeoutMs',
        'RangeError',
      )
    },
    'every option may be undefined': async () => {
      const names = [
        'signedUrl',
        'trailingSlash',
        'sharedKeys',
        'sharedKeysOnly',
        'allowedAccounts',
        'mode',
        'replay',
        'maxBodyBytes',
        'lookupTimeoutMs',
        'diagnose',
        'onVerdict',
        'onRejected',
      ]
      const options = Object.fromEntries(names.map((name) => [name, undefined]))
      assertAccepted(await ask(library, await makeRequest(), options))
    },
    'options changed later change nothing': async () => {
      const authToken = [token]
      const publicUrl = ['https://app.example.com', 'https://b.example']
      const verifier = library.createVerifier({ authToken, publicUrl })
      authToken[0] = 'another-token-of-the-test'
      publicUrl[0] = 'https://c.example'
      assertAccepted(await verifier.verify(await makeRequest()))
    },
    'fromRequest needs hosts, and both or none of the proxy options': () => {
      const make = (options: object) => () => library.fromRequest(options as Parameters<Library['fromRequest']>[0])
      assertThrows(make({ allowedHosts: [] }), 'allowedHosts')
      assertThrows(make({ allowedHosts: ['*'] }), 'allowedHosts')
      assertThrows(make({ allowedHosts: ['a/b'] }), 'allowedHosts')
      assertThrows(make({ allowedHosts: ['a'], trustedProxies: ['loopback'] }), 'forwardedBy')
      assertThrows(make({ allowedHosts: ['a'], forwardedBy: 'x-forwarded' }), 'trustedProxies')
      assertThrows(
        make({ allowedHosts: ['a'], forwardedBy: 'x-forwarded', trustedProxies: ['everyone'] }),
        'trustedProxies',
      )
      assertThrows(
        make({ allowedHosts: ['a'], forwardedBy: 'x-forwarded', trustedProxies: ['10.0.0.0/33'] }),
        'trustedProxies',
      )
    },
    statuses: async () => {
      const { status, message, tried } = assertRejected(
        await ask(library, await makeRequest({ token: 'x-y-z-token' })),
        'signature_mismatch',
      )
      assertEqual([status, typeof message, Array.isArray(tried)], [403, 'string', true], 'a rejection')
    },
  })
}
