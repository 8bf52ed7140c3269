import type { OptionRow } from '../checks/options.ts'
import type { AnyAccepted, Rejected } from '../verdict.ts'
import type { Diagnoser, IncomingRequest, Verifier } from '../verify/types.ts'

/**
 * A scheme: one way to sign requests. A row in `schemes/index.ts` makes it known to the gateway,
 * the inspector, the command line, and `tollgate/testing`.
 */
export interface Scheme<Options extends object = never, Webhook extends AnyAccepted = AnyAccepted> {
  /** The `scheme` of its verdicts, and of a route in the gateway. Lower-case letters. */
  readonly name: Webhook['scheme']
  /** Its name for people. */
  readonly title: string
  /**
   * The header fields that only this scheme reads, as they are written. The first has the
   * signature.
   */
  readonly headers: readonly [signature: string, ...others: string[]]
  /** The options of its verifier. */
  readonly options: Readonly<Record<keyof Options & string, OptionRow>>
  readonly keys: KeyOption
  /** The private key that signs test requests. Default: the key that verifies signs too. */
  readonly signingKey?: SigningKeyOption
  /** True if the signature covers the URL, which then has to be known. */
  readonly signsUrl: boolean
  /** True if it signs WebSocket handshakes too. */
  readonly signsHandshakes: boolean
  /** The kinds of webhook that `sign` makes. */
  readonly kinds: readonly string[]
  /** @throws TypeError or RangeError that names the option. */
  createVerifier(options: Options): Verifier<Webhook | Rejected>
  /**
   * Says what the signature covers, as the end of a sentence.
   * @param verdict An accepted verdict of this scheme.
   */
  describeCoverage(verdict: Pick<Webhook, 'covers'>): string
  /**
   * Names the key that signed, for its owner.
   * @param key `matched.key` of a verdict. It holds no secret.
   */
  nameKey(key: Webhook['matched']['key']): string
  /**
   * Returns the kind of a webhook, or `undefined` if it is unknown.
   * @param request Any request: it need not have verified.
   */
  nameKind(request: SeenRequest): string | undefined
  /**
   * Returns the text that a person wrote in a webhook, if its kind has one.
   * @param request Any request: it need not have verified.
   */
  quote?(request: SeenRequest): string | undefined
  /**
   * Lists the parts of the signed text.
   * @param request Any request. Without `signedUrl`, a scheme that signs the URL takes `url`.
   */
  listSigned(request: SeenRequest): readonly SignedPart[]
  /**
   * Returns facts of a verdict that only this scheme has, for a report.
   * @param verdict An accepted verdict of this scheme.
   */
  describe(verdict: Webhook): Readonly<Record<string, string | number | boolean>>
  /**
   * Signs a test request as the sender does.
   * @param input The content and the key. A part that is left out is that of a sample.
   * @throws TypeError that names the input, for what the sender could not send.
   */
  sign(input: SchemeSignInput): Promise<SchemeSignedRequest>
  /**
   * Explains a refused request. Default: the code of the rejection has to do.
   * @param request The request as the verifier got it.
   * @param options The options of the verifier, and guesses that the search may use.
   */
  diagnose?(request: IncomingRequest, options: Options & DiagnoseHints): Promise<SchemeDiagnosis>
  /**
   * Loads the option `diagnose` of its verifiers for a gateway, in production too. The engine is
   * large, so it is not loaded before. Default: nothing explains a refusal.
   */
  loadDiagnoser?(): Promise<Diagnoser<never>>
}

/** The option with the keys that verify. */
interface KeyOption {
  readonly option: string
  /** The environment variable with its default. */
  readonly variable: string
  /** The name of its flags, without dashes. */
  readonly flag: string
  /** What it is, for people: `'public key'`. */
  readonly words: string
  /** True if no one else may see it. It is then never an argument of a command. */
  readonly isSecret: boolean
}

interface SigningKeyOption {
  readonly flag: string
  /** The environment variable that tests read it from. */
  readonly variable: string
  readonly words: string
  /** How to make one, for users without. */
  readonly hint: string
}

/** A request, as the inspector shows it. */
export interface SeenRequest {
  readonly method: string
  /** The public URL. */
  readonly url: string
  /** The URL that was signed, if it is known. */
  readonly signedUrl?: string | undefined
  /** Path and query as they arrived. */
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** `undefined` if there is none, or if it is not UTF-8. */
  readonly body?: string | undefined
}

/** A part of the signed text, and its source. */
export interface SignedPart {
  readonly text: string
  readonly from: 'url' | 'name' | 'value' | 'timestamp' | 'body'
}

/** The input of a test request. */
export interface SchemeSignInput {
  readonly url: string
  /** Default: a sample of the first kind. */
  readonly body?: string | Uint8Array | undefined
  /** Default: that of the kind. */
  readonly contentType?: string | undefined
  /** Headers that are added. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The key that signs. Default: a new one, if the scheme has private keys. */
  readonly key?: string | undefined
}

/** A request that is signed as the sender signs. */
export interface SchemeSignedRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: ReturnType<TextEncoder['encode']>
  /** The key for the verifier under test, if it is not the key that signed. */
  readonly publicKey?: string
}

/** Guesses for a diagnosis. */
export interface DiagnoseHints {
  /** Keys of other webhooks, by a name. */
  readonly otherKeys?: Readonly<Record<string, string>> | undefined
  /** Hosts that the sender may have called, for a scheme that signs the URL. */
  readonly otherHosts?: readonly string[] | undefined
  /** The most checks of a signature. */
  readonly maxTries?: number | undefined
}

interface SchemeCause {
  readonly id: string
  readonly detail: string
  readonly fix: string
}

/** The question that settles a refusal of which nothing is proven, and of which nothing shows the cause. */
export interface Question {
  /** The URL that was checked, with `?…` in place of its query. */
  readonly checkedUrl: string
  /** The account that the request names, shortened. Absent in production, and if it names not just one. */
  readonly account?: string
  /**
   * The two command lines that settle it: one tries another URL, the other asks Twilio what it sent.
   */
  readonly commands: readonly [otherUrl: string, askTwilio: string]
  /** The key with which the request was checked. */
  readonly key: 'Auth Token' | 'SharedKey'
  /** The user named this URL as the one at Twilio. */
  readonly isUrlKnown?: true
  /** The key verified other requests of this process within the hour. */
  readonly isKeyKnown?: true
  /** The search ended at its limit, `maxTries`. */
  readonly isCut?: true
}

/** The question of a scheme that signs no URL. */
export interface KeyQuestion {
  /** The size of the body that was checked. */
  readonly bytes: number
  /** The last characters of the public key. */
  readonly keyEnd: string
  /** The command line that tries another key. */
  readonly commands: readonly [otherKey: string]
}

/** The causes of a rejection: proven, or at most two of which something is a trace. */
export interface SchemeDiagnosis {
  readonly verdict: { readonly ok: true } | Rejected
  readonly proven?: {
    readonly causes: readonly SchemeCause[]
    readonly signedUrl?: string
    /** The option that mends it, as a line to copy. */
    readonly setting?: string | undefined
  }
  readonly suspected: readonly SchemeCause[]
  /** If nothing is proven, and nothing shows the cause: the question that settles it. */
  readonly question?: Question | KeyQuestion | undefined
  /** The signed text, or the one that is expected. */
  readonly signingString?: readonly SignedPart[] | undefined
  /** The URLs that were tried, if the scheme signs one. */
  readonly urlForms?: readonly { readonly url: string; readonly why: string }[]
  /** The number of checks of a signature. */
  readonly tried: number
}
