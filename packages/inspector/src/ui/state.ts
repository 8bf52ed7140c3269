import { computed, signal } from '@preact/signals'
import type { CallInput, CallView, RunInfo } from '../shared/api.ts'
import type { CaptureSummary, CaptureView } from '../shared/capture.ts'
import { type Filters, matchesFilters, noFilters } from './filters.ts'

/** `ended`: the server is another run, which does not know this page's token. */
type Connection =
  | { readonly state: 'loading' | 'live' | 'ended' }
  | { readonly state: 'reconnecting'; readonly seconds: number }

interface Toast {
  readonly text: string
  readonly failed: boolean
  /** A capture that the message offers to show. */
  readonly id?: string | undefined
}

/** The state of the page. Components read it; the functions in actions.ts and live.ts change it. */
export const info = signal<RunInfo | undefined>(undefined)
/** The captures in the list, newest first. */
export const captures = signal<readonly CaptureSummary[]>([])
export const filters = signal<Filters>(noFilters)
export const selectedId = signal<string | undefined>(undefined)
export const detail = signal<CaptureView | undefined>(undefined)
/** The reason why the selected capture cannot be shown. */
export const problem = signal<string | undefined>(undefined)
export const connection = signal<Connection>({ state: 'loading' })
/** True while the pointer or the focus is in the list. New rows then wait, so that none moves. */
export const isHeld = signal(false)
/** The rows that wait. */
export const newIds = signal<ReadonlySet<string>>(new Set())
/** A sentence for screen readers. */
export const announcement = signal('')
export const toast = signal<Toast | undefined>(undefined)
type Dialog = 'send' | 'call' | 'edit' | 'keys' | 'clear' | 'import' | 'copy'
export const dialog = signal<Dialog | undefined>(undefined)
/** Returns a listener that opens a dialog. */
export const opens = (name: Dialog) => () => {
  dialog.value = name
}
/** The request that the page is sending. */
export const sending = signal<{ readonly cancel: () => void } | undefined>(undefined)
/** The call of this tab. It goes on while its dialog is closed. */
export const call = signal<CallView | undefined>(undefined)
/** The call that the dialog places next. */
export const callInput = signal<CallInput>({ path: '/voice', from: '+14155550142', to: '+12025550123' })
/** A text that the browser did not copy. */
export const uncopied = signal<{ readonly text: string; readonly what: string } | undefined>(undefined)
/** The button of the next capture that gets the focus: the one with which the user made the capture. */
export const focusNext = signal<'replay' | 'edit' | undefined>(undefined)

/** The captures that the filters let through. */
export const matching = computed(() => captures.value.filter((one) => matchesFilters(one, filters.value)))

// A search must show what it finds: rows that waited before it are in its result.
filters.subscribe(() => {
  newIds.value = new Set()
})

/** Those of them that the list shows. The open one never waits. */
export const shown = computed(() => matching.value.filter(({ id }) => id === selectedId.value || !newIds.value.has(id)))

/** The row of the capture that is open, even if the list does not have it, unless a filter hides it. */
export const current = computed(() => {
  const one = captures.value.find(({ id }) => id === selectedId.value) ?? detail.value?.summary
  return one !== undefined && one.id === selectedId.value && matchesFilters(one, filters.value) ? one : undefined
})
