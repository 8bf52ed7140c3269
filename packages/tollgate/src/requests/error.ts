/** What is wrong with a text. Code decides by this, and never by a message. */
export type RequestErrorKind = 'malformed' | 'not_json' | 'cut_off' | 'incomplete' | 'url' | 'unknown_form'

/** More about a refusal. */
interface Refusal {
  /** Default: `'malformed'`. */
  readonly kind?: RequestErrorKind | undefined
  /** Where in the text the fault is, such as `line 2` or `entry 3`. */
  readonly position?: string | undefined
  /** True if more lines may complete the request, as after an open quote in a command. */
  readonly incomplete?: boolean | undefined
}

/**
 * The text is no request, or no complete one. The message names the source and the position, and
 * has neither a value nor a secret of the text. The functions that read throw no other
 * error for a text.
 */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly kind: RequestErrorKind
  /** The message without source and position, in lower case and without a full stop. */
  readonly reason: string
  readonly position: string | undefined
  /** True if more lines may complete the request. A terminal waits for them. */
  readonly incomplete: boolean

  /**
   * @param reason the message, in lower case and without a full stop
   * @param refusal where the fault is, and whether more lines may mend it
   * @param from names the source. The message starts with it.
   */
  constructor(reason: string, { kind = 'malformed', position, incomplete = false }: Refusal = {}, from = 'The text') {
    super(`${position === undefined ? from : `${from}, ${position}`}: ${reason}.`)
    this.kind = kind
    this.reason = reason
    this.position = position
    this.incomplete = incomplete
  }
}

/** Names the source, and the position of the part that was read, in an error of a reader. */
export function addSource(error: unknown, from: string, part?: string): unknown {
  if (!(error instanceof RequestError)) return error
  const position = [part, error.position].filter((one) => one !== undefined).join(', ') || undefined
  return new RequestError(error.reason, { kind: error.kind, position, incomplete: error.incomplete }, from)
}

/** Names a character of a text: `line 3, column 14`. */
export function nameLine(text: string, at: number): string {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  return `line ${line}, column ${at - before.lastIndexOf('\n')}`
}
