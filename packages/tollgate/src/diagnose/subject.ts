import type { Pairs } from '../scheme/form.ts'
import type { HostAndPort } from '../verify/public-url.ts'
import type { ConfiguredKeys } from './configured-keys.ts'
import type { Evidence, Seen, Target } from './evidence.ts'
import type { State } from './state.ts'
import type { Work } from './work.ts'

/** What the options, and the user, give away. */
export interface Hints {
  readonly hosts: readonly Seen<HostAndPort>[]
  readonly prefixes: readonly Seen<string>[]
  readonly userinfos: readonly Seen<string>[]
  readonly fragments: readonly string[]
  readonly targets: readonly Seen<Target>[]
  /** AccountSids that the options name. */
  readonly accounts: readonly string[]
}

/** The request under diagnosis, read once. */
export interface Subject {
  /** The budget of this diagnosis. */
  readonly work: Work
  readonly method: string
  readonly handshake: boolean
  /** As this server sees the request. */
  readonly state: State
  readonly evidence: Evidence
  readonly hints: Hints
  readonly keys: ConfiguredKeys
  readonly contentType: string
  readonly isForm: boolean
  /** It is a form, and larger than any known one of Twilio's: its parameters are not read, and nothing is searched. */
  readonly tooLarge: boolean
  /** As it arrived; `undefined` where the bytes are lost. */
  readonly body: Uint8Array | undefined
  /** Something read the body and kept no bytes. */
  readonly consumedBy: string | undefined
  /** It was refused before anybody read its body. */
  readonly unread: boolean
  /** What a parser made of the body, as pairs, and as it was. */
  readonly given: Pairs | undefined
  readonly parsed: unknown
  /** The query of the URL, decoded. */
  readonly queryPairs: Pairs
  readonly signatureIsBlank: boolean
  readonly contentLength: number
  /** The hash of the body is the one in the URL. */
  readonly bodyMatches: boolean
}
