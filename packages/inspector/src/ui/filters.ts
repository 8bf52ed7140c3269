import type { CaptureSummary } from '../shared/capture.ts'

export interface Filters {
  readonly verdict: 'all' | 'accepted' | 'refused'
  /** Empty: any. */
  readonly kind: string
  readonly code: string
  readonly search: string
}

export const noFilters: Filters = { verdict: 'all', kind: '', code: '', search: '' }

/** Whether a line of the list is to be shown; each word of the search must be somewhere in it. */
export function matchesFilters(one: CaptureSummary, { verdict, kind, code, search }: Filters): boolean {
  if (verdict !== 'all' && (one.code === 'accepted') !== (verdict === 'accepted')) return false
  if (verdict === 'refused' && one.code === 'none' && one.by !== 'gateway') return false
  if (kind !== '' && one.kind !== kind) return false
  if (code !== '' && one.code !== code) return false
  const text = [one.method, one.target, one.kind, one.from, one.to, one.code, one.status, one.origin, one.cause, one.id]
    .join(' ')
    .toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** The values of a field that occur, sorted, for choosing one. */
export function listValues(all: readonly CaptureSummary[], field: 'kind' | 'code'): string[] {
  return [...new Set(all.map((one) => one[field] ?? '').filter((value) => value !== ''))].sort()
}
