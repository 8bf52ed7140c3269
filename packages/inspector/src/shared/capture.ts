import type { RejectionCode } from 'tollgate'

export type HeaderList = readonly (readonly [name: string, value: string])[]

/** Text where the bytes are UTF-8, Base64 where they are not. Neither: there was no body. */
export interface CapturedBody {
  readonly body?: string | undefined
  readonly bodyBase64?: string | undefined
  /** Only its beginning was kept. */
  readonly bodyTruncated?: boolean | undefined
}

/** How a request came to be in the list. */
export type Origin = 'received' | 'test' | 'replayed' | 're-signed' | 'imported'

export type CapturedVerdict =
  | {
      readonly ok: true
      readonly covers: 'params' | 'body' | 'url'
      readonly accountSid?: string | undefined
      /** Which key matched, in words; never the key. */
      readonly key: string
      readonly algorithm: string
      readonly url: string
      readonly replayed: boolean | 'unknown'
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
  /** Who answered: the application behind the gateway, or the gateway itself. */
  readonly by: 'upstream' | 'gateway'
}

/** A piece of what Twilio signs, and where it comes from. */
export interface SigningPart {
  readonly text: string
  readonly from: 'url' | 'name' | 'value'
}

export interface CapturedCause {
  readonly id: string
  readonly detail: string
  readonly fix: string
}

/** Why a request was refused, and what would have been signed. Holds no key and no expected signature. */
export interface Explanation {
  /** Undoing exactly these makes the signature match. */
  readonly proven?: { readonly causes: readonly CapturedCause[]; readonly signedUrl: string } | undefined
  readonly suspected: readonly CapturedCause[]
  readonly urlForms: readonly { readonly url: string; readonly why: string }[]
  /** How many signatures were tried. */
  readonly tried: number
}

/**
 * One request with its verdict and its answer. `tollgate verify --capture` and `tollgate diagnose --capture` read the same form:
 * `method`, `url`, `headers`, and `body` or `bodyBase64`.
 */
export interface Capture extends CapturedBody {
  readonly id: string
  /** When it arrived, in milliseconds since 1970. */
  readonly time: number
  readonly durationMs?: number | undefined
  readonly origin: Origin
  readonly method: string
  /** As Twilio knows it: the public URL, and the path and query that arrived. */
  readonly url: string
  /** Path and query as they arrived. */
  readonly target: string
  readonly headers: HeaderList
  readonly remoteAddress?: string | undefined
  readonly kind?: string | undefined
  /** Absent: it was refused before it could be verified, or imported where no key is known. */
  readonly verdict?: CapturedVerdict | undefined
  readonly response?: CapturedResponse | undefined
  readonly explanation?: Explanation | undefined
  /** Which token made the signature of a request that was sent from here. */
  readonly signedWith?: 'throw-away' | 'real' | undefined
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
  /** A refusal's code, `accepted`, or `none` without a verdict. */
  readonly code: string
  readonly status?: number | undefined
  readonly by?: 'upstream' | 'gateway' | undefined
  /** The likeliest cause of a refusal, once it is known. */
  readonly cause?: string | undefined
}

/** A capture as the page shows it: with what can be read from it, and without what it must not show. */
export interface CaptureView extends Capture {
  readonly params: HeaderList
  /** What Twilio signs of this request, as this server sees it. */
  readonly signingString: readonly SigningPart[]
  readonly summary: CaptureSummary
  /** It was refused before its body was read. */
  readonly unread: boolean
}
