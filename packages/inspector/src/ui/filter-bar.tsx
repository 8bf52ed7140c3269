import { type Filters, hasVerdict, noFilters } from './filters.ts'
import { captures, connection, filters, matching } from './state.ts'

const verdicts: readonly (readonly [verdict: Filters['verdict'], label: string, title: string, tone: string])[] = [
  ['all', 'All', 'every webhook', ''],
  ['accepted', 'Accepted', 'accepted, and answered well', 'good'],
  ['failed', 'Failed', 'accepted, but the answer is missing, or an error for Twilio', 'failed'],
  ['refused', 'Refused', 'refused', 'bad'],
]

const change = (changed: Partial<Filters>) => {
  filters.value = { ...filters.value, ...changed }
}

/** The verdicts with their live counts, and the search. */
export function FilterBar() {
  const { verdict, search } = filters.value
  const filtered = matching.value.length !== captures.value.length
  return (
    <div class="filters stack">
      <fieldset class="segments">
        <legend class="sr">Verdict</legend>
        {verdicts.map(([value, label, title, tone]) => (
          <button
            type="button"
            key={value}
            title={`Show ${title}`}
            aria-pressed={verdict === value}
            onClick={() => change({ verdict: value })}
          >
            {label} <span class={`num ${tone}`}>{countOf(value)}</span>
          </button>
        ))}
      </fieldset>
      <input
        id="search"
        type="search"
        placeholder="Search  /"
        aria-label="Search the list"
        value={search}
        onInput={({ currentTarget }) => change({ search: currentTarget.value })}
      />
      <p class="count" role="status">
        {filtered && (
          <>
            {matching.value.length} of {captures.value.length} shown
            <button
              type="button"
              class="link"
              onClick={({ currentTarget }) => {
                filters.value = noFilters
                // This button goes away, and the focus must not be lost.
                currentTarget.closest('.filters')?.querySelector<HTMLElement>('.segments button')?.focus()
              }}
            >
              Show all
            </button>
          </>
        )}
      </p>
    </div>
  )
}

/** Counts the captures of a verdict. Before the list has arrived, no count is known. */
function countOf(verdict: Filters['verdict']): string {
  if (connection.value.state === 'loading') return '–'
  return captures.value.filter((one) => hasVerdict(one, verdict)).length.toLocaleString('en')
}
