import type { HttpHandler } from '@azure/functions'
import type { Express, RequestHandler } from 'express'
import type { FastifyInstance } from 'fastify'
import type { Hono, MiddlewareHandler } from 'hono'
import type Koa from 'koa'
import type { Middleware } from 'koa'
import type { VerifierOptions } from 'tollgate'
import type { GuardedHandler } from 'tollgate/express'
import type { LambdaEvent } from 'tollgate/lambda'
import type { FrontDoor } from '../frameworks/lambda-gateway.ts'
import { token } from '../kit/draft.ts'
import type { Pairs } from '../kit/sign.ts'
import type { Wire } from '../proxies/client.ts'

/** The request that Twilio signs and sends. */
interface Sent {
  /** The URL that Twilio requests. For a JSON event `bodySHA256` is added. */
  readonly url: string
  /** The URL that Twilio signs, if it is not the one that it requests. */
  readonly signedUrl?: string
  /** Default POST. */
  readonly method?: 'GET' | 'POST' | 'PUT'
  /** The form. Default: an SMS, unless the request is a GET or a JSON event. */
  readonly params?: Pairs
  /** The body of a JSON event. */
  readonly json?: string
  /** The Auth Token that signs. Default: `token` of the kit. */
  readonly token?: string
  /** The SharedKey that signs. `generation` says which headers name it. Default `'public beta'`. */
  readonly sharedKey?: {
    readonly id: string
    readonly secret: string
    readonly generation?: 'private beta' | 'public beta'
  }
}

/**
 * A real proxy, by its configuration. `{app}` stands for the address of the application. nginx,
 * Apache, HAProxy and Caddy end TLS for `app.example.com`; the text goes into that site. The
 * function builds a proxy with Express.
 */
type ProxyServer =
  | { readonly nginx: string }
  | { readonly apache: string }
  | { readonly haproxy: string }
  | { readonly caddy: string }
  | { readonly express: (app: Express, target: string) => unknown }

type LambdaHandler = (event: LambdaEvent, context: unknown) => Promise<unknown>
type FetchHandler = (request: Request) => Response | Promise<Response>

/**
 * A real application, by the code that builds it around the guard. A handler that answers 200 comes
 * after it. Platforms of functions get the guarded handler instead.
 */
export type App =
  | { readonly express: (app: Express, guard: RequestHandler, options: VerifierOptions) => unknown }
  | { readonly express4: (app: Express, guard: RequestHandler, options: VerifierOptions) => unknown }
  | { readonly koa: (app: Koa, guard: Middleware, options: VerifierOptions) => unknown }
  | { readonly fastify: (app: FastifyInstance, options: VerifierOptions) => unknown }
  | { readonly hono: (app: Hono, guard: MiddlewareHandler, options: VerifierOptions) => unknown }
  | { readonly azure: (guarded: HttpHandler) => HttpHandler }
  | { readonly cloudFunction: (guarded: GuardedHandler) => GuardedHandler }
  | { readonly fetch: (guarded: FetchHandler, options: VerifierOptions) => FetchHandler }
  | {
      readonly door: FrontDoor
      readonly lambda: (guarded: LambdaHandler, options: VerifierOptions) => LambdaHandler
    }

/** The way from Twilio to the verifier. */
export interface Build {
  /** A change by something that cannot run here, such as a tunnel or a CDN. */
  readonly relay?: ((wire: Wire) => Wire) | undefined
  readonly proxy?: ProxyServer | undefined
  /** Default: Express 5 with the guard alone. */
  readonly app?: App | undefined
  /** They are added to `defaults`. */
  readonly options?: VerifierOptions | undefined
}

interface Described extends Build {
  readonly id: string
  /** What the user has done, in one sentence. */
  readonly what: string
  /** A page or thread that shows that people do this. */
  readonly source: string
  readonly sent: Sent
}

/** A set-up that refuses a genuine request. With `mend` applied, it accepts the same request. */
export interface BrokenSetUp extends Described {
  /** What a competent engineer would want named. */
  readonly cause: string
  /** The change that makes the request verify. Options are added to those of the set-up. */
  readonly mend: Build
  /** The thing that settles the cause, if the request alone cannot show it. */
  readonly hint?: 'authToken' | 'publicUrl' | 'sharedKey'
}

/** A set-up that accepts a genuine request, though something in it looks odd. */
interface WorkingSetUp extends Described {
  readonly works: true
}

export type SetUp = BrokenSetUp | WorkingSetUp

/** The options of a verifier before anyone sets it up wrongly. */
export const defaults: VerifierOptions = { publicUrl: 'https://app.example.com', authToken: token }

/** Returns the set-up with its change applied. */
export function applyMend(setUp: BrokenSetUp): BrokenSetUp {
  return { ...setUp, ...setUp.mend, options: { ...setUp.options, ...setUp.mend.options } }
}
