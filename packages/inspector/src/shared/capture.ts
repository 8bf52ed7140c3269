import type { AnswerFinding, TwimlElement } from '@tollgate/calls'
import type { RejectionCode } from 'tollgate'
import type { Cause } from 'tollgate/diagnose'

export type { AnswerFinding, TwimlElement }

export type HeaderList = readonly (readonly [name: string, value: string])[]

/** A body as text if its bytes are UTF-8, or else as Base64. Without a body, both are absent. */
export interface CapturedBody {
  readonly body?: string | undefined
  readonly bodyBase64?: string | undefined
  /** True if only the beginning of the body was kept. */
  readonly bodyTruncated?: boolean | undefined
  /** True if the body was written from decoded names and values, so its bytes may differ. */
  readonly bodyDecoded?: boolean | undefined
  /** What a parser left of the body. */
  readonly parsedBody?: Readonly<Record<string, unknown>> | undefined
}

/** The way that a request entered the list. */
type Origin = 'received' | 'test' | 'replayed' | 're-signed' | 'imported'

/** The token with which the page signed a request. A spoofed test has a random one. */
type PageToken = 'throw-away' | 'real' | 'random'

/** The name of this run's own token, instead of a key's name. */
export const throwAwayKey = "this run's throw-away token"

export type CapturedVerdict =
  | {
      readonly ok: true
      readonly covers: 'params' | 'body' | 'url'
      /** The same in words. */
      readonly coverage: string
      readonly accountSid?: string | undefined
      /** A name for the key that matched, never the key itself. */
      readonly key: string
      readonly algorithm: string
      /** The signed URL. */
      readonly url?: string | undefined
      /** Missing without a replay guard. */
      readonly delivery?: 'first' | 'repeated' | 'unknown' | undefined
    }
  | {
      readonly ok: false
      readonly code: RejectionCode
      readonly status: number
      readonly message: string
      readonly tried: readonly string[]
    }

export interface CapturedResponse extends CapturedBody {
  readonly status: number
  readonly headers: HeaderList
  /** The source of the answer: the application behind the gateway, or the gateway itself. */
  readonly by: 'upstream' | 'gateway'
}

/** One part of the signed text, and its source. */
export interface SigningPart {
  readonly text: string
  readonly from: 'url' | 'name' | 'value' | 'timestamp' | 'body'
}

/** The causes of a rejection. It contains no key and no expected signature. */
export interface Explanation {
  /** The signature matches if exactly these causes are undone. */
  readonly proven?:
    | {
        readonly causes: readonly Cause<string>[]
        readonly signedUrl?: string | undefined
        /** The option that mends the URL, as a line to copy. */
        readonly setting?: string | undefined
        /** The ids of the causes that this option mends. */
        readonly mended?: readonly string[] | undefined
        /**
         * The signed text, if it does not have the parameters that arrived. Values that may be
         * message text are shown by their length. Absent if the parameters are those that arrived.
         */
        readonly signingString?: readonly SigningPart[] | undefined
      }
    | undefined
  /** If nothing is proven: causes of which the request shows a trace. */
  readonly suspected: readonly Cause<string>[]
  /** If nothing is proven, and nothing shows the cause: the question that settles it, line by line. */
  readonly question?: readonly QuestionLine[] | undefined
}

/** A line of a question, and the command that it names. */
interface QuestionLine {
  readonly text: string
  readonly command?: string | undefined
}

/**
 * One request with its verdict and its answer. An export has the fields of `tollgate/internal`, and
 * these facts besides.
 */
export interface Capture extends CapturedBody {
  readonly id: string
  /** The time of arrival, in milliseconds since 1970. */
  readonly time: number
  /** The time from the arrival to the end of the answer, in milliseconds. */
  readonly durationMs?: number | undefined
  readonly origin: Origin
  /** The name of the scheme that verifies it. Absent: Twilio's. */
  readonly scheme?: string | undefined
  readonly method: string
  /** The URL that Twilio called: the public URL, and the path and query that arrived. */
  readonly url: string
  /** Path and query as they arrived. */
  readonly target: string
  readonly headers: HeaderList
  readonly remoteAddress?: string | undefined
  /** The kind of webhook, such as `message.inbound`; absent if it is unknown. */
  readonly kind?: string | undefined
  /** Absent if the request was refused before verification, or imported without a key. */
  readonly verdict?: CapturedVerdict | undefined
  /** Absent if no answer was sent, and for imports. */
  readonly response?: CapturedResponse | undefined
  /** The causes of a rejection, once a diagnosis has found them. */
  readonly explanation?: Explanation | undefined
  /** The token that signed this request, if the page signed it. */
  readonly signedWith?: PageToken | undefined
}

/** One line of the list. */
export interface CaptureSummary {
  readonly id: string
  readonly time: number
  readonly durationMs?: number | undefined
  readonly origin: Origin
  readonly method: string
  readonly target: string
  readonly kind?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** The beginning of the message's text. */
  readonly body?: string | undefined
  readonly signedWith?: PageToken | undefined
  /** A rejection's code, `accepted`, or `none` without a verdict. */
  readonly code: string
  readonly status?: number | undefined
  readonly by?: 'upstream' | 'gateway' | undefined
  /** The first error that Twilio would report about the answer, as its code. */
  readonly reported?: number | undefined
  /** The most likely cause of a rejection, once it is known. */
  readonly cause?: string | undefined
  /** Its short name, for people. */
  readonly causeName?: string | undefined
  /** True if the cause is proven. */
  readonly isProven?: boolean | undefined
}

/** A capture for the page: with derived fields, and without credentials. */
export interface CaptureView extends Capture {
  readonly params: HeaderList
  /** The text that was signed, if it is known. Or else the text that this server expects. */
  readonly signingString: readonly SigningPart[]
  readonly summary: CaptureSummary
  /** True while the search for the causes of a rejection runs. */
  readonly searching: boolean
  /** True if the request was refused before its body was read. */
  readonly unread: boolean
  /** What Twilio would report about the answer. */
  readonly findings: readonly AnswerFinding[]
  /** The answer as elements, if it is TwiML. */
  readonly twiml?: TwimlElement | undefined
}
