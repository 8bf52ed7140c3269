import { computed, signal } from '@preact/signals'
import type { RunInfo } from '../shared/api.ts'
import type { CaptureSummary, CaptureView } from '../shared/capture.ts'
import { type Filters, matchesFilters, noFilters } from './filters.ts'

/** The state of the page. Components read it; the functions in actions.ts and live.ts change it. */
export const info = signal<RunInfo | undefined>(undefined)
/** The captures in the list, newest first. */
export const captures = signal<readonly CaptureSummary[]>([])
export const filters = signal<Filters>(noFilters)
export const selectedId = signal<string | undefined>(undefined)
export const detail = signal<CaptureView | undefined>(undefined)
/** The reason why the selected capture cannot be shown. */
export const problem = signal<string | undefined>(undefined)
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')
export const toast = signal<{ readonly text: string; readonly failed: boolean } | undefined>(undefined)
export const dialog = signal<'send' | 'edit' | 'keys' | undefined>(undefined)
/** True while the filters are unfolded on a narrow page. A wide page always shows them. */
export const filtersOpen = signal(false)

export const shown = computed(() => captures.value.filter((one) => matchesFilters(one, filters.value)))
