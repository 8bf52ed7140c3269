import { createVerifier, type Verifier } from 'tollgate'
import { type OptionRow, sendGridVerifierOptions, verifierOptions } from 'tollgate/options'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import { notInRoutes, type Route, type RouteVerdict, type SendGridRoute, type TwilioRoute } from './options.ts'

/** The name of a scheme, as in the option `scheme`. */
export type SchemeName = NonNullable<Route['scheme']>

/** The options of a route that its verifier gets. */
type OptionsOf<R extends Route> = Omit<R, 'scheme' | 'host' | 'path' | 'upstream' | 'webSocket'>

interface Scheme {
  /** All options of a route of this scheme. */
  readonly known: Readonly<Record<string, OptionRow>>
  /** @throws TypeError or RangeError that names the option */
  create(options: OptionsOf<Route>): Verifier<RouteVerdict>
}

const rowsOfRoutes = {
  scheme: { type: 'other' },
  host: { type: 'other' },
  path: { type: 'other', required: true },
  upstream: { type: 'other', required: true },
} as const

function define<R extends Route>(
  options: Readonly<Record<string, OptionRow>>,
  own: Readonly<Record<string, OptionRow>>,
  create: (options: OptionsOf<R>) => ReturnType<Scheme['create']>,
): Scheme {
  const rows = Object.entries(options).filter(([name]) => !notInRoutes.some((one) => one === name))
  const known = { ...Object.fromEntries(rows), ...own, ...rowsOfRoutes }
  // `checkOptions` has checked that the options are those of the scheme.
  return { known, create: (given) => create(given as OptionsOf<R>) }
}

/**
 * Every scheme. To add one, add the type of its route, a row here and one in `config/load.ts`, its
 * options in `config/schema.ts`, and the headers that its verifier reads in `request-head.ts`.
 */
const schemes: Readonly<Record<SchemeName, Scheme>> = {
  twilio: define<TwilioRoute>(verifierOptions, { webSocket: { type: 'boolean' } }, createVerifier),
  sendgrid: define<SendGridRoute>(sendGridVerifierOptions, {}, createSendGridVerifier),
}

/**
 * Returns the scheme of a route. Default `twilio`.
 * @throws TypeError if there is no such scheme
 */
export function findScheme({ scheme = 'twilio' }: Pick<Route, 'scheme'>): Scheme & { readonly name: SchemeName } {
  if (!Object.hasOwn(schemes, scheme))
    throw new TypeError(`"scheme" must be one of: ${Object.keys(schemes).join(', ')}`)
  return { name: scheme, ...schemes[scheme] }
}
