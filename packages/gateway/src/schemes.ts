import type { Verifier } from 'tollgate'
import { getScheme, type SchemeName, type SchemeVerdict, schemes } from 'tollgate/schemes'
import type { Route } from './options.ts'

interface Scheme {
  readonly name: SchemeName
  /** All options of a route of this scheme. */
  readonly known: Readonly<Record<string, true>>
  /** @throws TypeError or RangeError that names the option */
  create(options: object): Verifier<SchemeVerdict>
}

// The other options of a verifier are functions, or for an application.
const notInRoutes = ['signedUrl', 'checkParams', 'lookupTimeoutMs', 'diagnose', 'onVerdict', 'onRejected']

/**
 * Returns the scheme of a route. Default: the first.
 * @throws TypeError if there is no such scheme
 */
export function findScheme({ scheme: name = schemes[0].name }: Pick<Route, 'scheme'>): Scheme {
  const row = getScheme(name)
  const own = Object.keys(row.options).filter((option) => !notInRoutes.includes(option))
  const known = ['scheme', 'host', 'path', 'upstream', ...own, ...(row.signsHandshakes ? ['webSocket'] : [])]
  return {
    name,
    known: Object.fromEntries(known.map((option) => [option, true])),
    // `checkOptions` has checked that the options are those of the scheme.
    create: (options) => row.createVerifier(options as never) as Verifier<SchemeVerdict>,
  }
}
