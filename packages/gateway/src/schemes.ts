import { createVerifier, type Verifier } from 'tollgate'
import { createSendGridVerifier } from 'tollgate/sendgrid'
import type { Route, RouteVerdict, SendGridRoute, TwilioRoute } from './options.ts'

/** The name of a scheme, as in the option `scheme`. */
export type SchemeName = NonNullable<Route['scheme']>

/** The options of a route that its verifier gets. */
type OptionsOf<R extends Route> = Omit<R, 'scheme' | 'host' | 'path' | 'upstream' | 'webSocket'>

interface Scheme {
  /** All options of a route of this scheme. */
  readonly known: Readonly<Record<string, true>>
  /** @throws TypeError or RangeError that names the option */
  create(options: OptionsOf<Route>): Verifier<RouteVerdict>
}

function define<R extends Route>(
  known: Readonly<Record<keyof R, true>>,
  create: (options: OptionsOf<R>) => ReturnType<Scheme['create']>,
): Scheme {
  // `checkOptions` has checked that the options are those of the scheme.
  return { known, create: (options) => create(options as OptionsOf<R>) }
}

const knownOfAll = { scheme: true, host: true, path: true, upstream: true, replay: true, maxBodyBytes: true } as const

/**
 * Every scheme. To add one, add the type of its route, a row here and one in `config/load.ts`, its
 * options in `config/schema.ts`, and the headers that its verifier reads in `request-head.ts`.
 */
const schemes: Readonly<Record<SchemeName, Scheme>> = {
  twilio: define<TwilioRoute>(
    {
      ...knownOfAll,
      publicUrl: true,
      authToken: true,
      sharedKeys: true,
      sharedKeysOnly: true,
      methods: true,
      allowedAccounts: true,
      trailingSlash: true,
      mode: true,
      webSocket: true,
    },
    createVerifier,
  ),
  sendgrid: define<SendGridRoute>(
    { ...knownOfAll, publicKey: true, maxAgeSeconds: true, whenStale: true },
    createSendGridVerifier,
  ),
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
