/** A request as the application saw it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Bytes, what read them, or an object that a parser put in their place. */
  readonly body?:
    | string
    | Uint8Array
    | { readonly consumedBy: string; readonly fix: string }
    | Readonly<Record<string, string>>
  /** The parameters that a parser returned, of any type. */
  readonly params?: unknown
  /** The server opens a WebSocket for it. */
  readonly handshake?: boolean
}

/** The options of the application. */
export interface SeenOptions {
  readonly publicUrl?: string | readonly string[]
  /** Options of `fromRequest`, which then is the public URL. */
  readonly fromRequest?: Readonly<Record<string, unknown>>
  readonly signedUrl?: (request: { readonly url: string }) => string
  readonly authToken?: string | readonly string[] | Readonly<Record<string, string>> | (() => string)
  readonly allowedAccounts?: string
  readonly maxBodyBytes?: number
  readonly sharedKeys?: Readonly<Record<string, string | { readonly secret: string; readonly accountSid: string }>>
  readonly otherTokens?: Readonly<Record<string, string>>
  readonly otherHosts?: readonly string[]
  readonly prefixes?: readonly string[]
}

/** A request of Twilio's that something changed between its signing and its verification. */
export interface SetUp {
  readonly name: string
  /** 'made', or the program that did the damage and its version. */
  readonly origin: string
  /** The webhook, by its id in conformance/data/webhooks.json, or 'written out'. */
  readonly webhook: string
  readonly request: SeenRequest
  readonly options: SeenOptions
  /**
   * The ids of the causes. Several lists are explanations of the same size that cannot be told
   * apart. An empty list means that nothing happened. The library's tests check that the ids exist.
   */
  readonly expected: readonly (readonly string[])[]
  /** If it is known: whether the causes must be proven, or only suspected. */
  readonly isProven?: boolean
  /** The request as Twilio sent it, where the set-up is made from one. */
  readonly sent?: {
    readonly method: string
    readonly url: string
    readonly pairs: readonly (readonly [string, string])[]
  }
  /** Texts that no output may show: keys, the right signature, people's words. */
  readonly hidden: readonly string[]
}

/** A set-up before the webhook is signed. */
export interface Row {
  readonly name: string
  readonly webhook: string
  readonly expected: readonly string[]
  /** Other explanations of the same size. */
  readonly or?: readonly (readonly string[])[]
}

export function listExpected({ expected, or = [] }: Pick<Row, 'expected' | 'or'>): SetUp['expected'] {
  return [expected, ...or]
}
