/**
 * The part of a request that the validators read: Express's request, or any object of that shape.
 */
export interface Request {
  readonly method?: string | undefined
  protocol: string
  /** @param name The name of a header, in any letter case. */
  header(name: string): string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: the package takes the type of Node.js, which has no types here
  headers: Record<string, any>
  originalUrl: string
  /** The raw body as bytes or text. `captureRawBody` of `tollgate/express` keeps it. */
  // biome-ignore lint/suspicious/noExplicitAny: as in the package, for code that reads it
  rawBody?: any
  /** The body as a parser left it. */
  // biome-ignore lint/suspicious/noExplicitAny: as in the package, for code that reads its fields
  body?: any
}

/** How Twilio reaches this server. */
export interface RequestValidatorOptions {
  /**
   * The whole URL that Twilio requests, query included, as it is configured at Twilio. A fragment
   * (`#rc=2`) is dropped. `host` and `protocol` are then ignored. A query that arrives must have
   * the same parameters. Default: none.
   */
  url?: string | undefined
  /**
   * The host that Twilio requests, with its port if it has one. Default: the Host header, which the
   * sender chooses.
   */
  host?: string | undefined
  /**
   * `'https'` or `'http'`. Default: `req.protocol`, which depends on Express's setting `trust
   * proxy`.
   */
  protocol?: string | undefined
  /**
   * The algorithm of the secret: HMAC_SHA1 or HMAC_SHA256. Pass the result of
   * `getSignatureAlgorithm` with the secret of a SharedKey. An unknown one refuses the request.
   * Default HMAC_SHA1.
   */
  algorithm?: string | undefined
}

/** Options of `webhook()`. */
export interface WebhookOptions extends Omit<RequestValidatorOptions, 'algorithm'> {
  /** `false` lets every request pass without a check. Default `true`. */
  validate?: boolean | undefined
  /** Ignored, as in the `twilio` package. Default: none. */
  includeHelpers?: boolean | undefined
  /**
   * The account's Auth Token. Default: the environment's TWILIO_AUTH_TOKEN. It may be missing
   * beside `sharedKeySecret`; a request that an Auth Token signed is then refused.
   */
  authToken?: string | undefined
  /**
   * The secret of a SharedKey, for requests with the header X-Twilio-Webhooks-Signature-Settings.
   * They are checked with the algorithm that the header names. Default: such requests are refused.
   * `createVerifier` takes several SharedKeys, and binds each to its algorithm.
   */
  sharedKeySecret?: string | undefined
}

/** A request as the middleware gets it, with the state of its stream. */
export interface MiddlewareRequest extends Request {
  readonly readableDidRead?: boolean
  readonly complete?: boolean
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterable<Uint8Array>
}

/** The part of Express's response that the middleware uses. */
export interface MiddlewareResponse {
  type(type: string): this
  status(status: number): this
  send(body: string): unknown
  setHeader?(name: string, value: string): unknown
}

/**
 * Middleware for Express 4 and 5. Its arguments have no types, as in the package: Express then
 * types the handlers that follow, and `req.body` stays `any`.
 * @param request Express's request. `req.body` and `req.rawBody` are read, or its stream.
 * @param response Gets 403, or the status of the rejection, if the request does not verify.
 * @param next Called without arguments if the request verifies.
 */
// biome-ignore lint/suspicious/noExplicitAny: any other type becomes that of `req` in later handlers
export type Middleware = (request: any, response: any, next: any) => void
