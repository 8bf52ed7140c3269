import type { Verifier } from 'tollgate'
import { getScheme, type OptionRow, type SchemeVerdict, schemes } from 'tollgate/internal'
import { notInRoutes, type Route } from './options.ts'

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
export function findScheme({ scheme: name = schemes[0].name }: Pick<Route, 'scheme'>) {
  const row = getScheme(name)
  const own = Object.entries<OptionRow>(row.options).filter(([option]) => !notInRoutes.some((one) => one === option))
  return {
    name,
    /** All options of a route of this scheme. */
    known: {
      ...Object.fromEntries(own),
      ...(row.signsHandshakes && { webSocket: { type: 'boolean' } as const }),
      ...rowsOfRoutes,
    } as Readonly<Record<string, OptionRow>>,
    /**
     * `checkOptions` has checked that the options are those of the scheme.
     * @throws TypeError or RangeError that names the option
     */
    create: (options: object) => row.createVerifier(options as never) as Verifier<SchemeVerdict>,
    loadDiagnoser: row.loadDiagnoser,
  }
}
