import type { CaptureSummary, HeaderList } from './capture.ts'

/** What the page needs to know of this run. */
export interface RunInfo {
  readonly publicUrls: readonly string[]
  readonly gatewayUrl: string | undefined
  readonly upstream: string | undefined
  readonly mode: 'enforce' | 'observe'
  readonly kinds: readonly string[]
  /** Whether requests can be signed with the real Auth Token. */
  readonly realToken: boolean
  readonly store: 'memory' | 'file'
}

/** Sends a sample of a kind. */
export interface SendInput {
  readonly kind: string
  /** Where to, below the public URL. Default `/`. */
  readonly path?: string
  readonly overrides?: Readonly<Record<string, string>>
  /** Sign with a token that nobody knows, as a forger would. */
  readonly spoofed?: boolean
  readonly useRealToken?: boolean
}

/** Signs an edited request anew and sends it. */
export interface ResignInput {
  readonly method: string
  readonly target: string
  /** A form's parameters. At most one of `params` and `body`. */
  readonly params?: HeaderList
  readonly body?: string
  readonly contentType?: string
  readonly useRealToken?: boolean
}

/** What became of a request that was sent from the page. */
export interface SendResult {
  /** Its capture; absent where the gateway gave none. */
  readonly id?: string | undefined
  readonly status: number
}

export interface ImportResult {
  readonly imported: number
  readonly refused: readonly { readonly entry: number; readonly reason: string }[]
}

/** Names and data of the server-sent events. */
export interface Events {
  readonly list: readonly CaptureSummary[]
  readonly capture: CaptureSummary
  readonly removed: readonly string[]
}

export const copyForms = ['curl', 'test', 'fixture'] as const
export type CopyForm = (typeof copyForms)[number]
