/**
 * One kind of webhook. A new kind is a new row in the file of its product, and a sample beside it.
 * The comment above a row becomes its description in docs/webhook-kinds.md. A line with a URL is
 * the page that the row comes from, and a month after the URL says when we compared the row with
 * that page.
 */
export interface KindRow {
  /** The place of the parameters. Default: a form, which may also arrive as the query of a GET. */
  readonly body?: 'query' | 'json' | 'handshake'
  /**
   * The conditions that recognise a webhook of this kind, separated by spaces. `Name` must be
   * present, `!Name` must be absent, and `Name=one|other*` must have one of these values, where a
   * final `*` stands for any ending. For JSON the names are fields of the (first) object. A kind
   * without a rule is not recognised.
   */
  readonly rule?: string
  /**
   * The parameter whose text a stranger writes, if Twilio always sends the parameters that identify
   * a message beside it. Who wrote it can cut the signed text anew: see `shapes.ts`.
   */
  readonly text?: string
  /** Given if Twilio never sends the same bytes twice, except to retry a failed delivery. */
  readonly neverRepeats?: true
  /**
   * Given if two events may have the same bytes, as two passes of one caller through a `<Gather>`
   * have. A copy of such a webhook cannot be told from the next event.
   */
  readonly mayBeAlike?: true
  /** The parameter that may have several values. All others have one. */
  readonly repeated?: string
  /** Given if a JSON body may be a list of such objects. */
  readonly batch?: true
  /**
   * Names in wire order, separated by spaces. A question mark follows a parameter that is sent only
   * sometimes. `{N}` stands for an index from 0, a final `*` for any ending, and `...call` for the
   * names of `sharedNames.call`. The names are in several short texts, because the types split them
   * into names and TypeScript limits the length of one text.
   */
  readonly parameters: readonly string[]
}

/** Names that several kinds have in common. */
export const sharedNames = {
  // Names that the page does not promise have a question mark.
  // https://www.twilio.com/docs/voice/twiml#request-parameters
  call: [
    'Called? ToState? CallerCountry? Direction CallerState? ToZip? CallSid To CallerZip? ToCountry? ApiVersion',
    'CalledZip? CalledCity? CallStatus From AccountSid CalledCountry? CallerCity? ToCity? FromCountry? Caller?',
    'FromCity? CalledState? FromZip? FromState? ForwardedFrom? CallerName? ParentCallSid?',
  ],
} as const

/**
 * The parameters of a realistic webhook, in wire order. A list has the values of a repeated name.
 * No value comes from a real account; numbers are 555-01xx.
 */
export type SampleParams = Readonly<Record<string, string | readonly string[]>>

/** The account of all samples. A name for it takes less room than its text in every sample. */
export const sampleAccountSid = 'ACa42104b5c0081d28f69cc86620eae712'

/** A parameter of a kind. Its name is a pattern, as in `KindRow`. */
interface Parameter {
  readonly name: string
  /** True if Twilio sends it with every webhook of the kind. The value may be empty. */
  readonly always: boolean
}

interface Condition {
  readonly name: string
  readonly isAbsent: boolean
  readonly values: readonly string[] | undefined
}

/** A row, parsed. */
export interface Kind {
  /** The method that Twilio uses unless you configure another one. */
  readonly method: 'GET' | 'POST'
  readonly body: 'form' | 'query' | 'json' | 'handshake'
  readonly rule: readonly Condition[]
  readonly text: string | undefined
  readonly neverRepeats: boolean
  readonly mayBeAlike: boolean
  readonly repeated: string | undefined
  readonly batch: boolean
  readonly parameters: readonly Parameter[]
}

/** Parses a row. */
export function parseRow(row: KindRow): Kind {
  const { body, rule, text, neverRepeats, mayBeAlike, repeated, batch, parameters } = row
  return {
    method: body === undefined || body === 'json' ? 'POST' : 'GET',
    body: body ?? 'form',
    rule: rule === undefined ? [] : rule.split(' ').map(parseCondition),
    text,
    neverRepeats: neverRepeats === true,
    mayBeAlike: mayBeAlike === true,
    repeated,
    batch: batch === true,
    parameters: splitNames(parameters).map(parseParameter),
  }
}

function parseCondition(word: string): Condition {
  const [name = '', values] = word.replace('!', '').split('=')
  return { name, isAbsent: word.startsWith('!'), values: values?.split('|') }
}

function splitNames(texts: readonly string[]): readonly string[] {
  const words = texts.flatMap((text) => text.split(' '))
  return words.flatMap((word) => (word === '...call' ? splitNames(sharedNames.call) : [word]))
}

function parseParameter(word: string): Parameter {
  return { name: word.replace('?', ''), always: !word.endsWith('?') }
}

/** The methods of `WebhookParams` that recognition uses. */
export interface ParamsReader {
  get(name: string): string | null | undefined
  has(name: string): boolean
}

/** Checks one condition of a rule. */
export function isMet({ name, isAbsent, values }: Condition, params: ParamsReader): boolean {
  if (values === undefined) return params.has(name) !== isAbsent
  const value = params.get(name) ?? ''
  return values.some((one) => (one.endsWith('*') ? value.startsWith(one.slice(0, -1)) : value === one))
}
