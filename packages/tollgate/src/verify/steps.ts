import type { Awaitable } from '../checks/limits.ts'
import type { Accepted, AnyWebhook, Rejected } from '../verdict.ts'
import type { Head, HeaderReader } from './head.ts'
import type {
  Delivery,
  Diagnoser,
  IncomingRequest,
  RawBody,
  RefusalHints,
  ReplayGuard,
  VerifierOptions,
} from './types.ts'

/** The options that the frame in `verifier.ts` reads. A scheme need not have them all. */
interface FrameOptions<Webhook> extends Pick<VerifierOptions, 'onRejected'> {
  readonly publicUrl?: unknown
  readonly replay?: ReplayGuard | undefined
  readonly onVerdict?: ((verdict: Webhook | Rejected, request: IncomingRequest, native: unknown) => void) | undefined
  readonly diagnose?: Diagnoser<never> | undefined
}

/** The types of one scheme's check. */
export interface CheckTypes {
  readonly options: object
  /** The options after parsing. */
  readonly settings: { readonly maxBodyBytes: number; readonly observe?: boolean }
  /** The signature and the key that the headers name. */
  readonly claim: unknown
  /** The URL that was signed. `undefined` if the scheme signs none. */
  readonly url: unknown
  /** The content of a request, which keeps its own copy of the body. */
  readonly content: { readonly body: () => Uint8Array; readonly rejection: Rejected | undefined }
  /** The verdict for a request that was proven. */
  readonly webhook: AnyWebhook
  /** The verdict in `observe` mode. `never` without such a mode. */
  readonly observed: AnyWebhook & Rejected
}

/** The state of a delivery, for a verdict. */
export type Outcome = Pick<Accepted, 'delivery' | 'confirm' | 'release'>

/** A request after the first four steps, of which nothing is proven. */
export interface UnprovenRequest<T extends CheckTypes> {
  readonly settings: T['settings']
  readonly source: IncomingRequest
  readonly head: Head
  readonly claim: T['claim']
  readonly url: T['url']
  readonly content: T['content']
}

/** A request whose signature matched. */
export interface Proof<Webhook> {
  /** Describes it to a replay guard. `undefined` if it must not be reserved. */
  readonly toDelivery: (native: unknown) => Delivery | undefined
  readonly toWebhook: (outcome: Outcome) => Webhook
}

/**
 * How a scheme checks a request: the steps, in their order. The frame in `verifier.ts` runs
 * them, and does the rest: the limit of the body, the replay guard, the mode and the report. Each
 * step returns a rejection, or what the next steps need. A step that need not wait returns no
 * promise: each would cost as much as the hashing.
 */
export interface SchemeCheck<T extends CheckTypes> {
  /** The `scheme` of its verdicts. */
  readonly name: T['webhook']['scheme']
  /** What a developer reads about a refused request. Default: its message. */
  readonly hints?: Pick<RefusalHints, 'advice' | 'diagnoser'>
  /** @throws TypeError or RangeError that names the option. */
  parseOptions(options: T['options']): T['settings'] & { readonly given: T['options'] & FrameOptions<T['webhook']> }
  /** 1. Checks the method and reads the headers of the signature. */
  readClaim(head: Head, settings: T['settings']): T['claim'] | Rejected
  /** 2. Finds the URL that was signed. */
  resolveUrl(head: Head, source: IncomingRequest, settings: T['settings']): Awaitable<T['url'] | Rejected>
  /** 3. Reads the body up to a limit. Default: `borrowBody`. */
  readBody?(
    claim: T['claim'],
    body: RawBody | undefined,
    header: HeaderReader,
    maxBytes: number,
  ): Promise<Uint8Array | Rejected>
  /**
   * 4. Determines what the signature must cover.
   * @param url `undefined` if the request was refused before its URL was known, in `observe` mode.
   * @param body The bytes, which may be the caller's: they are not used after this step.
   */
  readContent(head: Head, source: IncomingRequest, url: T['url'] | undefined, body: Uint8Array): T['content']
  /** 5. Finds the keys, and the one that made the signature. */
  prove(request: UnprovenRequest<T>): Awaitable<Proof<T['webhook']> | Rejected>
  /** Makes the verdict for a refused request in `observe` mode. */
  toObserved?(content: T['content'], rejection: Rejected): T['observed']
}
