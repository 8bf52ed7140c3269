import type { CaptureSummary } from '../shared/capture.ts'

export interface Filters {
  readonly verdict: 'all' | 'accepted' | 'refused'
  /** The kind to show, or an empty string for every kind. */
  readonly kind: string
  readonly code: string
  readonly search: string
}

export const noFilters: Filters = { verdict: 'all', kind: '', code: '', search: '' }

/** Returns true if the list shows this capture. Each word of the search must occur in it. */
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

/** Lists the values of a field, sorted, without duplicates. */
export function listValues(all: readonly CaptureSummary[], field: 'kind' | 'code'): string[] {
  return [...new Set(all.map((one) => one[field] ?? '').filter((value) => value !== ''))].sort()
}
