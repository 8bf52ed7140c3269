import type { AnswerOutcome, CallStatus, Finding } from '@tollgate/calls'
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
  /** The command that started this run, without its public URL. */
  readonly command?: string | undefined
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

/** Asks for a call. */
export interface CallInput {
  /** The path of the webhook below the public URL. */
  readonly path: string
  /** The caller's number. */
  readonly from: string
  /** The number that is called. */
  readonly to: string
  readonly useRealToken?: boolean
}

/** What the caller does next. The name is also the last part of the path. */
export interface CallSteps {
  readonly press: { readonly keys: string }
  readonly say: { readonly text: string }
  /** Does nothing until a timeout. */
  readonly wait: object
  /** Decides how a number answers that the call rings. */
  readonly answer: { readonly outcome: AnswerOutcome }
  readonly hangup: object
}

/** One line of a call, in the order in which it happened. The application writes most of the texts. */
export type CallLine =
  | { readonly type: 'heard' | 'note' | 'caller'; readonly text: string }
  | {
      readonly type: 'request'
      readonly reason: string
      readonly method: string
      readonly url: string
      /** 0 if there was no answer. */
      readonly status: number
      /** The id of its capture, if the gateway reported it. */
      readonly capture?: string | undefined
    }
  | ({ readonly type: 'finding' } & Omit<Finding, 'url'>)

/** A call of the page. */
export interface CallView {
  readonly id: string
  /** The number that is called. */
  readonly to: string
  /** `waiting`: the caller can act. */
  readonly state: 'working' | 'waiting' | 'over'
  readonly status: CallStatus
  readonly lines: readonly CallLine[]
}

/** New lines of a call. `at` is the number of lines before them. */
export interface CallChange extends CallView {
  readonly at: number
}

export interface ImportResult {
  readonly imported: number
  readonly refused: readonly { readonly entry: number; readonly reason: string }[]
  /** What the copy changed and the import put back. */
  readonly copyNote?: string | undefined
}

/** Names and data of the server-sent events. */
export interface Events {
  readonly list: readonly CaptureSummary[]
  readonly capture: CaptureSummary
  readonly removed: readonly string[]
  readonly call: CallChange
}

/** The forms in which the page copies a capture. */
export const copyForms = ['curl', 'test'] as const
export type CopyForm = (typeof copyForms)[number]

/** The formats in which the page exports captures: their names, and the endings of their files. */
export const exportFormats = { capture: ['JSON', 'json'], har: ['HAR', 'har'] } as const
export type ExportFormat = keyof typeof exportFormats

/** Returns true for a text that may be the id of a capture. It never contains `/` or `.`. */
export function isCaptureId(text: string): boolean {
  return /^[\w-]{1,80}$/.test(text)
}
