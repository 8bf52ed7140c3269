import type { CaptureSummary, HeaderList } from './capture.ts'

/** Facts about this run for the page. */
export interface RunInfo {
  readonly publicUrls: readonly string[]
  readonly gatewayUrl: string | undefined
  readonly upstream: string | undefined
  readonly mode: 'enforce' | 'observe'
  readonly kinds: readonly string[]
  /** The main parameters of each kind's sample, in the order in which they are shown. */
  readonly samples: Readonly<Record<string, HeaderList>>
  /** True if the page may sign with the real Auth Token. */
  readonly realToken: boolean
  readonly store: 'memory' | 'file'
  /** The command that started this run, without its public URL. */
  readonly command?: string | undefined
  /** The number of captures that are kept, when the page asked. */
  readonly kept: number
  /** The forms of a request, and a test that sends it. */
  readonly copyForms: readonly CopyForm[]
}

/** Asks for a sample of a kind to be sent. */
export interface SendInput {
  readonly kind: string
  /** The path below the public URL. Default `/`. */
  readonly path?: string
  readonly overrides?: Readonly<Record<string, string>>
  /** Sign with a random token, as an attacker would. */
  readonly spoofed?: boolean
  readonly useRealToken?: boolean
}

/** Asks for an edited request to be signed again and sent. */
export interface ResignInput {
  readonly method: string
  readonly target: string
  /** The parameters of a form. Give at most one of `params` and `body`. */
  readonly params?: HeaderList
  readonly body?: string
  readonly contentType?: string
  readonly useRealToken?: boolean
}

/** The result of a request that the page sent. */
export interface SendResult {
  /** The id of its capture; absent if the gateway did not report it. */
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

/** A form in which the page copies a capture, and exports captures. */
export interface CopyForm {
  readonly name: string
  readonly label: string
  /** The ending of its files. */
  readonly extension: string
  /** True if a file holds several captures. */
  readonly hasSeveral: boolean
}

/** Returns true for a text that may be the id of a capture. It never contains `/` or `.`. */
export function isCaptureId(text: string): boolean {
  return /^[\w-]{1,80}$/.test(text)
}
