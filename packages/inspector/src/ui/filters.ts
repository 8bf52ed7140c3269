import type { CaptureSummary } from '../shared/capture.ts'
import { describeOutcome } from './format.ts'
import { nameKind } from './labels.ts'

export interface Filters {
  readonly verdict: 'all' | 'accepted' | 'failed' | 'refused'
  readonly search: string
}

export const noFilters: Filters = { verdict: 'all', search: '' }

/** Returns true if the list shows this capture. Each word of the search must occur in it. */
export function matchesFilters(one: CaptureSummary, { verdict, search }: Filters): boolean {
  if (!hasVerdict(one, verdict)) return false
  const { method, target, kind, from, to, body, code, status, reported, origin, cause, causeName, id } = one
  const facts = [method, target, kind, from, to, body, code, status, reported, origin, cause, causeName, id]
  const text = [...facts, nameKind(one)].join(' ').toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** Returns true if a capture belongs to a verdict. No capture belongs to two, so their counts add up. */
export function hasVerdict(one: CaptureSummary, verdict: Filters['verdict']): boolean {
  return verdict === 'all' || describeOutcome(one).word === verdict
}
