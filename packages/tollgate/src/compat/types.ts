/** What the validators need of a request: Express's, or any object of that shape. */
export interface Request {
  readonly method?: string | undefined
  readonly protocol: string
  header(name: string): string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly originalUrl: string
  /** The body's bytes or text, where something kept them, as `captureRawBody` of `tollgate/express` does. */
  rawBody?: unknown
  body?: unknown
}

export interface RequestValidatorOptions {
  /**
   * The whole URL that Twilio requests, query included, as configured with Twilio; a fragment (`#rc=2`) is left out. Wins over `host`
   * and `protocol`. A query that arrives has to hold the same parameters.
   */
  readonly url?: string | undefined
  /** The host, with its port where it has one, that Twilio requests. Default: the Host header, which the sender chooses. */
  readonly host?: string | undefined
  /** `'https'` or `'http'`. Default: what Express makes of the connection, by its setting `trust proxy`. */
  readonly protocol?: string | undefined
}

export interface WebhookOptions extends RequestValidatorOptions {
  /** `false` lets every request pass, unverified. Default `true`. */
  readonly validate?: boolean | undefined
  /** Taken and ignored, as the `twilio` package does. */
  readonly includeHelpers?: boolean | undefined
  /** The account's Auth Token. Default: the environment's TWILIO_AUTH_TOKEN. */
  readonly authToken?: string | undefined
}

/** A request as the middleware gets it: of a stream, it needs to know whether somebody has read it. */
export interface MiddlewareRequest extends Request {
  readonly readableDidRead?: boolean
  readonly complete?: boolean
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterable<Uint8Array>
}

export interface MiddlewareResponse {
  type(type: string): this
  status(status: number): this
  send(body: string): unknown
  setHeader?(name: string, value: string): unknown
}

/** Middleware for Express 4 and 5. */
export type Middleware = (
  request: MiddlewareRequest,
  response: MiddlewareResponse,
  next: (error?: unknown) => void,
) => void
