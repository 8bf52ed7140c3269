import type { Row, SeenOptions } from '../setup.ts'
import type { Wish } from '../webhooks.ts'

/** A site of a proxy, as it is found in the field, and a webhook that it spoils. */
export interface Site extends Row {
  readonly wish?: Wish
  readonly options?: SeenOptions
  /** The lines of its configuration that do it; APP is the address of the server behind. */
  readonly lines: string
}

/** Wraps the lines in a site that listens with TLS on its own port. */
export type Wrap = (lines: string, port: number, certificate: Files) => string

interface Files {
  readonly crt: string
  readonly key: string
  readonly pem: string
}

type Rule = NonNullable<SeenOptions['signedUrl']>
interface Arrived {
  readonly url: string
  readonly headers?: Readonly<Record<string, unknown>>
}

const read = (request: Arrived, name: string): string => String(request.headers?.[name] ?? '')

/** https, and the Host that arrived: an application that knows of its TLS. */
export const httpsOfHost: Rule = (request: Arrived) => `https://${read(request, 'host')}${request.url}`

/** http, and the Host that arrived: what the connection says. */
export const httpOfHost: Rule = (request: Arrived) => `http://${read(request, 'host')}${request.url}`

/** X-Forwarded-Proto, and the Host that arrived. */
export const forwardedScheme: Rule = (request: Arrived) =>
  `${read(request, 'x-forwarded-proto') || 'http'}://${read(request, 'host')}${request.url}`

export const app = 'https://app.example.com'
