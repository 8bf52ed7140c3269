import type { CaptureSummary } from '../shared/capture.ts'
import { describeOutcome } from './format.ts'

export interface Filters {
  readonly verdict: 'all' | 'accepted' | 'failed' | 'refused'
  /** The kind to show, or an empty string for every kind. */
  readonly kind: string
  readonly code: string
  readonly search: string
}

export const noFilters: Filters = { verdict: 'all', kind: '', code: '', search: '' }

/** Returns true if the list shows this capture. Each word of the search must occur in it. */
export function matchesFilters(one: CaptureSummary, { verdict, kind, code, search }: Filters): boolean {
  if (!hasVerdict(one, verdict)) return false
  if (kind !== '' && one.kind !== kind) return false
  if (code !== '' && one.code !== code) return false
  const { method, target, from, to, body, status, reported, origin, cause, id } = one
  const text = [method, target, one.kind, from, to, body, one.code, status, reported, origin, cause, id]
    .join(' ')
    .toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** Returns true if a capture belongs to a verdict. No capture belongs to two, so their counts add up. */
export function hasVerdict(one: CaptureSummary, verdict: Filters['verdict']): boolean {
  return verdict === 'all' || describeOutcome(one).word === verdict
}

/** Lists the values of a field, sorted, without duplicates. */
export function listValues(all: readonly CaptureSummary[], field: 'kind' | 'code'): string[] {
  return [...new Set(all.map((one) => one[field] ?? '').filter((value) => value !== ''))].sort()
}
