import type { Verifier } from 'tollgate'
import type { OptionRow } from 'tollgate/options'
import { getScheme, type SchemeName, type SchemeVerdict, schemes } from 'tollgate/schemes'
import { notInRoutes, type Route } from './options.ts'

interface Scheme {
  readonly name: SchemeName
  /** All options of a route of this scheme. */
  readonly known: Readonly<Record<string, OptionRow>>
  /** @throws TypeError or RangeError that names the option */
  create(options: object): Verifier<SchemeVerdict>
}

const rowsOfRoutes = {
  scheme: { type: 'other' },
  host: { type: 'other' },
  path: { type: 'other', required: true },
  upstream: { type: 'other', required: true },
} as const

/**
 * Returns the scheme of a route. Default: the first.
 * @throws TypeError if there is no such scheme
 */
export function findScheme({ scheme: name = schemes[0].name }: Pick<Route, 'scheme'>): Scheme {
  const row = getScheme(name)
  const own = Object.entries<OptionRow>(row.options).filter(([option]) => !notInRoutes.some((one) => one === option))
  return {
    name,
    known: {
      ...Object.fromEntries(own),
      ...(row.signsHandshakes && { webSocket: { type: 'boolean' } as const }),
      ...rowsOfRoutes,
    },
    // `checkOptions` has checked that the options are those of the scheme.
    create: (options) => row.createVerifier(options as never) as Verifier<SchemeVerdict>,
  }
}
